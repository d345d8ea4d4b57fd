"""What a call computes in: NumPy brings operands to one type first, and so must what is derived from the call.

Single precision beside double is double: else a derivative would be added up in single. Whole numbers beside floats are
floats. Alone they wrap around: each call puts its result back into their type; of few bits they are computed with as
long ones. So what is known of numbers
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


def widened(function: Any, operands: tuple[Any, Any], result: Any) -> Any:
    """The operands of a call, expressions or not, in the type it computes in; `result` is what NumPy made of them."""
    dtype = getattr(result, "dtype", None)
    if dtype is None or not carries_derivative(dtype):
        return transformed(operands, _long) if isinstance(function, np.ufunc) else operands
    if dtype.kind == "f" and all(_is_alike(x, dtype) for x in operands[0]):
        return operands
    if function in OF_ONE_TYPE:
        return transformed(operands, lambda x: _as(real_of(dtype), x) if _is_whole(_type(x)) else _wide(x, dtype))
    return transformed(operands, lambda x: _wide(_long(x), dtype)) if isinstance(function, np.ufunc) else operands


def _is_alike(x: Any, dtype: np.dtype) -> bool:
    """Whether an operand is of this very type, or a number that has none of its own."""
    kind = type(x)
    return kind is float or kind is int or (issubclass(kind, Expr) and (x.dtype is None or x.dtype == dtype))


def _type(x: Any) -> DType:
    return x.dtype if isinstance(x, (Expr, np.ndarray)) else None


def _as(dtype: DType, x: Any) -> Any:
    return cast(x, dtype) if isinstance(x, Expr) else np.asarray(x).astype(dtype) if x.ndim else x


def _wide(x: Any, result: np.dtype) -> Any:
    """What has less digits than the result, with as many."""
    own = _type(x)
    wide = result if own is not None and own.kind == "c" else real_of(result)
    is_narrow = own is not None and own.kind in "fc" and np.finfo(own).eps > np.finfo(result).eps
    return _as(wide, x) if is_narrow else x


def _long(x: Any) -> Any:
    return cast(x, INT) if isinstance(x, Expr) and _is_whole(x.dtype) and x.dtype.itemsize < INT.itemsize else x


def _is_whole(dtype: DType) -> TypeGuard[np.dtype]:
    return dtype is not None and dtype.kind in "iu"
