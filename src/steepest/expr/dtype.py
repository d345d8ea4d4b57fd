"""Element types. ``None`` is the type of a plain Python number: it takes the type of what it meets (NEP 50)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

DType = np.dtype | None

BOOL = np.dtype(np.bool_)
INT = np.dtype(np.int64)
FLOAT32 = np.dtype(np.float32)
FLOAT64 = np.dtype(np.float64)
COMPLEX64 = np.dtype(np.complex64)
COMPLEX128 = np.dtype(np.complex128)

WIDER: Mapping[DType, np.dtype] = {FLOAT32: FLOAT64, COMPLEX64: COMPLEX128}  # double precision for single


@lru_cache(maxsize=4096)
def promote(*dtypes: DType) -> DType:
    """NumPy's promotion; plain numbers (``None``) do not count, and only they give ``None``.

    >>> promote(np.dtype("float32"), None)
    dtype('float32')
    """
    known = [d for d in dtypes if d is not None]
    return np.result_type(*known) if known else None


@lru_cache(maxsize=256)
def inexact(dtype: DType) -> DType:
    """The type of a transcendental function's result: integers and booleans become float64."""
    return FLOAT64 if dtype is not None and dtype.kind in "biu" else dtype


@lru_cache(maxsize=256)
def real_of(dtype: DType) -> DType:
    """The type of the real part."""
    if dtype is None or dtype.kind != "c":
        return dtype
    return FLOAT32 if dtype == COMPLEX64 else FLOAT64


def carries_derivative(dtype: DType) -> bool:
    """Whether values of this type can vary smoothly: floats, complex numbers and plain numbers."""
    return dtype is None or dtype.kind in "fc"


EXPONENTS = {4: 128, 8: 1024}  # of 2, beyond the largest number, by the bytes of a real one
DIGITS = 54  # binary ones, that the smallest normal number is away from the smallest of all, and more


@lru_cache(maxsize=4096)
def is_far(number: complex, dtype: DType) -> bool:
    """Whether a number is so large or small that three such in a product may leave the range of a type."""
    return 0 < abs(number) < math.inf and not _is_within(number, _largest(dtype) // 3)


@lru_cache(maxsize=4096)
def is_normal(number: complex, dtype: DType) -> bool:
    """Whether a number is a normal one in a type."""
    return _is_within(number, _largest(dtype) - DIGITS)


def _largest(dtype: DType) -> int:
    real = real_of(dtype)
    return EXPONENTS.get(real.itemsize, 128) if real is not None and real.kind == "f" else 1024


def _is_within(number: complex, exponent: int) -> bool:
    return 2.0**-exponent <= abs(number) <= 2.0**exponent


def is_complex(dtype: DType) -> bool:
    return dtype is not None and dtype.kind == "c"
