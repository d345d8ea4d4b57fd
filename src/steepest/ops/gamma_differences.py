"""Differences of log Γ and ψ at large arguments, where they would cancel: each as a sum of terms of one sign.

Recurrences lead up to `FAR`, and asymptotic series go on from there (DLMF 5.5.2, 5.11.1, 5.11.2, 5.11.8).
"""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np
import scipy.special as sp

Array = Any  # of double precision

FAR = 15  # where eight terms of the series are exact to rounding
EVEN = range(2, 18, 2)
BERNOULLI = sp.bernoulli(EVEN[-1])


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


def log_over_psi(x: Array) -> Array:
    """log x - ψ(x)."""
    far = np.maximum(x, FAR)
    series = 1 / (2 * far) + sum(BERNOULLI[k] / k * far**-k for k in EVEN)
    return np.where(x < FAR, np.log(x) - sp.digamma(x), series)


def psi_rise(n: int, a: Array, b: Array) -> Array:
    """∂ⁿ/∂aⁿ (ψ(a + b) - ψ(a)), for positive a and b."""
    found: Array = 0.0
    far = a
    for _ in range(FAR):
        near = far < FAR
        found = found + np.where(near, b * _reciprocal_slope(n, far, far + b), 0.0)
        far = far + near
    rise = np.log1p(b / far)
    found = found + b / 2 * _reciprocal_slope(n, far, far + b)
    found = found + (b * -_reciprocal_slope(n - 1, far, far + b) if n else rise)
    for k in EVEN:
        scale = (-1) ** n * BERNOULLI[k] / k * sp.poch(k, n)
        found = found - scale * far ** -(k + n) * np.expm1(-(k + n) * rise)
    return found


def half_rise_excess(n: int, x: Array) -> Array:
    """∂ⁿ/∂xⁿ (ψ(x + 1/2) - ψ(x) - 1/(2x)), all of one sign."""
    found: Array = 0.0
    far = x
    for _ in range(FAR):
        near = far < FAR
        found = found + np.where(near, _reciprocal_slope(n, far, far + 0.5, far + 1) / 4, 0.0)
        far = far + near
    for k in EVEN:
        found = found + (-1) ** n * (2 - 2.0 ** (1 - k)) * BERNOULLI[k] / k * sp.poch(k, n) * far ** -(k + n)
    return found


def half_ratio(x: Array) -> Array:
    """Γ(x + 1/2) / Γ(x)."""
    found: Array = 1.0
    far = x
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
    return (-1) ** n * factorial(n) * powers[n]
