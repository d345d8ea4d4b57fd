"""BFGS, L-BFGS-B, Newton's method and trust regions: SciPy's, with exact gradients, Hessians and products with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import minimize

from steepest.errors import NonFiniteError, SteepestError

from .objective import Objective
from .path import Floats
from .reasons import Reason, Stopped
from .run import Run

DENSE = 200  # parameters up to which the Hessian is formed
WALL = 4.0  # times the largest value seen: what SciPy's line searches, which cannot do with infinity, get for it
REJECTED = 60  # steps in a row, after which the trust region is as small as rounding

Leg = Callable[[Objective, Run, Floats], Reason]


def bfgs(objective: Objective, run: Run, x: Floats) -> Reason:
    """Quasi-Newton with a dense approximation of the inverse Hessian (Nocedal and Wright, algorithm 6.1)."""
    return _scipy(objective, run, x, "BFGS", {"gtol": 0.0})


def l_bfgs(objective: Objective, run: Run, x: Floats) -> Reason:
    """Quasi-Newton with little memory, and bounds (Byrd, Lu, Nocedal and Zhu, 1995)."""
    return _scipy(
        objective, run, x, "L-BFGS-B", {"gtol": 0.0, "ftol": 0.0, "maxfun": 100 * run.most, "maxls": 50, "maxcor": 20},
        bounds=run.bounds.pairs(),
    )  # fmt: skip


def newton(objective: Objective, run: Run, x: Floats) -> Reason:
    """Newton's method with conjugate gradients on products with the Hessian (Nocedal and Wright, algorithm 7.1)."""
    return _scipy(objective, run, x, "Newton-CG", {"xtol": 0.0}, hessp=_product(objective))


def trust_region(objective: Objective, run: Run, x: Floats) -> Reason:
    """Newton's method in a trust region: solved exactly with few parameters, by Lanczos steps with many."""
    radius = {"initial_trust_radius": max(1.0, float(np.linalg.norm(x))), "max_trust_radius": 1e100, "gtol": 0.0}
    if objective.size <= DENSE:
        return _scipy(objective, run, x, "trust-exact", radius, hess=_hessian(objective))
    return _scipy(objective, run, x, "trust-krylov", radius, hessp=_product(objective))


def _hessian(objective: Objective) -> Callable[[Floats], Floats]:
    """The Hessian, or where it is not finite the identity: SciPy asks for it at rejected points too.

    Parameters without any curvature get some: in a singular Hessian SciPy would move them though nothing asks for it.
    """

    def at(x: Floats) -> Floats:
        try:
            found = objective.hessian(x)
        except NonFiniteError:
            return np.eye(x.size)
        except SteepestError:  # a function without a second derivative
            raise Stopped(Reason.STALLED) from None
        idle = ~found.any(axis=0)
        return found + np.diag(idle * (np.abs(found).max() or 1.0))

    return at


def _product(objective: Objective) -> Callable[[Floats, Floats], Floats]:
    def at(x: Floats, v: Floats) -> Floats:
        try:
            return objective.product(x, v)
        except NonFiniteError:
            return np.array(v)
        except SteepestError:
            raise Stopped(Reason.STALLED) from None

    return at


def _scipy(objective: Objective, run: Run, x: Floats, method: str, options: dict[str, Any], **given: Any) -> Reason:
    """Run one of SciPy's methods; what it visits is reported to the run, which also says when it is enough."""
    rejected = 0

    def both(x: Floats) -> tuple[float, Floats]:
        value, gradient = objective.both(np.array(x))
        if value == -np.inf:
            raise Stopped(Reason.UNBOUNDED)
        return (value, gradient) if value < np.inf else (WALL * run.largest + np.finfo(float).tiny, np.zeros_like(x))

    def report(x: Floats) -> None:
        nonlocal rejected
        assert run.last is not None
        if np.array_equal(x, run.last.x):
            rejected += 1
            if rejected > REJECTED:
                raise Stopped(Reason.STALLED)
            return
        rejected = 0
        run.visit(x, *objective.both(np.array(x)))

    try:
        minimize(both, x, jac=True, method=method, callback=report, options={**options, "maxiter": run.most + REJECTED},
                 **given)  # fmt: skip
    except Stopped as stop:
        return stop.reason
    except np.linalg.LinAlgError:
        return Reason.STALLED
    return Reason.STALLED
