"""Expressions in the variables of a body, put at operands that may have leading rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from steepest.calculus.batching import batch
from steepest.expr.body import BOUND
from steepest.expr.build import variable
from steepest.expr.dimension import Shape
from steepest.expr.node import Expr, Variable
from steepest.ops.substitution import substitute


def placed(exprs: Sequence[Expr], operands: Mapping[Variable, Expr], rows: Shape) -> list[Expr]:
    """The expressions with the operands put in for their variables; each row by itself."""
    found, at = list(exprs), dict(operands)
    for k, size in enumerate(reversed(rows)):
        wide = [(v, variable(f"{v.name}_rows{k}", (size, *v.shape), v.dtype, BOUND)) for v in at]
        found = batch(found, dict(wide), size)
        at = {w: at[v] for v, w in wide}
    return substitute(found, at)
