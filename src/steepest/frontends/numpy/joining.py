"""Translations that put arrays together, take them apart, and repeat them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from steepest.expr.build import contract, transpose_axes
from steepest.expr.node import Expr
from steepest.frontends.tracing import lifting
from steepest.frontends.tracing.lifting import broadcast, lift, normalized_axis
from steepest.frontends.tracing.tracer import as_expr, find_tracers, to_concrete
from steepest.frontends.tracing.translation import translates, translates_with_values
from steepest.ops.complex_parts import cast
from steepest.ops.gather import take
from steepest.ops.rearrange import Place, flatten, joined, reshape, sliced

from .shaping import at_least_1d, at_least_2d, at_least_3d, length, shape_of


def items_of(arrays: Any) -> list[Expr]:
    """The arrays of a list; of an array its rows."""
    if isinstance(arrays, Expr):
        return [sliced(arrays, [k, *map(range, arrays.shape[1:])]) for k in range(arrays.shape[0])]
    return [lift(a) for a in arrays]


def typed(e: Expr, dtype: Any) -> Expr:
    return e if dtype is None else cast(e, np.dtype(dtype))


def concatenate(arrays: Any, /, axis: Any = 0, *, dtype: Any = None, casting: Any = "same_kind") -> Expr:
    parts = items_of(arrays)
    if axis is None:
        return typed(joined([flatten(p) for p in parts], 0), dtype)
    return typed(joined(parts, normalized_axis(axis, parts[0].ndim)), dtype)


def stack(arrays: Any, axis: Any = 0, *, dtype: Any = None, casting: Any = "same_kind") -> Expr:
    parts = items_of(arrays)
    k = normalized_axis(axis, parts[0].ndim + 1)
    return typed(transpose_axes(lifting.stack(parts), [*range(1, k + 1), 0, *range(k + 1, parts[0].ndim + 1)]), dtype)


def stacker(at_least: Callable[[Expr], Expr], axis: int) -> Callable[..., Expr]:
    """np.vstack, np.hstack, np.dstack: operands get enough axes, then are joined along one."""

    def rule(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Expr:
        items = items_of(tup)
        if axis == 0 and all(p.ndim == 1 for p in items):
            return typed(lifting.stack(items), dtype)
        parts = [at_least(p) for p in items]
        return typed(joined(parts, min(axis, parts[0].ndim - 1)), dtype)

    return rule


def column_stack(tup: Any) -> Expr:
    """Vectors become columns."""
    return joined([_column(p) for p in items_of(tup)], 1)


def _column(p: Expr) -> Expr:
    return p if p.ndim >= 2 else sliced(at_least_1d(p), [range(at_least_1d(p).shape[0]), None])


def block(arrays: Any) -> Expr:
    """np.block: the innermost lists are joined along the last axis, the next ones along the axis before, …"""
    depth, rank = _depth(arrays), _rank(arrays)
    return _joined_block(arrays, depth, max(depth, rank))


def _depth(arrays: Any) -> int:
    return 1 + _depth(arrays[0]) if isinstance(arrays, list) else 0


def _rank(arrays: Any) -> int:
    return max(map(_rank, arrays)) if isinstance(arrays, list) else lift(arrays).ndim


def _joined_block(arrays: Any, depth: int, rank: int) -> Expr:
    if not isinstance(arrays, list):
        e = lift(arrays)
        return sliced(e, [None] * (rank - e.ndim) + [range(n) for n in e.shape])
    return joined([_joined_block(a, depth - 1, rank) for a in arrays], rank - depth)


def append(arr: Any, values: Any, axis: Any = None) -> Expr:
    return concatenate([arr, values], axis=axis)


# --- taking apart -----------------------------------------------------------------------------------


def along(e: Expr, axis: int, place: int | range) -> Expr:
    """Part of one axis, all of the others."""
    places: list[Place] = [range(n) for n in e.shape]
    places[axis] = place
    return sliced(e, places)


def split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[Expr]:
    """np.split and np.array_split: before given places, or in parts that differ in length by one at most."""
    e = lift(ary)
    k = normalized_axis(axis, e.ndim)
    n = int(e.shape[k])
    return [along(e, k, range(*slice(a, b).indices(n))) for a, b in _bounds(indices_or_sections, n)]


def _bounds(indices_or_sections: Any, n: int) -> list[tuple[int, int]]:
    if np.ndim(indices_or_sections):
        cuts = [0, *map(int, indices_or_sections), n]
    else:
        short, longer = divmod(n, int(indices_or_sections))
        cuts = list(np.cumsum([0] + [short + (k < longer) for k in range(int(indices_or_sections))]))
    return [(int(a), int(b)) for a, b in pairwise(cuts)]


def hsplit(ary: Any, indices_or_sections: Any) -> list[Expr]:
    e = lift(ary)
    return split(e, indices_or_sections, 1 if e.ndim > 1 else 0)


def unstack(x: Any, /, *, axis: Any = 0) -> tuple[Expr, ...]:
    e = lift(x)
    k = normalized_axis(axis, e.ndim)
    return tuple(along(e, k, place) for place in range(e.shape[k]))


# --- repeating --------------------------------------------------------------------------------------


def tile(A: Any, reps: Any) -> Expr:
    """Each axis beside a new one of length `reps`, then both made one."""
    e = lift(A)
    counts = list(shape_of(reps))
    counts = [1] * (e.ndim - len(counts)) + counts
    labels = tuple(range(len(counts) - e.ndim, len(counts)))
    sizes = dict(zip(labels, e.shape, strict=True))
    out: list[int] = []
    for k, count in enumerate(counts):
        sizes[len(counts) + k] = count
        out += [len(counts) + k, k] if k in labels else [len(counts) + k]
    spread = contract([(labels, e)], out, sizes)
    return reshape(spread, [c * sizes.get(k, 1) for k, c in enumerate(counts)])


def repeat(a: Any, repeats: Any, axis: Any = None) -> Expr:
    """Each entry several times; traced counts have to stay what they are, for the shape goes by them."""
    if next(find_tracers(repeats), None) is not None:
        repeats = to_concrete(repeats)
    e = flatten(as_expr(a)) if axis is None else as_expr(a)
    k = 0 if axis is None else normalized_axis(axis, e.ndim)
    if np.ndim(repeats):
        return take(e, np.repeat(np.arange(int(e.shape[k])), np.asarray(repeats)), k)
    count = length(repeats)
    labels = tuple(range(e.ndim))
    out = (*labels[: k + 1], e.ndim, *labels[k + 1 :])
    spread = contract([(labels, e)], out, {e.ndim: count} | dict(enumerate(e.shape)))
    return reshape(spread, (*e.shape[:k], e.shape[k] * count, *e.shape[k + 1 :]))


# --- by numbering the entries -----------------------------------------------------------------------


def numbered(e: Expr, rearrange: Callable[[np.ndarray], np.ndarray], axis: int) -> Expr:
    """A rearrangement along one axis, found by letting NumPy rearrange the numbers of its places."""
    return take(e, np.asarray(rearrange(np.arange(int(e.shape[axis])))), axis)


def resize(a: Any, new_shape: Any) -> Expr:
    """Entries in rows, over again until the new shape is full."""
    e, wanted = flatten(lift(a)), shape_of(new_shape)
    if not e.shape[0]:
        return broadcast(lift(0.0), wanted)
    return reshape(numbered(e, lambda places: np.resize(places, wanted).ravel(), 0), wanted)


def delete(arr: Any, obj: Any, axis: Any = None) -> Expr:
    e, where = flatten(as_expr(arr)) if axis is None else as_expr(arr), to_concrete(obj)
    return numbered(e, lambda places: np.delete(places, where), 0 if axis is None else normalized_axis(axis, e.ndim))


def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Expr:
    """NumPy inserts the numbers of the new entries among those of the old ones; then all are read in that order."""
    e, v = as_expr(arr), as_expr(values)
    e = flatten(e) if axis is None else e
    old, new = int(np.prod(e.shape)), int(np.prod(v.shape))
    numbers = np.arange(old).reshape(e.shape)
    order = np.insert(numbers, to_concrete(obj), old + np.arange(new).reshape(v.shape), axis=axis)
    return take(joined([flatten(e), flatten(v) if v.dtype is None else cast(flatten(v), e.dtype)], 0), order, 0)


translates(np.concatenate)(concatenate)
translates(np.stack)(stack)
translates(np.vstack)(stacker(at_least_2d, 0))
translates(np.hstack)(stacker(at_least_1d, 1))
translates(np.dstack)(stacker(at_least_3d, 2))
translates(np.column_stack)(column_stack)
translates(np.block)(block)
translates(np.append)(append)
translates(np.split, np.array_split)(split)
translates(np.hsplit)(hsplit)
translates(np.vsplit)(split)
translates(np.dsplit)(lambda ary, indices_or_sections: split(ary, indices_or_sections, 2))
translates(np.unstack)(unstack)
translates(np.tile)(tile)
translates_with_values(np.repeat)(repeat)
translates(np.resize)(resize)
translates_with_values(np.delete)(delete)
translates_with_values(np.insert)(insert)
