"""Level curves of a function of two variables, followed with exact gradients.

Seeds come from changes of sign along the lines of a grid, along the edge of the box, and between each critical point
and the grid around it: a closed curve that no line of the grid meets has a critical point inside.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from steepest.errors import ArgumentError, ShapeError

from .box import Box, box_of
from .continuation import End, Landmarks, System, both_ways, corrected, distance_to, follow
from .field import ScalarField
from .stationary_search import found_from, starts

GRID = 48  # cells along each side
STARTS = 48  # of the search for critical points
EDGE = 4 * GRID  # points along each edge of the box
LONGEST = 1 / 100  # of the diameter: a step along the curve
CROSSING = 1e-12  # of the range of values: a critical value that near to the level is the level
SINGULAR = 1e-8  # of the mean curvature: an eigenvalue of the Hessian that small is 0
PLANE = 2
SHOWN = 3  # points in a note


@dataclass(frozen=True)
class Curve:
    """points: ``(k, 2)`` along the curve; of a closed one the last is the first again."""

    points: np.ndarray
    ends: tuple[End, End]

    @property
    def closed(self) -> bool:
        return self.ends == (End.CLOSED, End.CLOSED)

    @property
    def length(self) -> float:
        return float(np.linalg.norm(np.diff(self.points, axis=0), axis=1).sum())

    def __repr__(self) -> str:
        how = "closed" if self.closed else f"open: {self.ends[0]}, {self.ends[1]}"
        return f"Curve of {len(self.points)} points, length {self.length:.3g}, {how}"


@dataclass(frozen=True)
class LevelSet:
    """The curves on which f has the value `level`, points where branches cross, and single points of that value.

    `notes` say what a picture would not: crossings, curves that were lost.
    """

    level: float
    curves: tuple[Curve, ...]
    crossings: np.ndarray
    points: np.ndarray
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.curves)

    def __iter__(self) -> Iterator[Curve]:
        return iter(self.curves)

    def __str__(self) -> str:
        lines = [f"level {self.level:g}: {len(self.curves)} curve{'s' * (len(self.curves) != 1)}"]
        return "\n".join([*lines, *(f"  {c!r}" for c in self.curves), *(f"  {n}" for n in self.notes)])


def level_set(f: Callable[..., Any], level: Any, bounds: Any) -> LevelSet:
    """Where `f` has the value `level` in a box of two variables, as curves.

    Curves are followed through folds, around closed loops, and to the edge of the box; where branches cross, at a
    saddle of just that value, each branch ends.

    >>> circle = level_set(lambda x, y: x**2 + y**2, 1.0, [(-2, 2), (-2, 2)])
    >>> len(circle), circle.curves[0].closed, round(circle.curves[0].length, 2)
    (1, True, 6.28)

    Raises:
        ShapeError: if there are not two variables.
        ArgumentError: for a level that is no finite number, or where f has no value in the box.
    """
    box = box_of(bounds)
    if box.size != PLANE:
        raise ShapeError(f"a level curve lies in a plane: bounds of 2 variables are needed, got {box.size}")
    if isinstance(level, bool) or not isinstance(level, (int, float, np.number)) or not np.isfinite(level):
        raise ArgumentError(f"the level is a finite number, got {level!r}")
    return _LevelSets(ScalarField(f, PLANE), box).at(float(level))


class _LevelSets:
    def __init__(self, field: ScalarField, box: Box):
        self.field, self.box = field, box
        self.axes = [np.linspace(a, b, GRID + 1) for a, b in zip(box.low, box.high, strict=True)]
        self.nodes = np.stack(np.meshgrid(*self.axes, indexing="ij"), axis=-1)
        self.values = np.array([[field.value(x) for x in row] for row in self.nodes])
        finite = self.values[np.isfinite(self.values)]
        if not finite.size:
            raise ArgumentError(
                f"{field.name} has no finite value at any of {self.values.size} points of {box}: are the bounds right?"
            )
        field.gradient(self.nodes.reshape(-1, PLANE)[np.flatnonzero(np.isfinite(self.values.ravel()))[0]])
        self.range = float(finite.max() - finite.min())
        self.longest = LONGEST * box.diameter
        self.critical = self._critical_points()

    def _critical_points(self) -> list[np.ndarray]:
        found: list[np.ndarray] = []
        for s in found_from(self.field, self.box, starts(self.box, STARTS)):
            if self.box.contains(s.x) and all(np.linalg.norm(s.x - x) > self.longest / 10 for x in found):
                found.append(s.x)
        return found

    def at(self, level: float) -> LevelSet:
        scale = max(self.range, abs(level))
        system = System(
            lambda x: np.array([self.field.value(x) - level]), lambda x: self.field.gradient(x)[None], 1e-10 * scale
        )
        zero = SINGULAR * self.range / self.box.diameter**2
        here = [x for x in self.critical if abs(self.field.value(x) - level) <= CROSSING * scale]
        crossings = [x for x in here if len(_branches(self.field.hessian(x), zero)) > 0]
        single = [x for x in here if _is_definite(self.field.hessian(x), zero)]
        odd = [x for x in here if not any(x is y for y in (*crossings, *single))]
        others = [x for x in self.critical if not any(x is y for y in here)]
        marks = Landmarks(*(np.array(x).reshape(-1, PLANE) for x in ((*crossings, *odd), others)))
        curves: list[Curve] = []
        for x in crossings:
            for d in _branches(self.field.hessian(x), zero):
                self._set_out(system, x, d, marks, curves)
        for seed in self._seeds(level):
            if not self._is_known(seed, curves) and np.linalg.norm(self.field.gradient(seed)) > 0:
                points, ends = both_ways(system, seed, self.box, self.longest, marks)
                curves.append(Curve(points, ends))
        return LevelSet(
            level, tuple(curves), np.array(crossings).reshape(-1, PLANE), np.array(single).reshape(-1, PLANE),
            (*self._areas(level), *self._notes(curves, crossings, single, odd)),
        )  # fmt: skip

    def _set_out(self, system: System, x: np.ndarray, d: np.ndarray, marks: Landmarks, curves: list[Curve]) -> None:
        """A branch from a crossing, if it was not followed from its other end."""
        first = corrected(system, x + self.longest / 2 * d, self.longest / 2)
        if first is None or not self.box.contains(first) or self._is_known(first, curves):
            return
        trace = follow(system, first, d, self.box, self.longest, marks)
        curves.append(Curve(np.concatenate([x[None], trace.points]), (End.STOP, trace.end)))

    def _is_known(self, seed: np.ndarray, curves: list[Curve]) -> bool:
        return any(distance_to(c.points, seed) <= self.longest / 4 for c in curves)

    # --- seeds ----------------------------------------------------------------------------------------

    def _seeds(self, level: float) -> Iterator[np.ndarray]:
        """Points on the curves: where the value passes the level between two points."""
        for a, b in (*self._ways(), *self._steps_of_grid(level)):
            low, high = self.field.value(a) - level, self.field.value(b) - level
            if np.isfinite(low) and np.isfinite(high) and low * high <= 0 and (low or high):
                yield self._root(a, b, level)

    def _ways(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        (xs, ys), (low, high) = self.axes, (self.box.low, self.box.high)
        for k, x in enumerate(self.critical):
            i, j = (int(np.searchsorted(axis, c)) for axis, c in zip(self.axes, x, strict=True))
            around = [(xs[min(max(p, 0), GRID)], ys[min(max(q, 0), GRID)]) for p in (i - 1, i) for q in (j - 1, j)]
            yield from ((x, np.array(p)) for p in around)
            yield from ((x, other) for other in self.critical[k + 1 :])
        for axis in range(PLANE):
            along = np.linspace(low[axis], high[axis], EDGE + 1)
            for side in (low[1 - axis], high[1 - axis]):
                row = np.stack([along, np.full(len(along), side)][:: 1 if axis == 0 else -1], axis=-1)
                yield from itertools.pairwise(row)

    def _steps_of_grid(self, level: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Neighbours on the grid with the level between them."""
        for nodes, values in ((self.nodes, self.values), (self.nodes.swapaxes(0, 1), self.values.T)):
            above = np.sign(values - level)
            for i, j in zip(*np.nonzero(above[:-1] * above[1:] <= 0), strict=True):
                yield nodes[i, j], nodes[i + 1, j]

    def _root(self, a: np.ndarray, b: np.ndarray, level: float) -> np.ndarray:
        """The point between a and b of this value; where rounding hides the change of sign, the nearer end."""

        def beyond(s: float) -> float:
            return self.field.value(a + s * (b - a)) - level

        ends = beyond(0.0), beyond(1.0)
        if not ends[0] * ends[1] < 0:
            return a if abs(ends[0]) <= abs(ends[1]) else b
        return np.asarray(a + float(brentq(beyond, 0.0, 1.0, xtol=1e-15, rtol=1e-14)) * (b - a))

    # --- words ----------------------------------------------------------------------------------------

    def _areas(self, level: float) -> Iterator[str]:
        here = self.values == level
        cells = here[:-1, :-1] & here[1:, :-1] & here[:-1, 1:] & here[1:, 1:]
        if cells.any():
            yield f"f has this value on areas, about {np.mean(cells):.0%} of the box, which curves do not show"

    def _notes(
        self, curves: list[Curve], crossings: list[np.ndarray], single: list[np.ndarray], odd: list[np.ndarray]
    ) -> Iterator[str]:
        for x in crossings:
            yield f"branches cross at {_shown(x)}, a saddle of this value"
        for x in single:
            yield f"{_shown(x)} is a single point of this value: an extremum"
        if odd:
            shown = ", ".join(map(_shown, odd[:SHOWN])) + (
                f" and {len(odd) - SHOWN} more points" if odd[SHOWN:] else ""
            )
            yield f"at {shown} the Hessian is singular: f may only touch this value there, or many branches meet"
        for c in curves:
            if End.LOST in c.ends:
                yield f"a curve was lost at {_shown(c.points[-1])}: f has a kink, a jump or no value there"
            if End.LONG in c.ends:
                yield f"a curve was given up after {len(c.points)} points"


def _branches(hessian: np.ndarray, zero: float) -> list[np.ndarray]:
    """The four unit directions along which vᵀHv = 0 at a saddle; none elsewhere."""
    (small, large), v = np.linalg.eigh(hessian)
    if small >= -zero or large <= zero:
        return []
    a, b = np.sqrt(large), np.sqrt(-small)
    directions = [a * v[:, 0] + b * v[:, 1], a * v[:, 0] - b * v[:, 1]]
    return [s * d / np.linalg.norm(d) for d in directions for s in (1.0, -1.0)]


def _is_definite(hessian: np.ndarray, zero: float) -> bool:
    small, large = np.linalg.eigvalsh(hessian)
    return bool(small > zero or large < -zero)


def _shown(x: np.ndarray) -> str:
    return "(" + ", ".join(f"{v:.6g}" for v in x) + ")"
