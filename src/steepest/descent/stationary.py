"""Solving ∇f = 0 where the gradient is affine in x, as for least squares: ∇f(x) = H x + c."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from steepest.errors import ArgumentError

REFINEMENTS = 20
INDEFINITE = "the Hessian is not positive definite: ∇f = 0 has no one solution in this precision"


@dataclass(frozen=True)
class Stationary:
    """The solution, the condition number of the scaled Hessian, and how many refinements helped."""

    x: np.ndarray
    condition: float
    refinements: int


def solve_stationary(gradient: Callable[[np.ndarray], np.ndarray], hessian: np.ndarray) -> Stationary:
    """x with ``∇f(x) = 0`` for an affine gradient with positive definite Hessian.

    H is scaled to ones on its diagonal and factored once (Cholesky); then Newton steps ``x ← x − H⁻¹ ∇f(x)``
    are taken from the gradient itself for as long as they shrink. They give back digits that forming H has
    lost: the gradient sees the residuals, H only their squares (Björck, Numerical Methods for Least Squares
    Problems, 1996, section 6.6).

    Raises ArgumentError if H is not positive definite to working precision.
    """
    curvatures = np.diag(hessian)
    if not np.all(curvatures > 0):  # also if one is NaN
        raise ArgumentError(INDEFINITE)
    scale = 1 / np.sqrt(curvatures)
    scaled = scale[:, None] * hessian * scale
    try:
        factor = scipy.linalg.cho_factor(scaled)
    except np.linalg.LinAlgError as error:
        raise ArgumentError(INDEFINITE) from error
    condition = float(np.linalg.cond(scaled))
    x, last = np.zeros(len(hessian)), np.inf
    for k in range(REFINEMENTS):
        correction = scipy.linalg.cho_solve(factor, scale * gradient(x))
        size = float(np.max(np.abs(correction)))
        if not size < last / 2:
            return Stationary(x, condition, k)
        x, last = x - scale * correction, size
    return Stationary(x, condition, REFINEMENTS)
