"""Finding points where the gradient is 0: Newton's method on ∇f from many starts.

Plain Newton steps go to saddles and maxima as readily as to minima, which is what is wanted here. A singular Hessian is
solved in the least-squares sense; steps are kept within a part of the box.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc

from .box import Box
from .field import ScalarField

STARTS = 64  # for each variable
STEPS = 120
LONGEST_STEP = 0.2  # of the diameter of the box
OUTSIDE = 0.5  # of the width, that a way may lead outside of the box
SETTLED = 1e-13  # a step of this part of the width is none
SLOW = 1e-5  # last steps up to this part of the width are those towards a degenerate point
RCOND = 1e-13


@dataclass(frozen=True)
class Stationary:
    """A point where the gradient is 0 up to rounding; `step` is the last one, `slope` the length of the gradient."""

    x: np.ndarray
    step: float
    slope: float


def starts(box: Box, count: int) -> Iterator[np.ndarray]:
    """The middle of the box, then points spread evenly over it, the same every time."""
    yield box.middle
    yield from qmc.scale(qmc.Halton(box.size, scramble=True, rng=0).random(count), box.low, box.high)


def newton(field: ScalarField, box: Box, start: np.ndarray) -> Stationary | None:
    """Where Newton's method leads from `start`; None if that is outside of the box, or nowhere."""
    x, longest, step = np.array(start, dtype=np.float64), LONGEST_STEP * box.diameter, np.inf
    best: Stationary | None = None
    for _ in range(STEPS):
        gradient, hessian = field.gradient(x), field.hessian(x)
        if not (np.isfinite(gradient).all() and np.isfinite(hessian).all()):
            break
        slope = float(np.linalg.norm(gradient))
        if best is None or slope < best.slope:
            best = Stationary(x, step, slope)
        if slope == 0:
            return Stationary(x, 0.0, 0.0)
        move = -np.linalg.lstsq(hessian, gradient, rcond=RCOND)[0]
        length = float(np.linalg.norm(move))
        if step <= SETTLED * box.diameter and length >= step / 2:
            return best
        x, step = x + move * min(1.0, longest / length if length else 1.0), length
        if not box.contains(x, OUTSIDE):
            return None
    return best if best is not None and _is_slow(best, field, box) else None


def _is_slow(found: Stationary, field: ScalarField, box: Box) -> bool:
    """Whether the way ended close to a point where the Hessian is singular, which Newton nears step by step."""
    return found.step <= SLOW * box.diameter and box.contains(found.x, OUTSIDE)


def found_from(field: ScalarField, box: Box, points: Iterator[np.ndarray]) -> list[Stationary]:
    """Where Newton leads from each of these points, each place once for every way that led there."""
    return [s for s in (newton(field, box, p) for p in points) if s is not None]
