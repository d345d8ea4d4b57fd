"""BFGS, L-BFGS-B, Newton's method and trust regions: SciPy's, with exact gradients, Hessians and products with them."""

from __future__ import annotations

from collections.abc import Callable
from traceback import walk_tb
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
MODERATE = 10  # powers of two, within which parameters are given to SciPy as they are

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
    """Newton's method in a trust region: solved exactly with few parameters, by Lanczos steps with many.

    Parameters that are small or large are given to SciPy in a unit of their size: it takes a gradient for 0 that is
    small beside the Hessian, whatever the units of both.
    """
    size = float(np.log2(run.sizes(x).max()))
    unit = 1.0 if abs(size) < MODERATE else 2.0 ** round(size)  # a power of two: no digit changes
    options = {
        "initial_trust_radius": max(1.0, float(np.linalg.norm(x / unit))), "max_trust_radius": 1e100, "gtol": 0.0,
    }  # fmt: skip
    if objective.size <= DENSE:
        return _scipy(objective, run, x, "trust-exact", options, unit, hess=_hessian(objective, unit))
    return _scipy(objective, run, x, "trust-krylov", options, unit, hessp=_product(objective, unit))


def _hessian(objective: Objective, unit: float) -> Callable[[Floats], Floats]:
    """The Hessian, or where it is not finite the identity: SciPy asks for it at rejected points too.

    Parameters without any curvature get some: in a singular Hessian SciPy would move them though nothing asks for it.
    """

    def at(x: Floats) -> Floats:
        try:
            found = unit**2 * objective.hessian(unit * x)
        except NonFiniteError:
            return np.eye(x.size)
        except SteepestError:  # a function without a second derivative
            raise Stopped(Reason.STALLED) from None
        idle = ~found.any(axis=0)
        return found + np.diag(idle * (np.abs(found).max() or 1.0))

    return at


def _product(objective: Objective, unit: float = 1.0) -> Callable[[Floats, Floats], Floats]:
    def at(x: Floats, v: Floats) -> Floats:
        try:
            return unit * objective.product(unit * x, unit * v)
        except NonFiniteError:
            return np.array(v)
        except SteepestError:
            raise Stopped(Reason.STALLED) from None

    return at


def _scipy(
    objective: Objective, run: Run, x: Floats, method: str, options: dict[str, Any], unit: float = 1.0,
    **given: Any,
) -> Reason:  # fmt: skip
    """Run one of SciPy's methods, in a `unit` of the parameters; what it visits is reported to the run, which also says
    when it is enough.
    """
    rejected = 0

    def both(z: Floats) -> tuple[float, Floats]:
        value, gradient = objective.both(unit * z)
        if value == -np.inf:
            raise Stopped(Reason.UNBOUNDED)
        if value < np.inf:
            return value, unit * gradient
        return WALL * run.largest + np.finfo(float).tiny, np.zeros_like(z)

    def report(z: Floats) -> None:
        nonlocal rejected
        assert run.last is not None
        x = unit * z
        if np.array_equal(x, run.last.x):
            rejected += 1
            if rejected > REJECTED:
                raise Stopped(Reason.STALLED)
            return
        rejected = 0
        run.visit(x, *objective.both(x))

    try:
        minimize(both, x / unit, jac=True, method=method, callback=report,
                 options={**options, "maxiter": run.most + REJECTED}, **given)  # fmt: skip
    except Stopped as stop:
        return stop.reason
    except np.linalg.LinAlgError:
        return Reason.STALLED
    except UnboundLocalError as error:
        if not _is_scipys(error):
            raise
        return Reason.STALLED
    return Reason.STALLED


def _is_scipys(error: BaseException) -> bool:
    """Whether an error was raised in SciPy: its trust region has no name for a step that it does not find."""
    *_, (frame, _) = walk_tb(error.__traceback__)
    return str(frame.f_globals.get("__name__")).startswith("scipy.")
