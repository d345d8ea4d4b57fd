"""Translations of sampled integrals and slopes: the trapezoidal rule, Simpson's rule, np.gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.expr.build import add, multiply, negate, scale
from steepest.expr.dtype import inexact
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.frontends.tracing.lifting import (
    axis_from_last,
    axis_to_last,
    broadcast,
    broadcast_all,
    lift,
    normalized_axis,
)
from steepest.frontends.tracing.translation import translates, translates_once_imported
from steepest.ops.complex_parts import cast
from steepest.ops.power import reciprocal, square
from steepest.ops.rearrange import entry, join, part, strided

from .arithmetic import product, quotient, sum_of
from .reductions import running_sum, sum_over


def times(a: Expr, b: Expr) -> Expr:
    return product(*broadcast_all(a, b))


def over(a: Expr, b: Expr) -> Expr:
    return quotient(*broadcast_all(a, b))


def _rows(y: Any, axis: Any) -> tuple[Expr, int]:
    """The samples as floating-point rows, and the axis they lay along."""
    e = lift(y)
    k = normalized_axis(axis, e.ndim)
    e = axis_to_last(e, k)
    return (e if e.dtype is None else cast(e, inexact(e.dtype))), k


def _steps(x: Any, dx: Any, axis: int, ndim: int) -> Expr:
    """Distances between the places of the samples: one for all, or along the last axis."""
    if x is None:
        return lift(dx)
    places = lift(x)
    return differences(axis_to_last(places, axis) if places.ndim == ndim else places)


def differences(x: Expr) -> Expr:
    n = int(x.shape[-1])
    return add(part(x, 1, n), negate(part(x, 0, n - 1)))


def _trapezoids(y: Any, x: Any, dx: Any, axis: Any) -> tuple[Expr, int]:
    rows, k = _rows(y, axis)
    n = int(rows.shape[-1])
    sums = add(part(rows, 1, n), part(rows, 0, n - 1))
    return times(scale(constant(0.5), sums), _steps(x, dx, k, rows.ndim)), k


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Expr:
    pieces, _ = _trapezoids(y, x, dx, axis)
    return sum_over(pieces, [pieces.ndim - 1])


def cumulative_trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1, initial: Any = None) -> Expr:
    pieces, k = _trapezoids(y, x, dx, axis)
    sums = running_sum(pieces)
    if initial is not None:
        sums = join([broadcast(lift(initial), (*sums.shape[:-1], 1)), sums])
    return axis_from_last(sums, k)


def simpson(y: Any, x: Any = None, *, dx: Any = 1.0, axis: Any = -1) -> Expr:
    """Parabolas through three samples each; of an even number of samples the last piece as Cartwright 2017, eq. 8."""
    rows, k = _rows(y, axis)
    n = int(rows.shape[-1])
    steps = _steps(x, dx, k, rows.ndim)
    if n == 2:
        return trapezoid(y, x, dx, axis)
    whole = n - 1 if n % 2 == 0 else n
    total = _parabolas(rows, steps, whole)
    if whole == n:
        return total
    before, last = (entry(steps, j) if steps.ndim else steps for j in (n - 3, n - 2)) if steps.ndim else (steps, steps)
    both = sum_of(before, last)
    near = over(sum_of(scale(constant(2), square(last)), scale(constant(3), times(before, last))), both)
    middle = over(sum_of(square(last), scale(constant(3), times(before, last))), before)
    far = over(times(last, square(last)), times(before, both))
    piece = sum_of(times(near, entry(rows, n - 1)), times(middle, entry(rows, n - 2)))
    piece = sum_of(piece, negate(times(far, entry(rows, n - 3))))
    return add(total, scale(constant(1 / 6), piece))


def _parabolas(rows: Expr, steps: Expr, n: int) -> Expr:
    """Simpson's rule over the first n samples, n odd."""
    count = (n - 1) // 2
    first, second, third = (strided(rows, start, 2, count) for start in range(3))
    if not steps.ndim:
        weighted = add(first, scale(constant(4), second), third)
        return scale(constant(1 / 3), times(sum_over(weighted, [rows.ndim - 1]), steps))
    h, g = (strided(steps, start, 2, count) for start in range(2))
    both, ratio = sum_of(h, g), over(h, g)
    terms = [
        times(sum_of(constant(2), negate(reciprocal(ratio))), first),
        times(over(square(both), times(h, g)), second),
        times(sum_of(constant(2), negate(ratio)), third),
    ]
    pieces = scale(constant(1 / 6), times(both, add(*terms)))
    return sum_over(pieces, [pieces.ndim - 1])


# --- slopes -------------------------------------------------------------------------------------------


def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: Any = 1) -> Any:
    """Slopes of second order inside, of first or second order at the ends; one array for each axis."""
    e = lift(f)
    e = e if e.dtype is None else cast(e, inexact(e.dtype))
    chosen = range(e.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = [normalized_axis(k, e.ndim) for k in chosen]
    spacings = [constant(1)] if not varargs else [lift(v) for v in varargs]
    spacings = spacings * len(axes) if len(spacings) == 1 else spacings
    found = tuple(
        axis_from_last(_slopes(axis_to_last(e, k), spacing, int(edge_order)), k)
        for k, spacing in zip(axes, spacings, strict=True)
    )
    return found[0] if len(found) == 1 else found


def _slopes(rows: Expr, spacing: Expr, edge_order: int) -> Expr:
    n = int(rows.shape[-1])
    steps = differences(spacing) if spacing.ndim else broadcast(spacing, (n - 1,))
    rises = times(differences(rows), reciprocal(steps))  # the slope of each piece
    before, after = part(steps, 0, n - 2), part(steps, 1, n - 1)
    left, right = part(rises, 0, n - 2), part(rises, 1, n - 1)
    # The parabola through three neighbours, in the middle: the mean of both pieces, weighted by the other's width.
    weighted = add(times(right, before), times(left, after))
    inner = times(weighted, reciprocal(add(before, after)))
    first, last = (_end(rises, steps, edge_order, *places) for places in ((0, 1), (n - 2, n - 3)))
    return join([first, inner, last])


def _end(rises: Expr, steps: Expr, edge_order: int, nearest: int, second: int) -> Expr:
    """At an end the slope of its piece, or that of the parabola through the three samples next to it."""
    slope = part(rises, nearest, nearest + 1)
    if edge_order == 1:
        return slope
    near, far = part(steps, nearest, nearest + 1), part(steps, second, second + 1)
    change = add(slope, negate(part(rises, second, second + 1)))
    return add(slope, times(change, multiply(near, reciprocal(add(near, far)))))


translates(np.trapezoid)(trapezoid)
translates(np.gradient)(gradient)
translates_once_imported("scipy.integrate", "trapezoid")(trapezoid)
translates_once_imported("scipy.integrate", "cumulative_trapezoid")(cumulative_trapezoid)
translates_once_imported("scipy.integrate", "simpson")(simpson)
