"""Differences of log Γ and ψ at large arguments, where they would cancel: each as a sum of terms of one sign.

Recurrences lead up to `FAR`, and asymptotic series go on from there (DLMF 5.5.2, 5.11.1, 5.11.2, 5.11.8).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sp

Array = Any  # of double precision

FAR = 15  # where eight terms of the series are exact to rounding
EVEN = (2, 4, 6, 8, 10, 12, 14, 16)
BERNOULLI = tuple(sp.bernoulli(EVEN[-1]).tolist())


def log1p_excess(z: Array, log: Array) -> Array:
    """log(1 + z) - z, where the logarithm is known; near z = 0 by a series in z/(2 + z) (Loader 2000)."""
    r = z / (2 + z)
    near = np.abs(r) < 0.2
    r = np.where(near, r, 0.0)
    squared, series = r * r, np.zeros_like(r)
    for k in range(12, 0, -1):
        series = (series + 2 / (2 * k + 1)) * squared
    return np.where(near, r * (series - z), log - z)


def stirling_rest(x: Array) -> Array:
    """log Γ(x) - (x - 1/2) log x + x - log(2π)/2."""
    far = np.maximum(x, FAR)
    series = sum(BERNOULLI[k] / (k * (k - 1)) * far ** (1 - k) for k in EVEN)
    exact = sp.gammaln(x) - sp.xlogy(x - 0.5, x) + x - np.log(2 * np.pi) / 2
    return np.where(x < FAR, exact, series)


def log_gamma_excess(x: Array) -> Array:
    """x log x - x - log Γ(x)."""
    return np.log(x / (2 * np.pi)) / 2 - stirling_rest(x)


def log_beta_excess(a: Array, b: Array) -> Array:
    """a log(a/(a + b)) + b log(b/(a + b)) - log B(a, b)."""
    both = a + b
    return np.log(a / both * b / (2 * np.pi)) / 2 + stirling_rest(both) - stirling_rest(a) - stirling_rest(b)


def log_poch_excess(a: Array, b: Array) -> Array:
    """log Γ(a + b)/Γ(a) - b log a."""
    far = (a > FAR) & (a + b > FAR)
    above, by = np.where(far, a, FAR), np.where(far, b, 0.0)
    part = by / above
    rise = np.log1p(part)
    found = above * log1p_excess(part, rise) + (by - 0.5) * rise + stirling_rest(above + by) - stirling_rest(above)
    return np.where(far, found, sp.gammaln(a + b) - sp.gammaln(a) - b * np.log(a))


def log_over_psi(x: Array) -> Array:
    """log x - ψ(x)."""
    far = np.maximum(x, FAR)
    series = 1 / (2 * far) + sum(BERNOULLI[k] / k * far**-k for k in EVEN)
    return np.where(x < FAR, np.log(x) - sp.digamma(x), series)


def rise_of_psi(n: int, a: Array, b: Array) -> Array:
    """∂ⁿ/∂aⁿ (ψ(a + b) - ψ(a)), for positive a and b."""
    far, found = _risen(a, lambda k: b * _reciprocal_slope(n, k, k + b))
    main = b * -_reciprocal_slope(n - 1, far, far + b) if n else np.log1p(b / far)
    return found + main + _late_rise(n, far, b)


def psi_rise_beyond_share(n: int, a: Array, b: Array) -> Array:
    """∂ⁿ/∂aⁿ (ψ(a + b) - ψ(a) - b/a)."""
    far, found = _risen(a, lambda k: b * (1 - b) * _reciprocal_slope(n, k, k + 1, k + b))
    part = b / far
    main = b * b * _reciprocal_slope(n - 1, far, far, far + b) if n else log1p_excess(part, np.log1p(part))
    return found + main + _late_rise(n, far, b)


def psi_rise_beyond_log(n: int, a: Array, b: Array) -> Array:
    """∂ⁿ/∂aⁿ (ψ(a + b) - ψ(a) - log(1 + b/a))."""

    def step(k: Array) -> Array:
        if n == 0:
            return b / (k * (k + b)) - np.log1p(b / (k * (k + b + 1)))
        fallen = _reciprocal_slope(n - 1, k, k + b) - _reciprocal_slope(n - 1, k + 1, k + 1 + b)
        return b * (_reciprocal_slope(n, k, k + b) + fallen)

    far, found = _risen(a, step)
    return found + _late_rise(n, far, b)


def psi_difference(n: int, a: Array, b: Array) -> Array:
    """As `rise_of_psi`, for a and b of any sign: by the series where the functions themselves are close."""
    plain = np.asarray(sp.polygamma(n, a + b) - sp.polygamma(n, a))
    low, width = np.minimum(a, a + b), np.abs(b)
    close = (low > 0) & (width < low / 8)
    if np.any(close):
        plain[close] = np.sign(b[close]) * rise_of_psi(n, low[close], width[close])
    return plain


def _risen(a: Array, step: Callable[[Array], Array]) -> tuple[Array, Array]:
    """Where a recurrence from `a` upwards has come to be far, and the sum of its steps."""
    found, far = np.zeros_like(a), a
    for _ in range(FAR):
        near = far < FAR
        found = found + np.where(near, step(far), 0.0)
        far = far + near
    return far, found


def _late_rise(n: int, far: Array, b: Array) -> Array:
    """∂ⁿ of what ψ(a + b) - ψ(a) has besides log(1 + b/a), by the series."""
    rise = np.log1p(b / far)
    found = b / 2 * _reciprocal_slope(n, far, far + b)
    for k in EVEN:
        scale = (-1) ** n * BERNOULLI[k] / k * sp.poch(k, n)
        found = found - scale * far ** -(k + n) * np.expm1(-(k + n) * rise)
    return found


def log_over_psi_slope(n: int, x: Array) -> Array:
    """∂ⁿ/∂xⁿ (log x - ψ(x))."""
    if n == 0:
        return log_over_psi(x)
    far, found = _risen(x, lambda k: _reciprocal_slope(n, k) + _reciprocal_slope(n - 1, k, k + 1))
    series = _reciprocal_slope(n, far) / 2
    return found + series + sum((-1) ** n * BERNOULLI[k] / k * sp.poch(k, n) * far ** -(k + n) for k in EVEN)


def half_rise_excess(n: int, x: Array) -> Array:
    """∂ⁿ/∂xⁿ (ψ(x + 1/2) - ψ(x) - 1/(2x)), all of one sign."""
    far, found = _risen(x, lambda k: _reciprocal_slope(n, k, k + 0.5, k + 1) / 4)
    for k in EVEN:
        found = found + (-1) ** n * (2 - 2.0 ** (1 - k)) * BERNOULLI[k] / k * sp.poch(k, n) * far ** -(k + n)
    return found


def half_ratio(x: Array) -> Array:
    """Γ(x + 1/2) / Γ(x)."""
    found, far = np.ones_like(x), x
    for _ in range(FAR):
        near = far < FAR
        found = found * np.where(near, far / (far + 0.5), 1.0)
        far = far + near
    rest = sum((2 - 2.0 ** (1 - k)) * BERNOULLI[k] / (k * (k - 1)) * far ** (1 - k) for k in EVEN)
    return found * np.sqrt(far) * np.exp(-rest)


def _reciprocal_slope(n: int, *factors: Array) -> Array:
    """∂ⁿ of the product of 1/(x + c): (-1)ⁿ n! times the complete homogeneous symmetric polynomial of them."""
    powers = [1.0] + [0.0] * n
    for f in factors:
        for k in range(n + 1):
            powers[k] = (powers[k] + (powers[k - 1] if k else 0.0)) / f
    return (-1) ** n * math.factorial(n) * powers[n]
