"""Student's law by its degrees of freedom, from heavy tails to where it is all but the normal law.

The references are definitions, differentiated or integrated by mpmath with many digits.
"""

from typing import Any

import mpmath as mp
import numpy as np
import pytest
import scipy.special as sp
from differentiation import check_function
from scipy import stats

import steepest as st
from steepest.ops import gamma_differences, order_slopes, student_slopes

FREEDOMS = [0.1, 0.7, 1.0, 2.5, 30.0, 31.0, 1e3, 1e6, 1e10, 1e12]
POINTS = [-40.0, -3.0, -0.3, 1e-3, 1.5, 1.6, 7.0, 40.0]


def _tail(v: Any, t: Any) -> Any:
    """The share beyond t > 0: half an incomplete beta function, DLMF 8.17.8."""
    half, w = v / 2, v / (v + t * t)
    size = mp.exp(half * mp.log(w) + mp.loggamma(half + 0.5) - mp.loggamma(half)) * mp.sqrt((1 - w) / mp.pi)
    return size / v * mp.hyp2f1(half + 0.5, 1, half + 1, w)


def _known(n: int, df: float, t: float) -> Any:
    """∂ⁿF/∂νⁿ by differences of the tail, exact to about 1e-24."""
    step = mp.mpf(df) * mp.mpf(10) ** -12
    low, here, high = (_tail(df + k * step, abs(mp.mpf(t))) for k in (-1, 0, 1))
    return -mp.sign(t) * ((high - low) / (2 * step) if n == 1 else (high - 2 * here + low) / step**2)


def _close(found: Any, exact: Any, digits: float) -> None:
    assert abs(found - exact) <= digits * abs(exact) + 1e-300


@pytest.mark.parametrize("df", FREEDOMS)
def test_the_distribution_function(df: float) -> None:
    with mp.workdps(80):
        for t in POINTS:
            exact = _known(1, df, t)
            _close(student_slopes.stdtr_by_df(1, df, t), exact, 1e-12)
            _close(st.grad(lambda v, t=t: stats.t.cdf(t, v))(df), exact, 1e-12)
            _close(st.grad(lambda v, t=t: stats.t.sf(t, v))(df), -exact, 1e-12)


@pytest.mark.parametrize("df", [0.7, 30.0, 1e6, 1e12])
def test_second_derivatives(df: float) -> None:
    """By the degrees of freedom twice, and by them and the point: the density's slope."""
    with mp.workdps(90):
        for t in (-3.0, 0.3, 1.5, 7.0):
            bends = st.hessian(lambda z: sp.stdtr(z[0], z[1]))(np.array([df, t]))
            _close(bends[0, 0], _known(2, df, t), 1e-10)
            step = mp.mpf(df) * mp.mpf(10) ** -20
            mixed = (_density(df + step, t) - _density(df - step, t)) / (2 * step)
            _close(bends[0, 1], mixed, 1e-12)
            _close(bends[1, 0], mixed, 1e-12)


def _density(v: Any, t: Any) -> Any:
    v, t = mp.mpf(v), mp.mpf(t)
    size = mp.exp(mp.loggamma((v + 1) / 2) - mp.loggamma(v / 2)) / mp.sqrt(v * mp.pi)
    return size * mp.exp(-(v + 1) / 2 * mp.log1p(t * t / v))


@pytest.mark.parametrize("df", [0.7, 30.0, 1e5, 1e12])
def test_the_density_by_both(df: float) -> None:
    with mp.workdps(120):
        for t in (-3.0, 0.3, 40.0 if df < 1e3 else 7.0):
            for k, n in ((0, 0), (1, 0), (2, 0), (5, 0), (1, 1), (3, 1), (5, 2), (0, 3)):
                exact = _slope_of_density(k, n, df, t)
                _close(student_slopes.student_density_by_both(k, n, df, t), exact, 1e-11)


def _slope_of_density(k: int, n: int, df: float, t: float) -> Any:
    """By differences in both; exact to about 1e-18."""
    far, near = mp.mpf(df) * mp.mpf(10) ** -12, mp.mpf(10) ** -10
    total = mp.mpf(0)
    for i in range(n + 1):
        for j in range(k + 1):
            weight = (-1) ** (i + j) * mp.binomial(n, i) * mp.binomial(k, j)
            total += weight * _density(df + (mp.mpf(n) / 2 - i) * far, t + (mp.mpf(k) / 2 - j) * near)
    return total / far**n / near**k


@pytest.mark.parametrize("df", [2.5, 1e3, 1e6, 1e10])
def test_quantiles(df: float) -> None:
    """dt/dν = -F_ν / f at the quantile as SciPy finds it."""
    with mp.workdps(80):
        for share in (0.01, 0.4, 0.975):
            t = sp.stdtrit(df, share)
            exact = -_known(1, df, t) / _density(df, t)
            _close(st.grad(lambda v, share=share: stats.t.ppf(share, v))(df), exact, 1e-11)


def test_ends_and_what_is_impossible() -> None:
    by_df = student_slopes.stdtr_by_df
    np.testing.assert_array_equal(by_df(1, 2.0, [0.0, np.inf, -np.inf, np.nan]), [0, 0, 0, np.nan])
    np.testing.assert_array_equal(by_df(1, [-1.0, 0.0, np.nan, np.inf], 0.3), [np.nan] * 4)
    assert student_slopes.student_density_by_both(0, 1, 2.0, np.inf) == 0


def test_all_derivatives_agree() -> None:
    check_function(lambda v, t: stats.t.cdf(t, v), np.float64(3.3), np.float64(-0.8))


LARGE = [(1e6, 1e6), (1e8, 3.0), (3.0, 1e8), (1e8, 0.5), (0.5, 1e10), (1e12, 0.5), (1e8, 1e8), (2.0, 1e-8)]


@pytest.mark.parametrize(("a", "b"), LARGE)
def test_the_incomplete_beta_function_by_large_orders(a: float, b: float) -> None:
    """Where ψ(a + b) - ψ(a) and the exponents of the integrand would cancel."""
    spread = np.sqrt(a * b / (a + b + 1)) / (a + b)
    shares = [a / (a + b) + z * spread for z in (-4.0, -1.5, 0.3, 3.0)]
    with mp.workdps(40):
        for x in (x for x in shares if 0 < x < 1):
            _close(order_slopes.betainc_by_orders(1, 0, a, b, x), _beta_by_first(a, b, x, 0), 1e-11)
            _close(order_slopes.betainc_by_orders(0, 1, a, b, x), _beta_by_first(a, b, x, 1), 1e-11)


def _beta_by_first(a: float, b: float, x: float, which: int) -> Any:
    """∂I/∂a or ∂I/∂b: the integral of the density's slope, in the logarithm of the odds."""
    left, right, at = mp.mpf(a), mp.mpf(b), mp.log(x) - mp.log1p(-mp.mpf(x))
    level = mp.digamma(left + right) - mp.digamma((left, right)[which])
    size = mp.loggamma(left + right) - mp.loggamma(left) - mp.loggamma(right)
    side = -1 if at < mp.log(left / right) else 1

    def logs(v: Any) -> Any:
        return -mp.log1p(mp.exp(-at - side * v)), -mp.log1p(mp.exp(at + side * v))

    def slope(v: Any) -> Any:
        log_t, log_rest = logs(v)
        return mp.exp(size + left * log_t + right * log_rest) * ((log_t, log_rest)[which] + level)

    length, top = mp.mpf(10) ** -9, left * logs(0)[0] + right * logs(0)[1]
    while top - left * logs(length)[0] - right * logs(length)[1] < 60:
        length *= 2
    return -side * mp.quad(slope, mp.linspace(0, length, 9))


@pytest.mark.parametrize("a", [1e4, 1e8])
def test_the_incomplete_gamma_function_by_a_large_order(a: float) -> None:
    with mp.workdps(40):
        for x in (a + z * np.sqrt(a) for z in (-4.0, 0.3, 3.0)):
            _close(order_slopes.gammainc_by_order(1, a, x), _gamma_by_order(a, x), 1e-11)


def _gamma_by_order(a: float, x: float) -> Any:
    order, level, side = mp.mpf(a), mp.digamma(a), -1 if x < a else 1

    def slope(v: Any) -> Any:
        log_t = mp.log(x) + side * v
        return mp.exp(order * log_t - mp.exp(log_t) - mp.loggamma(order)) * (log_t - level)

    return -side * mp.quad(slope, mp.linspace(0, 14 / mp.sqrt(order), 7))


@pytest.mark.parametrize("x", [0.01, 2.0, 14.9, 15.1, 1e9])
def test_differences_of_gamma_functions(x: float) -> None:
    at = mp.mpf(x)
    with mp.workdps(60):
        whole = mp.loggamma(at) - (at - 0.5) * mp.log(at) + at - mp.log(2 * mp.pi) / 2
        _close(gamma_differences.stirling_rest(x), whole, 1e-11)
        _close(gamma_differences.log_over_psi(x), mp.log(at) - mp.digamma(at), 1e-13)
        _close(gamma_differences.half_ratio(x), mp.exp(mp.loggamma(at + 0.5) - mp.loggamma(at)), 1e-14)
        for n in range(4):
            for b in (1e-9, 0.5, 1e9):
                exact = mp.polygamma(n, at + b) - mp.polygamma(n, at)
                _close(gamma_differences.rise_of_psi(n, x, b), exact, 1e-13)
            excess = mp.polygamma(n, at + 0.5) - mp.polygamma(n, at) - mp.diff(lambda y: 1 / (2 * y), at, n)
            _close(gamma_differences.half_rise_excess(n, x), excess, 1e-13)
