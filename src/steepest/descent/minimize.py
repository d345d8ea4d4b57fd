"""`minimize`: the lowest point of a function, with exact derivatives, the way there, and why it stopped."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult

from steepest.api.compilation import VARIABLE as ENGINE
from steepest.api.nonfinite import NonFiniteWarning
from steepest.errors import ArgumentError
from steepest.frontends.trees import flatten

from .bounds import bounds_of, open_bounds
from .callback import caller, progress_bar
from .diagnosis import Told, diagnosed
from .interruption import heard
from .legs import go
from .methods import BATCH, EPOCHS, Method, Task, method_of
from .objective import Objective
from .options import Options, is_number, options_of
from .parameters import Parameters, parameters_of
from .path import Floats
from .reasons import Reason, Stopped
from .residuals import Residuals, half_square
from .run import Run
from .state import DescentState, record, restore

TOLERANCE = 1e-8
LARGE = 4096  # entries of parameters and data, from which machine code pays for a few hundred evaluations
OF_RESIDUALS = "gauss-newton"


def minimize(
    f: Callable[..., Any], x0: Any, args: Any = (), method: str | None = None, bounds: Any = None,
    tol: float | None = None, callback: Callable[..., Any] | None = None, progress: bool | None = None,
    options: Mapping[str, Any] | None = None,
) -> OptimizeResult:  # fmt: skip
    """Find a minimum of ``f(x, *args)`` near `x0`, with exact derivatives of the plain NumPy function `f`.

    `x0` is a number, an array or a nested container of them; the result has the same structure. `method` is one of
    "gradient-descent", "sgd", "momentum", "nesterov", "adam", "natural-gradient", "bfgs", "l-bfgs", "newton",
    "trust-region" and, for functions that return residuals, "gauss-newton"; by default one that suits. `tol` has no
    unit: it is compared with the slope times the size of x over that of f. Of `callback`, a parameter named
    ``intermediate_result`` gets an OptimizeResult, any other x; StopIteration in it stops. docs/minimize.md has the
    options of each method.

    The result is SciPy's `OptimizeResult` with, besides ``x``, ``fun``, ``jac``, ``success`` and the counts, ``path``
    (every point visited), ``reason`` (in words), ``diagnosis`` (where it failed) and ``state`` (to go on from). What is
    returned is the best point, also after Ctrl-C. A stationary point with negative curvature is left, not returned.

    Raises ArgumentError for names and values that are none, bounds that exclude the start, data that cannot be cut into
    batches; NotScalarError if `f` returns no number; NonFiniteError if it is not finite at the start.

    >>> result = minimize(lambda x: (x[0] - 1) ** 2 + 10 * (x[1] - x[0] ** 2) ** 2, np.array([-1.0, 1.0]))
    >>> result.x.round(6), str(result.reason)
    (array([1., 1.]), 'the slope is as small as was asked')
    """
    if not callable(f):
        raise ArgumentError(f"minimize needs a function, got {type(f).__name__}")
    args = args if isinstance(args, tuple) else (args,)
    parameters, start = parameters_of(x0)
    box = bounds_of(bounds, start)
    name, chosen = method_of(method, start.size, box is not None)
    given = options_of(options, name, chosen.options)
    if tol is not None and not (is_number(tol) and tol >= 0):
        raise ArgumentError(f"tol is a number from 0 on, got {tol!r}")
    objective, residuals = _objective(f, parameters, args, name, _engine(chosen.is_replayed, start, args))
    usual = chosen.iterations(start.size) if given.batch_size is None else EPOCHS
    most = usual if given.maxiter is None else int(given.maxiter)
    with heard() as interruption:
        run = Run(
            box or open_bounds(start.size), TOLERANCE if tol is None else float(tol), most,
            caller(callback, parameters), progress_bar(progress, most), interruption,
        )  # fmt: skip
        return _minimized(objective, residuals, run, chosen, given, name, start)


def _minimized(
    objective: Objective, residuals: Residuals | None, run: Run, chosen: Method, given: Options, name: str,
    start: Floats,
) -> OptimizeResult:  # fmt: skip
    """The run itself, from its first evaluation to the result."""
    settings = {"method": name, "tol": run.tolerance, **given.kept()}
    stance = _taken_up(run, given.state, settings, start, chosen.is_replayed)
    kept: dict[str, Floats] = dict(stance) or {"x": start}

    def keep(now: dict[str, Floats]) -> None:
        kept.clear()
        kept.update(now)

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", NonFiniteWarning)
        try:
            if residuals is not None:
                residuals.start(start)
            objective.start(start)
            task = Task(objective, run, given, residuals, stance, keep)
            reason = _run(task, chosen.legs(task), start)
        except KeyboardInterrupt:
            reason = Reason.INTERRUPTED
        finally:
            run.bar.close()
        if run.best is None:  # interrupted before the first value was known
            raise KeyboardInterrupt
        batch = given.batch_size or (BATCH if name == "sgd" else None)
        told = Told(given.step, batch, not chosen.is_replayed)
        return _result(objective, run, reason, name, told, record(run, settings, {} if chosen.is_replayed else kept))


def _objective(
    f: Callable[..., Any], parameters: Parameters, args: tuple[Any, ...], name: str, engine: str
) -> tuple[Objective, Residuals | None]:
    if name != OF_RESIDUALS:
        return Objective(f, parameters, args, engine), None
    objective = Objective(half_square(f), parameters, args, engine)
    return objective, Residuals(f, parameters, args, objective.counts, engine)


def _engine(is_short: bool, start: Floats, args: tuple[Any, ...]) -> str:
    """Machine code from the beginning where it pays, else not at all: changed amid a run, it would change last bits."""
    if ENGINE in os.environ:
        return "auto"
    size = start.size + sum(np.size(leaf) for leaf in flatten(args)[0])
    return "off" if is_short and size < LARGE else "eager"


def _taken_up(
    run: Run, state: DescentState | None, settings: dict[str, Any], start: Floats, is_replayed: bool
) -> dict[str, Floats]:
    """Put the run where an earlier one ended. Raises ArgumentError for the state of another."""
    if state is None:
        return {}
    others = [k for k in {*settings, *state.settings} if settings.get(k) != state.settings.get(k)]
    if others:
        k = sorted(others)[0]
        raise ArgumentError(
            f"the state is of a run with {k} = {state.settings.get(k)!r}, this one has {settings.get(k)!r}"
            "\n    A run goes on with the settings it began with."
        )
    if not np.array_equal(state.start, start):
        raise ArgumentError("the state is of a run from another start x0\n    Give the x0 it began with.")
    if is_replayed:
        run.known = state.iterations
        return {}
    return restore(run, state)


def _run(task: Task, legs: Any, start: Floats) -> Reason:
    run, objective, x = task.run, task.objective, start

    def note(x: Floats) -> None:
        task.stance.clear()
        task.keep({"x": x})

    try:
        if run.last is None:
            run.visit(start, *objective.both(start))
        else:
            x = task.stance["x"]
            run.resume(*objective.both(run.last.x))
    except Stopped as stop:
        if stop.reason is not Reason.CONVERGED:
            return stop.reason
        return go(legs, objective, run, x, note, Reason.CONVERGED)
    return go(legs, objective, run, x, note)


def _result(
    objective: Objective, run: Run, reason: Reason, name: str, told: Told, state: DescentState
) -> OptimizeResult:
    best, last = run.best, run.last
    assert best is not None
    assert last is not None
    curious = not reason.is_success and reason not in (Reason.CALLBACK, Reason.INTERRUPTED)
    counts = replace(objective.counts)  # without what the diagnosis takes
    diagnosis = diagnosed(objective, run, reason, told) if curious else None
    unpack = objective.parameters.unpack
    return OptimizeResult(
        x=unpack(best.x.copy()), fun=best.value, jac=unpack(run.gradient.copy()), success=reason.is_success,
        status=reason.status, message=str(reason) if diagnosis is None else f"{reason} ({diagnosis})",
        nit=run.iteration, nfev=counts.values, njev=counts.gradients, nhev=counts.curvatures,
        reason=reason, diagnosis=diagnosis, path=run.diary.path(last, objective.parameters.shape), state=state,
        method=name,
    )  # fmt: skip
