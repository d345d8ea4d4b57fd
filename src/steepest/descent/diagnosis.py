"""Why a descent did not reach a minimum, as far as can be found out at the point where it stopped."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from steepest.errors import SteepestError

from .endless import falls_endlessly
from .objective import Objective
from .path import Floats
from .reasons import Reason
from .run import Run
from .stationarity import DENSE, local, lower_along

ILL = 1e8  # condition number from which Newton's methods lose half of the digits
SLOW = 1e3  # from which first-order methods need thousands of steps
SAMPLES = 32
NOISE = 1e-9  # relative scatter of the values, from which the function is noisy
ROUNDING = 1e-13  # of the largest value seen: what scatters less may do so for rounding
SPACINGS = (1e-10, 1e-7, 1e-5)  # of the points at which that is looked for, beside the sizes of the parameters
OUT = 10.0 ** np.arange(-14, 3)
NEARBY = 1e-10  # how near, relatively, a kink is looked at
CLOSE_BY = (1e-14, 1e-11, 1e-8, 1e-6, 1e-4)
JUMP = 0.1  # of the slope, that a smooth function does not make so near
FAR = 10.0 ** np.arange(0, 13)
BOTTOM = -1e3  # times the largest value seen: a fall so far below is no valley
POWER_STEPS = 20  # of the power method


class Cause(enum.StrEnum):
    """What is wrong, in words."""

    UNBOUNDED = "unbounded below"
    STEP_TOO_LARGE = "step too large"
    NOISY = "noisy"
    KINK = "not smooth here"
    SADDLE = "saddle"
    ILL_CONDITIONED = "ill-conditioned"
    EDGE = "at the edge of the domain"
    TOO_FEW_ITERATIONS = "too few iterations"
    UNKNOWN = "no cause found"


@dataclass(frozen=True)
class Diagnosis:
    """What keeps a descent from its end. `condition` is κ of the Hessian, `step` a better length; None if unknown."""

    cause: Cause
    said: str
    condition: float | None = None
    step: float | None = None

    def __str__(self) -> str:
        return f"{self.cause}: {self.said}"


@dataclass(frozen=True)
class Told:
    """What of the method matters here."""

    step: float | None  # where its length was given
    batch: int | None  # rows in a mini-batch
    is_first_order: bool


@dataclass(frozen=True, eq=False)
class Case:
    """What the questions look at."""

    objective: Objective
    run: Run
    reason: Reason
    told: Told

    @property
    def x(self) -> Floats:
        assert self.run.best is not None
        return self.run.best.x

    @property
    def value(self) -> float:
        assert self.run.best is not None
        return self.run.best.value


def diagnosed(objective: Objective, run: Run, reason: Reason, told: Told) -> Diagnosis:
    """The first cause that is found."""
    assert run.best is not None
    case = Case(objective, run, reason, told)
    with np.errstate(all="ignore"):
        found = (question(case) for question in QUESTIONS)
        return next(
            (d for d in found if d is not None), Diagnosis(Cause.UNKNOWN, "the point is as good as this method finds")
        )


def largest_curvature(objective: Objective, x: Floats) -> float:
    """The size of the largest eigenvalue of the Hessian, by the power method; NaN where there is no Hessian."""
    v = np.random.default_rng(0).standard_normal(x.size)
    size = 0.0
    try:
        for _ in range(POWER_STEPS):
            v = objective.product(x, v / np.linalg.norm(v))
            size = float(np.linalg.norm(v))
            if not size:
                return 0.0
    except SteepestError:
        return np.nan
    return size


def _unbounded(case: Case) -> Diagnosis | None:
    run = case.run
    if case.reason is Reason.UNBOUNDED:
        return Diagnosis(
            Cause.UNBOUNDED, f"a way down from f = {case.value:.3g} has no end. Add bounds or a penalty."
        )  # fmt: skip
    if case.reason is Reason.DIVERGED:
        return None
    here = local(case.objective, run, case.x, case.value, run.gradient) if _is_small_or_stationary(case) else None
    low = None if here is None else falls_endlessly(case.objective, run, case.x, here)
    if low is not None:
        return Diagnosis(
            Cause.UNBOUNDED, f"f falls for as far as was looked, to {low:.3g}, and its lowest value, if it has one, is "
            "at infinity. Add bounds or a penalty."
        )  # fmt: skip
    direction = _down(case)
    if direction is None:
        return None
    values = [case.objective.value(run.bounds.project(case.x + t * direction)) for t in FAR]
    if values[-1] < BOTTOM * max(run.largest, 1e-300) and np.all(np.diff([case.value, *values]) < 0):
        return Diagnosis(
            Cause.UNBOUNDED, f"f falls down the slope for as far as was looked, to {values[-1]:.3g}. "
            "Add bounds or a penalty."
        )  # fmt: skip
    return None


def _is_small_or_stationary(case: Case) -> bool:
    """Whether curvatures are cheap, or are known to be worth their price."""
    return case.objective.size <= DENSE or case.reason is Reason.ENDLESS


def _step_too_large(case: Case) -> Diagnosis | None:
    step = case.told.step
    if step is None:
        return None
    curvature = largest_curvature(case.objective, case.x)
    if not curvature * step > 2 and case.reason is not Reason.DIVERGED:
        return None
    if not curvature > 0:
        return Diagnosis(Cause.STEP_TOO_LARGE, f"with the step {step:.3g} the values grow. Leave it out: it is found.")
    return Diagnosis(
        Cause.STEP_TOO_LARGE,
        f"the step {step:.3g} is beyond 2/λmax = {2 / curvature:.3g}, λmax = {curvature:.3g} being the largest"
        f" curvature. Take {1 / curvature:.3g}, or leave it out: it is found.",
        step=1 / curvature,
    )


def _noisy(case: Case) -> Diagnosis | None:
    scatter = max(_scatter(case, spacing) for spacing in SPACINGS)
    level = scatter / max(abs(case.value), np.finfo(float).tiny)
    if not (level >= NOISE and scatter >= ROUNDING * case.run.largest):
        return None
    return Diagnosis(
        Cause.NOISY, f"values at neighbouring points scatter by {level:.1e} of f: no slope leads below that. "
        "Fix the random numbers, or tighten the tolerance of what is computed inside."
    )  # fmt: skip


def _scatter(case: Case, spacing: float) -> float:
    """The noise of the values: third differences of noise of size σ have size σ √20. 0 where f is not finite."""
    way = np.random.default_rng(0).standard_normal(case.x.size) * case.run.sizes(case.x) * spacing
    values = np.array([case.objective.value(case.run.bounds.project(case.x + k * way)) for k in range(SAMPLES)])
    return float(np.std(np.diff(values, 3)) / np.sqrt(20)) if np.isfinite(values).all() else 0.0


def _in_batches(case: Case) -> Diagnosis | None:
    if case.told.batch is None or case.reason not in (Reason.ITERATIONS, Reason.STALLED):
        return None
    return Diagnosis(
        Cause.NOISY, f"gradients of {case.told.batch} rows scatter around that of all rows, and with shorter steps the "
        "error goes down like 1/epochs. Take larger batches, or finish with another method from here."
    )  # fmt: skip


def _at_kink(case: Case) -> Diagnosis | None:
    """Down the slope to where it turns: a smooth function is flat there, at a kink the slope jumps."""
    way = _down(case)
    if way is None:
        return None

    def slope(t: float) -> float:
        return float(case.objective.both(case.run.bounds.project(case.x + t * way))[1] @ way)

    first = slope(0.0)
    high = next((t for t in OUT if not slope(t) < 0), np.inf)
    if not (first < 0 and np.isfinite(high) and slope(high) > 0):
        return None
    low = 0.0
    while high - low > NEARBY * high and low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    before, after = slope(low), slope(high)
    if not after - before > JUMP * abs(first):
        return None
    return Diagnosis(
        Cause.KINK, f"the slope along the way down jumps from {before:.3g} to {after:.3g} close by. A minimum at a "
        "kink has no zero gradient, and steps that trust the slope do not end there; smooth it: √(x² + ε) for |x|."
    )  # fmt: skip


def _down(case: Case) -> Floats | None:
    """Down the slope, with the largest step as long as the size of its parameter; None where it is flat."""
    sizes = case.run.sizes(case.x)
    way = -case.run.bounds.free(case.x, case.run.gradient) * sizes**2
    return way / np.max(np.abs(way) / sizes) if way.any() else None


def _at_edge(case: Case) -> Diagnosis | None:
    way = _down(case)
    if way is None:
        return None
    if any(case.objective.both(case.run.bounds.project(case.x + t * way))[0] == np.inf for t in CLOSE_BY):
        return Diagnosis(
            Cause.EDGE, "a little further down, the function or its slope is not finite. Add bounds inside of that."
        )  # fmt: skip
    return None


def _saddle(case: Case) -> Diagnosis | None:
    if case.reason is not Reason.STALLED:  # elsewhere it need not be stationary
        return None
    here = local(case.objective, case.run, case.x, case.value, case.run.gradient)
    way = None if here is None else here.off_saddle()
    if way is None or lower_along(case.objective, case.run, case.x, case.value, way) is None:
        return None
    return Diagnosis(
        Cause.SADDLE, "the Hessian has a negative eigenvalue here; along its direction the function falls."
    )


def _ill_conditioned(case: Case) -> Diagnosis | None:
    try:
        if case.objective.size > DENSE:
            return None
        sizes = np.abs(np.linalg.eigvalsh(case.objective.hessian(case.x)))
    except (SteepestError, np.linalg.LinAlgError):
        return None
    least = float(sizes.min())
    if not sizes.max():
        return None
    condition = float(sizes.max()) / least if least > 0 else np.inf
    if condition < (SLOW if case.told.is_first_order else ILL):
        return None
    slow = (
        "Gradient steps need about κ iterations for each digit or two, with momentum √κ: scale the parameters alike, "
        "or take a method with second derivatives."
    )
    weak = "Along the flattest direction the parameters are hardly determined: scale them alike, fix one, or penalise."
    said = slow if case.told.is_first_order else weak
    return Diagnosis(Cause.ILL_CONDITIONED, f"the Hessian has condition number κ = {condition:.1e}. {said}", condition)


def _too_few(case: Case) -> Diagnosis | None:
    if case.reason is not Reason.ITERATIONS:
        return None
    return Diagnosis(Cause.TOO_FEW_ITERATIONS, 'the value still falls. Allow more: options={"maxiter": …}.')


QUESTIONS: Sequence[Callable[[Case], Diagnosis | None]] = (
    _unbounded, _step_too_large, _at_edge, _at_kink, _noisy, _in_batches, _saddle, _ill_conditioned, _too_few,
)  # fmt: skip
