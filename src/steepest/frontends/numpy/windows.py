"""Slices that move with a loop, of a length that does not change: ``y[i - 2:i]``, ``x[2 * i:2 * i + 2]``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.expr.build import transpose_axes
from steepest.expr.node import Expr
from steepest.frontends.tracing.lifting import stack
from steepest.frontends.tracing.positions import distance
from steepest.frontends.tracing.recording import Recording
from steepest.frontends.tracing.tracer import Tracer, as_expr, call, find_tracers, innermost, to_values
from steepest.ops.gather import take


@dataclass(frozen=True)
class Window:
    """The places of a slice: ``start``, ``start + step``, … of which the first is traced."""

    given: slice
    step: int
    length: int

    def place(self, k: int) -> Tracer:
        """One of them."""
        found: Tracer = self.given.start + k * self.step
        return found

    def places(self) -> Tracer:
        """All of them."""
        found: Tracer = self.given.start + self.step * np.arange(self.length)
        return found


Item = Any  # of a key: a number, a slice, a `Window`, a traced integer, None


def with_windows(key: Any, shape: Sequence[int]) -> list[Item] | None:
    """The items of a key, with a `Window` for each slice that moves; None if there is none.

    A window lies in its axis, which the trace holds for: beyond the ends a slice is shorter, or counts from the end.
    None too where arrays of positions or masks stand beside it.
    """
    items = list(key) if isinstance(key, tuple) else [key]
    if not any(isinstance(i, slice) and next(find_tracers((i.start, i.stop)), None) is not None for i in items):
        return None
    if not all(_is_simple(i) for i in items) or sum(i is Ellipsis for i in items) > 1:
        return None
    axes = len([i for i in items if i is not None and i is not Ellipsis])
    at = next((k for k, i in enumerate(items) if i is Ellipsis), len(items))
    items[at : at + 1] = [slice(None)] * (len(shape) - axes)
    sizes = iter(shape)
    found = [i if i is None else _as_window(i, int(next(sizes))) for i in items]
    return found if any(isinstance(i, Window) for i in found) else None


def _is_simple(item: Any) -> bool:
    if item is None or item is Ellipsis or isinstance(item, slice):
        return True
    return np.ndim(to_values(item)) == 0 and np.asarray(to_values(item)).dtype.kind in "iu"


def _as_window(item: Any, size: int) -> Item:
    if not isinstance(item, slice) or next(find_tracers((item.start, item.stop)), None) is None:
        return item
    step = 1 if item.step is None else item.step
    if item.start is None or item.stop is None or type(step) is not int or step == 0:
        return item
    way = distance(as_expr(item.start), as_expr(item.stop))
    length = 0 if way is None else len(range(0, way, step))
    if not length or not isinstance(item.start, Tracer):  # from a start that stays to a stop that moves, it grows
        return item
    first, last = item.start, item.start + (length - 1) * step
    low, high = (first, last) if step > 0 else (last, first)
    stays = low >= 0 and high < size and (step > 0 or item.stop >= 0)
    return Window(item, step, length) if stays else item


def read_at(x: Tracer, items: Sequence[Item]) -> tuple[Tracer, tuple[Any, ...]]:
    """The array with the windows of a key taken out, and what is left of the key."""
    left, axis = [], 0
    for item in items:
        if isinstance(item, Window):
            places = item.places()
            x = Tracer(x.recording, take(x.expr, places.expr, axis), np.take(x.value, places.value, axis))
        left.append(slice(None) if isinstance(item, Window) else item)
        axis += item is not None
    return x, tuple(left)


def recording_of(items: Sequence[Item]) -> Recording:
    """The one that the windows of a key belong to."""
    return innermost([item.given.start for item in items if isinstance(item, Window)])


def one_by_one(items: Sequence[Item]) -> tuple[int, Iterator[tuple[Any, ...]]]:
    """The keys of the places of the first window, and the axis of the result that they stand along."""
    at = next(k for k, item in enumerate(items) if isinstance(item, Window))
    window = items[at]
    axis = sum(item is None or isinstance(item, (slice, Window)) for item in items[:at])
    before, after = items[:at], [item.given if isinstance(item, Window) else item for item in items[at + 1 :]]
    return axis, ((*before, window.place(k), *after) for k in range(window.length))


def stacked(parts: Sequence[Expr], axis: int) -> Expr:
    """Parts of one shape along a new axis."""
    e = stack(parts)
    order = [*range(1, axis + 1), 0, *range(axis + 1, e.ndim)]
    return transpose_axes(e, order) if axis else e


def spread(value: Any, shape: Sequence[int], axis: int) -> Iterator[Any]:
    """What is written to the places along one axis of what a key means, which has this shape."""
    whole = call(np.broadcast_to, (value, tuple(shape)), {})
    return (whole[(*[slice(None)] * axis, k)] for k in range(shape[axis]))
