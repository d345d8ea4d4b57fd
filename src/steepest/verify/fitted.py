"""The slope of a noisy function along a line, by least squares: an odd polynomial through many points on both sides.

Noise enters a difference as σ/t, so steps should be as long as the function lets them: the longest window in which
a polynomial of low degree accounts for all but the noise. One term more than that asks for takes care of what hides in
the noise. Further windows, at other points, average it. What is said of the error is by the scatter about the fit
itself (textbook least squares; Draper and Smith, Applied Regression Analysis, section 1.4), and needs no other noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steepest.numeric.line import Line

Values = NDArray[np.float64]

PAIRS = 10  # points on either side, in a window
MOST_TERMS = 5  # t, t³, …, t⁹; one more is fitted than the values ask for
FIRST = 0.5  # of the natural length of the line
LONGER, SHORTER = 2.0, 0.25
LONGEST, SHORTEST = 1.0, 2.0**-12
FITS = 1.7  # times the noise that the scatter about a fit may be
RESOLVED = 0.02  # of the largest value, that the scatter of rounded ones may be
ALIKE = 4.0  # standard errors that two windows may differ by
WORTH = 0.8  # of the error, that a longer window must get below


@dataclass(frozen=True)
class Slope:
    """φ'(0) with its standard error."""

    value: float
    error: float
    window: float
    terms: int


def fitted_slope(line: Line, noise: float, wanted: float, most: int, seed: int = 5) -> Slope | None:
    """The slope of a line of one value, whose values have errors of about `noise`, in the standard deviation.

    Windows are added until the standard error is below `wanted`, or there are `most`. None where no window fits.
    """
    rng = np.random.default_rng(seed)
    best = _first(line, noise, rng)
    if best is None:
        return None
    if not best.error <= wanted:
        best = _longer(line, noise, best, rng)
    return _averaged(line, best, wanted, most, rng)


def slope_by_scatter(line: Line) -> Slope | None:
    """The slope over one window, with an error by the scatter alone: of values of which nothing else is known.

    Where the scatter is no small part of them, they may be a wave, and the error is infinite.
    """
    times, odd = _samples(line, FIRST, 2 * PAIRS, np.random.default_rng(6))
    if not np.all(np.isfinite(odd)):
        return None
    value, error, scatter = _solved(times, odd, FIRST, MOST_TERMS + 1)
    is_resolved = scatter <= RESOLVED * np.max(np.abs(odd))
    return Slope(value, error if is_resolved else np.inf, FIRST, MOST_TERMS + 1)


def _first(line: Line, noise: float, rng: np.random.Generator) -> Slope | None:
    window = FIRST
    while window >= SHORTEST:
        found = _fit(line, noise, window, rng)
        if found is not None:
            return found
        window *= SHORTER
    return None


def _longer(line: Line, noise: float, best: Slope, rng: np.random.Generator) -> Slope:
    """The same over longer windows, as long as they agree and are better."""
    window = best.window * LONGER
    while window <= LONGEST:
        found = _fit(line, noise, window, rng)
        if found is None or not abs(found.value - best.value) <= ALIKE * (found.error + best.error):
            break
        if not found.error <= WORTH * best.error:
            break
        best, window = found, window * LONGER
    return best


def _averaged(line: Line, first: Slope, wanted: float, most: int, rng: np.random.Generator) -> Slope:
    """The mean over windows of the length and the terms that were found, with the error that their scatter shows."""
    count = int(np.clip(np.ceil(min(first.error / wanted, float(most)) ** 2), 1, most)) if wanted > 0 else most
    if count == 1:
        return first
    times, odd = _samples(line, first.window, PAIRS * count, rng)
    if not np.all(np.isfinite(odd)):
        return first
    value, error, _ = _solved(times, odd, first.window, first.terms)
    return Slope(value, error, first.window, first.terms)


def _fit(line: Line, noise: float, window: float, rng: np.random.Generator) -> Slope | None:
    """The fit with one term more than is needed to get down to the noise."""
    times, odd = _samples(line, window, PAIRS, rng)
    if not np.all(np.isfinite(odd)):
        return None
    for terms in range(1, MOST_TERMS + 1):
        _, _, scatter = _solved(times, odd, window, terms)
        if scatter <= FITS * noise:
            value, error, more = _solved(times, odd, window, terms + 1)
            unit = error / more if more > 0 else 0.0
            return Slope(value, unit * max(more, noise), window, terms + 1)
    return None


def _samples(line: Line, window: float, pairs: int, rng: np.random.Generator) -> tuple[Values, Values]:
    """Times like the nodes of Chebyshev, of which no two are alike, and the odd part of φ there."""
    angles = (np.arange(pairs) + rng.uniform(0.1, 0.9, pairs)) / pairs * np.pi / 2
    times = window * np.cos(angles)
    odd = np.array([(line(float(t))[0] - line(-float(t))[0]) / 2 for t in times])
    return times, odd


def _solved(times: Values, odd: Values, window: float, terms: int) -> tuple[float, float, float]:
    """The slope, its standard error, and the standard deviation of φ about the fit."""
    columns = np.array([(times / window) ** (2 * k + 1) for k in range(terms)]).T
    solution, *_ = np.linalg.lstsq(columns, odd, rcond=None)
    left = odd - columns @ solution
    deviation = float(np.sqrt(np.sum(left**2) / (len(odd) - terms)))
    spread = float(np.sqrt(np.linalg.inv(columns.T @ columns)[0, 0]))
    return float(solution[0]) / window, spread * deviation / window, deviation * np.sqrt(2.0)
