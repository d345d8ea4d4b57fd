"""The rows of a least-squares problem, block by block: what need not fit into memory is never there as a whole.

Columns and responses are scaled by powers of two, which is exact, so that nothing overflows on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from .double_double import Pair

ENTRIES = 1 << 16  # of a block of a matrix: half a MiB, which stays in the cache of a core
DOUBLE = 2.0**-53  # unit roundoff
FEW = 1 << 14  # … where several arrays of that size are in use at once


@dataclass(frozen=True)
class Block:
    """Some rows: the design (m, p) as a sum of two matrices, responses (m, k), weights (m,), positive."""

    design: Pair
    y: np.ndarray
    weight: np.ndarray | None

    def __getitem__(self, part: slice) -> Block:
        return Block(self.design[part], self.y[part], None if self.weight is None else self.weight[part])

    @property
    def count(self) -> int:
        return len(self.y)

    def root(self) -> np.ndarray:
        """The root of the weights as a column, 1 without weights."""
        return np.ones((1, 1)) if self.weight is None else np.sqrt(self.weight)[:, None]


@dataclass(frozen=True)
class Rows:
    """All rows of ``min Σ w (y − D β)² + Σ penalty β²``; `blocks` begins anew at each call, if `repeatable`."""

    blocks: Callable[[], Iterator[Block]]
    width: int  # p
    outputs: int  # k
    penalty: np.ndarray  # (p,)
    free: int  # columns at the front that are no slopes: 1 with an intercept, else 0
    scale: np.ndarray  # (p,), powers of two: a column as given is the one here times this
    y_scale: np.ndarray  # (k,)
    repeatable: bool = True
    units: tuple[float, float] = (DOUBLE, DOUBLE)  # roundoff of the design and of the responses as they were given
    enough: float = 2.0**-56  # an error that small beside its coefficient need not be corrected

    def as_given(self, x: np.ndarray) -> np.ndarray:
        """Coefficients (p, k) of the columns as given from those of the scaled ones."""
        return x * self.y_scale / self.scale[:, None]


def power_of_two(sizes: np.ndarray) -> np.ndarray:
    """The powers of two next to the sizes, 1 where a size is 0. Scaling by them rounds nothing."""
    _, exponent = np.frexp(np.where(sizes > 0, sizes, 1.0).astype(float))
    return np.ldexp(1.0, np.clip(exponent, -1000, 1000))


def unit_of(dtype: np.dtype) -> float:
    """The unit roundoff of numbers that were given in this type; whole numbers become doubles."""
    return float(np.finfo(dtype).eps) / 2 if dtype.kind == "f" and dtype.itemsize < 8 else DOUBLE


def rounding(a: np.ndarray, unit: float = DOUBLE) -> np.ndarray:
    """The spread of the error that writing each number with this unit has made; whole numbers are taken as exact.

    An error is uniform within half a unit of the last place, ± unit times the number: its spread is 1/√3 of it.
    """
    size = np.abs(a)
    inexact = (a != np.rint(a)) | (size >= 1 / unit)
    return np.where(inexact, size * (unit / np.sqrt(3)), 0.0)


def cut(rows: int, columns: int) -> Iterator[slice]:
    """Slices of the rows of a matrix such that a block is small; many times taller than wide, for QR."""
    return _slices(rows, max(ENTRIES // max(columns, 1), 16 * columns, 1))


def pieces(rows: int, columns: int) -> Iterator[slice]:
    """Slices of a block, for arithmetic that needs room for a dozen arrays of its size."""
    return _slices(rows, max(FEW // max(columns, 1), 16))


def _slices(rows: int, step: int) -> Iterator[slice]:
    return (slice(first, min(first + step, rows)) for first in range(0, rows, step))
