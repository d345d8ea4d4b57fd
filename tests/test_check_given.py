"""The verdict on gradients worked out by hand: free of scale, at every size, in every precision, with noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import steepest as st
from steepest.errors import ArgumentError, ShapeError
from steepest.numeric.line import Line
from steepest.numeric.sampled import Sampled
from steepest.verify.compare import compare_gradient
from steepest.verify.fitted import Slope, fitted_slope
from steepest.verify.taylor import remainder

Function = Callable[..., object]


def sines(x: np.ndarray) -> np.floating:
    return np.sum(np.sin(x))


def with_one_wrong(gradient: Function, k: int, by: float = 1e-3) -> Function:
    def wrong(x: np.ndarray) -> np.ndarray:
        found = np.array(gradient(x))
        found.reshape(-1)[k] *= 1 + by
        return found

    return wrong


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("s", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("n", [1, 7, 400])
def test_the_verdict_is_free_of_scale(dtype: type, s: float, n: int) -> None:
    x, s = (np.random.default_rng(n).normal(size=n) + 0.1).astype(dtype), dtype(s)
    for f, gradient, at in (
        (lambda x: s * sines(x), lambda x: s * np.cos(x), x),
        (lambda x: sines(x / s), lambda x: np.cos(x / s) / s, x * s),
    ):
        assert st.check(f, at, gradient=gradient)
        report = st.check(f, at, gradient=with_one_wrong(gradient, n // 2))
        assert not report
        assert report.worst == (n // 2,)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_one_entry_of_many(dtype: type) -> None:
    x = np.random.default_rng(0).normal(size=100_000).astype(dtype)
    right = st.check(sines, x, gradient=np.cos)
    assert right
    assert "all 100000 entries" in right.strength
    assert right.evaluations < 300
    report = st.check(sines, x, gradient=with_one_wrong(np.cos, 77_777))
    assert not report
    assert report.worst == (77_777,)
    assert report.evaluations < 500


@pytest.mark.heavy
def test_one_entry_of_a_million() -> None:
    x = np.random.default_rng(0).normal(size=1_000_000)
    assert st.check(sines, x, gradient=np.cos)
    assert st.check(sines, x, gradient=with_one_wrong(np.cos, 77_777)).worst == (77_777,)


def noisy(f: Function, part: float) -> Function:
    generator = np.random.default_rng(1)
    return lambda x: f(x) * (1 + part * generator.normal())


@pytest.mark.parametrize(
    ("n", "part"), [(1, 1e-6), (5, 1e-8), (300, 1e-6), pytest.param(10_000, 1e-10, marks=pytest.mark.heavy)]
)
def test_noise(n: int, part: float) -> None:
    x = np.random.default_rng(3).normal(size=n) + 0.1
    right = st.check(noisy(sines, part), x, gradient=np.cos)
    assert right
    assert "symbolic" not in right.paths  # two calls differ: it cannot be recorded
    k = int(np.argmax(np.abs(x * np.cos(x))))
    assert not st.check(noisy(sines, part), x, gradient=with_one_wrong(np.cos, k))


def test_the_strength_of_a_check_is_told() -> None:
    x = np.random.default_rng(3).normal(size=3000)
    fine = st.check(noisy(sines, 1e-12), x, gradient=np.cos)
    assert "one entry wrong by 0.001 of the largest is seen with probability 1" in fine.strength
    coarse = st.check(noisy(sines, 1e-4), x, gradient=np.cos)
    assert "as far as its noise and rounding let one see" in coarse.diagnosis


def test_what_noise_hides_accuses_no_entry() -> None:
    x = np.random.default_rng(3).normal(size=300) + 0.1

    def log_sum(x: np.ndarray) -> np.floating:
        return np.log(np.sum(np.exp(x)))

    def gradient(x: np.ndarray) -> np.ndarray:
        return np.exp(x) / np.sum(np.exp(x))

    assert st.check(noisy(log_sum, 1e-6), x, gradient=gradient)
    report = st.check(noisy(log_sum, 1e-6), x, gradient=lambda x: 2 * gradient(x))
    assert not report
    assert report.diagnosis.startswith("the factor 2 is too much: divided by 2 it is right")


def test_kinks() -> None:
    x = np.array([0.0, 1.0, -2.0])
    assert st.check(lambda x: np.sum(np.abs(x)), x, gradient=np.sign)
    assert st.check(lambda x: np.sum(np.maximum(x, 0)), x, gradient=lambda x: (x > 0) * 1.0)
    assert st.check(lambda x: np.sum(np.maximum(x, 0)), x, gradient=lambda x: (x >= 0) * 1.0)
    assert not st.check(lambda x: np.sum(np.maximum(x, 0)), x, gradient=lambda x: (x >= 0) * 1.5)


def test_equal_shapes() -> None:
    x = np.array([1.0, 2.0])
    report = st.check(lambda x: x @ x, x, gradient=lambda x: 2 * x[:, None])
    assert report
    assert "its shape (2, 1) holds the same entries" in report.diagnosis


X = np.array([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("f", "x", "gradient", "error", "words"),
    [
        (sines, np.array([1.0, np.nan]), np.cos, ArgumentError, r"argument 0 is not finite at entry \(1,\)"),
        (lambda x: np.sum(np.log(x)), -X, lambda x: 1 / x, ArgumentError, "the function is nan at these arguments"),
        (lambda x: x @ np.ones(7), X, np.cos, ArgumentError, "the function raises ValueError"),
        (lambda x: x, X, np.cos, ShapeError, r"should have \(3, 3\), the axes of f first and then those of x"),
        (sines, X, lambda x: np.ones((2, 2)), ShapeError, "should have the shape of x"),
        (sines, X, lambda x: x @ np.ones(9), ArgumentError, "the given gradient raises ValueError"),
        (sines, X, lambda x: None, ArgumentError, "numbers are needed"),
        (sines, X, X, ArgumentError, "gradient is a function"),
        ("x", X, np.cos, ArgumentError, "a function is needed, got str"),
    ],
)
def test_bad_input(f: Function, x: np.ndarray, gradient: Function, error: type, words: str) -> None:
    with pytest.raises(error, match=words), np.errstate(all="ignore"):
        st.check(f, x, gradient=gradient)


# --- the remainder ------------------------------------------------------------------------------------


@pytest.mark.parametrize("s", [1e-8, 1.0, 1e8])
def test_a_remainder_falls_as_its_order(s: float) -> None:
    x, v = np.array([0.3, 1.1]), np.array([0.2, -0.5])
    found = remainder(Sampled(lambda x: s * sines(x), x), v, s * float(np.cos(x) @ v))
    assert found.plain == pytest.approx(2, abs=0.1)
    assert found.odd == pytest.approx(3, abs=0.1)
    wrong = remainder(Sampled(lambda x: s * sines(x), x), v, 1.001 * s * float(np.cos(x) @ v))
    assert wrong.plain == pytest.approx(1, abs=0.1)
    assert wrong.odd == pytest.approx(1, abs=0.1)
    assert wrong.is_of_a_wrong_derivative
    assert not found.is_of_a_wrong_derivative
    assert wrong.slope == pytest.approx(1e-3 * s * abs(np.cos(x) @ v), rel=0.01)


def test_a_remainder_below_the_noise() -> None:
    x = np.array([0.3, 1.1])
    found = remainder(Sampled(lambda x: float(np.sum(x)), x), np.ones(2), 2.0)
    assert found.plain is None
    assert found.odd is None
    assert "below the noise" in str(found)


# --- in a test suite ----------------------------------------------------------------------------------


def test_an_assertion() -> None:
    st.testing.assert_gradient(lambda x: x @ x, lambda x: 2 * x, X)
    st.testing.assert_gradient(lambda x: x @ x, "2x", X)
    with pytest.raises(AssertionError, match=r"(?s)wrong: the factor 2 is missing.*right is +2x.*example"):
        st.testing.assert_gradient(lambda x: x @ x, lambda x: x, X)
    with pytest.raises(AssertionError, match="the Hessian of"):
        st.testing.assert_gradient(sines, lambda x: np.diag(np.sin(x)), X, order=2)


def opaque(x: np.ndarray) -> np.floating:
    """A function that cannot be captured, of numbers of 7 digits."""
    x = np.frombuffer(np.asarray(x, np.float32).tobytes(), np.float32)
    return np.sum(np.sin(x) * np.float32(0.3), dtype=np.float32)


@pytest.mark.parametrize("n", [1, 5])
def test_single_precision_alone_decides(n: int) -> None:
    x = (np.random.default_rng(n).normal(size=n) + 0.1).astype(np.float32)

    def gradient(x: np.ndarray) -> np.ndarray:
        return np.float32(0.3) * np.cos(x)

    right = st.check(opaque, x, gradient=gradient)
    assert right
    assert right.diagnosis == "it agrees with numeric differences"
    k = int(np.argmax(np.abs(x * np.cos(x))))
    report = st.check(opaque, x, gradient=with_one_wrong(gradient, k))
    assert not report
    assert report.worst == (k,)


@pytest.mark.parametrize("part", [1e-4, 1e-6])
def test_rounded_values_accuse_nobody(part: float) -> None:
    x = np.random.default_rng(3).normal(size=20) + 0.1

    def rounded(x: np.ndarray) -> np.floating:
        return np.round((np.sum(x**3) / 3 + np.sum(x)) / part) * part

    report = compare_gradient(rounded, x, x**2 + 1)
    assert report or report.error <= report.bound


# --- slopes by a fit ----------------------------------------------------------------------------------


def slope_in_noise(f: Function, noise: float, wanted: float) -> Slope:
    rng = np.random.default_rng(0)
    line = Line(Sampled(lambda x: f(x) + noise * rng.normal(), np.array([1.0])), np.ones(1))
    found = fitted_slope(line, noise, wanted, 48)
    assert found is not None
    return found


def test_more_points_average_the_noise() -> None:
    coarse, fine = (slope_in_noise(lambda x: np.sin(x[0]), 1e-3, wanted) for wanted in (1.0, 1e-4))
    assert fine.error < coarse.error / 4
    for found in (coarse, fine):
        assert abs(found.value - np.cos(1.0)) <= 4 * found.error


def test_a_window_is_as_long_as_a_polynomial_holds() -> None:
    assert slope_in_noise(lambda x: np.sin(x[0]), 1e-6, 0.0).window >= 0.5
    assert slope_in_noise(lambda x: np.sin(50 * x[0]), 1e-6, 0.0).window < 0.2
