"""Gradient descent with a fixed step: x ← x − t ∇f(x)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from steepest.errors import ArgumentError


@dataclass(frozen=True)
class Visit:
    """One point of the path."""

    iteration: int
    x: np.ndarray
    value: float
    slope: float  # the length of the gradient


@dataclass(frozen=True)
class Descent:
    """Where a descent ended and how it got there; `path` has the first and last point and each in `at`."""

    x: np.ndarray
    iterations: int
    converged: bool
    path: tuple[Visit, ...]


def gradient_descent(
    value_and_gradient: Callable[[np.ndarray], tuple[float, np.ndarray]], x0: np.ndarray, step: float, *,
    iterations: int, tolerance: float = 0.0, at: frozenset[int] = frozenset(),
) -> Descent:  # fmt: skip
    """Descend until ``‖∇f‖ ≤ tolerance · ‖∇f(x0)‖``, or for so many iterations.

    Raises ArgumentError for a negative number of iterations, and if the value grows beyond all bounds: the step is
    then too long (for a quadratic it must stay below 2 / λmax of the Hessian).
    """
    if iterations < 0:
        raise ArgumentError(f"a descent takes 0 iterations or more, got {iterations}")
    x = np.array(x0, dtype=np.float64)
    path: list[Visit] = []
    first = None
    for k in range(iterations + 1):
        value, gradient = value_and_gradient(x)
        slope = float(np.sqrt(np.sum(gradient**2)))
        first = slope if first is None else first
        if not np.isfinite(value):
            raise ArgumentError(f"the descent diverged after {k} iterations: the step {step:g} is too long")
        done = slope <= tolerance * first
        if k in at or k == 0 or done or k == iterations:
            path.append(Visit(k, x.copy(), float(value), slope))
        if done or k == iterations:
            return Descent(x, k, done, tuple(path))
        x = x - step * gradient
    raise AssertionError("unreachable")
