"""A derivative that keeps its structure: an array of shape ``rows + columns`` as a sum of terms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from steepest.errors import ShapeError

from .solving import solve
from .term import Term
from .words import words_of


@dataclass(frozen=True, eq=False, repr=False)
class LinearMap:
    """A linear map from arrays of shape `columns` to arrays of shape `rows`, never stored as a whole.

    ``H @ v`` applies it, ``H.solve(b)`` inverts it, ``H.dense()`` writes it out.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    terms: tuple[Term, ...]
    dtype: np.dtype

    __array_ufunc__ = None  # ``v @ H`` comes here and does not write H out

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the dense array: ``rows + columns``."""
        return (*self.rows, *self.columns)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @cached_property
    def structure(self) -> str:
        """What is known of it, in words."""
        return words_of(self.terms, self.rows, self.columns)

    @property
    def stored(self) -> int:
        """How many numbers are kept."""
        return sum(t.stored for t in self.terms)

    def __repr__(self) -> str:
        return f"<{self.structure}; shape {self.shape}, {self.stored:,} of {math.prod(self.shape):,} numbers kept>"

    # --- written out ------------------------------------------------------------------------------------

    def dense(self) -> np.ndarray:
        """The array of shape `shape`."""
        result = np.zeros(self.shape, self.dtype)
        for t in self.terms:
            t.add_to(result)
        return result[()]  # one number as a NumPy scalar, as everywhere

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("a derivative that keeps its structure becomes an array only by a copy")
        return np.asarray(self.dense(), dtype)

    def to_scipy(self) -> sparse.csr_array:
        """The matrix of the flattened arrays, sparse."""
        places = [t.coordinates() for t in self.terms]
        empty = np.zeros(0, np.int64)
        row, column, value = (
            np.concatenate([empty if k < 2 else empty.astype(self.dtype), *(p[k] for p in places)]) for k in range(3)
        )
        shape = (math.prod(self.rows), math.prod(self.columns))
        return sparse.csr_array(sparse.coo_array((value, (row, column)), shape=shape))

    def diagonal(self) -> np.ndarray:
        """The entries where row and column are the same, of shape `rows`."""
        self._require_square("a diagonal")
        result = np.zeros(self.rows, self.dtype)
        for t in self.terms:
            result += t.diagonal_of()
        return result[()]

    def trace(self) -> Any:
        self._require_square("a trace")
        return self.diagonal().sum()

    # --- as a map ---------------------------------------------------------------------------------------

    @property
    def T(self) -> LinearMap:
        """Rows and columns exchanged."""
        return LinearMap(self.columns, self.rows, tuple(t.transposed() for t in self.terms), self.dtype)

    def __matmul__(self, v: Any) -> np.ndarray:
        """The map applied to an array of shape `columns`, or to several: ``columns + extra`` gives ``rows + extra``."""
        v = np.asarray(v)
        rank = len(self.columns)
        if v.shape[:rank] != self.columns:
            raise ShapeError(f"the derivative applies to arrays of shape {self.columns}, got {v.shape}")
        result = np.zeros((*self.rows, *v.shape[rank:]), np.result_type(self.dtype, v.dtype))
        for t in self.terms:
            result += t.apply(v)
        return result[()]

    def __rmatmul__(self, v: Any) -> np.ndarray:
        """An array of shape `rows` times the map."""
        return self.T @ v

    def hvp(self, v: Any) -> np.ndarray:
        """The product with a direction of shape `columns`."""
        return self @ v

    def solve(self, b: Any) -> np.ndarray:
        """The x with ``self @ x = b``, by the structure; `b`: ``rows`` or ``rows + extra``.

        Raises:
            ShapeError: if the map is not square, or `b` does not fit.
            numpy.linalg.LinAlgError: if it is singular.
        """
        b = np.asarray(b)
        if math.prod(self.rows) != math.prod(self.columns):
            raise ShapeError(f"a map from {self.columns} to {self.rows} has no inverse")
        if b.shape[: len(self.rows)] != self.rows:
            raise ShapeError(f"the right side must have shape {self.rows}, got {b.shape}")
        right = b.astype(np.result_type(self.dtype, b.dtype, np.float32))
        return solve(self.terms, self.rows, self.columns, right)[()]

    def _require_square(self, what: str) -> None:
        if self.rows != self.columns:
            raise ShapeError(f"{what} needs rows and columns alike, got {self.rows} and {self.columns}")
