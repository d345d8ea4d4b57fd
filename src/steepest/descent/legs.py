"""From one stop of a method to the next: off saddles, on where it stopped early, over to another where it is stuck."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from .endless import UNSEEN, falls_endlessly
from .objective import Objective
from .path import Floats
from .reasons import Reason, Stopped
from .run import POWER, Run
from .stationarity import Local, local, lower_along, lower_on_flat

MOST_LEGS = 100
PROGRESS = 1e-10  # part of the largest value, that a leg must have gained to be run again
STRICTER = 1e-3  # times the tolerance, where it was met although Newton's method would still go on
STRICTEST = 1e-9
NEAR = 0.75  # power of the tolerance: how far, beside the parameters' sizes, Newton's step may still go
CLOSE = 1e-6  # the same, where rounding stops a method
ROUGH = 1e-4  # tolerance that a point meets which rounding keeps from being flatter

Leg = Callable[[Floats], Reason]


def go(
    legs: Sequence[Leg], objective: Objective, run: Run, x: Floats, note: Callable[[Floats], None],
    reached: Reason | None = None,
) -> Reason:  # fmt: skip
    """Run the first of `legs` from x (unless its end is `reached` already), and on from where it ends, until
    the point is a minimum or nothing helps.

    A stationary point with negative curvature is left along it, whatever the method. `note` is given the point from
    which a leg starts anew.
    """
    which = 0
    for _ in range(MOST_LEGS):
        assert run.best is not None
        if math.isnan(run.entered):
            run.entered = run.best.value
        reason, reached = reached or legs[which](x), None
        if reason not in (Reason.CONVERGED, Reason.STALLED):
            return reason
        x, value, gradient = run.best.x, run.best.value, run.gradient
        here = local(objective, run, x, value, gradient)
        way = None if here is None else here.off_saddle()
        if way is not None:
            lower = lower_along(objective, run, x, value, way)
        else:
            lower = None if here is None else lower_on_flat(objective, run, x, here)
        if lower is not None and run.iteration >= run.most:
            return Reason.ITERATIONS
        if lower is not None:
            run.entered = math.nan
            note(lower)
            try:
                run.visit(lower, *objective.both(lower))
            except Stopped as stop:
                if stop.reason is not Reason.CONVERGED:
                    return stop.reason
            x, which = lower, 0
        elif _is_there(reason, here, run):
            if here is not None and falls_endlessly(objective, run, x, here) is not None:
                return Reason.ENDLESS
            return reason if reason is Reason.CONVERGED else Reason.ROUNDING
        elif reason is Reason.CONVERGED and run.strictness > STRICTEST:
            run.strictness *= STRICTER
        elif run.entered - value > PROGRESS * run.largest:  # without the memory that led it here it may find a way
            pass
        elif which + 1 < len(legs):
            which += 1
        else:
            return Reason.STALLED
        run.entered = math.nan
        note(x)
    return Reason.STALLED


def _is_there(reason: Reason, here: Local | None, run: Run) -> bool:
    """Whether the point is stationary as far as can be told."""
    if here is None or here.newton_step != here.newton_step:  # the curvature is not known
        if reason is Reason.CONVERGED:
            return True
        assert run.best is not None
        return run.is_flat(
            run.best.x, run.best.value, run.bounds.free(run.best.x, run.gradient) * run.tolerance / ROUGH
        )
    if reason is Reason.STALLED and here.unbent > max(ROUGH * abs(here.value), ROUGH**POWER * run.largest):
        return False
    near = run.tolerance**NEAR if reason is Reason.CONVERGED else CLOSE
    return here.newton_step <= near or here.gain <= UNSEEN * here.precision * abs(here.value)
