"""Gauss–Newton in the trust region of Levenberg and Marquardt (SciPy's), then plain steps to the last digits."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from scipy.linalg import lstsq
from scipy.optimize import least_squares

from steepest.errors import NonFiniteError

from .objective import Objective
from .path import Floats
from .reasons import Reason, Stopped
from .residuals import Residuals
from .run import Run

BESIDE = 1e-5  # how far from a bound that holds it, beside its size, a parameter may have been left
POLISHING = 20  # steps at most
EPS = 2.0**-52
ALIKE = 1e-9  # part of the value that may be rounding: of residuals that are small differences of large numbers


def gauss_newton(residuals: Residuals, objective: Objective, run: Run, x: Floats) -> Reason:
    """A trust region in columns scaled to the same length (Branch, Coleman and Li, 1999), until it gets no further."""

    def report(intermediate_result: object) -> None:
        at = np.array(intermediate_result.x)  # type: ignore[attr-defined]
        if run.last is None or not np.array_equal(at, run.last.x):
            run.visit(at, *objective.both(at))

    reason = Reason.STALLED
    try:
        least_squares(
            residuals.value, x, residuals.jacobian, bounds=(run.bounds.low, run.bounds.high), method="trf",
            x_scale="jac", ftol=EPS, xtol=EPS, gtol=None, max_nfev=run.most, callback=report,
        )  # fmt: skip
    except Stopped as stop:
        reason = stop.reason
    except (NonFiniteError, np.linalg.LinAlgError):
        reason = Reason.STALLED
    if reason in (Reason.CONVERGED, Reason.STALLED):
        _press(objective, run)
        return _polish(residuals, objective, run, reason)
    return reason


def _press(objective: Objective, run: Run) -> None:
    """Put what a bound holds onto it: the trust region stays inside, if ever so little."""
    assert run.best is not None
    x, bounds, near = run.best.x, run.bounds, BESIDE * run.sizes(run.best.x)
    on = np.where((x - bounds.low <= near) & (run.gradient > 0), bounds.low, x)
    on = np.where((bounds.high - x <= near) & (run.gradient < 0), bounds.high, on)
    value, slope = objective.both(on)
    if not np.array_equal(on, x) and value <= run.best.value:
        with suppress(Stopped):
            run.settle(on, value, slope)


def _polish(residuals: Residuals, objective: Objective, run: Run, reason: Reason) -> Reason:
    """Gauss–Newton steps in the free parameters, from the best point, for as long as they get shorter."""
    assert run.best is not None
    x, value, before = run.best.x, run.best.value, np.inf
    for _ in range(POLISHING):
        free = run.bounds.inside(x)
        J, r = residuals.jacobian(x)[:, free], residuals.value(x)
        lengths = np.linalg.norm(J, axis=0)
        if not free.any() or not (np.isfinite(J).all() and lengths.all()):
            break
        step = np.zeros_like(x)
        step[free] = -lstsq(J / lengths, r, lapack_driver="gelsy")[0] / lengths
        length = float(np.max(np.abs(step) / run.sizes(x)))
        new = run.bounds.project(x + step)
        reached, slope = objective.both(new)
        if not length < before or not reached <= value * (1 + ALIKE) or np.array_equal(new, x):
            break
        before, x, value = length, new, min(value, reached)
        try:
            run.settle(new, reached, slope)
        except Stopped as stop:
            if stop.reason is not Reason.CONVERGED:
                return stop.reason
            reason = stop.reason
    return reason
