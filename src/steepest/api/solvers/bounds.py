"""Bounds on the unknowns of a minimum, as SciPy reads them, and the search between them.

A bound that holds an unknown must push: where the slope is 0 there, the solution has a kink, and is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.errors import NotConvergedError
from steepest.frontends.tracing.tracer import find_tracers

from .calling import Called, refusal
from .roots import FromStarts

HELD = 1e-6  # how near a bound, relative to 1 + its size, an unknown may be held by it
PUSHING = 1e-6  # how large, beside slopes here and at the start, the push of a bound must be


def bounds_of(call: Called, shape: tuple[int, ...]) -> tuple[np.ndarray, ...] | None:
    """Lower and upper bounds; None where there are none."""
    given = call["bounds"]
    if given is None:
        return None
    if next(find_tracers(given), None) is not None:
        raise refusal(call.name, "bounds", "it depends on what is differentiated")
    if hasattr(given, "lb"):
        low, high = given.lb, given.ub
    else:
        low = [-np.inf if v is None else v for v, _ in given]
        high = [np.inf if v is None else v for _, v in given]
    return tuple(np.broadcast_to(np.asarray(side, dtype=float), shape) for side in (low, high))


@dataclass(frozen=True)
class Between(FromStarts):
    """A solver between bounds; the last of the body's outputs is the gradient."""

    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    def __call__(self, f: Callable[..., Any], *starts: Any) -> Any:
        x = super().__call__(f, *starts)
        slope, steep = (np.ravel(f(np.asarray(at, dtype=np.float64)[()])[-1]) for at in (x, starts[0]))
        least = PUSHING * max(np.max(np.abs(slope)), np.max(np.abs(steep)))
        movable = np.less(self.low, self.high)
        for side, sign in ((self.low, 1.0), (self.high, -1.0)):
            distance = sign * (np.ravel(x) - side)
            held = movable & (distance <= HELD * (1 + np.abs(np.where(np.isinf(side), 0.0, side))))
            if np.any(held & (sign * slope <= least)):
                raise NotConvergedError(
                    f"{self.name} inside the function found a minimum at a bound that does not push: it has a kink"
                    " there, or the search ended early"
                    "\n    Ask for more digits (tol=), or give a wider bound where it makes no difference."
                )
        return x
