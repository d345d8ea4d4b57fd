"""What is given to an estimator, checked. Messages use scikit-learn's words where it has some."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from steepest.errors import ArgumentError, DataError

from .rows import cut

REAL = "biuf"
LARGEST = 2.0**950
HEAVIEST = 2.0**400


def matrix(X: Any) -> np.ndarray:
    """Predictors as (n, p) real numbers, not copied where they are so.

    Raises DataError, or ArgumentError for objects that are no numbers, as NumPy raises ValueError and TypeError.
    A memory map stays one. Finiteness is looked at block by block.
    """
    a = _numbers(X, "X")
    if a.ndim != 2:
        raise DataError(
            f"Expected 2D array, got {a.ndim}D array instead: X has shape {a.shape}, and needs (rows, columns)."
            "\n    Reshape your data: X.reshape(-1, 1) if it is one column, X.reshape(1, -1) if it is one row."
        )
    if 0 in a.shape:
        what = "sample" if a.shape[0] == 0 else "feature"
        raise DataError(f"Found array with 0 {what}(s) (shape={a.shape}) while a minimum of 1 is required.")
    for part in cut(*a.shape):
        require_finite(a[part], "X", part.start)
    return a


def require_range(sizes: np.ndarray, name: str) -> None:
    """Raise DataError where the largest entry of a column is so large or small that squares leave the range."""
    sizes = sizes.astype(float)
    bad = (sizes > LARGEST) | ((sizes < 1 / LARGEST) & (sizes > 0))
    if bad.any():
        k = int(np.argmax(bad))
        raise DataError(
            f"column {k} of {name} has entries of {sizes[k]:.1e}, at the end of what doubles hold: scale it"
        )


def response(y: Any, rows: int) -> np.ndarray:
    """Responses as (n,) or (n, k) numbers, doubles unless given shorter; what is wrong raises DataError."""
    if y is None:
        raise DataError("this estimator requires y to be passed, but the target y is None")
    a = _numbers(y, "y")
    if a.ndim not in (1, 2) or (a.ndim == 2 and a.shape[1] == 0):
        raise DataError(f"y has shape {a.shape}, and needs (rows,) or (rows, outputs)")
    if len(a) != rows:
        raise DataError(f"X has {rows} rows, y has {len(a)}: each row of X needs its response")
    require_finite(a, "y")
    return a if a.dtype.kind == "f" and a.dtype.itemsize < 8 else a.astype(float, copy=False)


def weights(sample_weight: Any, rows: int) -> np.ndarray | None:
    """Weights as (n,) float64, None for none; what is wrong raises DataError."""
    if sample_weight is None:
        return None
    w = np.asarray(_numbers(sample_weight, "sample_weight"), dtype=float)
    if w.ndim == 0:
        w = np.full(rows, float(w))
    if w.shape != (rows,):
        raise DataError(f"sample_weight has shape {w.shape}; X has {rows} rows, so ({rows},) is needed")
    require_finite(w, "sample_weight")
    if np.any(w < 0):
        raise DataError(f"sample_weight[{int(np.argmax(w < 0))}] is negative: weights are 0 or more")
    if not np.any(w > 0):
        raise DataError("all weights are zero: at least one row needs a weight above 0")
    if not 1 / HEAVIEST <= np.max(w) <= HEAVIEST:
        raise DataError(
            f"the largest of sample_weight is {np.max(w):.1e}, whose squares leave the range of doubles"
            "\n    Only the ratios of weights matter for the coefficients: divide all of them by one number."
        )
    return w


def require_finite(a: np.ndarray, name: str, first: int = 0) -> None:
    """Raise DataError with the place of the first NaN or infinity; `first` is the number of the first row."""
    finite = np.isfinite(a)
    if not finite.all():
        where = np.argwhere(~finite)[0]
        place = ", ".join(str(int(i) + (first if axis == 0 else 0)) for axis, i in enumerate(where))
        what = "NaN" if np.isnan(a[tuple(where)]) else "infinity"
        raise DataError(
            f"{name}[{place}] is {what}: the data must be finite (Input {name} contains {what})"
            "\n    Leave out such rows, or fill them in, before the fit."
        )


def _numbers(data: Any, name: str) -> np.ndarray:
    if scipy.sparse.issparse(data):
        raise DataError(f"{name} is sparse data, which is not supported here\n    Give {name}.toarray(), if it fits.")
    try:
        a = np.asanyarray(data) if isinstance(data, np.memmap) else np.asarray(data)
    except ValueError as error:  # lists of unequal lengths
        raise DataError(f"{name} is not an array: {error}") from error
    if isinstance(data, np.ma.MaskedArray) and np.ma.is_masked(data):
        raise DataError(f"{name} has masked entries, which are unknown\n    Leave out such rows.")
    if a.dtype.kind in "USMm":
        raise DataError(f"{name} holds {a.dtype}, no numbers\n    Turn it into numbers first, with astype(float) say.")
    if a.dtype.kind == "c":
        raise DataError(f"Complex data not supported: {name} has dtype {a.dtype}")
    if a.dtype.kind in REAL:
        return a
    try:
        return a.astype(float)
    except TypeError as error:
        raise ArgumentError(f"{name} holds what is no number: {error}") from error
    except ValueError as error:
        raise DataError(f"{name} holds what is no number: {error}") from error
