"""Solving least squares by a factorisation: orthogonal, of the normal equations, or by singular values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from .double_double import Pair, exact
from .refinement import Refined, refined
from .rows import Rows
from .triangle import Triangle


@dataclass(frozen=True)
class Candidate:
    """Coefficients (p, k) of the scaled columns, how they were found, and in how many steps."""

    x: Pair
    method: str
    steps: int = 1


Solver = Callable[[Rows, Triangle, Refined], Candidate]


def reference(rows: Rows, triangle: Triangle) -> Refined:
    """The solution that all solvers are measured by: triangular solve with ``Qᵀy``, then refinement.

    Rows that can be seen only once allow no refinement: the error is then bounded by the theory (Higham, Accuracy and
    Stability of Numerical Algorithms, 2nd ed., theorem 20.1).
    """
    x = scipy.linalg.solve_triangular(triangle.matrix, triangle.right, check_finite=False)
    if rows.repeatable:
        return refined(rows, triangle, x)
    kappa, unit = triangle.condition, rows.width * 2.0**-53
    size = np.linalg.norm(x * triangle.norms[:, None], axis=0)
    bound = unit * kappa * (size + (1 + kappa) * np.sqrt(triangle.squares(x)))
    return Refined(exact(x), np.broadcast_to(bound, x.shape) / triangle.norms[:, None], 0)


def by_qr(rows: Rows, triangle: Triangle, best: Refined) -> Candidate:
    """The reference itself."""
    return Candidate(best.x, "QR, refined in extended precision" if best.steps else "QR", best.steps)


def by_normal_equations(rows: Rows, triangle: Triangle, best: Refined) -> Candidate:
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
        return Candidate(exact(scale[:, None] * x), "normal equations, Cholesky")
    except np.linalg.LinAlgError:
        # lstsq of the square system: what is left of an equation that rounding has made singular.
        x = np.linalg.lstsq(gram, scale[:, None] * right, rcond=None)[0]
        return Candidate(exact(scale[:, None] * x), "normal equations, no longer definite after rounding")


def by_singular_values(rows: Rows, triangle: Triangle, best: Refined) -> Candidate:
    """The pseudoinverse of R with columns scaled to length 1, as `numpy.linalg.lstsq` does it."""
    x = np.linalg.lstsq(triangle.matrix / triangle.norms, triangle.right, rcond=None)[0]
    return Candidate(exact(x / triangle.norms[:, None]), "singular values")


def shortest(rows: Rows, triangle: Triangle) -> Candidate:
    """The least-squares solution with the shortest coefficients (of the columns as given), without the intercept.

    As many columns as are independent are chosen by QR with pivoting, scaled to length 1; the solution is in the row
    space of what is left (Golub & Van Loan, Matrix Computations, 4th ed., section 5.5).
    """
    first = rows.free
    R, c = triangle.matrix[first:, first:], triangle.right[first:]
    norms = triangle.norms[first:]  # of the whole columns: of a constant one the intercept leaves only rounding
    Q, T, order = scipy.linalg.qr(R / norms, pivoting=True, mode="economic")
    rank = max(triangle.rank - first, 0)
    wide = np.zeros((rank, R.shape[1]))
    wide[:, order] = T[:rank]
    # The short one is in the columns as given, D · scale.
    scale = rows.scale[first:]
    short = np.linalg.lstsq(wide * (norms * scale), Q[:, :rank].T @ c, rcond=0)[0] if rank else np.zeros_like(c)
    x = np.zeros_like(triangle.right)
    x[first:] = short * scale[:, None]
    rest = triangle.right[:first] - triangle.matrix[:first, first:] @ x[first:]
    x[:first] = scipy.linalg.solve_triangular(triangle.matrix[:first, :first], rest) if first else rest
    return Candidate(exact(x), f"shortest of many solutions (rank {rank + first} of {rows.width})")
