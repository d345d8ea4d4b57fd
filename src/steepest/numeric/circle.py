"""Derivatives of any order from values on a circle around x: Cauchy's integral by the trapezoidal rule.

``f⁽ⁿ⁾(x) = n!/rⁿ c_n`` with the Fourier coefficients c of t ↦ f(x + r e^{it}), whose error falls exponentially with the
number of points while f is analytic in a wider circle (Lyness and Moler, SIAM Journal on Numerical Analysis 4 (1967),
202–210; Fornberg, ACM Transactions on Mathematical Software 7 (1981), 512–526). That f is analytic is not assumed: the
coefficients must fall, and the power series that they are must give the real values between, f's own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .analytic import at_complex
from .complex_step import Found
from .line import Line
from .sampled import Values

POINTS = 32
FIRST_RADIUS = 0.5  # of the natural length
MUCH_SMALLER, SMALLER, LARGER = 2.0**-4, 0.5, 2.0
RADII = 6
PATIENCE = 2
CHECKED = (-0.6, -0.3, 0.25, 0.65)  # of the radius: where the series must give the real values
CHECKED_ROUNDINGS = 100.0
GOOD = 1e-12  # a relative error that is not worth another radius
FALLEN = 1e-3  # the last coefficients must be so much smaller than the largest
ACCEPTED = 1e-4  # a relative error beyond which differences are asked instead


@dataclass(frozen=True)
class OnCircle:
    """What one circle says; where nothing but rounding is to blame for the error, it is `rounded`."""

    value: Values
    error: Values
    rounded: NDArray[np.bool_]


def derivative(line: Line, n: int) -> Found | None:
    """The n-th derivative; None where f does not prove analytic."""
    if line.noise_is_given and np.any(line.noise > 0):
        return None
    now = best = _at_radius(line, n, FIRST_RADIUS)
    if now is None or best is None:
        return None
    radius, factor, waiting = FIRST_RADIUS, 1.0, PATIENCE
    for _ in range(RADII):
        if np.all(_is_good(best)):
            break
        # Too large a circle meets what is not analytic; in one too small the higher terms drown in rounding.
        towards = LARGER if np.all(now.rounded) else SMALLER if np.all(np.isfinite(now.error)) else MUCH_SMALLER
        if (towards - 1) * (factor - 1) < 0:
            break
        factor = towards
        radius *= factor
        now = _at_radius(line, n, radius)
        if now is None:
            break
        waiting = PATIENCE if np.any(now.error < best.error) else waiting - 1
        best = _better(best, now)
        if waiting == 0 and np.all(np.isfinite(best.error)):
            break
    with np.errstate(invalid="ignore"):
        accepted = np.all(best.error <= ACCEPTED * np.abs(best.value))
    return Found(best.value, best.error) if accepted else None


def _is_good(found: OnCircle) -> NDArray[np.bool_]:
    good: NDArray[np.bool_] = found.error <= GOOD * np.abs(found.value)
    return good


def _better(this: OnCircle, other: OnCircle) -> OnCircle:
    closer = other.error < this.error
    return OnCircle(np.where(closer, other.value, this.value), np.where(closer, other.error, this.error), other.rounded)


def _at_radius(line: Line, n: int, r: float) -> OnCircle | None:
    """The derivative by the circle of one radius; its error is infinite where the series does not hold there."""
    half = POINTS // 2
    angles = np.pi * np.arange(half + 1) / half
    unit = np.exp(1j * angles)
    unit[0], unit[-1] = 1.0, -1.0
    upper = at_complex(line, [*(r * unit), r * np.conj(unit[half // 3])])
    if upper is None:
        return None
    mirrored, upper = upper[-1], upper[:-1]
    weights = np.where((np.arange(half + 1) == 0) | (np.arange(half + 1) == half), 1.0, 2.0)
    with np.errstate(all="ignore"):
        # f(conj z) = conj f(z), so the coefficients are real, and half of the circle is enough.
        powers = np.exp(-1j * np.outer(np.arange(POINTS), angles)) * weights
        coefficients = np.real(powers @ upper) / POINTS
        largest = np.max(np.abs(upper), axis=0)
        tail = np.max(np.abs(coefficients[3 * half // 2 :]), axis=0)
        off, needed = _off(line, r, coefficients)
        off = np.maximum(off, np.abs(mirrored - np.conj(upper[half // 3])))
        rounding = line.precision * largest
        holds = np.isfinite(largest) & (tail <= FALLEN * largest) & (off <= needed + 10 * tail)
        factor = math.factorial(n) / r**n
        error = factor * (2 * rounding + 4 * tail + off)
        error = np.where(holds & np.isfinite(error), error, np.inf)
        return OnCircle(factor * coefficients[n], error, holds & (tail <= needed))


def _off(line: Line, r: float, coefficients: Values) -> tuple[Values, Values]:
    """How far the power series is from the real values within the circle, and how far rounding may part them."""
    known = 3 * POINTS // 4
    real = np.array([line.base, *(line(s * r) for s in CHECKED)])
    series = np.array([[s**k for k in range(known)] for s in (0.0, *CHECKED)]) @ coefficients[:known]
    difference: Values = np.nan_to_num(np.max(np.abs(series - real), axis=0), nan=np.inf)
    rounding: Values = CHECKED_ROUNDINGS * line.precision * np.max(np.abs(real), axis=0)
    return difference, rounding
