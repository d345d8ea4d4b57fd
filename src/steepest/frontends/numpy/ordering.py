"""NumPy's functions of the order of entries: `partition`, `lexsort`, `unique`. The order is guarded, ties included."""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.frontends.tracing.lifting import axis_to_last, normalized_axis
from steepest.frontends.tracing.tracer import Tracer, call, to_values
from steepest.frontends.tracing.translation import translates_with_values
from steepest.ops import logic, selection
from steepest.ops.rearrange import sliced


def hold_order(a: Any, axis: int = -1) -> np.ndarray:
    """The values of an array; the trace holds as long as they are in this order along the axis, with the same ties."""
    if isinstance(a, Tracer):
        rows = axis_to_last(a.expr, axis % a.ndim)
        values = np.moveaxis(np.asarray(a.value), axis, -1)
        ordered, sorted_values = selection.sort(rows), np.sort(values)
        last = range(int(rows.shape[-1]) - 1)
        lead = [range(n) for n in rows.shape[:-1]]
        a.recording.guard(selection.argsort(rows), np.argsort(values, kind="stable"))
        if len(last):
            same = logic.equals(sliced(ordered, [*lead, range(1, len(last) + 1)]), sliced(ordered, [*lead, last]))
            a.recording.guard(same, sorted_values[..., 1:] == sorted_values[..., :-1])
    return np.asarray(to_values(a))


def _array(a: Any) -> Any:
    """A list with traced numbers in it as an array."""
    return call(np.asarray, (a,), {})


def argpartition(a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> np.ndarray:
    a = _array(a) if axis is not None else np.ravel(_array(a))
    k = -1 if axis is None else axis
    return np.argpartition(hold_order(a, k), kth, k, kind)


def partition(a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> Any:
    a = _array(a) if axis is not None else np.ravel(_array(a))
    k = -1 if axis is None else axis
    values = hold_order(a, k)
    places = np.argpartition(values, kth, k, kind)
    ordered = np.partition(values, kth, k, kind)
    if not np.array_equal(np.take_along_axis(values, places, k), ordered):
        places = _matching(values, ordered, k)  # NumPy has another algorithm for the values than for their places
    return np.take_along_axis(a, places, k)


def _matching(values: np.ndarray, ordered: np.ndarray, axis: int) -> np.ndarray:
    """Where the entries of `ordered` stand in `values`, which has the same, row by row."""
    rank = np.argsort(np.argsort(ordered, axis, kind="stable"), axis, kind="stable")
    return np.take_along_axis(np.argsort(values, axis, kind="stable"), rank, axis)


def lexsort(keys: Any, axis: Any = -1) -> np.ndarray:
    """Sorted by the last key first; the places are held."""
    return np.lexsort([hold_order(_array(row), axis) for row in keys], axis)


def unique(
    ar: Any, return_index: Any = False, return_inverse: Any = False, return_counts: Any = False, axis: Any = None, *,
    equal_nan: Any = True, sorted: Any = True,  # noqa: A002
) -> Any:  # fmt: skip
    """The values that occur, each read where it stands first."""
    ar = _array(ar)
    if axis is not None:
        k = normalized_axis(axis, np.ndim(ar))
        for row in np.moveaxis(ar, k, 0).reshape(int(np.shape(ar)[k]), -1).T:
            hold_order(row)
        values = to_values(ar)
    else:
        shape, ar = np.shape(to_values(ar)), np.ravel(ar)
        values = hold_order(ar)
    _, index, inverse, counts = np.unique(values, True, True, True, axis, equal_nan=equal_nan)
    inverse = np.reshape(inverse, shape) if axis is None else inverse
    found = np.take(ar, index, 0 if axis is None else axis)
    rest = [x for x, wanted in ((index, return_index), (inverse, return_inverse), (counts, return_counts)) if wanted]
    return (found, *rest) if rest else found


translates_with_values(np.partition)(partition)
translates_with_values(np.argpartition)(argpartition)
translates_with_values(np.lexsort)(lexsort)
translates_with_values(np.unique)(unique)
