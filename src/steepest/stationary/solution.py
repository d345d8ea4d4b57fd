"""Solving ``∇f = 0`` for an affine gradient, through a stable factorisation of the Hessian.

Whatever the factorisation, Newton steps ``x ← x − H⁻¹ ∇f(x)`` are then taken from the gradient itself for as long as
they shrink. They give back digits that forming H has lost: the gradient sees the residuals, H only their squares
(Björck, Numerical Methods for Least Squares Problems, 1996, section 6.6: corrected seminormal equations).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from steepest.errors import ArgumentError

REFINEMENTS = 20
Solve = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Factorisation:
    """``H⁻¹`` as a function of (n, k) right-hand sides, what H is, and the condition number of what was factored."""

    solve: Solve
    kind: str  # "minimum", "maximum" or "saddle point"
    method: str
    condition: float


@dataclass(frozen=True)
class Stationary:
    """The point, what kind of point it is, how it was found, and how many refinements helped."""

    x: np.ndarray
    kind: str
    method: str
    condition: float
    refinements: int


def factored_gram(pieces: Sequence[np.ndarray]) -> Factorisation:
    """``H = Σ BᵀB`` through the QR factor R of the stacked B, columns scaled to norm 1: ``RᵀR = H``.

    Raises ArgumentError if the columns are linearly dependent to working precision.
    """
    stacked = np.vstack(pieces)
    norms = np.linalg.norm(stacked, axis=0)
    _require_finite(norms)
    n = stacked.shape[1]
    scale = 1 / np.where(norms > 0, norms, 1)
    triangle, order = scipy.linalg.qr(stacked * scale, mode="r", pivoting=True)
    triangle = triangle[:n]
    sizes = np.abs(np.diag(triangle))
    rank = int(np.sum(sizes > np.finfo(float).eps * max(stacked.shape) * sizes[0])) if sizes[0] else 0
    if rank < n:
        raise _not_unique(f"the columns are linearly dependent (rank {rank} of {n})")

    def solve(b: np.ndarray) -> np.ndarray:
        z = (scale[:, None] * b)[order]
        z = scipy.linalg.solve_triangular(triangle, z, trans="T")
        z = scipy.linalg.solve_triangular(triangle, z)
        x = np.empty_like(z)
        x[order] = z
        return scale[:, None] * x

    return Factorisation(solve, "minimum", "QR", float(np.linalg.cond(triangle)))


def factored(hessian: np.ndarray) -> Factorisation:
    """H scaled to ones on its diagonal and factored by Cholesky if it is definite, by LU if it is not.

    Raises ArgumentError if H is singular to working precision.
    """
    _require_finite(hessian)
    hessian = (hessian + hessian.T) / 2
    diagonal = np.abs(np.diag(hessian))
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1))
    scaled = scale[:, None] * hessian * scale
    condition = float(np.linalg.cond(scaled))
    if not condition * np.finfo(float).eps < 1:
        raise _not_unique("the Hessian is singular to working precision")
    for sign, kind in ((1, "minimum"), (-1, "maximum")):
        try:
            cholesky = scipy.linalg.cho_factor(sign * scaled)
        except np.linalg.LinAlgError:
            continue
        return Factorisation(_scaled(_by_cholesky(cholesky, sign), scale), kind, "Cholesky", condition)
    lu = scipy.linalg.lu_factor(scaled)
    return Factorisation(_scaled(lambda b: scipy.linalg.lu_solve(lu, b), scale), "saddle point", "LU", condition)


def _by_cholesky(factor: tuple[np.ndarray, bool], sign: int) -> Solve:
    return lambda b: sign * scipy.linalg.cho_solve(factor, b)


def _scaled(solve: Solve, scale: np.ndarray) -> Solve:
    return lambda b: scale[:, None] * solve(scale[:, None] * b)


def _not_unique(why: str) -> ArgumentError:
    return ArgumentError(
        f"∇ = 0 has no one solution for these arrays: {why}"
        "\n    Drop the columns that follow from others, or add a ridge term."
    )


def _require_finite(a: np.ndarray) -> None:
    if not np.isfinite(a).all():
        raise ArgumentError("the gradient or the Hessian is not finite: look for NaN and infinity in the arrays given")


def solve_stationary(gradient: Solve, shape: tuple[int, ...], factorisation: Factorisation) -> Stationary:
    """x of shape (n, k) with ``gradient(x) = 0``; the gradient takes and gives that shape."""
    x, last, steps = np.zeros(shape), np.inf, 0
    for k in range(REFINEMENTS):
        correction = factorisation.solve(gradient(x))
        _require_finite(correction)
        largest = float(np.max(np.abs(correction), initial=0.0))
        if not largest < last / 2:
            break
        x, last, steps = x - correction, largest, k
    return Stationary(x, factorisation.kind, factorisation.method, factorisation.condition, steps)
