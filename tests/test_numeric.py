"""The numeric oracle: right values, honest errors, no confident wrong number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from steepest import numeric
from steepest.numeric import Status

# function, derivative, point
Function = Callable[..., Any]
ORDINARY: dict[str, tuple[Function, Function, float]] = {
    "sin": (np.sin, np.cos, 1.0),
    "sin at 0": (np.sin, np.cos, 0.0),
    "sin, large x": (np.sin, np.cos, 100.0),
    "cos at 0": (np.cos, lambda x: -np.sin(x), 0.0),
    "cos near 0": (np.cos, lambda x: -np.sin(x), 1e-9),
    "exp": (np.exp, np.exp, 1.0),
    "exp, negative": (np.exp, np.exp, -3.0),
    "log": (np.log, lambda x: 1 / x, 2.0),
    "log near 0": (np.log, lambda x: 1 / x, 1e-12),
    "math.log": (math.log, lambda x: 1 / x, 1e-3),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x), 3.0),
    "sqrt near 0": (np.sqrt, lambda x: 0.5 / np.sqrt(x), 1e-10),
    "cbrt": (np.cbrt, lambda x: np.cbrt(x) / (3 * x), -0.7),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / x**2, 0.3),
    "near a pole": (lambda x: 1 / (x - 1), lambda x: -1 / (x - 1) ** 2, 1 + 2.0**-20),
    "tan": (np.tan, lambda x: 1 / np.cos(x) ** 2, 0.4),
    "tan near a pole": (np.tan, lambda x: 1 / np.cos(x) ** 2, math.pi / 2 - 1e-5),
    "arcsin": (np.arcsin, lambda x: 1 / np.sqrt(1 - x * x), 0.5),
    "arcsin at the edge": (np.arcsin, lambda x: 1 / np.sqrt((1 - x) * (1 + x)), 1 - 1e-9),
    "arctan": (np.arctan, lambda x: 1 / (1 + x * x), -2.0),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2, 0.5),
    "steep tanh": (lambda x: np.tanh(1e8 * x), lambda x: 1e8 / np.cosh(1e8 * x) ** 2, 0.0),
    "sinh": (np.sinh, np.cosh, 4.0),
    "gauss": (lambda x: np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x), 1.5),
    "log1p": (np.log1p, lambda x: 1 / (1 + x), 1e-8),
    "square": (lambda x: x * x, lambda x: 2 * x, 1e-150),
    "x^100": (lambda x: x**100, lambda x: 100 * x**99, 1.0),
    "x^0.3": (lambda x: x**0.3, lambda x: 0.3 * x**-0.7, 5.0),
    "polynomial": (lambda x: x**5 - 3 * x + 1, lambda x: 5 * x**4 - 3, 2.5),
    "linear": (lambda x: 3 * x - 7, lambda x: 3.0, 11.0),
    "constant": (lambda x: 3.0, lambda x: 0.0, 2.0),
    "small slope": (lambda x: 1 + 1e-10 * x, lambda x: 1e-10, 1.0),
    "large offset": (lambda x: np.cos(x) + 1e6, lambda x: -np.sin(x), 0.3),
    "fast wave": (lambda x: np.sin(1e6 * x), lambda x: 1e6 * np.cos(1e6 * x), 1.0),
    "fast wave at 0": (lambda x: np.sin(1e6 * x), lambda x: 1e6 * np.cos(1e6 * x), 0.0),
    "wave far out": (np.sin, np.cos, 1e8),
    "wave with the period of the step": (
        lambda x: np.sin(256 * np.pi * x),
        lambda x: 256 * np.pi * np.cos(256 * np.pi * x),
        1.0,
    ),
    "decay": (lambda x: np.exp(-1e8 * x), lambda x: -1e8 * np.exp(-1e8 * x), 0.0),
    "wave with a wave": (
        lambda x: np.exp(np.sin(3 * x)),
        lambda x: 3 * np.cos(3 * x) * np.exp(np.sin(3 * x)),
        0.8,
    ),
    "kink nearby": (lambda x: abs(x - 1), lambda x: 1.0, 1 + 1e-6),
    "step elsewhere": (np.floor, lambda x: 0.0, 1.5),
    "absolute value": (abs, np.sign, -2.0),
}
ACCURACY = {"arcsin at the edge": 1e-4, "large offset": 1e-6, "fast wave": 1e-7, "tan near a pole": 1e-6}
ACCURACY |= {"small slope": 1e-8, "near a pole": 1e-6, "wave far out": 1e-5, "cos near 0": 1e-4}


@pytest.mark.parametrize("name", ORDINARY)
def test_first_derivative(name: str) -> None:
    f, slope, x = ORDINARY[name]
    result = numeric.derivative(f, x)
    true = float(slope(x))
    assert result.status is Status.OK
    assert abs(result.value - true) <= ACCURACY.get(name, 1e-9) * abs(true)


def test_the_error_estimate_covers_the_error() -> None:
    found = [(numeric.derivative(f, x), slope(x)) for f, slope, x in ORDINARY.values()]
    covered = [abs(result.value - true) <= result.error for result, true in found]
    assert np.mean(covered) >= 0.9


def test_the_error_estimate_covers_the_error_at_random_points(rng: np.random.Generator) -> None:
    smooth = ["sin", "exp", "tanh", "arctan", "gauss", "polynomial", "wave with a wave", "sinh"]
    covered, evaluations = [], []
    for name in smooth:
        f, slope, _ = ORDINARY[name]
        for x in rng.normal(size=15) * 10.0 ** rng.uniform(-2, 1, 15):
            result = numeric.derivative(f, x)
            covered.append(abs(result.value - slope(x)) <= result.error)
            evaluations.append(result.evaluations)
    assert np.mean(covered) >= 0.98
    assert np.mean(evaluations) <= 22


def test_ordinary_functions_take_few_evaluations() -> None:
    counts = [numeric.derivative(f, x).evaluations for f, _, x in ORDINARY.values()]
    assert np.median(counts) <= 22
    assert max(counts) <= 250  # a wave of frequency 1e6 is told from noise and from jumps by halving


@pytest.mark.parametrize("s", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("t", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("x", [0.0, 0.7])
def test_units_change_nothing(s: float, t: float, x: float) -> None:
    result = numeric.derivative(lambda x: s * np.sin(x / t), x * t)
    assert result.status is Status.OK
    assert result.value == pytest.approx(s / t * np.cos(x), rel=1e-9)
    assert result.error <= 1e-7 * abs(result.value)


@pytest.mark.parametrize(
    ("f", "x", "left", "right"),
    [(abs, 0.0, -1, 1), (lambda x: max(x, 0.0), 0.0, 0, 1), (lambda x: abs(x - 3) + x * x, 3.0, 5, 7)],
)
def test_a_kink_is_called_one(f: Function, x: float, left: float, right: float) -> None:
    result = numeric.derivative(f, x)
    assert result.status is Status.NONSMOOTH
    assert result.value == pytest.approx((left + right) / 2)
    assert result.error >= 0.99 * (right - left) / 2
    sides = numeric.one_sided(f, x, 1.0)
    assert sides.left.value == pytest.approx(left, abs=1e-6)
    assert sides.right.value == pytest.approx(right, abs=1e-6)


def test_a_kink_in_the_slope_is_called_one() -> None:
    assert numeric.derivative(lambda x: x * abs(x), 0.0, 2).status is Status.NONSMOOTH


@pytest.mark.parametrize("f", [np.cbrt, np.floor, lambda x: 1.0 * (x > 0)])
def test_no_derivative_is_no_confident_number(f: Function) -> None:
    x = 1.0 if f is np.floor else 0.0
    result = numeric.derivative(f, x)
    assert result.status is not Status.OK
    assert not result.error <= abs(result.value)


def test_the_edge_of_a_domain() -> None:
    result = numeric.derivative(lambda x: np.exp(x) + 0 * np.sqrt(x), 0.0)
    assert result.status is Status.DOMAIN
    assert result.value == pytest.approx(1.0, abs=1e-8)
    assert numeric.derivative(np.sqrt, 0.0).error == np.inf  # vertical
    with pytest.raises(ValueError, match="without a finite value"):
        numeric.derivative(np.log, 0.0)


def _noise(x: float) -> float:
    """Uniform on [-1, 1], by the bits of x."""
    return float(np.random.default_rng(np.float64(x).view(np.uint64)).uniform(-1, 1))


@pytest.mark.parametrize("level", [1e-12, 1e-10, 1e-6, 1e-4])
def test_noise_is_measured(level: float, rng: np.random.Generator) -> None:
    points = rng.uniform(0.5, 2, 30)
    results = [numeric.derivative(lambda x: np.exp(x) + level * _noise(x), x) for x in points]
    covered = [abs(r.value - np.exp(x)) <= r.error for r, x in zip(results, points, strict=True)]
    assert np.mean(covered) >= 0.9
    assert max(r.error for r in results) <= 5000 * level
    if level == 1e-4:
        assert {r.status for r in results} == {Status.NOISY}


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("f", "derivatives", "x"),
    [
        (np.exp, [math.exp(0.5)] * 4, 0.5),
        (np.sin, [1.0, 0.0, -1.0, 0.0], 0.0),
        (lambda x: 1 / x, [-0.25, 0.25, -0.375, 0.75], 2.0),
        (
            lambda x: np.sin(100 * x),
            [100 * math.cos(50), -1e4 * math.sin(50), -1e6 * math.cos(50), 1e8 * math.sin(50)],
            0.5,
        ),
    ],
)
def test_higher_derivatives(n: int, f: Function, derivatives: list[float], x: float) -> None:
    result = numeric.derivative(f, x, n)
    true = derivatives[n - 1]
    assert abs(result.value - true) <= result.error
    assert abs(result.value - true) <= 1e-4 * max(abs(true), 1e-3)


def test_single_precision() -> None:
    seen = []

    def f(x: np.ndarray) -> np.float32:
        seen.append(x.dtype)
        return np.sum(np.log(x))

    x = np.array([0.1, 1.0, 20.0], np.float32)
    result = numeric.gradient(f, x)
    assert set(seen) == {np.dtype(np.float32)}
    assert np.all(np.abs(result.value - 1 / x.astype(np.float64)) <= result.error)
    np.testing.assert_allclose(result.value, 1 / x, rtol=1e-4)


def test_arrays(rng: np.random.Generator) -> None:
    a, x = rng.normal(size=(4, 4)), rng.normal(size=4)

    def f(x: np.ndarray) -> float:
        return np.sum(np.tanh(a @ x)) + x @ a @ x

    t = np.tanh(a @ x)
    gradient = a.T @ (1 - t**2) + (a + a.T) @ x
    hessian = a.T @ np.diag(-2 * t * (1 - t**2)) @ a + a + a.T
    got = numeric.gradient(f, x)
    assert got.value.shape == got.error.shape == (4,)
    assert np.all(np.abs(got.value - gradient) <= got.error)
    second = numeric.hessian(f, x)
    assert np.all(np.abs(second.value - hessian) <= second.error)
    np.testing.assert_allclose(second.value, hessian, rtol=1e-7, atol=1e-7)
    v = rng.normal(size=4)
    along = numeric.directional(lambda x: np.exp(a @ x), x, v)
    np.testing.assert_allclose(along.value, np.exp(a @ x) * (a @ v), rtol=1e-9)


def test_shapes_and_counts() -> None:
    calls = []

    def f(x: np.ndarray) -> np.ndarray:
        calls.append(x)
        return np.stack([x.sum(axis=0), x[0] * x[1], x[0]])

    x = np.arange(1.0, 5.0).reshape(2, 2)
    result = numeric.jacobian(f, x)
    assert result.value.shape == result.error.shape == (3, 2, 2, 2)
    assert result.evaluations == len(calls)
    np.testing.assert_allclose(result.value[1, 0], [[3, 0], [1, 0]], atol=1e-12)
    assert numeric.hessian(np.sum, x).value.shape == (2, 2, 2, 2)
    assert numeric.gradient(np.sum, np.zeros((0, 3))).value.shape == (0, 3)
    assert isinstance(numeric.derivative(np.sin, 1).value, float)


def test_zeros_take_the_scale_of_the_others() -> None:
    x = np.array([0.0, 2e-9, 3e-9])
    result = numeric.gradient(lambda x: np.sum(np.sin(x * 1e9 + 1)), x)
    np.testing.assert_allclose(result.value, 1e9 * np.cos(x * 1e9 + 1), rtol=1e-8)


def test_a_tiny_coordinate() -> None:
    result = numeric.gradient(np.sum, np.array([1e-17, 1.0, 2.0]))
    np.testing.assert_allclose(result.value, 1.0, rtol=1e-8)


def test_one_sided_of_an_array() -> None:
    sides = numeric.one_sided(lambda x: np.maximum(x, 0) + x**2, np.zeros(3), np.array([1.0, -1.0, 2.0]))
    np.testing.assert_allclose(sides.left.value, [0, -1, 0], atol=1e-12)
    np.testing.assert_allclose(sides.right.value, [1, 0, 2], atol=1e-12)


@pytest.mark.parametrize("beside", [1e-7, 1e-9, -1e-11])
def test_a_pole_very_near_is_no_noise(beside: float) -> None:
    x = 1 + beside
    result = numeric.derivative(lambda x: 1 / (x - 1), x)
    assert result.value == pytest.approx(-1 / (x - 1) ** 2, rel=1e-9)


def test_what_rounding_leaves_of_terms_that_cancel_is_noise() -> None:
    result = numeric.derivative(lambda x: math.log(1 + x) - x, 1e-9)
    assert abs(result.value) <= result.error < 1e-4


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="one number"):
        numeric.gradient(lambda x: x, np.ones(2))
    for n in (0, 11, -1, 1.5, True):
        with pytest.raises(ValueError, match="the order is"):
            numeric.derivative(np.sin, 1.0, n)
    with pytest.raises(ValueError, match="one number"):
        numeric.derivative(lambda x: np.stack([x, x]), np.ones(2))
    with pytest.raises(ValueError, match="direction"):
        numeric.directional(np.sin, np.ones(2), np.ones(3))
    with pytest.raises(TypeError, match="real"):
        numeric.derivative(np.sin, 1j)
    with pytest.raises(TypeError, match="real"):
        numeric.derivative(lambda x: 1j * x, 1.0)
    with pytest.raises(ValueError, match="math domain"):  # at x itself the function's own error
        numeric.derivative(math.log, -1.0)
