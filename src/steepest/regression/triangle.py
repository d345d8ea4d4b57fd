"""The triangular factor of a tall matrix, block of rows after block of rows (TSQR).

R of the stacked ``[R of the rows so far; the next block]`` is R of all rows, and stays p × p. Householder's QR at each
step is backward stable, and so is the whole (Demmel, Grigori, Hoemmen, Langou, SIAM J. Sci. Comput. 34 (2012),
A206-A239). Beside the design goes the response: its part of R is ``Qᵀy`` and the length of the residual.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg

from .rows import Block, Rows

TINY = np.finfo(float).tiny


@dataclass(frozen=True)
class Triangle:
    """``RᵀR = DᵀWD + diag(penalty)`` and ``Qᵀ√W y``, of n rows with positive weight."""

    matrix: np.ndarray  # R, (p, p)
    right: np.ndarray  # (p, k)
    count: int
    plain: np.ndarray  # (p, p + k): R and Qᵀ√W y of the rows alone, without the penalty
    residual: np.ndarray  # (k,), Σ w (y − D β)² at the solution without penalty
    total: np.ndarray  # (k,), Σ w (y − mean)², or Σ w y² without an intercept

    @cached_property
    def norms(self) -> np.ndarray:
        """The lengths of the columns, 1 for a column of zeros."""
        norms = np.linalg.norm(self.matrix, axis=0)
        return np.where(norms > 0, norms, 1.0)

    @cached_property
    def singular(self) -> np.ndarray:
        """The singular values of the design with columns scaled to length 1."""
        return np.linalg.svd(self.matrix / self.norms, compute_uv=False)

    @property
    def condition(self) -> float:
        """The condition number of the design with columns scaled to length 1; inf where one is zero.

        No other scaling of columns makes it much smaller (van der Sluis, Numer. Math. 14 (1969), 14-23).
        """
        s = self.singular
        return float(s[0] / s[-1]) if len(s) and s[-1] > TINY else np.inf

    @property
    def rank(self) -> int:
        """How many columns are independent to working precision."""
        if not len(self.singular):
            return 0
        # Rounding in the factorisation moves singular values by a few eps of the largest.
        return int(np.sum(self.singular > 16 * max(len(self.singular), 4) * np.finfo(float).eps * self.singular[0]))

    @property
    def full(self) -> bool:
        return self.rank == len(self.matrix)

    def squares(self, x: np.ndarray) -> np.ndarray:
        """``Σ w (y − D x)²`` for x of shape (p, k): (k,)."""
        p = len(x)
        return np.asarray(self.residual + np.sum((self.plain[:, p:] - self.plain[:, :p] @ x) ** 2, axis=0))

    def solve(self, g: np.ndarray) -> np.ndarray:
        """``(RᵀR)⁻¹ g`` for (p, k)."""
        z = scipy.linalg.solve_triangular(self.matrix, g, trans="T", check_finite=False)
        return scipy.linalg.solve_triangular(self.matrix, z, check_finite=False)

    def inverse(self) -> np.ndarray:
        """``R⁻¹``."""
        return scipy.linalg.solve_triangular(self.matrix, np.eye(len(self.matrix)), check_finite=False)


def triangle_of(rows: Rows) -> Triangle:
    """One pass over the rows. O(n p²) work, O(p²) memory beside a block."""
    p = rows.width
    factor, count = _factor(rows.blocks(), p + rows.outputs)
    squares, plain = factor[:, p:] ** 2, _square(factor, p)
    if rows.penalty.any():
        ridge = np.zeros((p, p + rows.outputs))
        np.fill_diagonal(ridge, np.sqrt(rows.penalty))
        factor = _upper(np.vstack([factor, ridge]))
    square = _square(factor, p)
    return Triangle(square[:, :p], square[:, p:], count, plain, squares[p:].sum(axis=0), _total(squares, rows.free))


def _square(factor: np.ndarray, p: int) -> np.ndarray:
    """The first p rows, with rows of zeros where there are fewer."""
    square = np.zeros((p, factor.shape[1]))
    square[: min(p, len(factor))] = factor[:p]
    return square


def _total(squares: np.ndarray, free: int) -> np.ndarray:
    """Sums of squares about the mean; 0 where only the rounding of the mean is left."""
    total, whole = squares[free:].sum(axis=0), squares.sum(axis=0)
    return np.where(total > 1e-30 * whole, total, 0.0)


def _factor(blocks: Iterable[Block], columns: int) -> tuple[np.ndarray, int]:
    factor, count = np.zeros((0, columns)), 0
    for block in blocks:
        root = block.root()
        factor = _upper(np.vstack([factor, np.hstack([root * block.design.high, root * block.y])]))
        count += block.count
    return factor, count


def _upper(a: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.qr(a, mode="r"))
