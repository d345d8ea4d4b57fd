"""Derivatives of Dawson's integral F: F′ = 1 - 2xF is a small difference where x is large."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from .order_slopes import entry_by_entry

Array = Any  # of double precision

FAR = 7.0  # where the asymptotic series has terms as small as rounding
TERMS = 40


def dawsn_by_order(n: Any, x: Any) -> Array:
    """∂ⁿF."""
    return entry_by_entry(1, _slope, n, x)


def _slope(n: int, x: Array) -> Array:
    far = np.abs(x) > FAR
    return np.where(far, _far_slope(n, np.where(far, x, FAR)), _near_slope(n, np.where(far, 0.0, x)))


def _near_slope(n: int, x: Array) -> Array:
    """By F⁽ⁿ⁺¹⁾ = -2xF⁽ⁿ⁾ - 2nF⁽ⁿ⁻¹⁾, from F′ = 1 - 2xF."""
    before, found = sp.dawsn(x), 1 - 2 * x * sp.dawsn(x)
    if n == 0:
        return before
    for k in range(1, n):
        before, found = found, -2 * x * found - 2 * k * before
    return found


def _far_slope(n: int, x: Array) -> Array:
    """Of F = Σ (2k - 1)!! / (2ᵏ⁺¹ x²ᵏ⁺¹), term by term (DLMF 7.12.1 with z = ix)."""
    term = (-1) ** n * sp.poch(1, n) / (2 * x ** (n + 1))
    found = np.zeros_like(x)
    for k in range(TERMS):
        found = found + term
        term = term * (2 * k + 1 + n) * (2 * k + 2 + n) / ((2 * k + 2) * 2 * x * x)
    return found
