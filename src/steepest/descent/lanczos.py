"""The most negative and the largest curvature of a function of many parameters, by products with its Hessian."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import eigh_tridiagonal

from steepest.landscape.second_order import ZERO, Extent, SecondOrder

from .path import Floats

FEW, MOST = 100, 300  # products
ENTRIES = 1 << 24  # of the vectors that are kept
SMALL = 1e-10  # a rest of this size, beside the largest curvature, ends the steps: the space is used up


def extreme_curvatures(product: Callable[[Floats], Floats], n: int, spent: int) -> SecondOrder:
    """The ends of the spectrum as a Krylov space shows them, for little more work than was `spent` on the way there.

    That what it finds is negative is certain, since ``vᵀHv < 0`` for the v it gives; that nothing is, is as sure as the
    random start. Golub and Van Loan, Matrix Computations, algorithm 10.1.1, with full orthogonalisation.
    """
    steps = max(2, min(max(FEW, min(MOST, spent)), n, ENTRIES // n))
    basis = np.zeros((steps, n))
    v = np.random.default_rng(0).standard_normal(n)
    basis[0] = v / np.linalg.norm(v)
    diagonal, beside = np.zeros(steps), np.zeros(steps)
    used = steps
    for k in range(steps):
        w = product(basis[k])
        diagonal[k] = w @ basis[k]
        for _ in range(2):  # once does not make it orthogonal to rounding
            w = w - basis[: k + 1].T @ (basis[: k + 1] @ w)
        beside[k] = np.linalg.norm(w)
        if k + 1 == steps or beside[k] <= SMALL * np.max(np.abs(diagonal[: k + 1])):
            used = k + 1
            break
        basis[k + 1] = w / beside[k]
    values, vectors = eigh_tridiagonal(diagonal[:used], beside[: used - 1])
    ends = [0, used - 1]
    return SecondOrder(
        values[ends], basis[:used].T @ vectors[:, ends], ZERO * float(np.abs(values).max()), Extent.EXTREME
    )
