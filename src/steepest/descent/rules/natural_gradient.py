"""The natural gradient: down in the metric of the model's distributions, x ← x − (F + λI)⁻¹ ∇f."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from steepest.descent.path import Floats
from steepest.errors import ArgumentError, ShapeError

from .rule import Memory

MOST_DOUBLINGS = 60  # of the damping, until the damped metric has a Cholesky factorisation


@dataclass(frozen=True)
class NaturalGradient:
    """Amari, "Natural gradient works efficiently in learning" (1998), with the damping of Levenberg (1944).

    λ is the mean eigenvalue of F over `length`: a search that lengthens after success and shortens after failure
    adapts the damping. `metric` gives F, (n, n), symmetric and positive semidefinite, at a point.
    """

    metric: Callable[[Floats], Floats]

    def start(self, x: Floats) -> Memory:
        return {}

    def point(self, x: Floats, memory: Memory) -> Floats:
        return x

    def observe(self, point: Floats, gradient: Floats, memory: Memory) -> Memory:
        found = np.asarray(self.metric(point), dtype=np.float64)
        if found.shape != (point.size, point.size):
            raise ShapeError(f"the metric must be a matrix of shape {(point.size,) * 2}, got shape {found.shape}")
        if not np.isfinite(found).all() or not np.allclose(found, found.T, rtol=1e-6, atol=1e-6 * np.abs(found).max()):
            raise ArgumentError(
                "the metric must be a finite symmetric matrix\n    Look at what the option metric gives."
            )
        return {"metric": found}

    def displacement(self, gradient: Floats, length: float, memory: Memory) -> Floats:
        F = memory["metric"]
        damping = max(float(np.trace(F)) / len(F), np.finfo(float).tiny) / length
        for _ in range(MOST_DOUBLINGS):
            try:
                return -cho_solve(cho_factor(F + damping * np.eye(len(F)), lower=True), gradient)
            except np.linalg.LinAlgError:  # not positive definite for rounding
                damping *= 2
        raise ArgumentError("the metric is not positive semidefinite\n    A Fisher information always is.")

    def move(
        self, x: Floats, point: Floats, displacement: Floats, gradient: Floats, memory: Memory
    ) -> tuple[Floats, Memory]:
        return point + displacement, {}
