"""Lines and surfaces of critical points: where the Hessian is singular because the gradient stays 0 along a way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .box import Box
from .continuation import End, System, both_ways, corrected, distance_to
from .field import ScalarField

PROBE = 1e-2  # of the diameter: a step off the point, after which the gradient must be 0 again
MIXTURES = 6  # directions between flat ones that are tried
LONGEST = 1e-2  # of the diameter: a step along the line
BESIDE = 5e-4  # of the diameter: how far a line may bend away from the chords between its points


@dataclass(frozen=True)
class CriticalManifold:
    """Critical points that are not isolated: ``(k, n)`` points along a line, or some of a surface of `dimension`."""

    points: np.ndarray
    dimension: int
    closed: bool
    value: float

    def __str__(self) -> str:
        line = "a closed line" if self.closed else "a line"
        what = line if self.dimension == 1 else f"a surface of dimension {self.dimension}"
        return f"{what} of critical points (as far as rounding tells), f = {self.value:.6g}"


def ways_along(field: ScalarField, box: Box, x: np.ndarray, flat: np.ndarray, zero_slope: float) -> list[np.ndarray]:
    """Critical points next to `x`, one for each flat direction, a column of ``(n, d)``, in which there are some."""
    system = System(field.gradient, field.hessian, zero_slope)
    found = []
    for d in flat.T:
        ways = [_beside(system, box, x + s * PROBE * box.diameter * d) for s in (1.0, -1.0)]
        there = [w for w in ways if w is not None]
        if there:
            found.append(there[0])
    return found


def is_filled(field: ScalarField, box: Box, x: np.ndarray, flat: np.ndarray, zero_slope: float) -> bool:
    """Whether all directions between the flat ones are flat too: a surface, not lines that cross."""
    mixed = flat @ np.random.default_rng(0).standard_normal((flat.shape[1], MIXTURES))
    mixed /= np.linalg.norm(mixed, axis=0)
    return len(ways_along(field, box, x, mixed, zero_slope)) == MIXTURES


def _beside(system: System, box: Box, guess: np.ndarray) -> np.ndarray | None:
    """A zero of the gradient in the box, much closer to the guess than that is to the point it came from."""
    return corrected(system, guess, PROBE * box.diameter / 4) if box.contains(guess) else None


def line_through(field: ScalarField, box: Box, x: np.ndarray, zero_slope: float) -> CriticalManifold:
    """The line of critical points through `x`, followed to its ends."""
    system = System(field.gradient, field.hessian, zero_slope)
    points, ends = both_ways(system, x, box, LONGEST * box.diameter)
    return CriticalManifold(points, 1, ends == (End.CLOSED, End.CLOSED), field.value(x))


def is_on(manifold: CriticalManifold, x: np.ndarray, box: Box) -> bool:
    """Whether `x` lies on a line, up to what its points leave open."""
    return distance_to(manifold.points, x) <= BESIDE * box.diameter
