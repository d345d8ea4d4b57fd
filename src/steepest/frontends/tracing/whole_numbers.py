"""Whole numbers of few bits, which wrap around: computed with as long ones, and put back into their type by each call.

So what is known of numbers (that factors may be joined, or moved past a float) is not used on those that wrap.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.expr.dtype import INT
from steepest.expr.node import Expr
from steepest.ops.complex_parts import cast

from .containers import transformed


def widened(function: Any, args: Any) -> Any:
    """The operands of a ufunc, expressions or not, with whole numbers of fewer bits as long ones."""
    return transformed(args, _long) if isinstance(function, np.ufunc) else args


def _long(x: Any) -> Any:
    if isinstance(x, Expr) and x.dtype is not None and x.dtype.kind in "iu" and x.dtype.itemsize < INT.itemsize:
        return cast(x, INT)
    return x
