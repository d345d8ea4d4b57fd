"""Translation of ``x[…]`` with every kind of key NumPy knows."""

from __future__ import annotations

import operator
from typing import Any

from steepest.expr.node import Expr
from steepest.frontends.tracing.tracer import Tracer, as_expr
from steepest.frontends.tracing.translation import translates_with_values
from steepest.ops.rearrange import sliced

from .filling import entry_written
from .moving import place_in_loop
from .subscripts import as_one_truth, parse, read, traced


@translates_with_values(operator.getitem)
def getitem(array: Any, key: Any) -> Expr:
    """Constant keys become constant selections; traced integers are looked up when the function is called.

    A traced mask decides the shape of the result, so it is guarded: the trace holds while it stays as it is.
    """
    x = as_expr(array)
    if (whole := as_one_truth(key)) is not None:  # a new axis, of which it chooses all or nothing
        return sliced(sliced(x, [None, *map(range, x.shape)]), [range(int(whole)), *map(range, x.shape)])
    subscript = parse(key, x.shape, traced)
    if not isinstance(array, Tracer):
        return read(x, subscript)
    if (place := place_in_loop(array, key, subscript)) is not None:
        return getitem(place.row, place.rest) if place.rest else place.row.expr
    found = entry_written(array.recording, x, subscript)
    return read(x, subscript) if found is None else found
