"""Lines and surfaces of critical points: where the Hessian is singular because the gradient stays 0 along a way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .box import Box
from .continuation import End, System, both_ways, corrected, distance_to
from .field import ScalarField

PROBE = 1e-2  # of the diameter: a step off the point, after which the gradient must be 0 again
NEAR = 0.25  # of that step, by which a probe is moved to a line at most
AT_ONCE = 1e-3  # of that step: a probe that moves by less was on a surface
SIDES, PLANE = 48, 2  # directions that are probed
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


@dataclass(frozen=True)
class Around:
    """Critical points at the distance of a probe in the flat directions of a point; whether they are on all sides."""

    points: list[np.ndarray]
    on_all_sides: bool


def around(field: ScalarField, box: Box, x: np.ndarray, flat: np.ndarray, zero_slope: float) -> Around:
    """Look for critical points next to `x` in the directions that the columns of ``(n, d)`` span."""
    system = System(field.gradient, field.hessian, zero_slope)
    away = PROBE * box.diameter
    found: list[np.ndarray] = []
    filled = True
    for d in _directions(flat.shape[1]) @ flat.T:
        guess = x + away * d
        if not box.contains(guess):
            continue
        p = corrected(system, guess, NEAR * away)
        filled &= p is not None and bool(np.linalg.norm(p - guess) <= AT_ONCE * away)
        if p is not None and box.contains(p) and all(np.linalg.norm(p - q) > NEAR * away for q in found):
            found.append(p)
    return Around(found, filled and bool(found))


def _directions(dimension: int) -> np.ndarray:
    """Unit vectors on all sides, ``(k, dimension)``."""
    if dimension == 1:
        return np.array([[1.0], [-1.0]])
    if dimension == PLANE:
        angles = np.linspace(0, 2 * np.pi, SIDES, endpoint=False)
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)
    mixed = np.random.default_rng(0).standard_normal((SIDES * dimension, dimension))
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True))


def line_through(field: ScalarField, box: Box, x: np.ndarray, zero_slope: float) -> CriticalManifold:
    """The line of critical points through `x`, followed to its ends."""
    system = System(field.gradient, field.hessian, zero_slope)
    points, ends = both_ways(system, x, box, LONGEST * box.diameter)
    return CriticalManifold(points, 1, ends == (End.CLOSED, End.CLOSED), field.value(x))


def is_on(manifold: CriticalManifold, x: np.ndarray, box: Box) -> bool:
    """Whether `x` lies on a line, up to what its points leave open."""
    return distance_to(manifold.points, x) <= BESIDE * box.diameter
