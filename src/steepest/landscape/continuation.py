"""Curves F(x) = 0 of one dimension less than their space, followed by predictor and corrector through folds.

The tangent spans the kernel of the Jacobian; a step along it is corrected by Gauss–Newton steps at right angles
(Allgower & Georg, Introduction to Numerical Continuation Methods, chapters 2, 3 and 6). Arc length is the parameter, so
a curve that turns back in every coordinate is as good as a straight one.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .box import Box

Residual = Callable[[np.ndarray], np.ndarray]
Jacobian = Callable[[np.ndarray], np.ndarray]

CORRECTIONS = 8
SHARPEST_TURN = np.cos(0.35)  # between one tangent and the next
GROWTH, CUT = 1.4, 0.5
COME_BACK = 0.6  # of a step: a curve that near to its start closes
WITHIN = 0.3  # of the distance to where branches come close
SHORTEST = 1e-6  # of the longest step
MOST_POINTS = 5_000
ROUNDS = 60  # of halving towards the edge of the box


class End(enum.StrEnum):
    """Where a curve ends."""

    CLOSED = "closes on itself"
    EDGE = "leaves the box"
    STOP = "meets a point where it crosses another branch"
    LOST = "could not be followed any further"
    LONG = "is longer than the number of points allowed"


@dataclass(frozen=True)
class System:
    """F, its Jacobian, and the size of F below which it is 0."""

    residual: Residual
    jacobian: Jacobian
    tolerance: float


@dataclass(frozen=True)
class Trace:
    """points: ``(k, n)`` along the curve in order; how the last one came to be the last."""

    points: np.ndarray
    end: End


@dataclass(frozen=True)
class Landmarks:
    """Points ``(m, n)`` where branches meet, which end a curve, and others close to which two branches pass."""

    stops: np.ndarray
    narrows: np.ndarray

    def room(self, x: np.ndarray) -> float:
        """The longest step at `x` that cannot lead over to another branch."""
        return WITHIN * float(np.min(np.linalg.norm(self.narrows - x, axis=1), initial=np.inf))


def tangent(jacobian: np.ndarray, along: np.ndarray | None = None) -> np.ndarray:
    """The unit vector of the kernel, on the side of `along`."""
    v = np.linalg.svd(np.atleast_2d(jacobian))[2][-1]
    return np.asarray(-v if along is not None and v @ along < 0 else v)


def corrected(system: System, x: np.ndarray, furthest: float) -> np.ndarray | None:
    """The point of the curve next to `x`; None if that is not found within `furthest`."""
    start = x
    for _ in range(CORRECTIONS):
        value = np.atleast_1d(system.residual(x))
        if not np.isfinite(value).all():
            return None
        jacobian = np.atleast_2d(system.jacobian(x))
        if not np.isfinite(jacobian).all():
            return None
        move = _across(jacobian, value)
        x = x - move
        if np.linalg.norm(x - start) > furthest:
            return None
        if np.linalg.norm(move) <= 1e-13 * (furthest + float(np.linalg.norm(x))):
            break
    return x if np.linalg.norm(np.atleast_1d(system.residual(x))) <= system.tolerance else None


def _across(jacobian: np.ndarray, value: np.ndarray) -> np.ndarray:
    """The shortest solution of J dx = F, of the rank that a curve has."""
    u, s, vt = np.linalg.svd(jacobian, full_matrices=False)
    rank = jacobian.shape[1] - 1
    kept = s[:rank] > 0
    return np.asarray(vt[:rank][kept].T @ ((u[:, :rank][:, kept].T @ value) / s[:rank][kept]))


def follow(
    system: System, start: np.ndarray, direction: np.ndarray, box: Box, longest: float,
    marks: Landmarks | None = None,
) -> Trace:  # fmt: skip
    """Follow the curve from a point on it, to the side of `direction`, with steps up to `longest`.

    It ends where it closes, at the edge of the box, or next to a point where branches meet.
    """
    nowhere = np.zeros((0, len(start)))
    marks = Landmarks(nowhere, nowhere) if marks is None else marks
    x, t = np.array(start), tangent(system.jacobian(start), direction)
    out, points, step = t, [x], longest / 4
    gone = 0.0
    while len(points) < MOST_POINTS:
        step = min(step, max(marks.room(x), SHORTEST * longest))
        new = corrected(system, x + step * t, step)
        turned = None if new is None else _turned(system, new, x, t)
        if new is None or turned is None:
            step *= CUT
            if step < SHORTEST * longest:
                return Trace(np.array(points), End.LOST)
            continue
        near = _passed(marks.stops, x, new) if gone > longest / 8 else None
        if near is not None:
            return Trace(np.array([*points, near]), End.STOP)
        if not box.contains(new):
            return Trace(np.array([*points, *_at_edge(system, x, t, step, box)]), End.EDGE)
        if len(points) > 2 and _is_back(start, out, x, new, turned):
            return Trace(np.array([*points, start]), End.CLOSED)
        gone += float(np.linalg.norm(new - x))
        points.append(new)
        x, t, step = new, turned, min(longest, step * GROWTH)
    return Trace(np.array(points), End.LONG)


def _is_back(start: np.ndarray, out: np.ndarray, x: np.ndarray, new: np.ndarray, turned: np.ndarray) -> bool:
    """Whether a step from x to new comes to where the curve set out in the direction `out`, in that direction."""
    if turned @ out <= 0:
        return False
    close = np.linalg.norm(new - start) <= COME_BACK * np.linalg.norm(new - x)
    return bool(close) or _passed(start[None], x, new) is not None


def _turned(system: System, new: np.ndarray, x: np.ndarray, t: np.ndarray) -> np.ndarray | None:
    """The tangent at the new point; None if the curve turns too sharply to be the same one."""
    found = tangent(system.jacobian(new), t)
    chord = new - x
    return found if found @ t > SHARPEST_TURN and chord @ t > SHARPEST_TURN * np.linalg.norm(chord) else None


def _passed(points: np.ndarray, x: np.ndarray, new: np.ndarray) -> np.ndarray | None:
    """The point of those that lies beside the way from x to new, close to it."""
    chord = new - x
    length = float(np.linalg.norm(chord))
    for p in points:
        part = (p - x) @ chord / length**2
        if 0 < part <= 1 and np.linalg.norm(p - x - part * chord) <= length / 2:
            return np.asarray(p)
    return None


def _at_edge(system: System, x: np.ndarray, t: np.ndarray, step: float, box: Box) -> list[np.ndarray]:
    """The last point inside of the box, as close to its edge as numbers allow; none if x itself is that point."""
    inside, outside, last = 0.0, step, x
    for _ in range(ROUNDS):
        middle = (inside + outside) / 2
        new = corrected(system, x + middle * t, step)
        if new is not None and box.contains(new):
            inside, last = middle, new
        else:
            outside = middle
        if outside - inside <= 1e-15 * step:
            break
    return [box.nearest(last)] if np.linalg.norm(last - x) > SHORTEST * step else []


def both_ways(
    system: System, start: np.ndarray, box: Box, longest: float, marks: Landmarks | None = None
) -> tuple[np.ndarray, tuple[End, End]]:
    """The whole curve through a point, ``(k, n)``, and how it ends at both ends."""
    t = tangent(system.jacobian(start))
    forth = follow(system, start, t, box, longest, marks)
    if forth.end is End.CLOSED:
        return forth.points, (End.CLOSED, End.CLOSED)
    back = follow(system, start, -t, box, longest, marks)
    return np.concatenate([back.points[:0:-1], forth.points]), (back.end, forth.end)


def distance_to(points: np.ndarray, x: np.ndarray) -> float:
    """From `x` to the polygon through points ``(k, n)``."""
    if len(points) == 1:
        return float(np.linalg.norm(points[0] - x))
    a, d = points[:-1], np.diff(points, axis=0)
    lengths = np.sum(d * d, axis=1)
    along = np.clip(np.sum((x - a) * d, axis=1) / np.where(lengths > 0, lengths, 1.0), 0, 1)
    return float(np.min(np.linalg.norm(a + along[:, None] * d - x, axis=1)))
