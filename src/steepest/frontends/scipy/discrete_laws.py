"""The discrete laws of scipy.stats in standard form: log-probabilities and distribution functions of counts.

JKK: Johnson, Kemp & Kotz, Univariate Discrete Distributions (2005), by chapter.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from steepest.frontends.tracing.tracer import Tracer

from . import law_parts as parts
from .law import Law


def _probability(p: Any) -> Any:
    return np.logical_and(np.less_equal(0, p), np.less_equal(p, 1))


def _count_and_probability(n: Any, p: Any) -> Any:
    return np.logical_and(np.logical_and(np.greater_equal(n, 0), np.equal(np.floor(n), n)), _probability(p))


def _log_poch(a: Any, k: Any) -> Any:
    """log Γ(a + k)/Γ(a)."""
    return parts.log_poch(a, k) if isinstance(a, Tracer) else sp.gammaln(a + k) - sp.gammaln(a)


def _log_choices(n: Any, k: Any) -> Any:
    """log of n over k."""
    return _log_poch(n - k + 1, k) - sp.gammaln(k + 1)


def _coin(k: Any, p: Any) -> Any:
    return sp.xlogy(k, p) + sp.xlog1py(1 - k, -p)


def _whole(k: Any) -> Any:
    return np.floor(k)


DISCRETE: dict[str, Law] = {
    "poisson": Law(
        log_density=lambda k, mu: sp.xlogy(k, mu) - sp.gammaln(k + 1) - mu, low=0,
        possible=lambda mu: np.greater_equal(mu, 0), cdf=lambda k, mu: sp.pdtr(_whole(k), mu),
        sf=lambda k, mu: sp.pdtrc(_whole(k), mu), source="JKK 4",
    ),
    "bernoulli": Law(
        log_density=_coin, low=0, high=1, possible=_probability,
        cdf=lambda k, p: sp.betaincc(_whole(k) + 1, 1 - _whole(k), p),
        sf=lambda k, p: sp.betainc(_whole(k) + 1, 1 - _whole(k), p),
        source="JKK 3",
    ),
    "binom": Law(
        log_density=lambda k, n, p: _log_choices(n, k) + sp.xlogy(k, p) + sp.xlog1py(n - k, -p), low=0,
        high=lambda n, p: n, possible=_count_and_probability,
        cdf=lambda k, n, p: sp.betaincc(_whole(k) + 1, n - _whole(k), p),
        sf=lambda k, n, p: sp.betainc(_whole(k) + 1, n - _whole(k), p), source="JKK 3",
    ),
    "nbinom": Law(
        log_density=lambda k, n, p: (
            _log_poch(n, k) - sp.gammaln(k + 1) + n * np.log(p) + sp.xlog1py(k, -p)
        ),
        low=0, possible=lambda n, p: np.logical_and(np.greater(n, 0), np.logical_and(np.less(0, p), _probability(p))),
        cdf=lambda k, n, p: sp.betainc(n, _whole(k) + 1, p), sf=lambda k, n, p: sp.betaincc(n, _whole(k) + 1, p),
        source="JKK 5",
    ),
    "geom": Law(
        log_density=lambda k, p: sp.xlog1py(k - 1, -p) + np.log(p), low=1,
        possible=lambda p: np.logical_and(np.less(0, p), _probability(p)),
        cdf=lambda k, p: -np.expm1(_whole(k) * np.log1p(-p)), sf=lambda k, p: np.exp(_whole(k) * np.log1p(-p)),
        logsf=lambda k, p: _whole(k) * np.log1p(-p), source="JKK 5",
    ),
    "logser": Law(
        log_density=lambda k, p: sp.xlogy(k, p) - np.log(k) - np.log(-np.log1p(-p)), low=1,
        possible=lambda p: np.logical_and(np.less(0, p), np.less(p, 1)), source="JKK 7",
    ),
}  # fmt: skip
