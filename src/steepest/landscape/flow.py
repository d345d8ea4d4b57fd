"""Lines of the gradient flow: the ways that water takes, dx/dt = −∇f(x), or that climb, dx/dt = ∇f(x)."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from steepest.errors import ArgumentError

from .box import Box, box_of
from .field import ScalarField

AT_REST = 1e-8  # of the first slope: the line has come to a critical point
FAR = 1e6  # of the size of the start: the line runs away
LONG = 1e9  # the default time, in units of the size of the start by its slope
TOLERANCE = 1e-8


class Way(enum.StrEnum):
    """Whether a line of flow leads down or up."""

    DOWN = "down"
    UP = "up"


class FlowEnd(enum.StrEnum):
    """How a line of flow ends."""

    REST = "comes to rest at a critical point"
    EDGE = "leaves the box"
    AWAY = "runs away without end"
    TIME = "is still under way when the time is up"
    BROKEN = "meets a place where f has no gradient"


@dataclass(frozen=True)
class FlowLine:
    """times ``(k,)``, points ``(k, n)`` and values ``(k,)`` along one line."""

    times: np.ndarray
    points: np.ndarray
    values: np.ndarray
    end: FlowEnd

    @property
    def length(self) -> float:
        return float(np.linalg.norm(np.diff(self.points, axis=0), axis=1).sum())

    def __repr__(self) -> str:
        return (
            f"FlowLine of {len(self.times)} points, f from {self.values[0]:.6g} to {self.values[-1]:.6g}; it {self.end}"
        )


def gradient_flow(
    f: Callable[..., Any], x0: Any, *, way: str = "down", time: float | None = None, bounds: Any = None
) -> FlowLine:
    """The line of the gradient flow from `x0`, by an implicit method with the exact Hessian.

    It ends at a critical point, at the edge of the box if there are `bounds`, or after `time`. At right angles to every
    level curve, it is what gradient descent follows when its step goes to 0.

    >>> line = gradient_flow(lambda x, y: x**2 + 10 * y**2, [1.0, 1.0])
    >>> str(line.end), bool(np.allclose(line.points[-1], 0, atol=1e-6))
    ('comes to rest at a critical point', True)

    Raises:
        ArgumentError: for a start that is not finite, outside of the bounds, or where f has no gradient.
    """
    start = np.atleast_1d(np.asarray(x0, dtype=np.float64))
    if start.ndim != 1 or not np.isfinite(start).all():
        raise ArgumentError(f"a flow starts at a vector of finite numbers, got {x0!r}")
    if way not in tuple(Way):
        raise ArgumentError(f"a flow leads 'down' or 'up', got {way!r}")
    box = None if bounds is None else box_of(bounds)
    if box is not None and (box.size != start.size or not box.contains(start)):
        raise ArgumentError(f"the start {start.tolist()} is not inside of the bounds {box}")
    if time is not None and not (np.isfinite(time) and time > 0):
        raise ArgumentError(f"the time of a flow is a positive number, got {time!r}")
    return _followed(ScalarField(f, start.size), start, -1.0 if way == Way.DOWN else 1.0, time, box)


def _followed(field: ScalarField, start: np.ndarray, sign: float, time: float | None, box: Box | None) -> FlowLine:
    first = field.gradient(start)
    if not np.isfinite(first).all():
        raise ArgumentError(f"{field.name} has no finite gradient at the start {start.tolist()}")
    slope = float(np.linalg.norm(first))
    size = float(np.linalg.norm(start)) or 1.0
    if slope == 0:
        return FlowLine(np.zeros(1), start[None], np.array([field.value(start)]), FlowEnd.REST)

    def at_rest(t: float, x: np.ndarray) -> float:
        return float(np.linalg.norm(field.gradient(x))) - AT_REST * slope

    def at_edge(t: float, x: np.ndarray) -> float:
        return 1.0 if box is None else float(np.min(np.minimum(x - box.low, box.high - x) / box.width)) + 1e-12

    def away(t: float, x: np.ndarray) -> float:
        return FAR * size - float(np.linalg.norm(x - start))

    for event in (at_rest, at_edge, away):
        event.terminal = True  # type: ignore[attr-defined]
    until = LONG * size / slope if time is None else float(time)
    try:
        solved = solve_ivp(
            lambda t, x: sign * field.gradient(x), (0.0, until), start, method="Radau",
            jac=lambda t, x: sign * field.hessian(x), events=(at_rest, at_edge, away), rtol=TOLERANCE,
            atol=TOLERANCE * size, first_step=min(until, 1e-3 * size / slope),
        )  # fmt: skip
    except ValueError:  # a gradient of NaN went into its linear algebra
        return FlowLine(np.zeros(1), start[None], np.array([field.value(start)]), FlowEnd.BROKEN)
    met = [len(t) > 0 for t in solved.t_events]
    ends = dict(zip((FlowEnd.REST, FlowEnd.EDGE, FlowEnd.AWAY), met, strict=True))
    unmet = FlowEnd.TIME if solved.status == 0 else FlowEnd.BROKEN
    points = solved.y.T
    end = next((e for e, yes in ends.items() if yes), unmet)
    return FlowLine(solved.t, points, np.array([field.value(x) for x in points]), end)
