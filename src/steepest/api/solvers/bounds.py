"""Bounds on the unknowns of a minimum, as SciPy reads them."""

from __future__ import annotations

import numpy as np

from steepest.frontends.tracing.tracer import find_tracers

from .calling import Called, refusal


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
