"""Translation of ``y[…] = v`` and ``ufunc.at(y, …, v)``: a new array, equal to the old one elsewhere.

What is overwritten is masked out by a boolean array, so that a NaN that stood there is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from steepest.errors import CaptureError, located, user_line
from steepest.expr.build import Operand, add, array, contract, negate
from steepest.expr.dtype import BOOL
from steepest.expr.node import Expr, Labels
from steepest.expr.number import constant
from steepest.frontends.tracing.lifting import broadcast
from steepest.frontends.tracing.tracer import Tracer, as_expr, find_tracers, innermost, to_values, value_dtype
from steepest.frontends.tracing.translation import TRANSLATIONS, translates_with_values, written, written_at
from steepest.ops import logic
from steepest.ops.complex_parts import cast
from steepest.ops.gather import rows_at, scattered, take
from steepest.ops.rearrange import Place, flatten, place_mask, reshape, sliced
from steepest.ops.selection import one_hot

from .filling import write_entry
from .moving import PlaceInLoop, place_in_loop
from .subscripts import Positions, Subscript, add_up, as_one_truth, fixed, is_positions, parse, traced
from .windows import Window, one_by_one, spread, with_windows


@translates_with_values(written)
def write(target: Tracer, key: Any, value: Any) -> Expr:
    """``target`` with ``target[key] = value``; in its own element type, as NumPy does."""
    if (whole := as_one_truth(key)) is False:
        return target.expr
    key = Ellipsis if whole else key
    x, v = target.expr, converted(value, target.dtype)
    mask = _traced_mask(key)
    if mask is not None and _fits_everywhere(v, x.ndim - mask.ndim):
        return _write_where(x, cast(mask.expr, BOOL), v, target.dtype)
    if x in target.recording.moving and (items := with_windows(key, x.shape)) is not None:
        return _write_windows(target, items, value)
    if x in target.recording.moving and (place := place_in_loop(target, key, parse(key, x.shape, traced))) is not None:
        return _write_in_loop(place, value, v)
    subscript = parse(key, x.shape, _only_single)
    if any(isinstance(p, np.ndarray) for p in subscript.parts):
        subscript = parse(key, x.shape, fixed)
        return _write_at_positions(x, subscript, fitted(v, subscript.target), target.dtype)
    subscript, v = _without_new_axes(subscript, fitted(v, subscript.target))
    if not _masks(subscript):
        return typed(add_up(v, subscript), target.dtype)
    if target.dtype != BOOL and all(_is_entry_or_whole(p, n) for p, n in zip(subscript.parts, x.shape, strict=True)):
        inner = innermost(list(find_tracers((target, value))))
        return write_entry(target.recording, inner, x, subscript, v, target.dtype)
    hit, axes = _hit(subscript)
    return _combined(masked_out(x, hit, axes), add_up(v, subscript), target.dtype)


def _write_in_loop(place: PlaceInLoop, value: Any, v: Expr) -> Expr:
    row = place.row
    if not place.rest:
        content = typed(fitted(v, row.expr.shape), row.dtype)
        return place.with_row(Tracer(row.recording, content, np.full(row.shape, to_values(value), row.dtype)[()]))
    content = write(row, place.rest, value)
    return place.with_row(Tracer(row.recording, content, written(row.value, to_values(place.rest), to_values(value))))


def _write_windows(target: Tracer, items: Sequence[Any], value: Any) -> Expr:
    """Place by place along a slice that moves, in an array that a loop fills."""
    axis, keys = one_by_one(items)
    shape = target.value[to_values(tuple(i.given if isinstance(i, Window) else i for i in items))].shape
    for key, part in zip(keys, spread(value, shape, axis), strict=True):
        new = written(target.value, to_values(key), to_values(part))
        target = Tracer(target.recording, write(target, key, part), new)
    return target.expr


@translates_with_values(written_at)
def write_at(target: Tracer, ufunc: np.ufunc, key: Any, *values: Any) -> Expr:
    """`target` after ``ufunc.at``: entries named several times are treated as often."""
    x = target.expr
    operands = [as_expr(v) for v in values]
    if ufunc in (np.add, np.subtract) and target.dtype != BOOL:
        subscript = parse(key, x.shape, traced)
        change = add_up(fitted(converted(values[0], target.dtype), subscript.target), subscript)
        return add(x, typed(change if ufunc is np.add else negate(change), target.dtype))
    subscript = parse(key, x.shape, fixed)
    positions = _flat_positions(subscript)
    flat = flatten(x)
    spread = [flatten(fitted(v, positions.shape)) for v in operands]
    for chosen in _rounds(positions.ravel()):
        places = positions.ravel()[chosen]
        new = TRANSLATIONS[ufunc](take(flat, places, 0), *(take(v, chosen, 0) for v in spread))
        old = masked_out(flat, array(_member(places, flat.shape[0])), (0,))
        flat = _combined(old, scattered(typed(new, target.dtype), places, 0, int(flat.shape[0])), target.dtype)
    return reshape(flat, x.shape)


# --- values -----------------------------------------------------------------------------------------


def converted(value: Any, dtype: np.dtype) -> Expr:
    """`value` as it is stored in an array of type `dtype`."""
    if np.can_cast(value_dtype_nested(value), dtype, "same_kind"):
        e = as_expr(value)
        return e if e.dtype is None and dtype != BOOL else cast(e, dtype)
    if next(find_tracers(value), None) is not None:
        kind = value_dtype_nested(value)
        raise CaptureError(
            located(f"a traced {kind} is written into an array of {dtype} and cut off", user_line())
            + "\n    Make the array with dtype=float, or round with np.floor, np.rint, …"
        )
    return array(np.asarray(value).astype(dtype))


def value_dtype_nested(value: Any) -> np.dtype:
    """The element type of a number, array or nested list, as NumPy sees it."""
    return value_dtype(to_values(value)) if isinstance(value, (list, tuple)) else value_dtype(value)


def typed(e: Expr, dtype: np.dtype) -> Expr:
    return e if e.dtype is None else cast(e, dtype)


def fitted(v: Expr, shape: tuple[int, ...]) -> Expr:
    """`v` broadcast to what it is written to; NumPy lets it have further axes of length 1 in front."""
    if v.ndim > len(shape):
        extra: list[Place] = [0] * (v.ndim - len(shape))
        v = sliced(v, [*extra, *map(range, v.shape[len(extra) :])])
    return broadcast(v, shape)


def _without_new_axes(subscript: Subscript, v: Expr) -> tuple[Subscript, Expr]:
    """New axes in a key that is written to only say how the value is spread."""
    if not any(p is None for p in subscript.parts):
        return subscript, v
    places: list[Place] = []
    kept = [p for p in subscript.parts if p is None or isinstance(p, range)]
    for part, n in zip(kept, v.shape, strict=True):
        places.append(0 if part is None else range(n))
    parts = tuple(p for p in subscript.parts if p is not None)
    return Subscript(parts, subscript.shape, subscript.scattered), sliced(v, places)


# --- masks ------------------------------------------------------------------------------------------


def _is_entry_or_whole(part: Any, size: int) -> bool:
    return isinstance(part, int) or (isinstance(part, range) and part == range(size))


def _only_single(index: Tracer) -> Positions:
    """One traced position can move; several could meet, and then the last one counts: they are held fixed."""
    return traced(index) if index.ndim == 0 else fixed(index)


def _masks(subscript: Subscript) -> list[Operand]:
    """For each axis of which only a part is meant, a mask of that part."""
    found: list[Operand] = []
    axes = [p for p in subscript.parts if p is not None]
    for axis, (part, n) in enumerate(zip(axes, map(int, subscript.shape), strict=True)):
        if isinstance(part, Expr):
            found.append(((axis,), rows_at(part, n)))
        elif isinstance(part, int):
            if n != 1:
                found.append(((axis,), one_hot(constant(part), n)))
        elif isinstance(part, range) and len(part) != n:
            found.append(((axis,), place_mask(n, part)))
    return found


def _hit(subscript: Subscript) -> tuple[Expr, Labels]:
    """The mask of what is written, over the axes of which it is a part."""
    masks = _masks(subscript)
    axes = tuple(labels[0] for labels, _ in masks)
    return contract(masks, axes), axes


def masked_out(x: Expr, hit: Expr, axes: Labels) -> Expr:
    """x, and 0 where `hit` says so."""
    labels = tuple(range(x.ndim))
    return contract([(axes, logic.logical_not(hit)), (labels, x)], labels)


def _combined(old: Expr, new: Expr, dtype: np.dtype) -> Expr:
    """The sum of two arrays that are nowhere both different from 0."""
    if dtype == BOOL:
        return logic.logical_or(cast(old, BOOL), cast(new, BOOL))
    return add(typed(old, dtype), typed(new, dtype))


def _traced_mask(key: Any) -> Tracer | None:
    if isinstance(key, tuple) and len(key) == 1:
        key = key[0]
    return key if isinstance(key, Tracer) and key.dtype == BOOL and key.ndim else None


def _fits_everywhere(v: Expr, trailing: int) -> bool:
    """Whether all places get the same value, so that it does not matter how many they are."""
    return all(n == 1 for n in v.shape[: max(v.ndim - trailing, 0)])


def _write_where(x: Expr, mask: Expr, v: Expr, dtype: np.dtype) -> Expr:
    """``y[y < 0] = 0``: chosen entry by entry, for any mask."""
    axes, labels = tuple(range(mask.ndim)), tuple(range(x.ndim))
    spread = broadcast(fitted(v, tuple(x.shape[mask.ndim :])) if v.ndim else v, x.shape)
    return _combined(masked_out(x, mask, axes), contract([(axes, mask), (labels, spread)], labels), dtype)


# --- constant arrays of positions -------------------------------------------------------------------


def _write_at_positions(x: Expr, subscript: Subscript, v: Expr, dtype: np.dtype) -> Expr:
    positions = _flat_positions(subscript)
    size = int(np.prod(x.shape))
    if np.unique(positions).size == positions.size:
        new = add_up(v, subscript)
    else:
        new = reshape(_last_of_each(flatten(v), positions.ravel(), size), x.shape)
    hit = _member(positions, size).reshape(x.shape)
    if hit.all():
        return typed(new, dtype)
    axes = tuple(k for k in range(x.ndim) if not _is_constant_along(hit, k))
    flat_hit = hit[tuple(slice(None) if k in axes else 0 for k in range(x.ndim))]
    return _combined(masked_out(x, array(flat_hit), axes), new, dtype)


def _flat_positions(subscript: Subscript) -> np.ndarray:
    """Which entries of the array, counted in rows, a constant subscript reads."""
    index: list[Any] = [_as_slice(p) if isinstance(p, range) else p for p in subscript.parts]
    if subscript.scattered:
        first = next(k for k, p in enumerate(subscript.parts) if is_positions(p) or isinstance(p, int))
        index.insert(first + 1, Ellipsis)
    numbers = np.arange(int(np.prod(subscript.shape))).reshape(subscript.shape)
    return np.asarray(numbers[tuple(index)])


def _as_slice(r: range) -> slice:
    return slice(r.start, r.stop if r.stop >= 0 else None, r.step) if r else slice(0, 0)


def _member(places: np.ndarray, size: int) -> np.ndarray:
    mask = np.zeros(int(size), dtype=bool)
    mask[places.ravel()] = True
    return mask


def _is_constant_along(a: np.ndarray, axis: int) -> bool:
    return bool(np.all(a == a.take([0], axis=axis))) if a.size else True


def _last_of_each(v: Expr, places: np.ndarray, size: int) -> Expr:
    """Where a place is named twice the last value stays, as in NumPy."""
    source = np.full(size, -1)
    source[places] = np.arange(places.size)
    targets = np.flatnonzero(source >= 0)
    return scattered(take(v, source[targets], 0), targets, 0, size)


def _rounds(places: np.ndarray) -> list[np.ndarray]:
    """The entries of `places` in rounds: in each every place occurs once, in order."""
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    rank = np.arange(places.size) - np.repeat(starts, np.diff(np.r_[starts, places.size]))
    return [np.sort(order[rank == r]) for r in range(int(rank.max(initial=-1)) + 1)]
