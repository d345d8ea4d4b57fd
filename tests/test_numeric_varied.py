"""Classes of trouble: what values between the steps tell, what they cannot, and series for high orders."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from benchmarks.numeric.case import Case, Kind, exact_derivative
from benchmarks.numeric.varied import VARIED
from steepest import numeric
from steepest.numeric import NumericResult, Status
from tests.test_numeric_cases import FEW, STATUS, covers


@pytest.fixture(scope="module")
def found() -> list[tuple[Case, NumericResult]]:
    with np.errstate(all="ignore"):
        return [(case, numeric.derivative(case.f, case.x)) for case in VARIED]


def test_the_error_covers(found: list[tuple[Case, NumericResult]]) -> None:
    assert len(found) >= 100
    assert [case.name for case, result in found if not covers(case, result, FEW)] == []
    assert np.mean([covers(case, result) for case, result in found]) >= 0.97


def test_most_are_known_well(found: list[tuple[Case, NumericResult]]) -> None:
    known = [r.error <= 0.1 * abs(c.truth) or r.error <= 1e-8 for c, r in found if c.kind in (Kind.SMOOTH, Kind.EDGE)]
    assert np.mean(known) >= 0.9


def test_what_is_broken_is_called_so(found: list[tuple[Case, NumericResult]]) -> None:
    assert [case.name for case, result in found if case.kind in STATUS and result.status not in STATUS[case.kind]] == []


@pytest.mark.parametrize("x", np.random.default_rng(3).uniform(0.1, 5, 12))
def test_waves_that_no_step_resolves(x: float) -> None:
    fast = numeric.derivative(lambda x: np.sin(1e12 * x), x)
    assert abs(fast.value - 1e12 * np.cos(1e12 * x)) <= fast.error
    faint = numeric.derivative(lambda x: x + 1e-12 * np.sin(1e10 * x), x)
    assert abs(faint.value - 1 - 1e-2 * np.cos(1e10 * x)) <= faint.error < 0.1


@pytest.mark.parametrize("k", range(2, 31, 4))
def test_a_period_that_fits_every_step(k: int) -> None:
    w = 2 * math.pi * 2.0**k
    result = numeric.derivative(lambda x: 3 * x + np.sin(w * x + 0.3) / w, 1.0)
    assert abs(result.value - 3 - math.cos(w + 0.3)) <= result.error < 1


@pytest.mark.parametrize("x", np.random.default_rng(4).uniform(0.3, 3, 12))
def test_single_precision_within_a_sum(x: float) -> None:
    result = numeric.derivative(lambda x: np.exp(x) + 1e-3 * float(np.sin(np.float32(x))), x)
    assert abs(result.value - np.exp(x) - 1e-3 * np.cos(x)) <= result.error < 1e-3
    assert result.status in (Status.OK, Status.NOISY)


@pytest.mark.parametrize("x", np.random.default_rng(5).uniform(0.3, 3, 12))
def test_values_that_agree_by_chance(x: float) -> None:
    """Whole numbers in step with the halved steps make a table of rounded values settle at once."""
    result = numeric.derivative(lambda x: x**3 + np.round(1 / x, 6), x)
    assert abs(result.value - (3 * x * x - 1 / x**2)) <= 10 * result.error


@pytest.mark.parametrize("error", [ValueError, RuntimeError, AssertionError, KeyError, ZeroDivisionError])
def test_an_end_that_raises(error: type[Exception]) -> None:
    def f(x: float) -> float:
        if x < 2:
            raise error("outside")
        return math.exp(x)

    result = numeric.derivative(f, 2.0)
    assert result.status is Status.DOMAIN
    assert abs(result.value - math.exp(2)) <= result.error < 1e-6


@pytest.mark.parametrize("error", [TypeError, AttributeError, NameError])
def test_a_mistake_in_the_program_is_no_end(error: type[Exception]) -> None:
    def f(x: float) -> float:
        if x != 2:
            raise error("a mistake")
        return math.exp(x)

    with pytest.raises(error, match="a mistake"):
        numeric.derivative(f, 2.0)


def test_stairs_are_not_flat_without_a_doubt() -> None:
    draws = np.random.default_rng(6).normal(size=100)
    shares = numeric.derivative(lambda x: float(np.mean(draws < x)), 0.575)  # flat here, and not as a whole
    assert abs(shares.value - math.exp(-(0.575**2) / 2) / math.sqrt(2 * math.pi)) <= shares.error
    assert numeric.derivative(np.floor, 1.5).error < 1e-9


def test_what_shows_nothing_far_out_is_known_no_better_for_it() -> None:
    result = numeric.derivative(lambda x: 1 - np.exp(-x), 37.5)
    assert abs(result.value - math.exp(-37.5)) <= result.error


@pytest.mark.parametrize("p", [1.1, 1.2, 1.5])
def test_a_power_between_one_and_two(p: float) -> None:
    result = numeric.derivative(lambda x: math.copysign(abs(x) ** p, x), 0.0)
    assert abs(result.value) <= result.error < 0.1


SMOOTH: dict[str, tuple[Callable[[Any, Any], Any], float]] = {
    "exp": (lambda m, x: m.exp(x), 0.5),
    "sin": (lambda m, x: m.sin(2 * x), 1.0),
    "log": (lambda m, x: m.log(x), 2.0),
    "log, tiny": (lambda m, x: m.log(x), 1e-6),
    "tanh": (lambda m, x: m.tanh(x), 0.7),
    "wave": (lambda m, x: m.cos(100 * x), 0.3),
    "steep": (lambda m, x: m.exp(1e3 * x), 0.01),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_high_orders_by_real_values(name: str) -> None:
    f, x = SMOOTH[name]
    for n in range(3, 11):
        result, truth = numeric.derivative(lambda x: f(np, x), x, n, method="richardson"), exact_derivative(f, x, n)
        assert abs(result.value - truth) <= result.error + 1e-15 * abs(truth)
        assert abs(result.value - truth) <= 10.0 ** (n - 11.5) * abs(truth)


def test_high_orders_of_what_has_none() -> None:
    kink = numeric.derivative(lambda x: abs(x - 1), 1.0, 3)
    assert kink.status is Status.NONSMOOTH
    assert not kink.error < 1
    assert not numeric.derivative(lambda x: math.sin(x) + abs(x - 1) * (x - 1), 1.0, 3).error < 1
    noisy = numeric.derivative(lambda x: np.round(np.exp(x), 8), 0.5, 3)
    assert abs(noisy.value - math.exp(0.5)) <= noisy.error


@pytest.mark.parametrize("tiny", [1e-17, 1e-9, 1e-200])
def test_a_direction_with_a_tiny_coordinate(tiny: float) -> None:
    x, v = np.array([tiny, 1.0, 2.0]), np.array([1.0, 2.0, -1.0])
    result = numeric.directional(lambda x: np.exp(x[0]) + np.sin(x[1]) * x[2] + x[0] * x[2], x, v, method="richardson")
    truth = np.array([np.exp(tiny) + 2, 2 * np.cos(1), np.sin(1) + tiny]) @ v
    assert abs(result.value - truth) <= result.error < 1e-11
    assert result.evaluations <= 40


def test_a_direction_with_a_tiny_coordinate_near_an_end() -> None:
    x = np.array([1e-12, 1.0, 2.0])
    result = numeric.directional(lambda x: np.sum(np.log(x)), x, np.ones(3))
    assert abs(result.value - np.sum(1 / x)) <= result.error <= 1e-6 * result.value


def test_batches_take_no_more_points_than_lines_alone() -> None:
    x = np.random.default_rng(0).normal(size=80)

    def f(x: Any) -> Any:
        return np.sum(np.sin(3 * x) * np.exp(x), axis=0)

    together = numeric.gradient(f, x, method="richardson")
    alone = numeric.gradient(lambda x: float(f(x)), x, method="richardson")
    truth = np.exp(x) * (np.sin(3 * x) + 3 * np.cos(3 * x))
    assert together.evaluations <= 2 * alone.evaluations
    assert np.mean(np.abs(together.value - truth) <= together.error) >= 0.97


def test_progress_and_workers_of_a_long_hessian() -> None:
    told: list[tuple[int, int]] = []
    x = np.linspace(-1, 1, 12)
    result = numeric.hessian(
        lambda x: float(np.sum(x**4) + np.prod(np.cos(x))), x, workers=2, progress=lambda *done: told.append(done)
    )
    assert told == [(k, 78) for k in range(1, 79)]
    np.testing.assert_allclose(result.value, result.value.T)
    cosines, tangents = np.prod(np.cos(x)), np.tan(x)
    truth = cosines * np.outer(tangents, tangents)
    np.fill_diagonal(truth, 12 * x**2 - cosines)
    np.testing.assert_allclose(result.value, truth, atol=1e-8)
