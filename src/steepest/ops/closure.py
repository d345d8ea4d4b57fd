"""What a function that was traced reads of the traces around it, told apart from what it computes of its own inputs."""

from __future__ import annotations

from collections.abc import Sequence

from steepest.expr.build import variable
from steepest.expr.node import Constant, Expr, Variable
from steepest.expr.traversal import depends_on, toposort
from steepest.ops.substitution import substitute

FREE = -(2**41)  # the tag of symbols for what is read from outside, until they are bound


def split_closure(outputs: Sequence[Expr], own: Sequence[Variable]) -> tuple[list[Expr], dict[Variable, Expr]]:
    """The outputs with symbols for the largest parts that none of the variables `own` go into; and these parts.

    Numbers, fixed arrays and what has no type of its own stay where they are.
    """
    varying = depends_on(outputs, own)
    read: dict[Expr, None] = {}
    for n in toposort(outputs, stop={n for n in toposort(outputs) if n not in varying}):
        read.update((a, None) for a in (n.args if n in varying else ()) if a not in varying)
    read.update((n, None) for n in outputs if n not in varying)
    parts = [n for n in read if not isinstance(n, Constant) and n.dtype is not None]
    symbols = {n: variable(f"free{k}", n.shape, n.dtype, FREE) for k, n in enumerate(parts)}
    return substitute(outputs, symbols), {v: n for n, v in symbols.items()}
