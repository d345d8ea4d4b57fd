"""Translations of differences between neighbours, and of comparisons of whole arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.errors import CaptureError
from steepest.expr.build import add, contract, fill, multiply, negate, zeros
from steepest.expr.dtype import BOOL
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.frontends.tracing.lifting import (
    axis_from_last,
    axis_to_last,
    broadcast,
    broadcast_shape,
    lift,
    normalized_axis,
)
from steepest.frontends.tracing.translation import translates
from steepest.ops import logic
from steepest.ops.piecewise import absolute, mod
from steepest.ops.rearrange import Place, flatten, joined, sliced

from .arithmetic import isclose
from .joining import along, concatenate
from .reductions import running_sum

NO_VALUE = np._NoValue


def diff(a: Any, n: Any = 1, axis: Any = -1, prepend: Any = NO_VALUE, append: Any = NO_VALUE) -> Expr:
    """Differences of neighbours, n times; of booleans whether they differ."""
    e = lift(a)
    if n == 0:
        return e
    k = normalized_axis(axis, e.ndim)
    borders = [[] if p is NO_VALUE else [_border(p, e, k)] for p in (prepend, append)]
    if any(borders):
        e = concatenate([*borders[0], e, *borders[1]], axis=k)
    for _ in range(n):
        count = int(e.shape[k])
        after, before = along(e, k, range(1, max(count, 1))), along(e, k, range(max(count - 1, 0)))
        e = logic.differs(after, before) if e.dtype == BOOL else add(after, negate(before))
    return e


def _border(p: Any, e: Expr, axis: int) -> Expr:
    border = lift(p)
    return border if border.ndim else broadcast(border, (*e.shape[:axis], 1, *e.shape[axis + 1 :]))


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Expr:
    inner = diff(flatten(lift(ary)))
    ends = [None if end is None else flatten(lift(end)) for end in (to_begin, to_end)]
    return joined([p for p in (ends[0], inner, ends[1]) if p is not None], 0)


def cross(a: Any, b: Any, axisa: Any = -1, axisb: Any = -1, axisc: Any = -1, axis: Any = None) -> Expr:
    """a × b of vectors in space, along one axis."""
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    x, y = lift(a), lift(b)
    x, y = axis_to_last(x, normalized_axis(axisa, x.ndim)), axis_to_last(y, normalized_axis(axisb, y.ndim))
    if x.shape[-1] != 3 or y.shape[-1] != 3:
        raise CaptureError("np.cross is recorded for vectors of three entries; in the plane, a[0]*b[1] - a[1]*b[0]")
    shape = broadcast_shape(x.shape[:-1], y.shape[:-1])

    def turned(v: Expr, first: int) -> Expr:
        """The entries of v from `first` on, going round: an entry of one factor meets its own of the other."""
        return joined([along(v, v.ndim - 1, range(first, 3)), along(v, v.ndim - 1, range(first))], v.ndim - 1)

    x, y = broadcast(x, (*shape, 3)), broadcast(y, (*shape, 3))
    result = add(multiply(turned(x, 1), turned(y, 2)), negate(multiply(turned(x, 2), turned(y, 1))))
    return axis_from_last(result, normalized_axis(axisc, result.ndim))


def unwrap(p: Any, discont: Any = None, axis: Any = -1, *, period: Any = 2 * np.pi) -> Expr:
    """np.unwrap: whole periods are added where neighbours are further apart than half of one."""
    e = lift(p)
    k = normalized_axis(axis, e.ndim)
    rows = axis_to_last(e, k)
    step = diff(rows)
    half, full = (fill(constant(float(c)), step.shape) for c in (period / 2, period))
    within = add(mod(add(step, half), full), negate(half))
    at_edge = logic.logical_and(logic.equals(within, negate(half)), logic.less(zeros(step.shape), step))
    within = logic.where(at_edge, half, within)
    limit = fill(constant(float(period / 2 if discont is None else max(discont, period / 2))), step.shape)
    jump = logic.less_equal(limit, absolute(step))
    correction = running_sum(logic.select(jump, add(within, negate(step))))
    first: list[Place] = [range(n) for n in rows.shape]
    first[-1] = range(1)
    rest: list[Place] = [*first[:-1], range(1, int(rows.shape[-1]))]
    unwrapped = joined([sliced(rows, first), add(sliced(rows, rest), correction)], rows.ndim - 1)
    return axis_from_last(unwrapped, k)


# --- comparisons of whole arrays --------------------------------------------------------------------


def everywhere(e: Expr) -> Expr:
    """Whether all entries are true: none is false."""
    wrong = contract([(tuple(range(e.ndim)), logic.logical_not(e))], ()) if e.ndim else logic.logical_not(e)
    return logic.logical_not(logic.nonzero(wrong) if e.ndim else wrong)


def same(a: Expr, b: Expr, equal_nan: bool) -> Expr:
    equal = logic.equals(a, b)
    return logic.logical_or(equal, logic.logical_and(logic.isnan(a), logic.isnan(b))) if equal_nan else equal


def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Any:
    x, y = lift(a1), lift(a2)
    return everywhere(same(x, y, equal_nan)) if x.shape == y.shape else False


def array_equiv(a1: Any, a2: Any) -> Any:
    x, y = lift(a1), lift(a2)
    try:
        shape = broadcast_shape(x.shape, y.shape)
    except ValueError:
        return False
    return everywhere(same(broadcast(x, shape), broadcast(y, shape), False))


def whole(compare: Callable[..., Expr]) -> Callable[..., Expr]:
    return lambda *args, **settings: everywhere(compare(*args, **settings))


translates(np.diff)(diff)
translates(np.ediff1d)(ediff1d)
translates(np.cross)(cross)
translates(np.unwrap)(unwrap)
translates(np.array_equal)(array_equal)
translates(np.array_equiv)(array_equiv)
translates(np.allclose)(whole(isclose))
