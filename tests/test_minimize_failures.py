"""What minimize refuses, and what it says where it does not arrive."""

from __future__ import annotations

import numpy as np
import pytest

import steepest as st
from steepest.descent.diagnosis import Cause
from steepest.descent.reasons import Reason
from steepest.errors import ArgumentError, NonFiniteError, NotScalarError, ShapeError


def bowl(x):
    return np.sum((x - 1) ** 2)


REFUSED = [
    ({"method": "bgfs"}, ArgumentError, "no method 'bgfs'"),
    ({"method": 3}, ArgumentError, "no method 3"),
    ({"options": {"stepp": 1}}, ArgumentError, "no option 'stepp'"),
    ({"options": {"step": 0.1}}, ArgumentError, "no option 'step'"),
    ({"options": [1]}, ArgumentError, "options is a dict"),
    ({"method": "adam", "options": {"step": -1.0}}, ArgumentError, "positive"),
    ({"method": "adam", "options": {"beta1": 1.0}}, ArgumentError, "below 1"),
    ({"method": "sgd", "options": {"batch_size": -4}}, ArgumentError, "whole number from 1"),
    ({"method": "sgd", "options": {"batch_size": 2.5}}, ArgumentError, "whole number from 1"),
    ({"options": {"maxiter": -1}}, ArgumentError, "whole number from 0"),
    ({"options": {"maxiter": True}}, ArgumentError, "whole number from 0"),
    ({"tol": -1}, ArgumentError, "tol is a number"),
    ({"tol": np.nan}, ArgumentError, "tol is a number"),
    ({"bounds": [(2, 3), (0, 1)]}, ArgumentError, r"x0\[0\] = 0 is not in \[2, 3\]"),
    ({"bounds": [(2, 1), (0, 1)]}, ArgumentError, "leave nothing"),
    ({"bounds": [(-1, 1)]}, ShapeError, "1 pairs of bounds for 2"),
    ({"bounds": [1, 2]}, ArgumentError, "list of"),
    ({"bounds": [(np.nan, 1), (0, 1)]}, ArgumentError, "not numbers"),
    ({"bounds": [(-1, 1)] * 2, "method": "bfgs"}, ArgumentError, "does not keep to bounds"),
    ({"callback": 3}, ArgumentError, "callback must be a function"),
    ({"method": "gauss-newton"}, ArgumentError, "returns residuals"),
]


@pytest.mark.parametrize(("given", "kind", "words"), REFUSED)
def test_what_makes_no_sense_is_refused(given, kind, words):
    with pytest.raises(kind, match=words):
        st.minimize(bowl, np.zeros(2), **given)


@pytest.mark.parametrize("x0", [[], np.zeros(0), "abc", {"a": None}, np.array([1j]), {"a": "b"}, [["a"], [1.0, 2.0]]])
def test_a_start_without_numbers_is_refused(x0):
    with pytest.raises(ArgumentError, match="x0"):
        st.minimize(lambda x: 0.0, x0)


def test_a_function_that_is_none():
    with pytest.raises(ArgumentError, match="needs a function"):
        st.minimize(3, np.zeros(2))


@pytest.mark.parametrize("method", [None, "bfgs", "adam"])
def test_a_function_that_gives_an_array_is_refused(method):
    with pytest.raises(NotScalarError):
        st.minimize(lambda x: x**2, np.ones(2), method=method)


@pytest.mark.parametrize("method", [None, "bfgs", "gradient-descent"])
@pytest.mark.parametrize("f", [lambda x: np.log(x[0]) + x[1], lambda x: np.exp(1e4 * (x[0] + 2)) + x[1]])
def test_a_start_outside_of_the_domain_is_refused(f, method):
    with pytest.raises(NonFiniteError):
        st.minimize(f, np.array([-1.0, 1.0]), method=method)


def test_nan_at_the_start_names_the_line():
    def f(x):
        return np.sqrt(x[0])

    with pytest.raises(NonFiniteError, match=r"return np\.sqrt\(x\[0\]\)"):
        st.minimize(f, np.array([-1.0]))


def test_nan_in_the_start():
    with pytest.raises(NonFiniteError):
        st.minimize(bowl, np.array([np.nan, 1.0]))


# --- where there is no minimum --------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["gradient-descent", "bfgs", "l-bfgs", "newton", "trust-region", None])
@pytest.mark.parametrize("f", [lambda x: x[0] + 2 * x[1], lambda x: x[0] ** 3 + x[1] ** 2])
def test_a_function_without_a_floor(f, method):
    found = st.minimize(f, np.array([-1.0, 0.5]), method=method, options={"maxiter": 200})
    assert not found.success
    assert found.diagnosis.cause is Cause.UNBOUNDED
    assert "bounds" in found.message


ENDLESS = {
    "exp(−x) + y²": (lambda x: np.exp(-x[0]) + x[1] ** 2, [0.0, 1.0]),
    "1/(1 + x²) + y²": (lambda x: 1 / (1 + x[0] ** 2) + x[1] ** 2, [0.5, 1.0]),
    "separable classes": (
        lambda x: np.sum(np.log1p(np.exp(-x[0] * np.array([1.0, 2.0, 0.5])))) + x[1] ** 2,
        [0.0, 1.0],
    ),
}


@pytest.mark.parametrize("method", ["bfgs", "l-bfgs", "newton", "trust-region", None])
@pytest.mark.parametrize("name", ENDLESS)
def test_a_lowest_value_at_infinity_is_no_minimum(name, method):
    f, start = ENDLESS[name]
    found = st.minimize(f, np.array(start), method=method)
    assert not found.success
    assert found.diagnosis.cause is Cause.UNBOUNDED
    assert "at infinity" in found.message


def test_a_run_that_has_hardly_begun_is_not_called_endless():
    for most in range(6):
        found = st.minimize(
            lambda x: 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2, np.zeros(2), method="trust-region",
            options={"maxiter": most},
        )  # fmt: skip
        assert found.diagnosis.cause is Cause.TOO_FEW_ITERATIONS


FLAT_MINIMA = [
    (lambda x: np.sum((x - 1) ** 4) + 1, [2.0, 3.0]),
    (lambda x: (x[0] + x[1] - 1) ** 2, [2.0, 3.0]),  # a line of them
    (lambda x: (x[0] + x[1] - 1) ** 2 + 1e-9 * (x[0] - 100) ** 2, [2.0, 3.0]),
    (lambda x: 1 - np.exp(-1e-3 * x[0] ** 2) + x[1] ** 2, [1.0, 1.0]),
    (lambda x: np.mean((np.outer(np.arange(5.0), [1.0, 2.0, 3.0]) @ x - np.arange(5.0) ** 2) ** 2), [1.0, 1.0, 1.0]),
]


@pytest.mark.parametrize(("f", "start"), FLAT_MINIMA)
def test_a_flat_minimum_is_one(f, start):
    assert st.minimize(f, np.array(start)).success


@pytest.mark.parametrize("method", ["bfgs", "newton", "trust-region", None])
def test_the_edge_where_the_slope_is_infinite_is_no_minimum(method):
    found = st.minimize(lambda x: np.sqrt(x[0]) + x[1] ** 2, np.array([1.0, 1.0]), method=method)
    assert not found.success


def test_adam_stays_inside_of_the_domain():
    found = st.minimize(lambda x: np.sum(x - 0.1 * np.log(x)), np.array([5.0, 0.2]), method="adam")
    assert found.success
    np.testing.assert_allclose(found.x, [0.1, 0.1], rtol=1e-4)


def test_a_fixed_step_on_a_function_without_a_floor():
    found = st.minimize(
        lambda x: -np.sum(x), np.ones(3), method="gradient-descent", options={"step": 1.0, "maxiter": 50}
    )
    assert found.reason is Reason.ITERATIONS
    assert found.diagnosis.cause is Cause.UNBOUNDED


def test_the_edge_of_the_domain_is_not_crossed():
    for method in ("gradient-descent", "bfgs", "l-bfgs", "newton", "trust-region", None):
        found = st.minimize(
            lambda x: x[0] * np.log(x[0]) + (x[1] - np.sqrt(x[0])) ** 2, np.array([3.0, 1.0]), method=method
        )
        assert found.success, (method, found.message)
        np.testing.assert_allclose(found.x, [np.exp(-1), np.exp(-0.5)], rtol=1e-5)


# --- why it failed --------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [0.3, 10.0])
def test_a_step_too_large_is_told_with_a_better_one(step):
    def f(x):
        return 5 * x[0] ** 2 + x[1] ** 2

    found = st.minimize(f, np.array([1.0, 2.0]), method="gradient-descent", options={"step": step})
    assert found.reason is Reason.DIVERGED
    assert found.diagnosis.cause is Cause.STEP_TOO_LARGE
    assert found.diagnosis.step == pytest.approx(0.1)
    better = st.minimize(f, np.array([1.0, 2.0]), method="gradient-descent", options={"step": found.diagnosis.step})
    assert better.success


def test_noise_is_told():
    def f(x):
        exact = 100 * (x[1] - x[0] ** 2) ** 2 + (x[0] - 0.3) ** 2 + 1
        return np.asarray(exact).astype(np.float32).astype(np.float64)  # seven digits

    found = st.minimize(f, np.array([1.0, 2.0]), method="bfgs")
    assert not found.success
    assert found.diagnosis.cause is Cause.NOISY


def test_a_kink_is_told():
    found = st.minimize(lambda x: np.abs(x[0] - 0.3) + 2 * np.abs(x[0] + x[1]), np.array([1.0, 2.0]), method="bfgs")
    assert found.success or found.diagnosis.cause is Cause.KINK


def test_bad_conditioning_is_told():
    weights = np.logspace(0, 10, 4)

    found = st.minimize(
        lambda x: np.sum(weights * (x - 1) ** 2), np.zeros(4), method="momentum", options={"maxiter": 100}
    )
    assert found.reason is Reason.ITERATIONS
    assert found.diagnosis.cause is Cause.ILL_CONDITIONED
    assert found.diagnosis.condition == pytest.approx(1e10, rel=1e-6)


def test_mini_batches_scatter():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 2)), rng.normal(size=40)
    found = st.minimize(
        lambda t, X, y: np.mean((X @ t - y) ** 2), np.zeros(2), (X, y), method="sgd",
        options={"batch_size": 4, "maxiter": 5},
    )  # fmt: skip
    assert found.diagnosis.cause is Cause.NOISY
