"""Points where a function, its slope or both are 0: smooth values there are not called noisy."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from steepest import numeric
from steepest.numeric import Status

SMOOTH: list[tuple[Callable[[float], float], float, float]] = [
    (lambda x: x**3, 0.0, 0.0),
    (lambda x: x**5, 0.0, 0.0),
    (lambda x: (x - 1) ** 5, 1.0, 0.0),
    (lambda x: x * abs(x), 0.0, 0.0),
    (lambda x: math.sin(8 * math.pi * x), 0.0, 8 * math.pi),
    (lambda x: math.sin(30 * x), 0.0, 30.0),
    (lambda x: 1 - math.cos(x), 0.0, 0.0),
    (lambda x: math.erf(9 * x), 0.0, 18 / math.sqrt(math.pi)),
]


@pytest.mark.parametrize(("f", "x", "slope"), SMOOTH)
def test_smooth_at_a_zero(f: Callable[[float], float], x: float, slope: float) -> None:
    result = numeric.derivative(f, x)
    assert result.status is Status.OK
    assert abs(result.value - slope) <= result.error < 1e-10


def test_noise_at_a_zero(rng: np.random.Generator) -> None:
    result = numeric.derivative(lambda x: math.sin(3 * x) + 1e-9 * rng.normal(), 0.0)
    assert result.status is Status.NOISY
    assert abs(result.value - 3) <= result.error < 1e-5


def test_near_an_edge_complex_steps_are_no_vaguer_than_differences() -> None:
    x = 1 - 1e-12
    result = numeric.derivative(np.arccos, x)
    assert abs(result.value + 1 / math.sqrt((1 - x) * (1 + x))) <= result.error < 0.05 * abs(result.value)


@pytest.mark.parametrize("n", [2.0, 2.5, True, 0, 11, "2", None])
def test_an_order_is_a_whole_number(n: object) -> None:
    with pytest.raises(ValueError, match=r"the order is .*; it can be a whole number from 1 to 10"):
        numeric.derivative(math.exp, 1.0, n)  # type: ignore[arg-type]


@pytest.mark.parametrize("bounds", [(3, 0), (1, 1), (math.nan, 3)])
def test_bounds_that_are_none_are_shown(bounds: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=r"got \("):
        numeric.derivative(math.exp, 1.0, bounds=bounds)
