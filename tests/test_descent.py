"""Gradient descent and the solution of ∇f = 0, on problems with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from steepest.api.transforms import value_and_grad
from steepest.descent.gradient_descent import gradient_descent
from steepest.errors import ArgumentError

H = np.array([[3.0, 1.0], [1.0, 2.0]])
C = np.array([1.0, -1.0])


def quadratic(x: np.ndarray) -> np.ndarray:
    return 0.5 * x @ H @ x + C @ x


def test_descent_finds_the_minimum_of_a_quadratic() -> None:
    found = gradient_descent(value_and_grad(quadratic), np.zeros(2), 0.3, iterations=500, tolerance=1e-12)
    assert found.converged
    assert found.iterations < 500
    np.testing.assert_allclose(found.x, np.linalg.solve(H, -C), rtol=1e-10)


def test_the_path_has_the_points_asked_for_and_goes_down() -> None:
    found = gradient_descent(value_and_grad(quadratic), np.ones(2), 0.1, iterations=50, at=frozenset({3, 10}))
    assert [visit.iteration for visit in found.path] == [0, 3, 10, 50]
    values = [visit.value for visit in found.path]
    assert values == sorted(values, reverse=True)
    assert not found.converged


def test_a_step_too_long_is_told() -> None:
    with np.errstate(all="ignore"), pytest.raises(ArgumentError, match="too long"):
        gradient_descent(lambda x: (float(quadratic(x)), H @ x + C), np.ones(2), 10.0, iterations=5000)


@pytest.mark.parametrize("iterations", [-1, -100])
def test_a_negative_number_of_iterations_is_refused(iterations: int) -> None:
    with pytest.raises(ArgumentError, match="0 iterations or more"):
        gradient_descent(value_and_grad(quadratic), np.ones(2), 0.1, iterations=iterations)
