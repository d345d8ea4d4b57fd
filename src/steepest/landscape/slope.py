"""How fast a function rises from a point: in which direction most, in every direction, and along its level curve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from steepest.api.transforms import grad
from steepest.errors import ArgumentError, ShapeError

from .field import ScalarField

TURN = 361  # angles of a full turn, a degree apart
PLANE = 2
RADIUS = 1e-3  # of a measured level curve, in units of the point's own size


@dataclass(frozen=True)
class SteepestDirection:
    """The unit direction in which f rises fastest, shaped like x, and the rate: the length of the gradient.

    Down it falls as fast. Where the gradient is 0 no direction is steepest: rate and direction are 0.
    """

    direction: np.ndarray
    rate: float


def steepest_direction(f: Callable[..., Any], x: Any) -> SteepestDirection:
    """Where `f` rises fastest from `x`, and how fast.

    >>> s = steepest_direction(lambda x: 3 * x[0] + 4 * x[1], np.zeros(2))
    >>> s.direction, s.rate
    (array([0.6, 0.8]), 5.0)
    """
    x = _point(x)
    g = np.reshape(_gradient(f, x), x.shape)
    rate = float(np.linalg.norm(g))
    return SteepestDirection(g / rate if rate else g, rate)


@dataclass(frozen=True)
class DirectionalRates:
    """Slopes of f at a point in many directions of a plane, by angle in radians; a cosine of the angle."""

    angles: np.ndarray
    rates: np.ndarray
    steepest_angle: float
    maximal_rate: float


def directional_rates(
    f: Callable[..., Any], x: Any, angles: Any = None, plane: tuple[Any, Any] | None = None
) -> DirectionalRates:
    """The directional derivative of `f` at `x` over all angles, or those given.

    The direction of angle a is ``cos(a) u + sin(a) v`` with the unit vectors u, v of `plane`, the axes of two variables
    if there is none.

    >>> round(directional_rates(lambda x: x[0] ** 2 + x[1], np.array([1.0, 0.0])).maximal_rate, 6)
    2.236068
    """
    x = _point(x)
    u, v = _orthonormal(x, plane)
    a = np.linspace(0, 2 * np.pi, TURN) if angles is None else np.asarray(angles, dtype=np.float64)
    if not np.isfinite(a).all():
        raise ArgumentError("the angles are finite numbers, in radians")
    g = _gradient(f, x)
    along = float(g @ u), float(g @ v)
    return DirectionalRates(
        a, np.cos(a) * along[0] + np.sin(a) * along[1], float(np.arctan2(along[1], along[0])), float(np.hypot(*along))
    )


def _orthonormal(x: np.ndarray, plane: tuple[Any, Any] | None) -> tuple[np.ndarray, np.ndarray]:
    if plane is None:
        if x.size != PLANE:
            raise ShapeError(
                f"the directions of {x.size} variables are no plane of angles: give plane=(u, v), two directions"
            )
        return np.eye(PLANE)[0], np.eye(PLANE)[1]
    u, v = (np.ravel(np.asarray(d, dtype=np.float64)) for d in plane)
    if u.size != x.size or v.size != x.size:
        raise ShapeError(f"the directions of the plane have {u.size} and {v.size} entries, the point {x.size}")
    q, r = np.linalg.qr(np.stack([u, v], axis=1))
    sizes = np.linalg.norm(np.stack([u, v], axis=1), axis=0)
    if not np.all(np.abs(np.diag(r)) > 1e-12 * sizes):
        raise ArgumentError("the two directions of the plane are parallel, or one is 0")
    q = q * np.sign(np.diag(r))
    return q[:, 0], q[:, 1]


@dataclass(frozen=True)
class Perpendicularity:
    """The angle in degrees between the gradient and the level curve, both measured; `tangent` is the curve's."""

    degrees: float
    gradient: np.ndarray
    tangent: np.ndarray


def perpendicularity(f: Callable[..., Any], x: Any, radius: float | None = None) -> Perpendicularity:
    """Measure the angle between the gradient at `x` and the level curve through it, in two variables.

    The curve is found by its values alone: the two points at distance `radius` where f is what it is at x. So the angle
    is 90° up to terms in the square of the radius, and no theorem is put in.

    >>> round(perpendicularity(lambda x, y: x**2 + 3 * y**2, [1.0, 2.0]).degrees, 3)
    90.0

    Raises:
        ArgumentError: where the gradient is 0, or no level curve leaves the little circle: the radius is too large.
    """
    x = _point(x)
    if x.size != PLANE:
        raise ShapeError(f"a level curve lies in a plane: a point of 2 variables is needed, got {x.size}")
    field = ScalarField(f, PLANE)
    g = field.gradient(x)
    if not np.isfinite(g).all() or not g.any():
        raise ArgumentError(f"the gradient at {x.tolist()} is {g.tolist()}: there is no direction to measure")
    r = radius if radius is not None else RADIUS * (float(np.linalg.norm(x)) or 1.0)
    level, up = field.value(x), float(np.arctan2(g[1], g[0]))

    def beyond(angle: float) -> float:
        return field.value(x + r * np.array([np.cos(angle), np.sin(angle)])) - level

    if not (beyond(up) > 0 > beyond(up + np.pi)):
        raise ArgumentError(f"at distance {r:g} the function no longer rises along the gradient: give a smaller radius")
    angles = [brentq(beyond, up, up + s * np.pi, xtol=1e-15, rtol=1e-14) for s in (1, -1)]
    one, other = (np.array([np.cos(a), np.sin(a)]) for a in angles)
    chord = (one - other) / np.linalg.norm(one - other)
    cosine = float(np.clip(chord @ g / np.linalg.norm(g), -1, 1))
    return Perpendicularity(float(np.degrees(np.arccos(cosine))), g, chord)


def _gradient(f: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    """The flat gradient; at a vector `f` may also be a function of so many numbers."""
    if x.ndim != 1:
        return np.ravel(np.asarray(grad(f)(x), dtype=np.float64))
    found = ScalarField(f, x.size).gradient(x)
    if not np.isfinite(found).all():
        raise ArgumentError(f"the function has no finite value or gradient at {x.tolist()}")
    return found


def _point(x: Any) -> np.ndarray:
    try:
        found = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(f"a point is an array of numbers, got {x!r}") from None
    if not np.isfinite(found).all():
        raise ArgumentError("the point is not finite")
    return found
