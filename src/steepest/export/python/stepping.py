"""A loop of a program in code that is kept: a function for one step, and a ``for`` statement that calls it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from steepest.engines.python.rendering import dtype_text
from steepest.expr.node import Direction
from steepest.lower.program import Loop

from .spelling import KINDS, Spelling

INDENT = "    "


def loop_lines(
    i: Loop, step: str, names: Sequence[str], operands: Sequence[Sequence[str]], namer: Spelling
) -> Iterator[str]:
    """The statements that leave the last states and the stacks under `names`.

    `operands` are the texts of the starts, the sequences and what is fixed.
    """
    starts, sequences, fixed = operands
    states, stacks = names[: len(starts)], names[len(starts) :]
    yield from (f"{name} = {start}" for name, start in zip(states, starts, strict=True))
    for name, r in zip(stacks, i.targets[len(starts) :], strict=True):
        kind = namer.program.registers[r]
        size = namer.shape(kind.shape) if len(kind.shape) > 1 else namer.size(kind.shape[0])
        dtype = "float" if kind.dtype is None else KINDS.get(kind.dtype, dtype_text(kind.dtype))
        yield f"{name} = np.empty({size})" if dtype == "float" else f"{name} = np.empty({size}, {dtype})"
    count, k = namer.size(i.length), namer.fresh("k")
    yield f"for {k} in range({count}):" if i.direction is Direction.FORWARD else f"for {k} in reversed(range({count})):"
    left = ", ".join([*states, *(f"{name}[{k}]" for name in stacks)])
    given = ", ".join([*states, *(f"{_atom(s)}[{k}]" for s in sequences), *fixed])
    comma = "," if len(names) == 1 else ""
    yield f"{INDENT}{left}{comma} = {step}({given})"


def _atom(text: str) -> str:
    return text if text.isidentifier() else f"({text})"
