"""Translation of ``x[…]`` with every kind of key NumPy knows."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from steepest.expr.node import Expr
from steepest.frontends.tracing.tracer import Tracer, as_expr
from steepest.frontends.tracing.translation import translates_with_values
from steepest.ops.rearrange import sliced

from .filling import entry_written
from .moving import place_in_loop
from .subscripts import as_one_truth, parse, read, traced
from .windows import one_by_one, read_at, recording_of, stacked, with_windows


@translates_with_values(operator.getitem)
def getitem(array: Any, key: Any) -> Expr:
    """Constant keys become constant selections; traced integers are looked up when the function is called.

    A traced mask decides the shape of the result, so it is guarded: the trace holds while it stays as it is.
    """
    x = as_expr(array)
    if (whole := as_one_truth(key)) is not None:  # a new axis, of which it chooses all or nothing
        return sliced(sliced(x, [None, *map(range, x.shape)]), [range(int(whole)), *map(range, x.shape)])
    if (items := with_windows(key, x.shape)) is not None:
        return _windows_read(array, x, items)
    subscript = parse(key, x.shape, traced)
    if not isinstance(array, Tracer):
        return read(x, subscript)
    if (place := place_in_loop(array, key, subscript)) is not None:
        return getitem(place.row, place.rest) if place.rest else place.row.expr
    found = entry_written(array.recording, x, subscript)
    return read(x, subscript) if found is None else found


def _windows_read(array: Any, x: Expr, items: Sequence[Any]) -> Expr:
    """What a key reads that has slices in it which move: of an array that a loop fills, place by place."""
    if isinstance(array, Tracer) and x in array.recording.moving:
        axis, keys = one_by_one(items)
        return stacked([getitem(array, key) for key in keys], axis)
    given = array if isinstance(array, Tracer) else Tracer(recording_of(items), x, np.asarray(array))
    return getitem(*read_at(given, items))
