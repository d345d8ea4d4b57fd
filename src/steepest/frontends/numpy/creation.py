"""Translations of functions that make arrays. A filled array is one number broadcast; the identity is a delta.

Their element type is left open where they hold plain numbers: what they meet decides, and the recording casts
to what NumPy says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.errors import CaptureError
from steepest.expr.build import add, array, contract, delta, negate, structured
from steepest.expr.dimension import Shape
from steepest.expr.dtype import BOOL, DType
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.expr.pattern import Affine
from steepest.frontends.tracing.lifting import (
    any_expr,
    axis_from_last,
    broadcast,
    broadcast_shape,
    lift,
    normalized_axis,
)
from steepest.frontends.tracing.recording import current
from steepest.frontends.tracing.stack_entries import stacked_entries
from steepest.frontends.tracing.tracer import Tracer, as_expr, call, find_tracers, innermost, to_values
from steepest.frontends.tracing.translation import translates, translates_with_values
from steepest.ops import logic
from steepest.ops.complex_parts import cast
from steepest.ops.elementary import exp
from steepest.ops.power import log, power
from steepest.ops.rearrange import sliced

from .arithmetic import common, difference, product, quotient
from .filling import remember_items
from .shaping import length, shape_of


def array_(
    object: Any, dtype: Any = None, *, copy: Any = True, order: Any = "K", subok: Any = False, ndmin: int = 0,  # noqa: A002
    ndmax: int = 0, like: Any = None,
) -> Expr:  # fmt: skip
    """np.array: nested lists are stacked; an array is copied, so that it cannot change behind our back."""
    if dtype is not None and np.dtype(dtype).kind not in "biufc":
        raise CaptureError(f"an array of {np.dtype(dtype)} cannot hold traced numbers and their derivatives")
    e = lift(np.array(object)) if isinstance(object, np.ndarray) else lift(object)
    e = e if dtype is None else cast(e, np.dtype(dtype))
    return sliced(e, [None] * (ndmin - e.ndim) + [range(n) for n in e.shape]) if ndmin > e.ndim else e


def array_of(object: Any, dtype: Any = None, **settings: Any) -> Any:  # noqa: A002
    """np.array: a copy, unless none is asked for and none is needed."""
    if isinstance(object, Tracer) and np.array(object.value, dtype, **settings) is object.value:
        return object
    if (stretch := stacked_entries(object)) is not None:
        return array_(stretch, dtype, **settings)
    return _of_items(object, array_(as_expr(object), dtype, **settings))


def _of_items(given: Any, made: Expr) -> Expr:
    """The array, of which it is remembered what list it was made of."""
    recording = current()
    if isinstance(given, (list, tuple)) and recording is not None and made.dtype != BOOL:
        items = [as_expr(item) for item in given]
        if made.shape == (len(items), *items[0].shape):
            for inner, e in zip(given, items, strict=True):
                _of_items(inner, e)
            remember_items(recording, items, made)
    return made


def as_array(function: Callable[..., Any]) -> Callable[..., Any]:
    """np.asarray and relatives: an array that need not be changed is handed on as it is."""

    def rule(a: Any, dtype: Any = None, *args: Any, **settings: Any) -> Any:
        if isinstance(a, Tracer) and function(a.value, dtype, *args, **settings) is a.value:
            return a
        stretch = stacked_entries(a)
        e = _of_items(a, array_(as_expr(a), dtype)) if stretch is None else array_(stretch, dtype)
        least = np.ndim(function(np.zeros(())))  # 1 for those that give no 0-d arrays
        return sliced(e, [None]) if e.ndim < least else e

    return rule


def filled(shape: Shape, value: Any, dtype: DType) -> Expr:
    """One value everywhere; a plain number is rounded to the type it is kept in."""
    if dtype == BOOL and not isinstance(value, Expr):
        return array(np.full(shape, value, dtype=bool))
    if isinstance(value, (bool, int, float, complex, np.generic)):
        rounded = np.asarray(value).astype(np.asarray(value).dtype if dtype is None else dtype)
        return broadcast(constant(rounded.item()), shape)
    e = lift(value)
    return broadcast(e if dtype is None or e.dtype is None else cast(e, dtype), shape)


def uniform(value: float) -> Callable[..., Expr]:
    """np.zeros, np.ones, np.empty."""

    def rule(shape: Any, dtype: Any = None, order: Any = "C", *, device: Any = None, like: Any = None) -> Expr:
        return filled(shape_of(shape), value, np.dtype(dtype))

    return rule


def full(
    shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C", *, device: Any = None, like: Any = None
) -> Expr:
    return filled(shape_of(shape), fill_value, None if dtype is None else np.dtype(dtype))


def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: Any = True, shape: Any = None, *,
    device: Any = None,
) -> Expr:  # fmt: skip
    e = lift(a)
    kept = e.dtype if dtype is None else np.dtype(dtype)
    return filled(e.shape if shape is None else shape_of(shape), fill_value, kept)


def uniform_like(value: float) -> Callable[..., Expr]:
    return lambda a, *args, **settings: full_like(a, value, *args, **settings)


def eye(
    N: Any, M: Any = None, k: Any = 0, dtype: Any = float, order: Any = "C", *, device: Any = None, like: Any = None
) -> Expr:
    """The identity, or ones on another diagonal."""
    rows = length(N)
    columns = rows if M is None else length(M)
    if np.dtype(dtype) == BOOL:
        return array(np.eye(rows, columns, k, dtype=bool))
    if rows == columns and k == 0:
        return delta(rows)
    return structured(Affine((1, -1), int(k)), (rows, columns))


# --- ranges -----------------------------------------------------------------------------------------


def linspace(
    start: Any, stop: Any, num: Any = 50, endpoint: Any = True, retstep: Any = False, dtype: Any = None, axis: Any = 0,
    *, device: Any = None,
) -> Any:  # fmt: skip
    if not any_expr([start, stop]):
        found = np.linspace(start, stop, int(num), endpoint, retstep, dtype, axis)
        return tuple(map(lift, found)) if retstep else lift(found)
    first, last = common(lift(start), lift(stop))
    intervals = int(num) - 1 if endpoint else int(num)
    gap = add(last, negate(first))
    share = np.arange(int(num)) / intervals if intervals > 0 else np.zeros(int(num))
    points = blended(first, last, share)
    points = axis_from_last(points, normalized_axis(axis, points.ndim))
    if dtype is not None:
        points = cast(logic.floor(points) if np.dtype(dtype).kind in "iu" else points, np.dtype(dtype))
    return (points, product(constant(1 / intervals if intervals else float("nan")), gap)) if retstep else points


def blended(start: Expr, stop: Expr, shares: np.ndarray) -> Expr:
    """``(1 − share) start + share stop`` along a new last axis: the ends are exact, as NumPy's are."""
    labels, last = tuple(range(start.ndim)), start.ndim
    sizes = dict(zip(labels, start.shape, strict=True)) | {last: shares.size}
    parts = ((start, 1 - shares), (stop, shares))
    return add(*(contract([(labels, e), ((last,), array(s))], (*labels, last), sizes) for e, s in parts))


def spaced(start: Expr, gap: Expr, shares: np.ndarray) -> Expr:
    """``start + gap · share`` along a new last axis."""
    labels, last = tuple(range(start.ndim)), start.ndim
    sizes = dict(zip(labels, start.shape, strict=True)) | {last: shares.size}
    moved = contract([(labels, gap), ((last,), array(shares))], (*labels, last), sizes)
    return add(contract([(labels, start)], (*labels, last), sizes), moved)


def logspace(
    start: Any, stop: Any, num: Any = 50, endpoint: Any = True, base: Any = 10.0, dtype: Any = None, axis: Any = 0
) -> Expr:
    radix = lift(base)
    shape = broadcast_shape(lift(start).shape, lift(stop).shape, radix.shape)
    exponents = linspace(broadcast(lift(start), shape), broadcast(lift(stop), shape), num, endpoint)
    points = power(broadcast(radix, exponents.shape) if radix.ndim else radix, exponents)
    return _placed_axis(points, axis, dtype)


def geomspace(start: Any, stop: Any, num: Any = 50, endpoint: Any = True, dtype: Any = None, axis: Any = 0) -> Expr:
    """Evenly spaced logarithms; two negative ends are those of their absolute values, negated."""
    first, last = common(lift(start), lift(stop))
    sign = logic.sign(first)
    exponents = linspace(log(product(sign, first)), log(product(sign, last)), num, endpoint)
    return _placed_axis(product(sign, exp(exponents)), axis, dtype)


def _placed_axis(points: Expr, axis: Any, dtype: Any) -> Expr:
    """The points' axis, made first by linspace, where it is wanted."""
    k = normalized_axis(axis, points.ndim)
    order = list(range(1, points.ndim))
    order.insert(k, 0)
    moved = contract([(tuple(range(points.ndim)), points)], order)
    return moved if dtype is None else cast(moved, np.dtype(dtype))


def arange(
    start_or_stop: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None, like: Any = None
) -> Expr:
    """np.arange with traced ends: how many points there are is guarded."""
    begin, end = (0, start_or_stop) if stop is None else (start_or_stop, stop)
    first, last, by = as_expr(begin), as_expr(end), as_expr(step)
    values = to_values((begin, end, step))
    count = np.ceil((values[1] - values[0]) / values[2])
    recording = innermost(list(find_tracers((begin, end, step))))
    recording.guard(logic.ceil(quotient(difference(last, first), by)), count)
    points = spaced(first, by, np.arange(max(int(count), 0)))
    return points if dtype is None else cast(points, np.dtype(dtype))


# --- np.r_ and np.c_ --------------------------------------------------------------------------------


class Joiner:
    """What ``np.r_`` and ``np.c_`` are: arrays, numbers and ranges between brackets, joined along one axis.

    `least` is the least number of axes of an item; where it has fewer, its own stand at `place`, counted from
    either end.
    """

    def __init__(self, axis: int, least: int, place: int):
        self.axis, self.least, self.place = axis, least, place

    def __getitem__(self, key: Any) -> Any:
        items = key if isinstance(key, tuple) else (key,)
        if items and isinstance(items[0], str):
            return self._directed(items[0])[items[1:]]
        return np.concatenate([self._item(item) for item in items], axis=self.axis)

    def _directed(self, directive: str) -> Joiner:
        """``np.r_["axis,least,place", …]``."""
        numbers = [int(part) for part in directive.split(",")]
        return Joiner(*(numbers + [self.axis, self.least, self.place][len(numbers) :]))

    def _item(self, item: Any) -> Any:
        if isinstance(item, slice):
            item = range_between(item)
        elif not isinstance(item, (Tracer, np.ndarray)):
            item = _join_nested(item)
        rank, missing = np.ndim(item), self.least - np.ndim(item)
        if missing <= 0:
            return item
        first = self.place if self.place >= 0 else self.place + missing + 1
        return np.expand_dims(item, tuple(k for k in range(self.least) if not first <= k < first + rank))


def _join_nested(item: Any) -> Any:
    return np.stack([_join_nested(x) for x in item]) if isinstance(item, (list, tuple)) else np.asarray(item)


def range_between(item: slice) -> Any:
    """What ``a:b:c`` means between such brackets; a complex step is a number of points, both ends among them."""
    start, step = 0 if item.start is None else item.start, 1 if item.step is None else item.step
    if isinstance(step, complex):
        return np.linspace(start, item.stop, int(abs(step)))
    return call(np.arange, (start, item.stop, step), {})


ROWS = Joiner(axis=0, least=1, place=-1)
COLUMNS = Joiner(axis=-1, least=2, place=0)

translates_with_values(np.array)(array_of)
for _function in (np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray):
    translates_with_values(_function)(as_array(_function))
translates(np.zeros, np.empty)(uniform(0.0))
translates(np.ones)(uniform(1.0))
translates(np.full)(full)
translates(np.full_like)(full_like)
translates(np.zeros_like, np.empty_like)(uniform_like(0.0))
translates(np.ones_like)(uniform_like(1.0))
translates(np.eye)(eye)
translates(np.identity)(lambda n, dtype=None, *, like=None: eye(n, dtype=np.dtype(dtype)))
translates(np.linspace)(linspace)
translates(np.logspace)(logspace)
translates(np.geomspace)(geomspace)
translates_with_values(np.arange)(arange)
