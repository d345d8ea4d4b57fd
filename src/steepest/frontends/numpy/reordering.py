"""Translations that move entries along axes: flips, rotations, rolls, and borders put around an array."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from steepest.errors import CaptureError
from steepest.expr.build import transpose_axes
from steepest.expr.node import Expr
from steepest.frontends.tracing.lifting import any_expr, broadcast, lift, normalized_axes, normalized_axis
from steepest.frontends.tracing.translation import translates
from steepest.ops.gather import take
from steepest.ops.rearrange import flatten, joined, reshape, rolled, sliced

from .joining import numbered

PLACE_MODES = frozenset({"edge", "reflect", "symmetric", "wrap"})  # a border made of the entries themselves


def flip(m: Any, axis: Any = None) -> Expr:
    e = lift(m)
    axes = normalized_axes(axis, e.ndim)
    return sliced(e, [range(n)[::-1] if k in axes else range(n) for k, n in enumerate(e.shape)])


def rot90(m: Any, k: Any = 1, axes: Any = (0, 1)) -> Expr:
    """A quarter turn is a flip of one axis and a swap of both."""
    e = lift(m)
    first, second = (normalized_axis(a, e.ndim) for a in axes)
    order = list(range(e.ndim))
    order[first], order[second] = second, first
    match k % 4:
        case 0:
            return e
        case 1:
            return transpose_axes(flip(e, second), order)
        case 2:
            return flip(e, (first, second))
        case _:
            return flip(transpose_axes(e, order), second)


def roll(a: Any, shift: Any, axis: Any = None) -> Expr:
    e = lift(a)
    if axis is None:
        return reshape(rolled(flatten(e), 0, int(np.sum(shift))), e.shape)
    for by, k in np.broadcast(shift, axis):
        e = rolled(e, normalized_axis(k, e.ndim), int(by))
    return e


def pad(array: Any, pad_width: Any, mode: Any = "constant", **settings: Any) -> Expr:
    """np.pad with a constant border, or one made of entries of the array."""
    e = lift(array)
    widths = _pairs(pad_width, e.ndim)
    if mode == "constant":
        return _pad_constant(e, widths, settings.get("constant_values", 0))
    if not isinstance(mode, str) or mode not in PLACE_MODES or settings.get("reflect_type", "even") != "even":
        raise CaptureError(
            f"np.pad with mode={mode!r} {settings or ''} is not recorded; there are 'constant', 'edge', 'reflect',"
            " 'symmetric' and 'wrap'"
        )
    for axis, pair in enumerate(widths):
        if any(pair):
            e = numbered(e, functools.partial(np.pad, pad_width=pair, mode=mode), axis)
    return e


def _pairs(width: Any, ndim: int) -> list[tuple[int, int]]:
    """(before, after) for each axis, from any form NumPy takes."""
    if isinstance(width, dict):
        spread = [(0, 0)] * ndim
        for axis, pair in width.items():
            before, after = np.broadcast_to(pair, (2,))
            spread[normalized_axis(axis, ndim)] = (int(before), int(after))
        return spread
    return [(int(a), int(b)) for a, b in np.broadcast_to(width, (ndim, 2))]


def _pad_constant(e: Expr, widths: list[tuple[int, int]], values: Any) -> Expr:
    if e.dtype is not None and e.dtype.kind in "biu" and not any_expr(values):
        values = np.asarray(values).astype(e.dtype)  # as NumPy keeps them
    borders = broadcast(lift(values), (e.ndim, 2))
    for axis, pair in enumerate(widths):
        parts = [e]
        for side, width in enumerate(pair):
            shape = (*e.shape[:axis], width, *e.shape[axis + 1 :])
            border = broadcast(sliced(borders, [axis, side]), shape)
            parts.insert(side * len(parts), border)
        e = joined(parts, axis)
    return e


def windows(x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False) -> Expr:
    """np.lib.stride_tricks.sliding_window_view: every stretch of the given length, along a new last axis."""
    e = lift(x)
    numbers = np.arange(int(np.prod(e.shape))).reshape(tuple(map(int, e.shape)))
    return take(flatten(e), np.lib.stride_tricks.sliding_window_view(numbers, window_shape, axis), 0)


translates(np.lib.stride_tricks.sliding_window_view)(windows)
translates(np.flip)(flip)
translates(np.fliplr)(lambda m: flip(m, 1))
translates(np.flipud)(lambda m: flip(m, 0))
translates(np.rot90)(rot90)
translates(np.roll)(roll)
translates(np.pad)(pad)
