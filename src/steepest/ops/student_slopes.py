"""Derivatives of Student's law by its degrees of freedom ν, by quadrature.

``∂ⁿF(t; ν)/∂νⁿ`` is the integral of ∂ⁿf = f·Bₙ over the part from 0 to t, or over the tail beyond t: the other one's
negative, as each half of the law holds 1/2 for all ν. Bₙ is Bell's polynomial of the derivatives of log f, with

    ∂ log f/∂ν = ½ (ψ((ν+1)/2) - ψ(ν/2) - 1/ν + log(1-w) + w + w/ν),   w = t²/(ν + t²),

of which the first three terms together, and the next two, are small where ν is large. It is positive in the middle of
the law and negative outside. So the part of one sign is taken, and nothing cancels. In y with t = √ν sinh y the law is
cosh^(-ν) y dy / B(1/2, ν/2), without singularities near real y. (JKB 28; Comtet (1974), 3.3.)
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb, factorial
from typing import Any

import numpy as np
import scipy.special as sp

from .gamma_differences import half_ratio, half_rise_excess, log1p_excess
from .order_slopes import FALL, NODES, WEIGHTS, bell, entry_by_entry

Array = Any  # of double precision

EDGES = 2.0 * 4.0 ** np.arange(14)  # of panels in y: cosh^(-ν) y turns within the first, and is nearly e^(-νy) beyond
SHARES = np.array([0.0, 0.1, 0.3, 1.0])  # and of panels of a bell curve's tail


def stdtr_by_df(n: Any, df: Any, t: Any) -> Array:
    """∂ⁿF(t; ν)/∂νⁿ."""
    return entry_by_entry(1, _integral, n, df, t)


def student_density_by_both(k: Any, n: Any, df: Any, t: Any) -> Array:
    """∂ᵏ⁺ⁿf(t; ν) / ∂tᵏ∂νⁿ."""
    return entry_by_entry(2, _density, k, n, df, t)


def _density(k: int, n: int, df: Array, t: Array) -> Array:
    squared = t * t
    size = half_ratio(df / 2) / np.sqrt(np.pi * df) * np.exp(-(df + 1) / 2 * np.log1p(squared / df))
    by_df = _slopes_by_df(df, squared / (df + squared), df / (df + squared), np.log1p(squared / df))

    def slopes(order: tuple[int, ...]) -> Array:
        by_t, times = order
        return _mixed_slope(by_t, times, df, t) if by_t else by_df((times,))

    possible = (df > 0) & np.isfinite(df)
    return np.where(possible, np.where(np.isinf(t), 0.0, size * bell((k, n), slopes)), np.nan)


def _slopes_by_df(df: Array, w: Array, rest: Array, log: Array) -> Callable[[tuple[int, ...]], Array]:
    """∂ⁿ log f, where w = t²/(ν + t²), `rest` is 1 - w and `log` is -log(1 - w)."""

    def slopes(order: tuple[int, ...]) -> Array:
        less = order[0] - 1
        shares = w * sum(rest**j for j in range(less + 1))
        known = 2.0**-less * half_rise_excess(less, df / 2) + _falling(less, shares, df)
        if less == 0:
            return (known + log1p_excess(-w, -log)) / 2
        squares = w * w * sum((j + 1) * rest**j for j in range(less))
        return (known + _falling(less - 1, squares, df)) / 2

    return slopes


def _falling(n: int, factor: Array, df: Array) -> Array:
    return (-1) ** n * factorial(n) * factor * df ** -(n + 1)


def _mixed_slope(k: int, n: int, df: Array, t: Array) -> Array:
    """∂ᵏ⁺ⁿ log f / ∂tᵏ∂νⁿ for k > 0: of -(ν + 1) t q⁻¹, by ν of -(t - t³) q⁻¹ (less a number), with q = ν + t²."""
    q, power = df + t * t, n + 1
    raised = [0.0, q**-power]  # the derivatives by t of q^(-power), after one that counts nothing
    for j in range(k - 1):
        raised.append(-(2 * (j + power) * t * raised[-1] + j * (j - 1 + 2 * power) * raised[-2]) / q)
    numerators = [t - t**3, 1 - 3 * t * t, -6 * t, -6.0] if n else [(df + 1) * t, df + 1]
    products = (comb(k - 1, j) * c * raised[k - j] for j, c in enumerate(numerators[:k]))
    return -((-1) ** n) * factorial(n) * sum(products)


def _integral(n: int, df: Array, t: Array) -> Array:
    if n == 0:
        return sp.stdtr(df, t)
    possible = (df > 0) & np.isfinite(df)
    inside = possible & np.isfinite(t) & (t != 0)
    freedom, limit = np.where(inside, df, 1.0)[:, None], np.where(inside, np.abs(t), 1.0)[:, None]
    start = np.arcsinh(limit / np.sqrt(freedom))
    middle = _ratio(1, freedom, start) > 0
    low, high = np.where(middle, 0.0, start), np.where(middle, start, start + _length(freedom, start))
    size = half_ratio(freedom / 2) / np.sqrt(np.pi) * np.exp(-freedom / 2 * np.log1p(limit**2 / freedom) * ~middle)
    found = size[:, 0] * _between(n, freedom, low, high)
    signed = np.sign(t) * np.where(middle[:, 0], found, -found)
    return np.where(inside, signed, np.where(possible & ~np.isnan(t), 0.0, np.nan))


def _ratio(n: int, df: Array, y: Array) -> Array:
    """Bₙ at t = √ν sinh y."""
    w = np.tanh(y) ** 2
    log = 2 * _log_cosh(y)
    return bell((n,), _slopes_by_df(df, w, np.exp(-log), log))


def _log_cosh(y: Array) -> Array:
    return np.where(y < 1, np.log1p(2 * np.sinh(np.minimum(y, 1.0) / 2) ** 2), y + np.log1p(np.exp(-2 * y)) - np.log(2))


def _fall(df: Array, low: Array, v: Array) -> Array:
    """ν log(cosh(low + v) / cosh(low))."""
    slope = np.tanh(low)
    short = np.minimum(v, 1.0)
    near = np.log1p(2 * np.sinh(short / 2) ** 2 + slope * np.sinh(short))
    return df * np.where(v < 1, near, v + np.log((1 + slope) / 2 + (1 - slope) / 2 * np.exp(-2 * v)))


def _length(df: Array, low: Array) -> Array:
    """A bound of how far until the law has fallen by `FALL` e-folds: cosh(low + v) ≥ cosh v · cosh low."""
    fall = FALL / df
    free = np.where(fall < 1, np.arccosh(np.exp(np.minimum(fall, 1.0))), fall + np.log(2))
    slope = np.tanh(low)
    return np.where(slope * free > fall, fall / np.maximum(slope, 1e-300), free)


def _between(n: int, df: Array, low: Array, high: Array) -> Array:
    """∫ Bₙ (cosh y / cosh low)^(-ν) dy."""
    width = high - low
    edges = np.sort(np.concatenate([width * SHARES, np.clip(EDGES - low, 0.0, width)], axis=1), axis=1)
    total = np.zeros(len(df))
    for left, right in zip(edges.T[:-1], edges.T[1:], strict=True):
        half = ((right - left) / 2)[:, None]
        if not half.any():
            continue
        v = left[:, None] + half * (1 + NODES)
        total += half[:, 0] * ((np.exp(-_fall(df, low, v)) * _ratio(n, df, low + v)) @ WEIGHTS)
    return total
