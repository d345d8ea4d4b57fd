"""A loop in the text of a program: one call for all its results; its body is a function of its own."""

from __future__ import annotations

from collections.abc import Sequence

from steepest.expr.node import Direction
from steepest.lower.program import Loop

from .rendering import Namer, Texts, dtype_text


def loop_call(i: Loop, texts: Texts, namer: Namer) -> str:
    """The call that gives all results of a loop."""
    steps = f"range({namer.size(i.length)})"
    if i.direction is Direction.BACKWARD:
        steps = f"range({namer.size(i.length)} - 1, -1, -1)"
    kinds = [namer.program.registers[r] for r in i.targets[len(i.starts) :]]
    stacks = [f"({namer.shape(k.shape)}, {dtype_text(k.dtype)})" for k in kinds if k.dtype is not None]
    groups = [[texts(r).source for r in part] for part in (i.starts, i.sequences, i.fixed)]
    parts = [_tuple(group) for group in (*groups, stacks)]
    return f"{namer.kernel('looped')}({namer.body(i.body)}, {steps}, {', '.join(parts)})"


def _tuple(texts: Sequence[str]) -> str:
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"
