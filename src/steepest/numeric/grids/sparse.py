"""The one place that names SciPy's sparse arrays, which hold the operators; differences themselves need NumPy alone."""

from __future__ import annotations

from types import ModuleType
from typing import Any

SparseArray = Any  # scipy.sparse.csr_array


def sparse() -> ModuleType:
    """``scipy.sparse``, imported when a matrix is asked for."""
    import scipy.sparse  # noqa: PLC0415 - differences do without it

    return scipy.sparse
