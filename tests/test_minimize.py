"""minimize on problems with known answers: every method, parameters in containers, bounds, what is reported."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from descent_problems import METHODS, START, H, mean_square, quadratic, regression, rosenbrock, two_valleys
from scipy.optimize import Bounds

import steepest as st
from steepest.descent.diagnosis import Cause
from steepest.descent.reasons import Reason


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_the_minimum_of_a_quadratic(method):
    found = st.minimize(quadratic, np.array([2.0, 3.0]), method=method)
    assert found.success
    assert found.reason in (Reason.CONVERGED, Reason.ROUNDING)
    assert found.status == 0
    assert found.diagnosis is None
    np.testing.assert_allclose(found.x, np.linalg.solve(H, [-1, 1]), rtol=1e-6)
    np.testing.assert_allclose(found.fun, quadratic(found.x), rtol=1e-12)
    np.testing.assert_allclose(found.jac, H @ found.x + [1, -1], atol=1e-9)


@pytest.mark.parametrize("method", ["momentum", "nesterov", "adam", "bfgs", "l-bfgs", "newton", "trust-region", None])
def test_a_curved_valley(method):
    found = st.minimize(rosenbrock, START, method=method)
    assert found.success
    np.testing.assert_allclose(found.x, [1, 1], rtol=1e-6)


def test_gradient_descent_goes_slowly_down_a_curved_valley():
    found = st.minimize(rosenbrock, START, method="gradient-descent", options={"maxiter": 2000})
    assert found.reason is Reason.ITERATIONS
    assert found.fun < 1e-2
    assert found.diagnosis.cause is Cause.ILL_CONDITIONED
    assert found.diagnosis.condition == pytest.approx(np.linalg.cond(st.hessian(rosenbrock)(found.x)))


@pytest.mark.parametrize("search", ["armijo", "wolfe", "exact"])
def test_searches(search):
    found = st.minimize(quadratic, np.ones(2), method="gradient-descent", options={"search": search})
    assert found.success
    np.testing.assert_allclose(found.x, np.linalg.solve(H, [-1, 1]), rtol=1e-6)


def test_the_search_is_exact_where_the_hessian_is_constant():
    both = [st.minimize(quadratic, np.ones(2), method="gradient-descent", options=o) for o in ({}, {"search": "exact"})]
    np.testing.assert_array_equal(both[0].path.x, both[1].path.x)
    slopes = [H @ x + np.array([1, -1]) for x in both[0].path.x[:4]]
    for one, next_one in pairwise(slopes):  # successive gradients are orthogonal
        assert abs(one @ next_one) < 1e-12 * (one @ one)


@pytest.mark.parametrize("f", [rosenbrock, lambda x: np.sum(np.abs(x - 1)), lambda x: x @ x if x[0] > 0 else 2 * x @ x])
def test_an_exact_search_is_refused_where_the_function_is_no_quadratic(f):
    with pytest.raises(st.errors.ArgumentError, match="for quadratics"):
        st.minimize(f, np.array([3.0, 2.0]), method="gradient-descent", options={"search": "exact"})


@pytest.mark.parametrize("method", METHODS)
def test_saddles_are_left(method):
    found = st.minimize(two_valleys, np.array([1.0, 0.0]), method=method)  # on the ridge, which leads to the saddle
    assert found.success
    np.testing.assert_allclose(np.abs(found.x), [0, np.sqrt(2)], atol=1e-6)


@pytest.mark.parametrize("start", [np.zeros(2), np.array([0.0, 1e-9])])
def test_a_start_on_a_saddle_or_top_is_no_minimum(start):
    assert st.minimize(two_valleys, start).fun == pytest.approx(-1)
    top = st.minimize(lambda x: np.cos(x[0]) + np.cos(x[1]), np.zeros(2))
    np.testing.assert_allclose(np.abs(top.x), np.pi, rtol=1e-6)


@pytest.mark.parametrize("start", [0.0, 1.0])
def test_a_flat_point_that_is_no_minimum_is_left(start):
    found = st.minimize(lambda x: x[0] ** 3, np.array([start]))
    assert found.reason is Reason.UNBOUNDED
    found = st.minimize(lambda x: x[0] ** 6 - x[0] ** 4, np.array([start]))
    np.testing.assert_allclose(np.abs(found.x), np.sqrt(2 / 3), rtol=1e-6)


def test_saddles_of_many_parameters_are_left_by_products_with_the_hessian():
    def f(x):
        return np.sum(x[1:] ** 2) - x[0] ** 2 + x[0] ** 4 / 4

    start = np.linspace(0, 1, 300)
    found = st.minimize(f, start, method="l-bfgs")
    assert found.success
    assert found.fun == pytest.approx(-1)


@pytest.mark.parametrize("factor", [1e-12, 1e12])
@pytest.mark.parametrize("method", ["bfgs", None])
def test_scale_of_values_and_of_parameters_does_not_matter(factor, method):
    one = st.minimize(rosenbrock, START, method=method)
    for f, x0, unit in (
        (lambda x: factor * rosenbrock(x), START, 1.0),
        (lambda x: rosenbrock(x / 1e6), 1e6 * START, 1e6),
        (lambda x: rosenbrock(x * 1e6), 1e-6 * START, 1e-6),
    ):
        other = st.minimize(f, x0, method=method)
        assert other.success
        np.testing.assert_allclose(other.x / unit, one.x, rtol=1e-6)


@pytest.mark.parametrize("size", [1e-8, 1e8])
@pytest.mark.parametrize("method", [None, "trust-region"])
def test_a_trust_region_in_units_of_the_parameters(size, method):
    found = st.minimize(lambda x: rosenbrock(x / size), size * np.array([-1.2, 1.0]), method=method)
    assert found.success
    np.testing.assert_allclose(found.x, [size, size], rtol=1e-6)


@pytest.mark.parametrize("method", [None, "trust-region", "bfgs", "newton", "l-bfgs", "nesterov"])
def test_a_start_on_a_top_but_for_rounding(method):
    found = st.minimize(lambda x: -np.cos(x[0]) - np.cos(x[1]), np.array([np.pi, np.pi]), method=method)
    assert found.success
    assert found.fun == pytest.approx(-2)


def test_a_function_of_single_precision_has_a_minimum_to_its_digits():
    def f(x):
        single = x.astype(np.float32)
        return 100 * (single[1] - single[0] ** 2) ** 2 + (single[0] - np.float32(0.3)) ** 2 + 1000

    found = st.minimize(f, np.array([1.0, 2.0]), method="bfgs")
    assert found.reason is Reason.ROUNDING


def test_the_path():
    found = st.minimize(quadratic, np.array([2.0, 3.0]), method="gradient-descent", options={"step": 0.1})
    path = found.path
    assert len(path) == found.nit + 1
    np.testing.assert_array_equal(path.iteration, np.arange(found.nit + 1))
    np.testing.assert_array_equal(path.x[0], [2, 3])
    np.testing.assert_allclose(path.value, [quadratic(x) for x in path.x], rtol=1e-13)
    np.testing.assert_allclose(path.slope, [np.linalg.norm(H @ x + [1, -1]) for x in path.x], rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(path.step[1:], np.linalg.norm(np.diff(path.x, axis=0), axis=1), rtol=1e-12)
    assert [visit.value for visit in path] == path.value.tolist()


def test_the_best_point_is_returned_not_the_last():
    found = st.minimize(rosenbrock, START, method="adam", options={"step": 0.5, "maxiter": 30})
    assert found.fun == found.path.value.min()
    assert found.fun < found.path.value[-1]


def test_parameters_in_containers():
    def f(p, shift):
        return (p["a"] - 1) ** 2 + np.sum((p["b"]["c"] - shift) ** 2) + p["a"] ** 2 * np.sum(p["b"]["c"] ** 2)

    start, shift = {"a": 0.5, "b": {"c": np.zeros((2, 2))}}, np.arange(4.0).reshape(2, 2)
    reference = st.minimize(lambda v: f({"a": v[0], "b": {"c": v[1:].reshape(2, 2)}}, shift), np.r_[0.5, np.zeros(4)])
    for method in ("gradient-descent", "bfgs", "newton", None):
        found = st.minimize(f, start, (shift,), method=method)
        assert found.success
        assert found.x["b"]["c"].shape == (2, 2)
        np.testing.assert_allclose(np.r_[found.x["a"], found.x["b"]["c"].ravel()], reference.x, rtol=1e-5, atol=1e-6)
        assert found.path.x.shape == (len(found.path), 5)
        assert set(found.jac) == {"a", "b"}


@pytest.mark.parametrize("x0", [3, 3.0, np.float64(3), [3.0, 3.0], np.array([[3.0, 2.0], [1.0, 0.0]])])
def test_shapes_of_the_start(x0):
    found = st.minimize(lambda x: np.sum((x - 2) ** 2), x0)
    assert np.shape(found.x) == np.shape(x0)
    np.testing.assert_allclose(found.x, np.full(np.shape(x0), 2), rtol=1e-9)
    assert found.path.x.shape == (len(found.path), *np.shape(x0))


# --- bounds ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["gradient-descent", "momentum", "nesterov", "adam", "l-bfgs", None])
def test_bounds(method):
    found = st.minimize(rosenbrock, START, method=method, bounds=[(-2, 0.5), (None, None)])
    assert found.success
    np.testing.assert_allclose(found.x, [0.5, 0.25], rtol=1e-5)
    assert (found.path.x[:, 0] <= 0.5).all()


def test_bounds_that_hold_nothing_and_bounds_of_scipy():
    found = st.minimize(rosenbrock, START, bounds=Bounds([-5, -5], [5, 5]))
    np.testing.assert_allclose(found.x, [1, 1], rtol=1e-6)
    np.testing.assert_array_equal(st.minimize(rosenbrock, START, bounds=[(None, None)] * 2).x, [1, 1])


def test_a_saddle_on_a_bound_is_left_along_it():
    found = st.minimize(lambda x: x[0] - x[1] ** 2 + x[1] ** 4 / 4, np.array([1.0, 0.0]), bounds=[(0, 2), (-3, 3)])
    np.testing.assert_allclose(np.abs(found.x), [0, np.sqrt(2)], atol=1e-6)


# --- residuals ------------------------------------------------------------------------------------------


def test_gauss_newton_fits_residuals():
    t = np.linspace(0, 4, 9)
    y = 2 * np.exp(-0.7 * t)
    found = st.minimize(lambda p, t, y: p["c"] * np.exp(-p["k"] * t) - y, {"c": 1.0, "k": 0.1}, (t, y), "gauss-newton")
    assert found.success
    assert (found.x["c"], found.x["k"]) == pytest.approx((2, 0.7), rel=1e-12)


def test_gauss_newton_keeps_to_bounds():
    found = st.minimize(
        lambda x: np.array([x[0] - 3, x[1] + 1]), np.zeros(2), method="gauss-newton", bounds=[(-1, 2), (-5, 5)]
    )
    assert found.success
    np.testing.assert_allclose(found.x, [2, -1], rtol=1e-14)


def test_a_parameter_that_does_not_matter_stays():
    found = st.minimize(lambda x: (x[0] - 1) ** 2, np.array([3.0, 0.5]))
    np.testing.assert_allclose(found.x, [1, 0.5], rtol=1e-12)


# --- mini-batches ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["sgd", "momentum", "nesterov", "adam"])
def test_mini_batches(method):
    X, y = regression()
    options = {"batch_size": 16, "maxiter": 300, "seed": 1}
    found = st.minimize(mean_square, np.zeros(3), (X, y), method=method, options=options)
    np.testing.assert_allclose(found.x, np.linalg.lstsq(X, y)[0], rtol=5e-3)
    again = st.minimize(mean_square, np.zeros(3), (X, y), method=method, options=options)
    np.testing.assert_array_equal(again.path.x, found.path.x)
    other = st.minimize(mean_square, np.zeros(3), (X, y), method=method, options={**options, "seed": 2})
    assert not np.array_equal(other.path.x[:3], found.path.x[:3])


def test_mini_batches_need_a_mean():
    X, y = regression()
    with pytest.raises(st.errors.ArgumentError, match="mean over the rows"):
        st.minimize(lambda t, X, y: np.sum((X @ t - y) ** 2), np.zeros(3), (X, y), method="sgd")
    with pytest.raises(st.errors.ArgumentError, match="there are none"):
        st.minimize(quadratic, np.zeros(2), method="sgd")


# --- the natural gradient -------------------------------------------------------------------------------


def log_density(theta, sample):
    """Of a normal law, in its mean and the logarithm of its deviation."""
    return -theta[1] - 0.5 * ((sample - theta[0]) * np.exp(-theta[1])) ** 2


def test_the_natural_gradient_needs_few_steps():
    samples = np.random.default_rng(0).normal(40.0, 0.02, size=200)

    def f(theta):
        return np.mean(theta[1] + 0.5 * ((samples - theta[0]) * np.exp(-theta[1])) ** 2)

    start = np.array([39.0, 0.0])
    answer = [samples.mean(), np.log(samples.std())]
    metrics = (
        {"log_density": log_density, "samples": samples},
        {"metric": lambda theta: np.diag([np.exp(-2 * theta[1]), 2.0])},
    )
    plain = st.minimize(f, start, method="gradient-descent", options={"maxiter": 300})
    for options in metrics:
        found = st.minimize(f, start, method="natural-gradient", options=options)
        assert found.success
        np.testing.assert_allclose(found.x, answer, rtol=1e-6)
        assert found.nit < 100
        assert not plain.success
    with pytest.raises(st.errors.ArgumentError, match="needs a metric"):
        st.minimize(f, start, method="natural-gradient")
    with pytest.raises(st.errors.ShapeError, match="shape"):
        st.minimize(f, start, method="natural-gradient", options={"metric": lambda theta: np.ones(2)})
