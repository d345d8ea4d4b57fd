"""Finding points where the gradient is 0: Newton's method on ∇f from many starts.

Plain Newton steps go to saddles and maxima as readily as to minima, which is what is wanted here. A singular Hessian is
solved in the least-squares sense; steps are kept within a part of the box.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .box import Box
from .field import ScalarField

STARTS = 32  # for each variable
STEPS = 60
LONGEST_STEP = 0.2  # of the diameter of the box
OUTSIDE = 0.5  # of the width, that a way may lead outside of the box
SETTLED = 1e-13  # a step of this part of the width is none
SLOW = 1e-5  # last steps up to this part of the width are those towards a degenerate point
FLAT = 1e-6  # of the steepest slope met: where the gradient stays larger, a least-squares step stops without a zero
RCOND = 1e-13


@dataclass(frozen=True)
class Stationary:
    """A point where the gradient is 0 up to rounding; `step` is the last one, `slope` the length of the gradient."""

    x: np.ndarray
    step: float
    slope: float


def starts(box: Box, count: int) -> Iterator[np.ndarray]:
    """Points spread evenly over the box, the same every time, then its middle.

    The middle is not first: where it is 0, much vanishes, and the first call is that at which a trace is checked.
    """
    steps = np.outer(np.arange(1, count + 1), 1 / _harmonious(box.size) ** np.arange(1, box.size + 1))
    yield from box.low + box.width * (steps % 1)
    yield box.middle


def _harmonious(size: int) -> float:
    """The positive root of x^(n+1) = x + 1: multiples of its powers fill the cube evenly (Roberts 2018)."""
    root = 2.0
    for _ in range(64):
        root = (1 + root) ** (1 / (size + 1))
    return root


def newton(field: ScalarField, box: Box, start: np.ndarray) -> Stationary | None:
    """Where Newton's method leads from `start`; None if that is outside of the box, or nowhere."""
    x, longest, step = np.array(start, dtype=np.float64), LONGEST_STEP * box.diameter, np.inf
    best: Stationary | None = None
    steepest = 0.0
    for _ in range(STEPS):
        gradient, hessian = field.gradient(x), field.hessian(x)
        if not (np.isfinite(gradient).all() and np.isfinite(hessian).all()):
            break
        slope = float(np.linalg.norm(gradient))
        if best is None or slope < best.slope:
            best = Stationary(x, step, slope)
        if slope == 0:
            return Stationary(x, 0.0, 0.0)
        steepest = max(steepest, slope, float(np.abs(hessian).max()) * box.diameter)
        move = -np.linalg.lstsq(hessian, gradient, rcond=RCOND)[0]
        length = float(np.linalg.norm(move))
        if step <= SETTLED * box.diameter and length >= step / 2:
            return best if best.slope <= FLAT * steepest else None
        x, step = x + move * min(1.0, longest / length if length else 1.0), length
        if not box.contains(x, OUTSIDE):
            return None
    if best is None or best.slope > FLAT * steepest or best.step > SLOW * box.diameter:
        return None
    return best  # close to a point where the Hessian is singular, which Newton nears step by step


def found_from(field: ScalarField, box: Box, points: Iterator[np.ndarray]) -> list[Stationary]:
    """Where Newton leads from each of these points, each place once for every way that led there."""
    return [s for s in (newton(field, box, p) for p in points) if s is not None]
