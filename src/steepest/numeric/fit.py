"""Derivatives of high order from real values: those of a Chebyshev series through the values at Chebyshev points.

The coefficients of a smooth function fall fast, down to a plateau that rounding and noise leave; there it is cut
(Battles and Trefethen, SIAM Journal on Scientific Computing 25 (2004), 1743–1770). How much of the plateau the n-th
derivative takes in grows with the number of terms and falls with the length of the interval, so the interval is made
as long as the series bears. That the series is φ is not assumed: it must give values between the points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .line import Line
from .sampled import Values

DEGREE = 32
FIRST_RADIUS = 0.45  # of the natural length
LARGER = 2.0
SMALLER = (2.0**-1, 2.0**-3, 2.0**-6, 2.0**-10, 2.0**-15, 2.0**-21)  # of the first radius, where it is too large
LARGER_RADII = 8
PLATEAU = 3 * DEGREE // 4  # coefficients from there on are rounding and noise, if the others have fallen
ABOVE = 4.0  # times the plateau, that a coefficient which means something has
SPARE = 3  # terms beyond the cut, that may be hidden in the plateau
RANDOM = 3.0  # times the standard deviation of the errors taken in
FALLEN = 1e-3  # the plateau must be so much lower than the largest coefficient
CHECKED = (0.1234, -0.5678, 0.873)  # of the radius: where the series must give the values
FITS = 40.0  # plateaus by which it may miss them
WORTH = 0.7  # an error that falls by less is not worth another radius
NOTABLE = 1e3  # roundings, from which on a plateau is noise


@dataclass(frozen=True)
class Fit:
    """A derivative, for each value of φ; its error is infinite where the series does not hold."""

    value: Values
    error: Values
    noisy: NDArray[np.bool_]


def derivative(line: Line, n: int) -> Fit:
    """The n-th derivative from the interval that tells it best."""
    best = _within(line, n, FIRST_RADIUS)
    for part in SMALLER:
        if np.all(np.isfinite(best.error)):
            break
        best = _better(best, _within(line, n, FIRST_RADIUS * part))
    radius = FIRST_RADIUS
    for _ in range(LARGER_RADII):
        radius *= LARGER
        here = _within(line, n, radius)
        worthwhile = here.error < WORTH * best.error
        best = _better(best, here)
        if not np.any(worthwhile):
            break
    return best


def _within(line: Line, n: int, r: float) -> Fit:
    """The n-th derivative by the values from -r to r."""
    points = np.cos(np.pi * np.arange(DEGREE + 1) / DEGREE)
    points[DEGREE // 2] = 0.0
    nothing = np.full(line.base.shape, np.inf)
    values = []
    for t in points:
        here = line(float(t) * r)
        if not np.any(np.isfinite(here)):
            return Fit(nothing, nothing, np.zeros(nothing.shape, bool))
        values.append(here)
    with np.errstate(all="ignore"):
        series = _cosines() @ np.array(values)
        size = np.max(np.abs(values), axis=0)
        rounding = line.precision * (size + line.shift * np.ptp(values, axis=0) / r) + line.noise
        known = np.sqrt(np.mean(series[PLATEAU:] ** 2, axis=0))
        plateau = np.fmax(known, rounding * math.sqrt(2 / DEGREE))
        above = np.abs(series) > ABOVE * plateau
        last = np.max(np.where(above, np.arange(DEGREE + 1)[:, None], 0), axis=0)
        place = np.arange(DEGREE + 1)[:, None]
        slopes = _slopes_at_0(n)[:, None]
        value = np.sum(np.where(place <= last, slopes * series, 0.0), axis=0) / r**n
        taken_in = np.sqrt(np.sum(np.where(place <= last + SPARE, slopes**2, 0.0), axis=0))
        hidden = np.sum(np.where((place > last) & (place <= last + SPARE), np.abs(slopes), 0.0), axis=0)
        error = plateau * (RANDOM * taken_in + ABOVE * hidden) / r**n
        holds = (last + SPARE < PLATEAU) & (plateau <= FALLEN * np.max(np.abs(series), axis=0))
        holds &= _gives(line, r, np.where(place <= last, series, 0.0), plateau)
        error = np.where(holds & np.isfinite(error) & np.isfinite(value), error, np.inf)
    return Fit(value, error, plateau > NOTABLE * line.precision * size)


def _gives(line: Line, r: float, series: Values, plateau: Values) -> NDArray[np.bool_]:
    """Whether the series has the values of φ between the points."""
    misses = [np.abs(np.cos(np.arange(DEGREE + 1) * math.acos(t)) @ series - line(t * r)) for t in CHECKED]
    gives: NDArray[np.bool_] = np.max(misses, axis=0) <= FITS * plateau
    return gives


def _better(this: Fit, other: Fit) -> Fit:
    closer = other.error < this.error
    return Fit(
        np.where(closer, other.value, this.value),
        np.where(closer, other.error, this.error),
        np.where(closer, other.noisy, this.noisy),
    )


@cache
def _cosines() -> Values:
    """The matrix that makes coefficients of values at the points."""
    k = np.arange(DEGREE + 1)
    matrix = np.cos(np.pi * np.outer(k, k) / DEGREE) * 2 / DEGREE
    matrix[:, [0, -1]] /= 2
    matrix[[0, -1]] /= 2
    return matrix


@cache
def _slopes_at_0(n: int) -> Values:
    """The n-th derivatives of the Chebyshev polynomials at 0, which are n! times their coefficients of tⁿ."""
    before, here = [1], [0, 1]
    slopes = []
    for _ in range(DEGREE + 1):
        slopes.append(float(math.factorial(n) * before[n]) if n < len(before) else 0.0)
        following = [0, *(2 * c for c in here)]
        for i, c in enumerate(before):
            following[i] -= c
        before, here = here, following
    return np.array(slopes)
