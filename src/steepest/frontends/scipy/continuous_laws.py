"""The continuous laws of scipy.stats in standard form, each as its book has it.

JKB: Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions (volume 1: 1994, 2: 1995), by chapter.
"""

from __future__ import annotations

from math import log, pi, sqrt
from typing import Any

import numpy as np
import scipy.special as sp

from steepest.frontends.tracing.tracer import Tracer

from . import law_parts as parts
from .law import Law, any_of, replaced

HALF_LOG_2PI = 0.5 * log(2 * pi)


def _normal(z: Any) -> Any:
    return -(z**2) / 2 - HALF_LOG_2PI


def _positive(*shapes: Any) -> Any:
    """Whether all shape parameters are positive."""
    first, *others = (np.greater(a, 0) for a in shapes)
    for other in others:
        first = np.logical_and(first, other)
    return first


def _flat(z: Any) -> Any:
    return replaced(np.zeros(np.shape(z)), any_of(np.isnan(z)), np.nan)


def _student(z: Any, df: Any) -> Any:
    """By the degrees of freedom all terms fall as their square, though logarithms and gamma functions do not."""
    if isinstance(df, Tracer):
        squared = z**2
        tail = parts.log1p_times(df, squared) + np.log1p(squared / df)
        return parts.log_poch_excess(df / 2, 0.5) - HALF_LOG_2PI - tail / 2
    return -sp.betaln(0.5, df / 2) - 0.5 * np.log(df) - (df + 1) / 2 * np.log1p(z**2 / df)


def _fisher(x: Any, n: Any, m: Any) -> Any:
    if (isinstance(n, Tracer) or isinstance(m, Tracer)) and any_of(np.equal(x, 0)) is None:
        return parts.log_beta_excess(n / 2, m / 2) + parts.ratio_deviance(n / 2, m / 2, x) - np.log(x)
    rest = (n + m) / 2 * np.log(m + n * x) + sp.betaln(n / 2, m / 2)
    return n / 2 * np.log(n) + m / 2 * np.log(m) + sp.xlogy(n / 2 - 1, x) - rest


def _beta_prime(z: Any, a: Any, b: Any) -> Any:
    """With log(z/(1 + z)) as one function, which is small where z is large."""
    if (isinstance(a, Tracer) or isinstance(b, Tracer)) and any_of(np.equal(z, 0)) is None:
        odds = np.log(z)
        return a * sp.log_expit(odds) + b * sp.log_expit(-odds) - odds - sp.betaln(a, b)
    return sp.xlogy(a - 1, z) - (a + b) * np.log1p(z) - sp.betaln(a, b)


def _nakagami(z: Any, nu: Any) -> Any:
    """The exponent ν (log z² − z² + 1) is stationary at z = 1, where the law is as ν grows."""
    if isinstance(nu, Tracer) and any_of(np.equal(z, 0)) is None:
        return log(2) + parts.log_gamma_excess(nu) + nu * parts.log_square_excess(z) - np.log(z)
    return log(2) + sp.xlogy(nu, nu) - sp.gammaln(nu) + sp.xlogy(2 * nu - 1, z) - nu * z**2


def _log_mass(a: Any, b: Any) -> Any:
    """log(Φ(b) - Φ(a)), in the tail where both are small."""
    right = np.greater(a, 0)
    low, high = np.where(right, -b, a), np.where(right, -a, b)
    most = sp.log_ndtr(high)
    return most + np.log1p(-np.exp(sp.log_ndtr(low) - most))


def _laplace_share(z: Any) -> Any:
    """Smooth at 0, which the absolute value is not."""
    return np.where(np.greater(z, 0), 1 - 0.5 * np.exp(-np.maximum(z, 0)), 0.5 * np.exp(np.minimum(z, 0)))


def _odds(p: Any) -> Any:
    return p / (1 - p)


def _weibull_quantile(upper: Any, c: Any) -> Any:
    return upper ** (1 / c)


CONTINUOUS: dict[str, Law] = {
    "norm": Law(
        log_density=_normal, cdf=sp.ndtr, sf=lambda z: sp.ndtr(-z), logcdf=sp.log_ndtr,
        logsf=lambda z: sp.log_ndtr(-z), ppf=sp.ndtri, isf=lambda q: -sp.ndtri(q), source="JKB 13",
    ),
    "expon": Law(
        log_density=lambda z: -z, low=0, cdf=lambda z: -np.expm1(-z), sf=lambda z: np.exp(-z), logsf=lambda z: -z,
        ppf=lambda q: -np.log1p(-q), isf=lambda q: -np.log(q), source="JKB 19",
    ),
    "gamma": Law(
        log_density=lambda z, a: sp.xlogy(a - 1, z) - z - sp.gammaln(a), low=0, possible=_positive,
        cdf=lambda z, a: sp.gammainc(a, z), sf=lambda z, a: sp.gammaincc(a, z),
        ppf=lambda q, a: sp.gammaincinv(a, q), isf=lambda q, a: sp.gammainccinv(a, q), source="JKB 17",
    ),
    "chi2": Law(
        log_density=lambda z, df: sp.xlogy(df / 2 - 1, z) - z / 2 - sp.gammaln(df / 2) - log(2) * df / 2, low=0,
        possible=_positive, cdf=lambda z, df: sp.chdtr(df, z), sf=lambda z, df: sp.chdtrc(df, z),
        ppf=lambda q, df: 2 * sp.gammaincinv(df / 2, q), isf=lambda q, df: 2 * sp.gammainccinv(df / 2, q),
        source="JKB 18",
    ),
    "chi": Law(
        log_density=lambda z, df: (
            log(2) * (1 - df / 2) - sp.gammaln(df / 2) + sp.xlogy(df - 1, z) - z**2 / 2
        ),
        low=0, possible=_positive, cdf=lambda z, df: sp.gammainc(df / 2, z**2 / 2),
        sf=lambda z, df: sp.gammaincc(df / 2, z**2 / 2), ppf=lambda q, df: np.sqrt(2 * sp.gammaincinv(df / 2, q)),
        isf=lambda q, df: np.sqrt(2 * sp.gammainccinv(df / 2, q)), source="JKB 18",
    ),
    "beta": Law(
        log_density=lambda z, a, b: sp.xlogy(a - 1, z) + sp.xlog1py(b - 1, -z) - sp.betaln(a, b), low=0, high=1,
        possible=_positive, cdf=lambda z, a, b: sp.betainc(a, b, z), sf=lambda z, a, b: sp.betaincc(a, b, z),
        ppf=lambda q, a, b: sp.betaincinv(a, b, q), isf=lambda q, a, b: sp.betainccinv(a, b, q), source="JKB 25",
    ),
    "betaprime": Law(
        log_density=_beta_prime, low=0, possible=_positive, cdf=lambda z, a, b: sp.betainc(a, b, z / (1 + z)),
        sf=lambda z, a, b: sp.betainc(b, a, 1 / (1 + z)), source="JKB 27",
    ),
    "t": Law(
        log_density=_student, possible=lambda df: np.logical_and(np.greater(df, 0), np.isfinite(df)),
        cdf=lambda z, df: sp.stdtr(df, z), sf=lambda z, df: sp.stdtr(df, -z), ppf=lambda q, df: sp.stdtrit(df, q),
        isf=lambda q, df: -sp.stdtrit(df, q), source="JKB 28",
    ),
    "f": Law(
        log_density=_fisher, low=0, possible=_positive, cdf=lambda z, n, m: sp.fdtr(n, m, z),
        sf=lambda z, n, m: sp.fdtrc(n, m, z), ppf=lambda q, n, m: m / n * _odds(sp.betaincinv(n / 2, m / 2, q)),
        isf=lambda q, n, m: m / n * _odds(sp.betaincinv(n / 2, m / 2, 1 - q)), source="JKB 27",
    ),
    "lognorm": Law(
        log_density=lambda z, s: _normal(np.log(z) / s) - np.log(s * z), low=0, ends=False, possible=_positive,
        cdf=lambda z, s: sp.ndtr(np.log(z) / s), sf=lambda z, s: sp.ndtr(-np.log(z) / s),
        logcdf=lambda z, s: sp.log_ndtr(np.log(z) / s), logsf=lambda z, s: sp.log_ndtr(-np.log(z) / s),
        ppf=lambda q, s: np.exp(s * sp.ndtri(q)), isf=lambda q, s: np.exp(-s * sp.ndtri(q)), source="JKB 14",
    ),
    "laplace": Law(
        log_density=lambda z: -np.abs(z) - log(2),
        cdf=_laplace_share, sf=lambda z: _laplace_share(-z),
        ppf=lambda q: np.where(np.greater(q, 0.5), -np.log(2 * (1 - q)), np.log(2 * q)),
        isf=lambda q: np.where(np.greater(q, 0.5), np.log(2 * (1 - q)), -np.log(2 * q)), source="JKB 24",
    ),
    "logistic": Law(
        log_density=lambda z: sp.log_expit(z) + sp.log_expit(-z), cdf=sp.expit, sf=lambda z: sp.expit(-z),
        logcdf=sp.log_expit, logsf=lambda z: sp.log_expit(-z), ppf=sp.logit, isf=lambda q: -sp.logit(q),
        source="JKB 23",
    ),
    "cauchy": Law(
        log_density=lambda z: -log(pi) - np.log1p(z**2), cdf=lambda z: np.arctan2(1.0, -z) / pi,
        sf=lambda z: np.arctan2(1.0, z) / pi, ppf=lambda q: -1 / np.tan(pi * q),
        isf=lambda q: 1 / np.tan(pi * q), source="JKB 16",
    ),
    "uniform": Law(
        log_density=_flat, low=0, high=1, cdf=lambda z: z, sf=lambda z: 1 - z, ppf=lambda q: q,
        source="JKB 26",
    ),
    "weibull_min": Law(
        log_density=lambda z, c: np.log(c) + sp.xlogy(c - 1, z) - z**c, low=0, possible=_positive,
        cdf=lambda z, c: -np.expm1(-(z**c)), sf=lambda z, c: np.exp(-(z**c)), logsf=lambda z, c: -(z**c),
        ppf=lambda q, c: _weibull_quantile(-np.log1p(-q), c), isf=lambda q, c: _weibull_quantile(-np.log(q), c),
        source="JKB 21",
    ),
    "weibull_max": Law(
        log_density=lambda z, c: np.log(c) + sp.xlogy(c - 1, -z) - (-z) ** c, high=0, possible=_positive,
        cdf=lambda z, c: np.exp(-((-z) ** c)), sf=lambda z, c: -np.expm1(-((-z) ** c)),
        logcdf=lambda z, c: -((-z) ** c), source="JKB 21",
    ),
    "rayleigh": Law(
        log_density=lambda z: np.log(z) - z**2 / 2, low=0, cdf=lambda z: -np.expm1(-(z**2) / 2),
        sf=lambda z: np.exp(-(z**2) / 2), logsf=lambda z: -(z**2) / 2, ppf=lambda q: np.sqrt(-2 * np.log1p(-q)),
        isf=lambda q: np.sqrt(-2 * np.log(q)), source="JKB 18",
    ),
    "maxwell": Law(
        log_density=lambda z: 0.5 * log(2 / pi) + 2 * np.log(z) - z**2 / 2, low=0,
        cdf=lambda z: sp.gammainc(1.5, z**2 / 2), sf=lambda z: sp.gammaincc(1.5, z**2 / 2),
        ppf=lambda q: np.sqrt(2 * sp.gammaincinv(1.5, q)), isf=lambda q: np.sqrt(2 * sp.gammainccinv(1.5, q)),
        source="JKB 18",
    ),
    "nakagami": Law(
        log_density=_nakagami, low=0, possible=_positive, cdf=lambda z, nu: sp.gammainc(nu, nu * z**2),
        sf=lambda z, nu: sp.gammaincc(nu, nu * z**2), ppf=lambda q, nu: np.sqrt(sp.gammaincinv(nu, q) / nu),
        isf=lambda q, nu: np.sqrt(sp.gammainccinv(nu, q) / nu), source="JKB 18",
    ),
    "pareto": Law(
        log_density=lambda z, b: np.log(b) - (b + 1) * np.log(z), low=1, possible=_positive,
        cdf=lambda z, b: 1 - z ** (-b), sf=lambda z, b: z ** (-b), logsf=lambda z, b: -b * np.log(z),
        ppf=lambda q, b: (1 - q) ** (-1 / b), isf=lambda q, b: q ** (-1 / b), source="JKB 20",
    ),
    "lomax": Law(
        log_density=lambda z, c: np.log(c) - (c + 1) * np.log1p(z), low=0, possible=_positive,
        cdf=lambda z, c: -np.expm1(-c * np.log1p(z)), sf=lambda z, c: np.exp(-c * np.log1p(z)),
        logsf=lambda z, c: -c * np.log1p(z), ppf=lambda q, c: np.expm1(-np.log1p(-q) / c),
        isf=lambda q, c: np.expm1(-np.log(q) / c), source="JKB 20",
    ),
    "powerlaw": Law(
        log_density=lambda z, a: np.log(a) + sp.xlogy(a - 1, z), low=0, high=1, possible=_positive,
        cdf=lambda z, a: z**a, logcdf=lambda z, a: a * np.log(z), ppf=lambda q, a: q ** (1 / a), source="JKB 20",
    ),
    "loguniform": Law(
        log_density=lambda z, a, b: -np.log(z) - np.log(np.log(b) - np.log(a)), low=lambda a, b: a,
        high=lambda a, b: b, possible=lambda a, b: np.logical_and(np.greater(a, 0), np.greater(b, a)),
        cdf=lambda z, a, b: (np.log(z) - np.log(a)) / (np.log(b) - np.log(a)),
        ppf=lambda q, a, b: np.exp(np.log(a) + q * (np.log(b) - np.log(a))), source="JKB 14",
    ),
    "fisk": Law(
        log_density=lambda z, c: np.log(c) + sp.xlogy(c - 1, z) - 2 * np.log1p(z**c), low=0, possible=_positive,
        cdf=lambda z, c: sp.expit(c * np.log(z)), sf=lambda z, c: sp.expit(-c * np.log(z)),
        ppf=lambda q, c: np.exp(sp.logit(q) / c), isf=lambda q, c: np.exp(-sp.logit(q) / c), source="JKB 23",
    ),
    "burr12": Law(
        log_density=lambda z, c, d: np.log(c) + np.log(d) + sp.xlogy(c - 1, z) + sp.xlog1py(-d - 1, z**c), low=0,
        possible=_positive, sf=lambda z, c, d: np.exp(-d * np.log1p(z**c)),
        cdf=lambda z, c, d: -np.expm1(-d * np.log1p(z**c)), logsf=lambda z, c, d: -d * np.log1p(z**c),
        source="Burr, Ann. Math. Stat. 13 (1942)",
    ),
    "invgamma": Law(
        log_density=lambda z, a: -(a + 1) * np.log(z) - sp.gammaln(a) - 1 / z, low=0, ends=False, possible=_positive,
        cdf=lambda z, a: sp.gammaincc(a, 1 / z), sf=lambda z, a: sp.gammainc(a, 1 / z),
        ppf=lambda q, a: 1 / sp.gammainccinv(a, q), isf=lambda q, a: 1 / sp.gammaincinv(a, q), source="JKB 22",
    ),
    "invgauss": Law(
        log_density=lambda z, mu: -HALF_LOG_2PI - 1.5 * np.log(z) - ((z - mu) / mu) ** 2 / (2 * z), low=0, ends=False,
        possible=_positive, source="JKB 15",
    ),
    "levy": Law(
        log_density=lambda z: -HALF_LOG_2PI - 1.5 * np.log(z) - 1 / (2 * z), low=0, ends=False,
        cdf=lambda z: sp.erfc(np.sqrt(0.5 / z)), sf=lambda z: sp.erf(np.sqrt(0.5 / z)), source="JKB 12",
    ),
    "halfnorm": Law(
        log_density=lambda z: 0.5 * log(2 / pi) - z**2 / 2, low=0, cdf=lambda z: sp.erf(z / sqrt(2)),
        sf=lambda z: 2 * sp.ndtr(-z), ppf=lambda q: sp.ndtri((1 + q) / 2), isf=lambda q: -sp.ndtri(q / 2),
        source="JKB 13",
    ),
    "halfcauchy": Law(
        log_density=lambda z: log(2 / pi) - np.log1p(z**2), low=0, cdf=lambda z: 2 / pi * np.arctan(z),
        sf=lambda z: 2 / pi * np.arctan2(1.0, z), ppf=lambda q: np.tan(pi / 2 * q),
        isf=lambda q: 1 / np.tan(pi / 2 * q), source="JKB 16",
    ),
    "halflogistic": Law(
        log_density=lambda z: log(2) - z - 2 * np.log1p(np.exp(-z)), low=0, cdf=lambda z: np.tanh(z / 2),
        sf=lambda z: 2 * sp.expit(-z), ppf=lambda q: 2 * np.arctanh(q), isf=lambda q: -sp.logit(q / 2), source="JKB 23",
    ),
    "truncnorm": Law(
        log_density=lambda z, a, b: _normal(z) - _log_mass(a, b), low=lambda a, b: a, high=lambda a, b: b,
        possible=np.less, cdf=lambda z, a, b: np.exp(_log_mass(a, z) - _log_mass(a, b)),
        sf=lambda z, a, b: np.exp(_log_mass(z, b) - _log_mass(a, b)),
        logcdf=lambda z, a, b: _log_mass(a, z) - _log_mass(a, b),
        logsf=lambda z, a, b: _log_mass(z, b) - _log_mass(a, b), source="JKB 13",
    ),
    "gumbel_r": Law(
        log_density=lambda z: -z - np.exp(-z), cdf=lambda z: np.exp(-np.exp(-z)),
        sf=lambda z: -np.expm1(-np.exp(-z)), logcdf=lambda z: -np.exp(-z), ppf=lambda q: -np.log(-np.log(q)),
        isf=lambda q: -np.log(-np.log1p(-q)), source="JKB 22",
    ),
    "gumbel_l": Law(
        log_density=lambda z: z - np.exp(z), cdf=lambda z: -np.expm1(-np.exp(z)), sf=lambda z: np.exp(-np.exp(z)),
        logsf=lambda z: -np.exp(z), ppf=lambda q: np.log(-np.log1p(-q)), isf=lambda q: np.log(-np.log(q)),
        source="JKB 22",
    ),
    "loggamma": Law(
        log_density=lambda z, c: c * z - np.exp(z) - sp.gammaln(c), possible=_positive,
        cdf=lambda z, c: sp.gammainc(c, np.exp(z)), sf=lambda z, c: sp.gammaincc(c, np.exp(z)), source="JKB 17",
    ),
    "gennorm": Law(
        log_density=lambda z, beta: np.log(0.5 * beta) - sp.gammaln(1 / beta) - np.abs(z) ** beta,
        possible=_positive, source="JKB 24",
    ),
    "johnsonsu": Law(
        log_density=lambda z, a, b: np.log(b) - 0.5 * np.log1p(z**2) + _normal(a + b * np.arcsinh(z)),
        possible=lambda a, b: np.greater(b, 0), cdf=lambda z, a, b: sp.ndtr(a + b * np.arcsinh(z)),
        sf=lambda z, a, b: sp.ndtr(-(a + b * np.arcsinh(z))),
        ppf=lambda q, a, b: np.sinh((sp.ndtri(q) - a) / b),
        isf=lambda q, a, b: np.sinh((-sp.ndtri(q) - a) / b), source="JKB 12",
    ),
    "hypsecant": Law(
        log_density=lambda z: log(2 / pi) - np.logaddexp(z, -z),
        cdf=lambda z: 2 / pi * np.arctan(np.exp(z)), sf=lambda z: 2 / pi * np.arctan(np.exp(-z)), source="JKB 23",
    ),
    "vonmises": Law(
        log_density=lambda z, kappa: kappa * sp.cosm1(z) - log(2 * pi) - np.log(sp.i0e(kappa)),
        possible=lambda kappa: np.greater_equal(kappa, 0),
        source="Mardia & Jupp, Directional Statistics (2000), 3.5.17",
    ),
    "skewnorm": Law(
        log_density=lambda z, a: log(2) + _normal(z) + sp.log_ndtr(a * z), source="Azzalini (1985), eq. 2",
        possible=np.isfinite,
    ),
}  # fmt: skip
