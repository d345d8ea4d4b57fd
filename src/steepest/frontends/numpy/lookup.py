"""Translations that look entries up by position or by condition: take, choose, select, searchsorted, …"""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.expr.build import add, contract, fill, negate, zeros
from steepest.expr.dtype import BOOL
from steepest.expr.node import Expr
from steepest.expr.number import constant, size_constant
from steepest.frontends.tracing.lifting import (
    any_expr,
    axis_from_last,
    axis_to_last,
    broadcast,
    broadcast_shape,
    lift,
    normalized_axis,
)
from steepest.frontends.tracing.postponing import value_of
from steepest.frontends.tracing.tracer import Tracer, as_expr, to_values
from steepest.frontends.tracing.translation import translates, translates_with_values
from steepest.ops import logic
from steepest.ops.gather import insertion, rows_at
from steepest.ops.gather import take as entries_at
from steepest.ops.piecewise import maximum, minimum, mod
from steepest.ops.rearrange import flatten, moved, sliced

from . import arithmetic
from .joining import items_of

Positions = Expr | np.ndarray


def positions(index: Any, size: int, mode: str = "raise") -> Positions:
    """Places on an axis, traced or not, brought into its bounds as NumPy's `mode` says."""
    if any_expr(index):
        return _bounded(lift(index), int(size), mode)
    places = np.asarray(index)
    places = places if places.size else places.astype(np.int64)
    if mode == "raise":
        return places
    return places % size if mode == "wrap" else np.clip(places, 0, int(size) - 1)


def _bounded(e: Expr, size: int, mode: str) -> Expr:
    if mode == "raise":
        return e
    if mode == "wrap":
        return mod(e, fill(constant(size), e.shape))
    return minimum(maximum(e, zeros(e.shape)), fill(constant(size - 1), e.shape))


def take(a: Any, indices: Any, axis: Any = None, mode: str = "raise") -> Expr:
    e = flatten(lift(a)) if axis is None else lift(a)
    k = 0 if axis is None else normalized_axis(axis, e.ndim)
    return entries_at(e, positions(indices, e.shape[k], mode), k)


def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Expr:
    """In each row along the axis, the entries at that row's own places."""
    e = flatten(lift(arr)) if axis is None else lift(arr)
    k = 0 if axis is None else normalized_axis(axis, e.ndim)
    data = axis_to_last(e, k)
    places = positions(indices, e.shape[k])
    places = np.moveaxis(places, k, -1) if isinstance(places, np.ndarray) else axis_to_last(places, k)
    rows = broadcast_shape(data.shape[:-1], places.shape[:-1])
    chosen = rows_at(places, data.shape[-1])
    chosen = broadcast(chosen, (*rows, *chosen.shape[-2:]))
    labels, last, place = tuple(range(len(rows))), len(rows), len(rows) + 1
    spread = broadcast(data, (*rows, data.shape[-1]))
    found = contract([((*labels, place, last), chosen), ((*labels, last), spread)], (*labels, place))
    return axis_from_last(moved(found, e), k)


def choose(a: Any, choices: Any, mode: str = "raise") -> Expr:
    """np.choose: entry by entry, from the array whose number stands there."""
    options = items_of(choices)
    places = positions(a, len(options), mode)
    shape = broadcast_shape(places.shape, *(c.shape for c in options))
    chosen = rows_at(places, len(options))
    labels = tuple(range(len(shape)))
    terms = []
    for k, option in enumerate(options):
        here = broadcast(sliced(chosen, [*map(range, places.shape), k]), shape)
        terms.append(contract([(labels, here), (labels, broadcast(option, shape))], labels))
    return moved(add(*terms), *options)


def compress(condition: Any, a: Any, axis: Any = None) -> Expr:
    """np.compress: how much is left depends on the condition, which is guarded."""
    e = flatten(as_expr(a)) if axis is None else as_expr(a)
    return entries_at(e, np.flatnonzero(_held(condition)), 0 if axis is None else normalized_axis(axis, e.ndim))


def extract(condition: Any, arr: Any) -> Expr:
    return entries_at(flatten(as_expr(arr)), np.flatnonzero(_held(condition)), 0)


def nonzero(a: Any) -> tuple[np.ndarray, ...]:
    return np.nonzero(_held(a))


def where(condition: Any, *branches: Any) -> Any:
    """np.where: with one argument alone the positions."""
    return arithmetic.where(*map(as_expr, (condition, *branches))) if branches else nonzero(condition)


def _held(condition: Any) -> np.ndarray:
    """Where the condition holds, guarded if it is traced: not the numbers in it, only whether they are 0."""
    if not isinstance(condition, Tracer):
        return np.asarray(condition) != 0
    condition.check_current()
    mask = condition.expr if condition.expr.dtype == BOOL else logic.nonzero(condition.expr)
    return np.asarray(condition.recording.guard(mask, np.asarray(condition.value) != 0))


def select(condlist: Any, choicelist: Any, default: Any = 0) -> Expr:
    """np.select: the first choice whose condition holds."""
    conditions, choices, result = items_of(condlist), items_of(choicelist), lift(default)
    shape = broadcast_shape(result.shape, *(e.shape for e in (*conditions, *choices)))
    result = broadcast(result, shape)
    for condition, choice in zip(conditions[::-1], choices[::-1], strict=True):
        result = logic.where(broadcast(condition, shape), broadcast(choice, shape), result)
    return result


def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Expr:
    """np.piecewise: the last piece whose condition holds. Pieces are taken to work entry by entry."""
    conditions = [as_expr(c) for c in (condlist if _is_several(condlist, x) else [condlist])]
    e = as_expr(x)
    result = zeros(e.shape)
    pieces = list(funclist)
    if len(pieces) == len(conditions) + 1:  # the one over is for where no condition holds
        conditions.append(_none_of(conditions))
    with np.errstate(all="ignore"):  # a piece is computed outside its range too, but not chosen there
        values = [as_expr(p(x, *args, **kw) if callable(p) else p) for p in pieces]
    for condition, value in zip(conditions, values, strict=True):
        result = logic.where(broadcast(condition, e.shape), broadcast(value, e.shape), result)
    return result


def _is_several(condlist: Any, x: Any) -> bool:
    if isinstance(condlist, (list, tuple)):
        return bool(condlist) and (np.ndim(value_of(condlist[0])) > 0 or np.ndim(value_of(x)) == 0)
    return np.ndim(value_of(condlist)) > np.ndim(value_of(x))


def _none_of(conditions: list[Expr]) -> Expr:
    found = conditions[0]
    for c in conditions[1:]:
        found = logic.logical_or(found, c)
    return logic.logical_not(found)


def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Expr:
    ascending = lift(a) if sorter is None else take(a, sorter)
    return insertion(ascending, lift(v), side="right" if side.startswith("r") else "left")


def digitize(x: Any, bins: Any, right: bool = False) -> Expr:
    """np.digitize: which bin; whether the edges rise or fall is guarded."""
    edges, values = as_expr(bins), np.asarray(to_values(bins))
    side = "left" if right else "right"
    falling = values.size > 1 and values[-1] < values[0]
    if isinstance(bins, Tracer) and values.size > 1:
        bins.recording.guard(logic.less(sliced(edges, [values.size - 1]), sliced(edges, [0])), falling)
    if not falling:
        return insertion(edges, as_expr(x), side=side)
    count = insertion(sliced(edges, [range(values.size)[::-1]]), as_expr(x), side=side)
    return add(fill(size_constant(values.size), count.shape), negate(count))


def isin(
    element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False, *, kind: Any = None
) -> Expr:
    e, test = lift(element), flatten(lift(test_elements))
    labels, last = tuple(range(e.ndim)), e.ndim
    shape = (*e.shape, test.shape[0])
    spread = contract([(labels, e)], (*labels, last), dict(enumerate(shape)))
    hits = logic.equals(spread, contract([((last,), test)], (*labels, last), dict(enumerate(shape))))
    found = logic.nonzero(contract([((*labels, last), hits)], labels))
    return logic.logical_not(found) if invert else found


translates(np.take)(take)
translates(np.take_along_axis)(take_along_axis)
translates(np.choose)(choose)
translates(np.select)(select)
translates(np.searchsorted)(searchsorted)
translates(np.isin)(isin)
translates_with_values(np.compress)(compress)
translates_with_values(np.extract)(extract)
translates_with_values(np.nonzero)(nonzero)
translates_with_values(np.where)(where)
translates_with_values(np.flatnonzero)(lambda a: np.flatnonzero(_held(a)))
translates_with_values(np.argwhere)(lambda a: np.argwhere(_held(a)))
translates_with_values(np.piecewise)(piecewise)
translates_with_values(np.digitize)(digitize)
