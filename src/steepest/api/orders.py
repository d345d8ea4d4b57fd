"""Jacobians and Hessians of a capture, each block in the order of elimination that takes the least work."""

from __future__ import annotations

from collections.abc import Sequence

from steepest.calculus.accumulation import Accumulation, accumulated
from steepest.expr.build import transpose_axes
from steepest.expr.dtype import is_complex
from steepest.expr.node import Expr, Variable
from steepest.frontends.tracing.capture import Capture

from .by_identity import ByIdentity

MOST = 8  # blocks whose order is told
_told: ByIdentity[dict[str, list[str]]] = ByIdentity()


def block(name: str, capture: Capture, y: Expr, x: Variable) -> Accumulation:
    """∂y/∂x; `account` tells how it was found."""
    found = accumulated(y, x)
    lines = _told.setdefault(capture, dict).setdefault(name, [])
    said = f"by {x.name}: {found}"
    if found.counts and len(lines) < MOST and said not in lines:
        lines.append(said)
    return found


def account(name: str, capture: Capture) -> list[str]:
    """Lines that tell the orders of elimination, where there was a choice."""
    return list(_told.setdefault(capture, dict).get(name, ()))


def upper_triangle(
    name: str, capture: Capture, gradients: Sequence[Expr], variables: Sequence[Variable]
) -> list[list[Accumulation]]:
    """The blocks of a Hessian from the diagonal on; the others are their transposes."""
    return [[block(name, capture, g, x) for x in variables[i:]] for i, g in enumerate(gradients)]


def hessian_blocks(name: str, capture: Capture, gradients: Sequence[Expr], variables: Sequence[Variable]) -> list[Expr]:
    """All blocks of a Hessian, row by row."""
    if any(is_complex(x.dtype) for x in variables):  # there is no symmetry with conjugates
        return [block(name, capture, g, x).whole() for g in gradients for x in variables]
    above = [[a.whole() for a in row] for row in upper_triangle(name, capture, gradients, variables)]
    return [
        above[i][j - i] if i <= j else _exchanged(above[j][i - j], variables[j].ndim)
        for i in range(len(variables))
        for j in range(len(variables))
    ]


def _exchanged(whole: Expr, rank: int) -> Expr:
    """The axes of the columns before those of the rows."""
    return transpose_axes(whole, (*range(rank, whole.ndim), *range(rank)))
