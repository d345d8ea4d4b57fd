"""What callers of numeric derivatives can say: bounds, scale, noise, method, workers, progress; and what is refused."""

from __future__ import annotations

import math
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from steepest import numeric
from steepest.numeric import Status


def rosenbrock(x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2, axis=0)


def slope(x: Any) -> Any:
    g = np.zeros_like(x)
    g[1:] += 200 * (x[1:] - x[:-1] ** 2)
    g[:-1] += -400 * x[:-1] * (x[1:] - x[:-1] ** 2) - 2 * (1 - x[:-1])
    return g


@pytest.mark.parametrize(("low", "high"), [(0.5, 1.0), (1.0, 3.0), (0.999, 1.001), (None, 1.0), (1 - 1e-12, None)])
def test_bounds_are_kept(low: float | None, high: float | None) -> None:
    seen = []

    def f(x: float) -> float:
        seen.append(x)
        return math.exp(x)  # takes real numbers only

    result = numeric.derivative(f, 1.0, bounds=(low, high))
    seen = [x for x in seen if not isinstance(x, complex)]
    assert min(seen) >= (-math.inf if low is None else low)
    assert max(seen) <= (math.inf if high is None else high)
    assert abs(result.value - math.e) <= result.error < 1e-7


def test_bounds_of_an_array() -> None:
    x = np.array([0.0, 1.0, 2.0])
    result = numeric.gradient(lambda x: np.sum(np.sqrt(x + 1e-300) ** 3), x, bounds=(0, [1.0, 1.0, 9.0]))
    assert result.status is Status.DOMAIN
    np.testing.assert_allclose(result.value, 1.5 * np.sqrt(x), atol=1e-4)
    assert np.isnan(result.left[0])
    assert np.isnan(result.right[1])


@pytest.mark.parametrize("method", ["auto", "complex-step", "richardson", "central", "forward", "backward"])
def test_methods(method: str) -> None:
    result = numeric.derivative(np.sin, 1.0, method=method)
    assert abs(result.value - math.cos(1)) <= result.error < 1e-7
    second = numeric.derivative(np.sin, 1.0, 2, method=method)
    assert abs(second.value + math.sin(1)) <= second.error < 1e-3
    assert result.method in (method, "complex-step", "richardson")


def test_a_central_difference_needs_both_sides() -> None:
    result = numeric.derivative(np.sqrt, 0.0, method="central")
    assert result.status is Status.DOMAIN
    assert np.isnan(result.value)
    assert numeric.derivative(abs, 0.0, method="forward").value == 1
    assert numeric.derivative(abs, 0.0, method="backward").value == -1


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * np.conj(x).real,
        lambda x: np.sin(x) + 1e-4 * abs(x),
        lambda x: np.round(x, 3),
        lambda x: np.maximum(x, 0.5) ** 2 + np.real(x),
        lambda x: x.astype(np.float32) ** 2,
        lambda x: x**2 if isinstance(x, float) else 3 * x,
        math.exp,
    ],
)
def test_complex_steps_only_where_f_is_analytic(f: Any) -> None:
    x = np.float64(0.75)
    assert numeric.derivative(f, x).method == "richardson"
    assert abs(numeric.derivative(f, x).value - numeric.derivative(f, x, method="richardson").value) < 1e-12


def test_complex_steps_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="does not prove analytic"):
        numeric.derivative(math.exp, 1.0, method="complex-step")
    with pytest.raises(ValueError, match="does not prove analytic"):
        numeric.derivative(abs, 1.0, 2, method="complex-step")


def test_a_scale_is_taken() -> None:
    def f(x: float) -> float:
        return math.sin((x - 1e4) * 50)

    far = numeric.derivative(f, 1e4, scale=0.02)
    assert far.value == pytest.approx(50, rel=1e-7)
    assert far.evaluations < numeric.derivative(f, 1e4).evaluations


def test_a_noise_is_taken(rng: np.random.Generator) -> None:
    def f(x: float) -> float:
        return float(math.exp(x) + 1e-5 * rng.uniform(-1, 1))

    results = [numeric.derivative(f, x, noise=1e-5) for x in rng.uniform(0.5, 2, 20)]
    assert {r.status for r in results} == {Status.NOISY}
    assert max(r.error for r in results) < 1e-2
    exact = numeric.derivative(np.exp, 1.0, noise=0.0)
    assert exact.value == pytest.approx(math.e, rel=1e-12)


def test_derivatives_at_many_points() -> None:
    x = np.linspace(0.1, 3, 50).reshape(5, 10)
    shapes = []

    def f(x: Any) -> Any:
        shapes.append(np.shape(x))
        return np.log(x)

    result = numeric.derivative(f, x)
    assert result.value.shape == result.error.shape == x.shape
    np.testing.assert_allclose(result.value, 1 / x, rtol=1e-12)
    assert shapes.count(()) < len(shapes)  # in batches, with single ones to check them
    assert (5, 10) in shapes
    np.testing.assert_allclose(numeric.derivative(math.log, x, 2).value, -1 / x**2, rtol=1e-5)


def test_what_only_looks_elementwise_is_found_out() -> None:
    x = np.array([0.5, 1.0, 2.0])
    mixed = numeric.derivative(lambda x: x * np.max(x), x)  # of one number the square
    np.testing.assert_allclose(mixed.value, 2 * x, rtol=1e-10)
    steered = numeric.derivative(lambda x: x**2 if np.all(x < 2.05) else x**3, x)
    np.testing.assert_allclose(steered.value[:2], 2 * x[:2], rtol=1e-10)


def test_batches_are_found_out() -> None:
    calls = []

    def batched(x: Any) -> Any:
        calls.append(np.shape(x))
        return rosenbrock(x)

    x = np.random.default_rng(1).normal(size=40)
    result = numeric.gradient(batched, x, method="richardson")
    np.testing.assert_allclose(result.value, slope(x), rtol=1e-7)
    assert len(calls) < 200
    assert result.evaluations == sum(1 if len(s) == 1 else s[1] for s in calls)
    one_by_one = numeric.gradient(lambda x: float(rosenbrock(x)), x, method="richardson")
    np.testing.assert_allclose(one_by_one.value, result.value, rtol=1e-9)


def test_a_false_batch_is_found_out() -> None:
    """Right for the points that are tried together, wrong for others: each batch has one point checked."""
    x = np.arange(1.0, 9.0)

    def f(x: Any) -> Any:
        return np.sum(x**2, axis=0) if x.ndim == 1 or x.shape[1] < 6 else np.sum(x**2, axis=0) * 2

    np.testing.assert_allclose(numeric.gradient(f, x).value, 2 * x, rtol=1e-9)


@pytest.mark.parametrize("workers", [1, 2, -1])
def test_workers(workers: int) -> None:
    x = np.array([0.5, -1.2, 0.8, 1.1])
    alone = numeric.hessian(rosenbrock, x)
    shared = numeric.hessian(rosenbrock, x, workers=workers)
    np.testing.assert_allclose(shared.value, alone.value, rtol=1e-10, atol=1e-9)
    assert shared.evaluations >= alone.evaluations


def test_workers_of_other_kinds() -> None:
    x = np.array([0.5, -1.2, 0.8])
    with ProcessPoolExecutor(2) as pool:
        np.testing.assert_allclose(numeric.gradient(rosenbrock, x, workers=pool).value, slope(x), rtol=1e-10)
    with ThreadPoolExecutor(2) as threads:
        np.testing.assert_allclose(numeric.gradient(rosenbrock, x, workers=threads.map).value, slope(x), rtol=1e-10)


def test_progress(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[tuple[int, int]] = []
    x = np.array([0.5, -1.2, 0.8])
    numeric.hessian(lambda x: float(rosenbrock(x)), x, progress=lambda done, total: told.append((done, total)))
    assert told == [(k, 6) for k in range(1, 7)]
    numeric.gradient(rosenbrock, x, progress=True)
    assert capsys.readouterr().err.endswith("3 of 3 derivatives\n")
    numeric.gradient(rosenbrock, x)
    assert capsys.readouterr().err == ""


def test_a_result_reads_well() -> None:
    assert str(numeric.derivative(abs, 0.0)).startswith("0 ± 1 (nonsmooth, left -1.0, right 1.0, ")
    assert str(numeric.gradient(rosenbrock, np.ones(2))).startswith("[0. 0.], each ± ")


def undefined(x: float) -> float:
    return math.nan


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: numeric.derivative(undefined, 1.0), ValueError, "f(x) is nan (undefined, line "),
        (lambda: numeric.derivative(np.sin, math.nan), ValueError, "x must be finite, got nan"),
        (lambda: numeric.gradient(np.sum, np.array([1.0, np.inf])), ValueError, "x must be finite"),
        (lambda: numeric.derivative(np.sin, "one"), TypeError, "x must be real numbers"),
        (lambda: numeric.derivative(np.sin, 1.0, 0), ValueError, "can be a whole number from 1 to 10"),
        (lambda: numeric.derivative(np.sin, 1.0, 11), ValueError, "the order is 11"),
        (lambda: numeric.derivative(np.sin, 1.0, method="best"), ValueError, "the method is 'best'; it can be 'auto'"),
        (lambda: numeric.derivative(np.sin, 1.0, bounds=(2, 3)), ValueError, "x = 1.0 lies outside the bounds"),
        (lambda: numeric.derivative(np.sin, 1.0, bounds=(3, 2)), ValueError, "not below its upper bound"),
        (lambda: numeric.derivative(np.sin, 1.0, bounds=3), ValueError, "bounds are a pair (low, high)"),
        (lambda: numeric.gradient(np.sum, np.ones(2), bounds=(0, np.ones(3))), ValueError, "upper bounds have shape"),
        (lambda: numeric.gradient(np.sum, np.ones(2), bounds=([0, 2], 3)), ValueError, "x = 1.0 at (1,) lies outside"),
        (lambda: numeric.derivative(np.sin, 1.0, scale=0), ValueError, "the scale must be positive"),
        (lambda: numeric.derivative(np.sin, 1.0, noise=-1), ValueError, "the noise is the size of errors"),
        (lambda: numeric.gradient(np.sin, np.ones(2)), ValueError, "returns one number; f(x) has shape (2,)"),
        (lambda: numeric.gradient(np.sum, np.ones(2), workers=0), ValueError, "workers are 1 or more"),
        (lambda: numeric.gradient(np.sum, np.ones(2), workers="all"), TypeError, "workers are a number"),
        (lambda: numeric.gradient(np.sum, np.ones(2), progress=3), TypeError, "progress is True"),
        (lambda: numeric.directional(np.sum, np.ones(2), [1.0, np.nan]), ValueError, "not finite"),
    ],
)  # fmt: skip
def test_what_is_refused(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)


def test_what_f_raises_at_x_is_its_own_error() -> None:
    with pytest.raises(KeyError):
        numeric.derivative(lambda x: {}[x], 1.0)
    with pytest.raises(ValueError, match="shape"):
        numeric.gradient(lambda x: np.zeros(2 if x[0] == 1 else 3)[0] if x[0] == 1 else np.zeros(3), np.ones(1))
