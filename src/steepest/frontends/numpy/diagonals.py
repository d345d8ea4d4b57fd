"""Translations about diagonals, triangles and Kronecker products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.expr.build import Operand, contract, delta
from steepest.expr.node import Expr
from steepest.frontends.tracing.lifting import lift, normalized_axis
from steepest.frontends.tracing.translation import translates
from steepest.ops.complex_parts import cast
from steepest.ops.matrix import lower_part, upper_part
from steepest.ops.rearrange import Place, flatten, placed, reshape, sliced


def diagonal(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Expr:
    """The entries with ``j = i + offset`` on two axes, as a new last axis."""
    e = lift(a)
    first, second = normalized_axis(axis1, e.ndim), normalized_axis(axis2, e.ndim)
    down, right = max(-offset, 0), max(offset, 0)
    count = max(min(int(e.shape[first]) - down, int(e.shape[second]) - right), 0)
    places: list[Place] = [range(n) for n in e.shape]
    if count != e.shape[first]:
        places[first] = range(down, down + count)
    if count != e.shape[second]:
        places[second] = range(right, right + count)
    square = sliced(e, places)
    labels = [first if k == second else k for k in range(e.ndim)]
    rest = [k for k in range(e.ndim) if k not in (first, second)]
    return contract([(tuple(labels), square)], (*rest, first))


def trace(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1, dtype: Any = None) -> Expr:
    entries = diagonal(a, offset, axis1, axis2)
    total = contract([(tuple(range(entries.ndim)), entries)], range(entries.ndim - 1))
    return total if dtype is None else cast(total, np.dtype(dtype))


def diag(v: Any, k: Any = 0) -> Expr:
    """The diagonal of a matrix, or the matrix with a vector on its diagonal."""
    e = lift(v)
    if e.ndim == 2:
        return diagonal(e, k)
    n = e.shape[0]
    square = contract([((0,), e), ((0, 1), delta(n))], (0, 1))
    if k == 0:
        return square
    down, right, total = max(-k, 0), max(k, 0), int(n) + abs(k)
    return placed(square, [range(down, down + int(n)), range(right, right + int(n))], (total, total))


def triangle(part: Callable[[Expr, int], Expr]) -> Any:
    """np.triu, np.tril: the other entries are chosen away, whatever they are."""

    def rule(m: Any, k: Any = 0) -> Expr:
        e = lift(m)
        return part(e if e.ndim > 1 else contract([((1,), e)], (0, 1), {0: e.shape[0]}), int(k))

    return rule


def kron(a: Any, b: Any) -> Expr:
    """Every entry of the one times all of the other: axes side by side, then made one."""
    x, y = lift(a), lift(b)
    rank = max(x.ndim, y.ndim)
    left, right = tuple(range(rank - x.ndim, rank)), tuple(range(2 * rank - y.ndim, 2 * rank))
    operands: list[Operand] = [(left, x), (right, y)]
    lengths = dict.fromkeys(range(2 * rank), 1) | dict(zip((*left, *right), (*x.shape, *y.shape), strict=True))
    out = [label for k in range(rank) for label in (k, rank + k)]
    product = contract(operands, out, lengths)
    return reshape(product, [lengths[k] * lengths[rank + k] for k in range(rank)])


translates(np.diagonal)(diagonal)
translates(np.trace)(trace)
translates(np.diag)(diag)
translates(np.diagflat)(lambda v, k=0: diag(flatten(lift(v)), k))
translates(np.triu)(triangle(upper_part))
translates(np.tril)(triangle(lower_part))
translates(np.kron)(kron)
