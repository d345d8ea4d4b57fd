"""Whole numbers, which wrap around: each call puts its result back into their type.

Of few bits they are computed with as long ones. Beside floats they are floats, as in NumPy. So what is known of numbers
(that factors may be joined, in any order) is not used on those that wrap.
"""

from __future__ import annotations

from typing import Any, TypeGuard

import numpy as np

from steepest.expr.dtype import INT, DType, carries_derivative, real_of
from steepest.expr.node import Expr
from steepest.ops.complex_parts import cast

from .containers import transformed

OF_ONE_TYPE: frozenset[Any] = frozenset(
    {
        np.add, np.subtract, np.multiply, np.divide, np.matmul, np.dot, np.vdot, np.inner, np.outer, np.kron,
        np.tensordot, np.einsum, np.cross, np.convolve, np.correlate, np.average, np.polyval, np.where, np.array,
        np.asarray, np.stack, np.concatenate, np.vstack, np.hstack, np.dstack, np.column_stack, np.block, np.append,
    }
)  # fmt: skip


def widened(function: Any, operands: Any, result: Any) -> Any:
    """The operands of a call, expressions or not, in a type that does not wrap; `result` is what NumPy made of them."""
    dtype = getattr(result, "dtype", None)
    if function in OF_ONE_TYPE and dtype is not None and carries_derivative(dtype):
        return transformed(operands, lambda x: _as_floats(x, real_of(dtype)))
    return transformed(operands, _long) if isinstance(function, np.ufunc) else operands


def _as_floats(x: Any, dtype: DType) -> Any:
    if not isinstance(x, (Expr, np.ndarray)) or not _is_whole(x.dtype):
        return x
    return cast(x, dtype) if isinstance(x, Expr) else np.asarray(x).astype(dtype) if x.ndim else x


def _long(x: Any) -> Any:
    return cast(x, INT) if isinstance(x, Expr) and _is_whole(x.dtype) and x.dtype.itemsize < INT.itemsize else x


def _is_whole(dtype: DType) -> TypeGuard[np.dtype]:
    return dtype is not None and dtype.kind in "iu"
