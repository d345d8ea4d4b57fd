"""Arithmetic with pairs of doubles: about 32 significant digits, from double precision alone.

A number is the unevaluated sum of a high and a low part. Every platform has it, unlike `numpy.longdouble`. Sums and
products of two doubles are exact as pairs (T. J. Dekker, "A floating-point technique for extending the available
precision", Numerische Mathematik 18 (1971), 224-242; D. E. Knuth, TAOCP 2, section 4.2.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

_SPLITTER = 2.0**27 + 1  # halves the 53 bits of a double


@dataclass(frozen=True, slots=True)
class Pair:
    """An array of numbers ``high + low`` with ``|low| ≤ ulp(high)``; both of one shape."""

    high: np.ndarray
    low: np.ndarray

    def __getitem__(self, where: Any) -> Pair:
        return Pair(self.high[where], self.low[where])

    @property
    def T(self) -> Pair:
        return Pair(self.high.T, self.low.T)

    def fraction(self) -> Fraction:
        """The one number of a 0-dimensional pair, exactly."""
        return Fraction(float(self.high)) + Fraction(float(self.low))


def exact(a: np.ndarray) -> Pair:
    """Doubles as pairs."""
    return Pair(a, np.zeros_like(a))


def two_sum(a: np.ndarray, b: np.ndarray) -> Pair:
    """``a + b`` without error."""
    s = a + b
    v = s - a
    return Pair(s, (a - (s - v)) + (b - v))


def two_product(a: np.ndarray, b: np.ndarray) -> Pair:
    """``a · b`` without error, as long as nothing over- or underflows."""
    p = a * b
    a1, a2 = _halves(a)
    b1, b2 = _halves(b)
    return Pair(p, ((a1 * b1 - p) + a1 * b2 + a2 * b1) + a2 * b2)


def _halves(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    t = _SPLITTER * a
    first = t - (t - a)
    return first, a - first


def _normal(high: np.ndarray, low: np.ndarray) -> Pair:
    s = high + low
    return Pair(s, low - (s - high))


def plus(a: Pair, b: Pair) -> Pair:
    """``a + b``, to about 2⁻¹⁰⁴ of ``|a| + |b|``."""
    s = two_sum(a.high, b.high)
    return _normal(s.high, s.low + (a.low + b.low))


def minus(a: Pair, b: Pair) -> Pair:
    """``a − b``, to about 2⁻¹⁰⁴ of ``|a| + |b|``."""
    return plus(a, Pair(-b.high, -b.low))


def times(a: Pair, b: Pair) -> Pair:
    """``a · b`` entry by entry, to about 2⁻¹⁰² of itself."""
    p = two_product(a.high, b.high)
    return _normal(p.high, p.low + (a.high * b.low + a.low * b.high))


def total(a: Pair) -> Pair:
    """The sum over the first axis, in pairs of terms (so that n terms make an error of log n roundings)."""
    while len(a.high) > 1:
        half, odd = divmod(len(a.high), 2)
        s = plus(a[:half], a[half : 2 * half])
        if odd:
            first = plus(s[:1], a[-1:])
            s.high[:1], s.low[:1] = first.high, first.low
        a = s
    return a[0] if len(a.high) else exact(np.zeros(a.high.shape[1:]))
