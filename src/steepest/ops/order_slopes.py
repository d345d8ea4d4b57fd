"""Derivatives of the incomplete gamma and beta functions by their orders, by quadrature.

``P(a, x) = ∫₀ˣ p(t; a) dt`` with ``p = t^(a-1) e^(-t) / Γ(a)``. So ∂ⁿP/∂aⁿ is the integral of ∂ⁿp/∂aⁿ = p·Bₙ, where
Bₙ is Bell's polynomial of the derivatives of log p by a. The whole integral from 0 to infinity is 1 for all a: those of
its derivatives are 0, and the tail beyond x serves as well as the part before it. The smaller is taken, so nothing
cancels. In the logarithm of t (of t/(1-t), for the beta function) the integrand is log-concave, falls from x on, and
turns around 0 alone; Gauss's rule on a few panels gives it to about 1e-14. Where a and b are both large, the rounding
of x counts: about 1e-10 at 1e10, 1e-9 at 1e12. (Bell polynomials: Comtet, Advanced
Combinatorics (1974), 3.3; quadrature: Davis & Rabinowitz (1984), 2.7.)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import product
from math import comb
from typing import Any

import numpy as np
import scipy.special as sp

from .gamma_differences import log1p_excess, log_over_psi, psi_difference, rise_of_psi, stirling_rest

Array = Any  # of double precision

NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)
PANELS = (-36.0, -6.0, 0.0, 6.0, 36.0)  # where integrands turn, in the logarithm
FALL = 40.0  # e-folds of the integrand that are gone through
AT_ONCE = 1024  # entries


def gammainc_by_order(n: Any, a: Any, x: Any) -> Array:
    """∂ⁿP(a, x)/∂aⁿ."""
    return entry_by_entry(1, _gamma_integral, n, a, x)


def gamma_density_by_order(n: Any, a: Any, x: Any) -> Array:
    """∂ⁿ/∂aⁿ of ``x^(a-1) e^(-x) / Γ(a)``; 0 if n is negative."""
    return entry_by_entry(1, _gamma_density, n, a, x)


def betainc_by_orders(m: Any, n: Any, a: Any, b: Any, x: Any) -> Array:
    """∂ᵐ⁺ⁿ I_x(a, b) / ∂aᵐ∂bⁿ."""
    return entry_by_entry(2, _beta_integral, m, n, a, b, x)


def beta_density_by_orders(m: Any, n: Any, a: Any, b: Any, x: Any) -> Array:
    """∂ᵐ⁺ⁿ/∂aᵐ∂bⁿ of ``x^(a-1) (1-x)^(b-1) / B(a, b)``; 0 if m or n is negative."""
    return entry_by_entry(2, _beta_density, m, n, a, b, x)


def psi_rise_by_order(n: Any, a: Any, b: Any) -> Array:
    """∂ⁿ/∂aⁿ (ψ(a + b) - ψ(a))."""
    return entry_by_entry(1, psi_difference, n, a, b)


def entry_by_entry(count: int, function: Callable[..., Array], *operands: Any) -> Array:
    """`function` of `count` whole orders, and of columns of all other operands that go with them."""
    spread = np.broadcast_arrays(*operands)
    shape = spread[0].shape
    orders = np.reshape(spread[:count], (count, spread[0].size)).astype(int)
    numbers = np.reshape(spread[count:], (len(operands) - count, spread[0].size)).astype(float)
    found = np.empty(numbers.shape[1])
    with np.errstate(all="ignore"):
        for which in {tuple(column) for column in orders.T.tolist()}:
            (places,) = np.nonzero(np.all(which == orders.T, axis=1))
            for k in range(0, len(places), AT_ONCE):
                some = places[k : k + AT_ONCE]
                found[some] = function(*which, *numbers[:, some])
    return found.reshape(shape)[()]


# --- what is integrated ------------------------------------------------------------------------------------


def bell(order: tuple[int, ...], slopes: Callable[[tuple[int, ...]], Array]) -> Array:
    """∂p/p to these orders, from the derivatives of log p."""

    @lru_cache
    def ratio(of: tuple[int, ...]) -> Array:
        first = next((k for k, n in enumerate(of) if n), None)
        if first is None:
            return 1.0
        less = tuple(n - (k == first) for k, n in enumerate(of))
        total = 0.0
        for taken in product(*(range(n + 1) for n in less)):
            left = tuple(n - t for n, t in zip(less, taken, strict=True))
            ways = np.prod([comb(n, t) for n, t in zip(less, taken, strict=True)])
            total = total + ways * ratio(left) * slopes(tuple(t + (k == first) for k, t in enumerate(taken)))
        return total

    return ratio(order)


def _gamma_slopes(a: Array, log_share: Array) -> Callable[[tuple[int, ...]], Array]:
    """Of log p by a, where log(t/a) is given."""

    def slopes(order: tuple[int, ...]) -> Array:
        (n,) = order
        return log_share + log_over_psi(a) if n == 1 else -sp.polygamma(n - 1, a)

    return slopes


def _beta_slopes(a: Array, b: Array, log_t: Array, log_rest: Array) -> Callable[[tuple[int, ...]], Array]:
    def slopes(order: tuple[int, ...]) -> Array:
        m, n = order
        if m and n:
            return sp.polygamma(m + n - 1, a + b)
        own, other, log = (a, b, log_t) if m else (b, a, log_rest)
        return (log if m + n == 1 else 0.0) + rise_of_psi(m + n - 1, own, other)

    return slopes


# --- gamma -------------------------------------------------------------------------------------------------


def _gamma_density(n: int, a: Array, x: Array) -> Array:
    if n < 0:
        return 0.0
    end = np.exp(sp.xlogy(a - 1, x) - x - sp.gammaln(a))
    density = np.where(x > 0, _gamma_size(a, x) / x, end)
    return np.where((x == 0) & (a > 1) & (n > 0), 0.0, density * bell((n,), _gamma_slopes(a, _log_share(a, x))))


def _log_share(a: Array, x: Array) -> Array:
    """log(x/a), in full near x = a."""
    z = (x - a) / a
    return np.where(np.abs(z) < 0.5, np.log1p(z), np.log(x) - np.log(a))


def _gamma_size(a: Array, x: Array) -> Array:
    """``x^a e^(-x) / Γ(a)``, with exponents of one sign (Loader 2000)."""
    excess = a * log1p_excess((x - a) / a, _log_share(a, x))
    return np.sqrt(a / (2 * np.pi)) * np.exp(excess - stirling_rest(a))


def _gamma_integral(n: int, a: Array, x: Array) -> Array:
    if n == 0:
        return sp.gammainc(a, x)
    inside = (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
    shape, limit = np.where(inside, a, 1.0)[:, None], np.where(inside, x, 1.0)[:, None]
    side = np.where(limit < shape, -1.0, 1.0)  # the part before x, or the tail

    def fall(v: Array) -> Array:
        return limit * np.expm1(side * v) - shape * side * v

    def ratio(v: Array) -> Array:
        return bell((n,), _gamma_slopes(shape, _log_share(shape, limit) + side * v))

    size = _gamma_size(shape, limit)[:, 0]
    found = -side[:, 0] * size * _fallen(np.log(limit), side, fall, ratio)
    return np.where(inside, found, np.where((a > 0) & (x >= 0) & np.isfinite(a), 0.0, np.nan))


# --- beta --------------------------------------------------------------------------------------------------


def _beta_density(m: int, n: int, a: Array, b: Array, x: Array) -> Array:
    if m < 0 or n < 0:
        return 0.0
    log_x, log_rest = np.log(x), np.log1p(-x)
    end = np.exp(sp.xlogy(a - 1, x) + sp.xlog1py(b - 1, -x) - sp.betaln(a, b))
    density = np.where((x > 0) & (x < 1), _beta_size(a, b, x) / (x * (1 - x)), end)
    still = (density == 0) & ((x == 0) | (x == 1)) & (m + n > 0)
    return np.where(still, 0.0, density * bell((m, n), _beta_slopes(a, b, log_x, log_rest)))


def _beta_size(a: Array, b: Array, x: Array) -> Array:
    """``x^a (1-x)^b / B(a, b)``, with exponents of one sign (Loader 2000)."""
    both, off = a + b, x * b - (1 - x) * a
    excess = a * log1p_excess(off / a, np.log(x) + np.log1p(b / a))
    excess = excess + b * log1p_excess(-off / b, np.log1p(-x) + np.log1p(a / b))
    rest = stirling_rest(both) - stirling_rest(a) - stirling_rest(b)
    return np.sqrt(a / both * b / (2 * np.pi)) * np.exp(excess + rest)


def _beta_integral(m: int, n: int, a: Array, b: Array, x: Array) -> Array:
    if m == n == 0:
        return sp.betainc(a, b, x)
    possible = (a > 0) & (b > 0) & np.isfinite(a) & np.isfinite(b)
    inside = possible & (x > 0) & (x < 1)
    left, right, limit = (np.where(inside, y, 0.5)[:, None] for y in (a, b, x))
    rest, start = 1 - limit, sp.logit(limit)
    side = np.where(limit * right < rest * left, -1.0, 1.0)

    def fall(v: Array) -> Array:
        return left * _log_mixed(rest, -side * v) + right * _log_mixed(limit, side * v)

    def ratio(v: Array) -> Array:
        log_t, log_rest = np.log(limit) - _log_mixed(rest, -side * v), np.log1p(-limit) - _log_mixed(limit, side * v)
        return bell((m, n), _beta_slopes(left, right, log_t, log_rest))

    size = _beta_size(left, right, limit)[:, 0]
    found = -side[:, 0] * size * _fallen(start, side, fall, ratio)
    return np.where(inside, found, np.where(possible & (x >= 0) & (x <= 1), 0.0, np.nan))


def _log_mixed(share: Array, v: Array) -> Array:
    """log(1 + share (eᵛ - 1)), for a share between 0 and 1."""
    far = v > 500
    near = np.log1p(share * np.expm1(np.minimum(v, 500.0)))
    return np.where(far, v + np.log(share + (1 - share) * np.exp(-np.where(far, v, 500.0))), near)


# --- quadrature --------------------------------------------------------------------------------------------


def _fallen(start: Array, side: Array, fall: Callable[[Array], Array], ratio: Callable[[Array], Array]) -> Array:
    """∫ e^(-fall(v)) ratio(v) dv from 0 on, where v goes from `start` to one `side`; all are columns."""
    end = _length(fall, start.shape)
    turns = np.clip(side * (np.asarray(PANELS) - start), 0.0, end)
    edges = np.sort(np.concatenate([np.zeros_like(end), turns, end], axis=1), axis=1)
    total = np.zeros(len(start))
    for low, high in zip(edges.T[:-1], edges.T[1:], strict=True):
        half = ((high - low) / 2)[:, None]
        v = low[:, None] + half * (1 + NODES)
        total += half[:, 0] * ((np.exp(-fall(v)) * ratio(v)) @ WEIGHTS)
    return total


def _length(fall: Callable[[Array], Array], shape: tuple[int, ...]) -> Array:
    """How far until the integrand has fallen enough, to an eighth of it."""
    high = np.full(shape, 1e-12)
    while np.any(short := fall(high) < FALL):
        high = np.where(short, 2 * high, high)
    low = high / 2
    for _ in range(3):
        middle = (low + high) / 2
        short = fall(middle) < FALL
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return high
