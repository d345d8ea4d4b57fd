"""Polynomials that are orthogonal on given points, evaluated and turned into powers of x without losing digits.

``P₀ = 1``, ``P_{k+1} = (t − a_k) P_k − b_k P_{k−1}`` (G. E. Forsythe, "Generation and use of orthogonal polynomials
for data-fitting with a digital computer", J. SIAM 5 (1957), 74-88). Whatever a_k and b_k have been rounded to, they
define polynomials exactly; that these are orthogonal to a dozen digits only is no matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from .double_double import Pair, exact, minus, times, two_sum
from .rows import power_of_two


@dataclass(frozen=True)
class Basis:
    """P₀ … P_d in ``t = (x − centre) / unit``; `unit` is a power of two."""

    centre: float
    unit: float
    a: tuple[float, ...]  # (d,)
    b: tuple[float, ...]  # (d,)

    @property
    def degree(self) -> int:
        return len(self.a)

    def values(self, x: np.ndarray) -> Pair:
        """P_k(x_i) as a (n, d + 1) pair, right to about 30 digits of the largest."""
        t = two_sum(x, np.full_like(x, -self.centre))
        t = Pair(t.high / self.unit, t.low / self.unit)
        found = [exact(np.ones_like(x))]
        for k in range(self.degree):
            value = times(minus(t, exact(np.full_like(x, self.a[k]))), found[k])
            if k:
                value = minus(value, times(exact(np.full_like(x, self.b[k])), found[k - 1]))
            found.append(value)
        return Pair(np.stack([p.high for p in found], 1), np.stack([p.low for p in found], 1))

    def slopes(self, x: np.ndarray) -> np.ndarray:
        """dP_k/dx at x_i, (n, d + 1), in double precision."""
        P = self.values(x).high
        t = (x - self.centre) / self.unit
        found = [np.zeros_like(x)]
        for k in range(self.degree):
            slope = P[:, k] / self.unit + (t - self.a[k]) * found[k]
            found.append(slope - self.b[k] * found[k - 1] if k else slope)
        return np.stack(found, 1)

    def sums(self, x: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        """``Σ_k c_k P_k(x)`` for c of shape (d + 1, outputs): (n, outputs)."""
        return np.asarray(self.values(x).high @ coefficients)

    def powers(self) -> list[list[Fraction]]:
        """``powers()[k][j]``: the coefficient of x^j in P_k, exactly."""
        slope = 1 / Fraction(self.unit)
        t = [-Fraction(self.centre) * slope, slope]
        found = [[Fraction(1)]]
        for k in range(self.degree):
            value = _product([t[0] - Fraction(self.a[k]), t[1]], found[k])
            if k:
                before = found[k - 1]
                value = [v - Fraction(self.b[k]) * (before[j] if j < len(before) else 0) for j, v in enumerate(value)]
            found.append(value)
        return found


def basis_on(x: np.ndarray, weight: np.ndarray | None, degree: int) -> Basis:
    """The basis for points x, (n,). Needs more different points than `degree`."""
    low, high = float(np.min(x)), float(np.max(x))
    centre = low + (high - low) / 2
    unit = float(power_of_two(np.array((high - low) / 2)))
    t, w = (x - centre) / unit, np.ones_like(x) if weight is None else weight
    a, b = [], []
    before, now, size_before = np.zeros_like(t), np.ones_like(t), 1.0
    for _ in range(degree):
        size = float(np.sum(w * now**2))
        a.append(float(np.sum(w * t * now**2) / size))
        b.append(size / size_before)
        before, now, size_before = now, (t - a[-1]) * now - (b[-1] if len(b) > 1 else 0.0) * before, size
    return Basis(centre, unit, tuple(a), tuple(b))


def _product(linear: Sequence[Fraction], polynomial: Sequence[Fraction]) -> list[Fraction]:
    constant, slope = linear
    found = [constant * c for c in polynomial] + [Fraction(0)]
    for j, c in enumerate(polynomial):
        found[j + 1] += slope * c
    return found
