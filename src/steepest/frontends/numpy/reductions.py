"""Translations of sums, means, extremes, products and running versions of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from steepest.errors import CaptureError, located, user_line
from steepest.expr.build import add, contract, fill, multiply, negate, scale, structured
from steepest.expr.dtype import BOOL, INT, inexact
from steepest.expr.node import Expr
from steepest.expr.number import constant, size_constant, times, to_power
from steepest.expr.pattern import Affine
from steepest.frontends.tracing.lifting import (
    any_expr,
    axis_from_last,
    axis_to_last,
    broadcast,
    keep_dims,
    lift,
    normalized_axes,
    normalized_axis,
    stack,
)
from steepest.frontends.tracing.translation import translates
from steepest.ops import logic, piecewise, selection
from steepest.ops.complex_parts import cast, conj, real
from steepest.ops.power import reciprocal, sqrt, square
from steepest.ops.product import cumprod, prod
from steepest.ops.rearrange import entry, flatten, joined, merge_last, reshape

Reduce = Callable[[Expr], Expr]  # over the last axis
NO_VALUE = np._NoValue


def sum_over(e: Expr, axes: Sequence[int]) -> Expr:
    labels = tuple(range(e.ndim))
    return contract([(labels, e)], tuple(k for k in labels if k not in axes))


def count_over(e: Expr, axes: Sequence[int]) -> Expr:
    """The number of entries along the axes; symbolic for named sizes."""
    total = constant(1)
    for k in axes:
        total = times(total, size_constant(e.shape[k]))
    return total


def inverse_count(e: Expr, axes: Sequence[int]) -> Expr:
    count = count_over(e, axes)
    inverse = to_power(count, -1)  # type: ignore[arg-type]
    return constant(float("nan")) if inverse is None else inverse


def masked(e: Expr, where: Any) -> Expr:
    """Entries left out by NumPy's `where=` count as 0."""
    return e if where is True or where is NO_VALUE else logic.select(broadcast(lift(where), e.shape), e)


def sum_(
    a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, initial: Any = NO_VALUE, where: Any = True
) -> Expr:
    e = lift(a)
    axes = normalized_axes(axis, e.ndim)
    e = _in_type(e, dtype) if dtype is not None else _counted(e, axes)
    result = sum_over(masked(e, where), axes)
    if initial is not NO_VALUE:
        result = add(result, broadcast(lift(initial), result.shape))
    return keep_dims(result, axes) if keepdims is True else result


def _counted(e: Expr, axes: Sequence[int]) -> Expr:
    """Adding up booleans counts them; without an axis to add over NumPy still makes integers of them."""
    return cast(e, INT) if e.dtype == BOOL and not axes else e


def mean(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, *, where: Any = True) -> Expr:
    e = lift(a)
    axes = normalized_axes(axis, e.ndim)
    if where is not True and where is not NO_VALUE:
        mask = broadcast(lift(where), e.shape)
        result = multiply(
            sum_over(logic.select(mask, e), axes), reciprocal(cast(sum_over(mask, axes), inexact(e.dtype)))
        )
    else:
        result = scale(inverse_count(e, axes), sum_over(cast(e, inexact(e.dtype)) if e.dtype is not None else e, axes))
    result = cast(result, np.dtype(dtype)) if dtype is not None else result
    return keep_dims(result, axes) if keepdims is True else result


def average(a: Any, axis: Any = None, weights: Any = None, *, keepdims: Any = False) -> Expr:
    e = lift(a)
    if weights is None:
        return mean(e, axis, keepdims=keepdims)
    w = lift(weights)
    axes = normalized_axes(axis, e.ndim)
    if w.ndim == 1 and e.ndim > 1 and len(axes) == 1:
        w = contract([((axes[0],), w)], tuple(range(e.ndim)), dict(enumerate(e.shape)))
    w = broadcast(w, e.shape)
    result = multiply(sum_over(multiply(w, e), axes), reciprocal(sum_over(w, axes)))
    return keep_dims(result, axes) if keepdims is True else result


def var(
    a: Any, axis: Any = None, dtype: Any = None, ddof: Any = 0, keepdims: Any = False, *, where: Any = True,
    mean: Any = NO_VALUE, correction: Any = NO_VALUE,
) -> Expr:  # fmt: skip
    """The mean squared distance from the mean."""
    if where is not True and where is not NO_VALUE:
        raise CaptureError("np.var and np.std with where= are not recorded; select the entries first")
    e = lift(a)
    axes = normalized_axes(axis, e.ndim)
    ddof = correction if correction is not NO_VALUE else ddof
    centre = scale(inverse_count(e, axes), sum_over(e, axes)) if mean is NO_VALUE else lift(mean)
    spread = centre if mean is not NO_VALUE else keep_dims(centre, axes)
    gap = add(e, negate(broadcast(spread, e.shape)))
    squares = sum_over(square(gap) if not _complex(e) else real(multiply(conj(gap), gap)), axes)
    count = count_over(e, axes)
    freedom = add(count, negate(lift(ddof)))
    result = multiply(broadcast(reciprocal(freedom), squares.shape), squares)
    return keep_dims(result, axes) if keepdims is True else result


def _complex(e: Expr) -> bool:
    return e.dtype is not None and e.dtype.kind == "c"


def std(a: Any, axis: Any = None, **settings: Any) -> Expr:
    return sqrt(var(a, axis, **settings))


def along(a: Any, axis: Any, keepdims: Any, reduce: Reduce) -> Expr:
    """`reduce` over one or several axes, made the last one."""
    e = lift(a)
    axes = normalized_axes(axis, e.ndim)
    result = reduce(merge_last(e, axes))
    return keep_dims(result, axes) if keepdims is True else result


def extreme(pick: Reduce, larger: Callable[[Expr, Expr], Expr]) -> Callable[..., Expr]:
    """max or min: the entry at the first place where it is reached. `larger` is that of two, for ``initial=``."""

    def rule(a: Any, axis: Any = None, keepdims: Any = False, initial: Any = NO_VALUE, where: Any = True) -> Expr:
        e = lift(a)
        if initial is NO_VALUE:  # NumPy has refused a mask without it
            return along(e, axis, keepdims, pick)
        least = lift(initial)
        if where is not True and where is not NO_VALUE:
            e = logic.where(broadcast(lift(where), e.shape), e, least)
        found = along(e, axis, keepdims, pick)
        return larger(found, broadcast(least, found.shape))

    return rule


def position(op: Reduce) -> Callable[..., Expr]:
    def rule(a: Any, axis: Any = None, *, keepdims: Any = False) -> Expr:
        return along(a, axis, keepdims, op)

    return rule


def prod_(
    a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, initial: Any = NO_VALUE, where: Any = True
) -> Expr:
    e = _in_type(lift(a), dtype)
    e = cast(e, INT) if e.dtype == BOOL else e
    if where is not True and where is not NO_VALUE:
        e = logic.where(broadcast(lift(where), e.shape), e, constant(1))
    result = along(e, axis, keepdims, prod)
    return result if initial is NO_VALUE else scale(lift(initial), result)


def cumsum(a: Any, axis: Any = None, dtype: Any = None) -> Expr:
    e = lift(a)
    return _running(_in_type(e, INT if dtype is None and e.dtype == BOOL else dtype), axis, running_sum)


def running_sum(e: Expr) -> Expr:
    """Sums of the first entries, along the last axis: a triangle of ones."""
    n, last, place = e.shape[-1], e.ndim - 1, e.ndim
    triangle = structured(Affine((1, -1), 0, ">="), (n, n))
    rows = tuple(range(last))
    return contract([((place, last), triangle), ((*rows, last), e)], (*rows, place))


def cumprod_(a: Any, axis: Any = None, dtype: Any = None) -> Expr:
    return _running(_in_type(lift(a), dtype), axis, cumprod)


def _in_type(e: Expr, dtype: Any) -> Expr:
    """What is reduced in another type is converted first; whole numbers of few bits are reduced as long ones."""
    if dtype is None:
        return e
    wanted = np.dtype(dtype)
    is_narrow = wanted.kind in "iu" and wanted.itemsize < INT.itemsize
    return cast(cast(e, wanted), INT) if is_narrow else cast(e, wanted)


def _running(a: Any, axis: Any, build: Reduce) -> Expr:
    e = lift(a)
    if axis is None:
        return build(flatten(e))
    k = normalized_axis(axis, e.ndim)
    return axis_from_last(build(axis_to_last(e, k)), k)


def cumulative(rule: Callable[..., Expr], start: float) -> Callable[..., Expr]:
    """np.cumulative_sum and np.cumulative_prod: along one axis, with the empty sum or product in front if asked."""

    def running(x: Any, /, *, axis: Any = None, dtype: Any = None, include_initial: bool = False) -> Expr:
        e = lift(x)
        k = 0 if axis is None else normalized_axis(axis, e.ndim)
        result = rule(e, k, dtype)
        if not include_initial:
            return result
        first = fill(constant(start), (*result.shape[:k], 1, *result.shape[k + 1 :]))
        return joined([first, result], k)

    return running


def any_(a: Any, axis: Any = None, keepdims: Any = False, *, where: Any = True) -> Expr:
    e = lift(a)
    mask = masked(e if e.dtype == BOOL else logic.nonzero(e), where)
    axes = normalized_axes(axis, e.ndim)
    result = logic.nonzero(sum_over(mask, axes)) if axes else mask
    return keep_dims(result, axes) if keepdims is True else result


def all_(a: Any, axis: Any = None, keepdims: Any = False, *, where: Any = True) -> Expr:
    e = lift(a)
    wrong = logic.logical_not(e if e.dtype == BOOL else logic.nonzero(e))
    return logic.logical_not(any_(wrong, axis, keepdims, where=where))


def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Expr:
    return _running(lift(a), axis, selection.sort)


def argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Expr:
    return _running(lift(a), axis, selection.argsort)


def median(a: Any, axis: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Expr:
    return along(a, axis, keepdims, lambda rows: quantile_of_rows(rows, 0.5))


def quantile_of_rows(rows: Expr, q: float, method: str = "linear") -> Expr:
    """Between the two entries of the sorted row around a place that the method chooses (Hyndman and Fan 1996)."""
    n = int(rows.shape[-1])
    place = min(max(PLACES[method](q, n), 0.0), n - 1.0)
    below = int(np.floor(place))
    ordered = selection.sort(rows)
    share = place - below
    low, high = entry(ordered, below), entry(ordered, min(below + 1, n - 1))
    return low if share == 0 else add(scale(constant(1 - share), low), scale(constant(share), high))


def _place(alpha: float, beta: float) -> Callable[[float, int], float]:
    return lambda q, n: n * q + (alpha + q * (1 - alpha - beta)) - 1


def _closest(q: float, n: int) -> float:
    below = float(np.floor(n * q - 1.5))
    return below if below == n * q - 1.5 and below % 2 == 1 else below + 1


def _averaged(q: float, n: int) -> float:
    return float(np.ceil(n * q - 1)) if (n * q) % 1 else n * q - 0.5


PLACES: dict[str, Callable[[float, int], float]] = {  # by method, counted from 0; between two it is linear
    "linear": lambda q, n: q * (n - 1), "lower": lambda q, n: float(np.floor(q * (n - 1))),
    "higher": lambda q, n: float(np.ceil(q * (n - 1))), "nearest": lambda q, n: float(np.around(q * (n - 1))),
    "midpoint": lambda q, n: 0.5 * float(np.floor(q * (n - 1)) + np.ceil(q * (n - 1))),
    "weibull": _place(0, 0), "hazen": _place(0.5, 0.5), "interpolated_inverted_cdf": _place(0, 1),
    "median_unbiased": _place(1 / 3, 1 / 3), "normal_unbiased": _place(3 / 8, 3 / 8),
    "inverted_cdf": lambda q, n: float(np.ceil(n * q - 1)), "averaged_inverted_cdf": _averaged,
    "closest_observation": _closest,
}  # fmt: skip


def quantile(a: Any, q: Any, axis: Any = None, *, keepdims: Any = False, method: str = "linear") -> Expr:
    """For several q they come first in the result."""
    if any_expr(q) or method not in PLACES or not np.all((np.asarray(q) >= 0) & (np.asarray(q) <= 1)):
        raise CaptureError(
            located(f"np.quantile is recorded for plain q in [0, 1] and the methods {', '.join(PLACES)}", user_line())
            + "\n    Choose one of these, or interpolate between entries of np.sort(x) by hand."
        )
    found = [
        along(a, axis, keepdims, functools.partial(quantile_of_rows, q=float(share), method=method))
        for share in np.ravel(q)
    ]
    return reshape(stack(found), (*np.shape(q), *found[0].shape)) if np.ndim(q) else found[0]


def percentile(a: Any, q: Any, axis: Any = None, **settings: Any) -> Expr:
    return quantile(a, q if any_expr(q) else np.asarray(q) / 100, axis, **settings)


def ptp(a: Any, axis: Any = None, keepdims: Any = False) -> Expr:
    return add(along(a, axis, keepdims, selection.largest), negate(along(a, axis, keepdims, selection.smallest)))


def nan_free(reduction: Callable[..., Expr]) -> Callable[..., Expr]:
    """np.nansum and relatives: NaN entries are left out."""

    def rule(a: Any, axis: Any = None, **kwargs: Any) -> Expr:
        e = lift(a)
        return reduction(e, axis, where=logic.logical_not(logic.isnan(e)), **kwargs)

    return rule


def count_nonzero(a: Any, axis: Any = None, *, keepdims: Any = False) -> Expr:
    e = lift(a)
    return sum_(e if e.dtype == BOOL else logic.nonzero(e), axis, keepdims=keepdims)


def reduce_of(rule: Callable[..., Expr]) -> Callable[..., Expr]:
    """``ufunc.reduce``: as the function, but over the first axis unless said otherwise."""

    def reduce(a: Any, axis: Any = 0, **settings: Any) -> Expr:
        return rule(a, axis, **settings)

    return reduce


translates(np.sum)(sum_)
translates(np.mean)(mean)
translates(np.average)(average)
translates(np.var)(var)
translates(np.std)(std)
translates(np.max, np.amax)(extreme(selection.largest, piecewise.maximum))
translates(np.min, np.amin)(extreme(selection.smallest, piecewise.minimum))
translates(np.argmax)(position(selection.argmax))
translates(np.argmin)(position(selection.argmin))
translates(np.prod)(prod_)
translates(np.cumsum)(cumsum)
translates(np.cumprod)(cumprod_)
translates(np.cumulative_sum)(cumulative(cumsum, 0))
translates(np.cumulative_prod)(cumulative(cumprod_, 1))
translates(np.any)(any_)
translates(np.all)(all_)
translates(np.sort)(sort)
translates(np.argsort)(argsort)
translates(np.median)(median)
translates(np.quantile)(quantile)
translates(np.percentile)(percentile)
translates(np.ptp)(ptp)
translates(np.nansum)(nan_free(sum_))
translates(np.nanmean)(nan_free(mean))
translates(np.count_nonzero)(count_nonzero)
translates(np.add.reduce)(reduce_of(sum_))
translates(np.multiply.reduce)(reduce_of(prod_))
translates(np.maximum.reduce)(reduce_of(extreme(selection.largest, piecewise.maximum)))
translates(np.minimum.reduce)(reduce_of(extreme(selection.smallest, piecewise.minimum)))
translates(np.logical_and.reduce)(reduce_of(all_))
translates(np.logical_or.reduce)(reduce_of(any_))
translates(np.add.accumulate)(lambda a, axis=0, dtype=None: cumsum(a, axis))
translates(np.multiply.accumulate)(lambda a, axis=0, dtype=None: cumprod_(a, axis))
