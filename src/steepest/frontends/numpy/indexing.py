"""Translation of ``x[…]`` with every kind of key NumPy knows."""

from __future__ import annotations

import operator
from typing import Any

from steepest.expr.node import Expr
from steepest.frontends.tracing.tracer import Tracer, as_expr
from steepest.frontends.tracing.translation import translates_with_values

from .filling import entry_written
from .subscripts import parse, read, traced


@translates_with_values(operator.getitem)
def getitem(array: Any, key: Any) -> Expr:
    """Constant keys become constant selections; traced integers are looked up when the function is called.

    A traced mask decides the shape of the result, so it is guarded: the trace holds while it stays as it is.
    """
    x = as_expr(array)
    subscript = parse(key, x.shape, traced)
    found = entry_written(array.recording, x, subscript) if isinstance(array, Tracer) else None
    return read(x, subscript) if found is None else found
