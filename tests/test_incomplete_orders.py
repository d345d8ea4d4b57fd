"""Derivatives of the incomplete gamma and beta functions by their orders, and of the laws they distribute.

The references are the definitions, differentiated by mpmath with many digits.
"""

from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import scipy.special as sp
from differentiation import check_function
from scipy import stats

import steepest as st
from steepest.ops import order_slopes

GAMMA = [(a, a * f) for a in (0.01, 0.3, 1.0, 1.7, 5.0, 40.0) for f in (0.001, 0.3, 0.9, 1.0, 1.1, 2.0, 6.0)]
BETA = [(a, b, x) for a in (0.05, 1.0, 2.5, 30.0) for b in (0.1, 1.3, 50.0) for x in (0.001, 0.2, 0.5, 0.9, 0.9999)]
STEP = mp.mpf(10) ** -25


def _lower(a: Any, x: float) -> Any:
    return mp.gammainc(a, 0, x, regularized=True)


def _share(a: Any, b: Any, x: float) -> Any:
    return mp.betainc(a, b, 0, x, regularized=True)


def _close(found: float, exact: Any, digits: float) -> None:
    assert abs(found - exact) <= digits * abs(exact) + 1e-100


@pytest.mark.parametrize(("a", "x"), GAMMA)
def test_incomplete_gamma(a: float, x: float) -> None:
    """In both tails to nearly all digits, whatever their size."""
    with mp.workdps(150):
        up, here, down = (_lower(mp.mpf(a) + k * STEP, x) for k in (1, 0, -1))
        _close(order_slopes.gammainc_by_order(1, a, x), (up - down) / (2 * STEP), 1e-12)
        _close(order_slopes.gammainc_by_order(2, a, x), (up - 2 * here + down) / STEP**2, 1e-9)


@pytest.mark.parametrize(("a", "b", "x"), BETA)
def test_incomplete_beta(a: float, b: float, x: float) -> None:
    with mp.workdps(150):
        left, right = mp.mpf(a), mp.mpf(b)
        by_a = (_share(left + STEP, right, x) - _share(left - STEP, right, x)) / (2 * STEP)
        by_b = (_share(left, right + STEP, x) - _share(left, right - STEP, x)) / (2 * STEP)
        _close(order_slopes.betainc_by_orders(1, 0, a, b, x), by_a, 1e-11)
        _close(order_slopes.betainc_by_orders(0, 1, a, b, x), by_b, 1e-11)


def test_many_entries_at_once() -> None:
    rng = np.random.default_rng(0)
    a, x = rng.uniform(0.2, 9, 3000), rng.uniform(0.01, 20, 3000)
    orders = rng.integers(0, 3, 3000)
    found = order_slopes.gammainc_by_order(orders, a, x)
    for k in (0, 1, 1500, 2999):
        np.testing.assert_allclose(found[k], order_slopes.gammainc_by_order(orders[k], a[k], x[k]), rtol=1e-14)
    np.testing.assert_allclose(found[orders == 0], sp.gammainc(a, x)[orders == 0])


def test_ends_and_what_is_impossible() -> None:
    by_order, by_orders = order_slopes.gammainc_by_order, order_slopes.betainc_by_orders
    np.testing.assert_array_equal(by_order(1, 2.0, [0.0, np.inf, -1.0, np.nan]), [0.0, 0.0, np.nan, np.nan])
    np.testing.assert_array_equal(by_order(1, [-1.0, 0.0, np.nan], 2.0), [np.nan] * 3)
    np.testing.assert_array_equal(by_orders(1, 1, 2.0, 3.0, [0.0, 1.0, 1.5, -0.5]), [0.0, 0.0, np.nan, np.nan])
    assert order_slopes.gamma_density_by_order(-1, 2.0, 1.0) == 0
    assert order_slopes.gamma_density_by_order(1, 2.0, 0.0) == 0


LAWS: dict[str, tuple[Callable[..., Any], tuple[float, ...]]] = {
    "gamma.cdf": (stats.gamma.cdf, (1.3, 2.1)), "gamma.sf": (stats.gamma.sf, (7.3, 2.1)),
    "gamma.ppf": (stats.gamma.ppf, (0.3, 2.1)), "gamma.isf": (stats.gamma.isf, (0.3, 2.1)),
    "gamma.logsf": (stats.gamma.logsf, (7.3, 2.1)), "chi2.cdf": (stats.chi2.cdf, (2.2, 3.7)),
    "chi2.ppf": (stats.chi2.ppf, (0.9, 3.7)), "beta.cdf": (stats.beta.cdf, (0.3, 2.1, 1.4)),
    "beta.sf": (stats.beta.sf, (0.3, 2.1, 1.4)), "beta.ppf": (stats.beta.ppf, (0.3, 2.1, 1.4)),
    "t.cdf": (stats.t.cdf, (1.1, 4.5)), "t.sf": (stats.t.sf, (-0.7, 4.5)), "t.logcdf": (stats.t.logcdf, (-2.7, 4.5)),
    "f.cdf": (stats.f.cdf, (1.2, 3.3, 6.1)), "f.sf": (stats.f.sf, (1.2, 3.3, 6.1)),
    "invgamma.cdf": (stats.invgamma.cdf, (0.8, 2.1)), "nakagami.cdf": (stats.nakagami.cdf, (0.8, 1.6)),
    "chi.sf": (stats.chi.sf, (1.4, 2.6)), "loggamma.cdf": (stats.loggamma.cdf, (0.2, 1.6)),
}  # fmt: skip


@pytest.mark.parametrize("name", LAWS)
def test_distribution_functions_by_their_shapes(name: str) -> None:
    function, at = LAWS[name]
    check_function(function, *map(np.float64, at))


def test_counts_by_their_number_of_successes() -> None:
    check_function(lambda n, p: stats.nbinom.cdf(np.array([0, 2, 5]), n, p), np.float64(2.6), np.float64(0.4))


def test_a_fit_by_censored_lifetimes() -> None:
    """Those who left early count by the chance of a longer life."""
    seen, left = np.array([0.4, 1.1, 2.3, 0.9]), np.array([1.5, 3.0])

    def loss(theta: Any) -> Any:
        a, scale = np.exp(theta)
        return -np.sum(stats.gamma.logpdf(seen, a, scale=scale)) - np.sum(stats.gamma.logsf(left, a, scale=scale))

    at = np.array([0.3, -0.2])
    steps = 1e-5 * np.eye(2)
    slopes = [(loss(at + h) - loss(at - h)) / 2e-5 for h in steps]
    np.testing.assert_allclose(st.grad(loss)(at), slopes, rtol=1e-8)
    bends = [(st.grad(loss)(at + h) - st.grad(loss)(at - h)) / 2e-5 for h in steps]
    np.testing.assert_allclose(st.hessian(loss)(at), bends, rtol=1e-7)
