"""Solving least squares by a factorisation: orthogonal, of the normal equations, or by singular values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from .refinement import refined
from .rows import Rows
from .triangle import Triangle


@dataclass(frozen=True)
class Candidate:
    """Coefficients (p, k) of the scaled columns, how they were found, and in how many steps."""

    x: np.ndarray
    method: str
    steps: int = 1


Solver = Callable[[Rows, Triangle], Candidate]


def by_qr(rows: Rows, triangle: Triangle) -> Candidate:
    """Triangular solve with ``Qᵀy``, then corrections from residuals in extended precision, if rows can be had again."""
    x = scipy.linalg.solve_triangular(triangle.matrix, triangle.right, check_finite=False)
    if not rows.repeatable:
        return Candidate(x, "QR")
    better = refined(rows, triangle, x)
    return Candidate(better.x.high, "QR, refined in extended precision", better.steps)


def by_normal_equations(rows: Rows, triangle: Triangle) -> Candidate:
    """``(DᵀWD + λ) β = DᵀW y`` formed and solved by Cholesky; by LU where rounding has left it indefinite."""
    gram, right = np.diag(rows.penalty), np.zeros((rows.width, rows.outputs))
    for block in rows.blocks():
        D, w = block.design.high, block.root() ** 2
        gram = gram + D.T @ (w * D)
        right = right + D.T @ (w * block.y)
    scale = 1 / np.sqrt(np.where(np.diag(gram) > 0, np.diag(gram), 1.0))
    gram = scale[:, None] * gram * scale
    try:
        x = scipy.linalg.cho_solve(scipy.linalg.cho_factor(gram), scale[:, None] * right)
        return Candidate(scale[:, None] * x, "normal equations, Cholesky")
    except np.linalg.LinAlgError:
        # lstsq of the square system: what is left of an equation that rounding has made singular.
        x = np.linalg.lstsq(gram, scale[:, None] * right, rcond=None)[0]
        return Candidate(scale[:, None] * x, "normal equations, no longer definite after rounding")


def by_singular_values(rows: Rows, triangle: Triangle) -> Candidate:
    """The pseudoinverse of R with columns scaled to length 1, as `numpy.linalg.lstsq` does it."""
    x = np.linalg.lstsq(triangle.matrix / triangle.norms, triangle.right, rcond=None)[0]
    return Candidate(x / triangle.norms[:, None], "singular values")


def shortest(rows: Rows, triangle: Triangle, first: int) -> Candidate:
    """The least-squares solution with the shortest coefficients (of the columns as given), columns from `first` on.

    Rank is decided with columns scaled to length 1, by QR with pivoting; the solution is in the row space of what is
    left (Golub & Van Loan, Matrix Computations, 4th ed., section 5.5). Columns before `first` are free: the intercept.
    """
    R, c = triangle.matrix[first:, first:], triangle.right[first:]
    norms = np.linalg.norm(R, axis=0)
    norms = np.where(norms > 0, norms, 1.0)
    Q, T, order = scipy.linalg.qr(R / norms, pivoting=True, mode="economic")
    sizes = np.abs(np.diag(T))
    rank = int(np.sum(sizes > 16 * max(len(R), 4) * np.finfo(float).eps * sizes[0])) if len(sizes) and sizes[0] else 0
    wide = np.zeros((rank, R.shape[1]))
    wide[:, order] = T[:rank]
    # Columns as given: R x = c in scaled columns is (R / scale) b = c, with b = x · y_scale / scale.
    given = rows.scale[first:]
    short = np.linalg.lstsq(wide * (norms / given), Q[:, :rank].T @ c, rcond=0)[0] if rank else np.zeros_like(c)
    x = np.zeros_like(triangle.right)
    x[first:] = short * given[:, None] / 1.0
    if first:
        x[:first] = scipy.linalg.solve_triangular(
            triangle.matrix[:first, :first], triangle.right[:first] - triangle.matrix[:first, first:] @ x[first:]
        )
    return Candidate(x, f"shortest of many solutions (rank {rank + first} of {rows.width})")
