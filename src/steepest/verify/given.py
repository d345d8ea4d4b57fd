"""A gradient worked out by hand, beside the symbolic one and the differences of the plain function.

Where the two exact ways agree, entry by entry, random directions of differences stand behind both. Where they differ,
the differences decide: along the one direction in which all that they differ by adds up.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steepest.numeric.line import Line
from steepest.numeric.result import Status
from steepest.numeric.sampled import Sampled

from .compare import KINK, compare_jacobian
from .differences import Differences, Values
from .report import CheckReport
from .taylor import Remainder, remainder, scatter_along

Derivative = Callable[[Any], Any]
Mask = NDArray[np.bool_]

ENTRY = 0.5  # the part of an entry that two exact ways may differ by, as a power of the precision
FLOOR = 64.0  # roundings of the largest entry
NUDGES, NUDGE, FEW = 3, 2.0**4, 4.0
DIRECTIONS = 3  # of differences, where every entry was compared with the symbolic derivative
LINES = 3  # random directions that the remainder is looked at along
SURE = 4.0  # times the error of the differences
AS_T = "it could not be checked: the remainder falls as that of a wrong derivative, and differences are too coarse"


@dataclass(frozen=True)
class Problem:
    """A function of one array, and its derivative there: as given, and as the rules have it, where they apply."""

    function: Derivative
    x: np.ndarray
    given: Derivative
    symbolic: Derivative | None


class Judgement(enum.Enum):
    """What differences say of two derivatives that differ."""

    GIVEN = enum.auto()
    SYMBOLIC = enum.auto()
    NEITHER = enum.auto()


def verdict(problem: Problem, given: Any) -> CheckReport:
    """Whether `given`, the values of the given derivative at x in its right shape, is right."""
    given = np.asarray(given)
    if problem.symbolic is None:
        return _with_remainder(problem, given, compare_jacobian(problem.function, problem.x, given))
    ours = np.asarray(problem.symbolic(problem.x))
    gap, bound = np.abs(given.astype(np.float64) - ours), _allowed(problem, given, ours)
    apart = ~(gap <= bound)
    if not np.any(apart):
        return _alike(problem, given)
    if not np.all(np.isfinite(given)):
        return _apart(given, ours, gap, bound, apart)
    judgement, evaluations = _judged(problem, given, ours, apart)
    if judgement is Judgement.GIVEN:
        report = compare_jacobian(problem.function, problem.x, given)
    else:
        report = _apart(given, ours, gap, bound, apart)
        if judgement is Judgement.NEITHER:
            words = "seen beside the symbolic derivative alone: differences of the function are not fine enough"
            report = replace(report, strength=words)
    return _with_remainder(problem, given, replace(report, evaluations=report.evaluations + evaluations))


def _alike(problem: Problem, given: np.ndarray) -> CheckReport:
    """Given and symbolic agree in every entry: a few directions of differences stand behind both."""
    report = compare_jacobian(problem.function, problem.x, given, directions=DIRECTIONS, part=np.inf)
    report = replace(_with_remainder(problem, given, report), paths=("given", "symbolic", report.paths[-1]))
    all_entries = f"all {given.size} entries compared with the symbolic derivative" if given.size > 1 else ""
    if report or report.error > report.bound:
        if not report:
            return report
        words = "it is the symbolic derivative, and agrees with numeric differences"
        kink = KINK if report.diagnosis.endswith(KINK) else ""
        return replace(report, strength=all_entries, diagnosis=words + kink)
    words = "it is the symbolic derivative; differences of the function could not decide"
    return replace(report, right=True, strength=all_entries, diagnosis=words)


def _apart(given: np.ndarray, ours: np.ndarray, gap: Values, bound: Values, apart: Mask) -> CheckReport:
    with np.errstate(all="ignore"):
        excess = np.where(apart, np.nan_to_num(gap / bound, nan=np.inf), 0.0)
    place = tuple(int(i) for i in np.unravel_index(int(np.argmax(excess)), gap.shape))
    at = f"entry {place}" if place else "it"
    words = f"{at} is {given[place]:.8g}, should be {ours[place]:.8g}"
    paths = ("given", "symbolic", "numeric differences")
    error = float(gap[place]) if np.isfinite(given[place]) else np.inf  # what is no number is wrong
    return CheckReport(False, error, float(bound[place]), place, 0, words, paths)


def _allowed(problem: Problem, given: np.ndarray, ours: np.ndarray) -> Values:
    """How far two exact derivatives may be apart, entry by entry: rounding, as far as a nudge of x shows it."""
    x = problem.x
    precise = float(max(np.finfo(a.dtype).eps for a in (x, ours, given) if a.dtype.kind == "f"))
    size = np.maximum(np.abs(ours), np.abs(np.where(np.isfinite(given), given, 0.0)))
    bound = precise**ENTRY * size + FLOOR * precise * float(np.max(np.abs(ours), initial=0.0))
    if np.all(np.abs(given - ours) <= bound):
        return np.asarray(bound, np.float64)
    rng = np.random.default_rng(0)
    for _ in range(NUDGES):
        bound = np.maximum(bound, FEW * _moved(problem, rng.choice([-1.0, 1.0], x.shape) * precise * NUDGE))
    return np.asarray(bound, np.float64)


def _moved(problem: Problem, nudge: np.ndarray) -> Values:
    """How far some roundings of x move both derivatives, the steadier of the two counting."""
    ways = [w for w in (problem.given, problem.symbolic) if w is not None]
    found = []
    for way in ways:
        values = [np.asarray(way((problem.x * (1 + s * nudge)).astype(problem.x.dtype))) for s in (-1.0, 0.0, 1.0)]
        with np.errstate(invalid="ignore"):
            gaps = [np.abs(a - b) for a, b in combinations(values, 2)]
        if any(g.shape != values[0].shape for g in gaps):
            continue
        found.append(np.min(gaps, axis=0))
    shape = np.shape(problem.symbolic(problem.x)) if problem.symbolic else ()
    fitting = [f for f in found if f.shape == shape]
    moved: Values = np.nan_to_num(np.min(fitting, axis=0), posinf=0.0) if fitting else np.zeros(shape)
    return moved


def _judged(problem: Problem, given: np.ndarray, ours: np.ndarray, apart: Mask) -> tuple[Judgement, int]:
    """What differences say along the direction in which the two are farthest apart."""
    differences = Differences(problem.function, problem.x)
    outputs, inputs = differences.outputs, differences.inputs
    one, other = (np.asarray(a, np.float64).reshape(outputs, inputs) for a in (given, ours))
    mask = apart.reshape(outputs, inputs)
    row = int(np.argmax(np.sum(np.where(mask, np.abs(one - other) * differences.steps, 0.0), axis=1)))
    v = np.where(mask[row], np.sign(one[row] - other[row]), 0.0) * differences.steps
    value, error, _ = differences.along(v)
    between, side_error = differences.nearest_between(one @ v, v)
    sides = abs(float(between[row] - (one @ v)[row])), float(side_error[row])
    said, right, measured = float((one @ v)[row]), float((other @ v)[row]), float(value[row])
    apart_by = abs(said - right)
    if sides[1] * SURE < apart_by and sides[0] <= SURE * sides[1]:
        return Judgement.GIVEN, differences.evaluations
    if not SURE * float(error[row]) < apart_by:
        return Judgement.NEITHER, differences.evaluations
    if abs(measured - said) < apart_by / 3:
        return Judgement.GIVEN, differences.evaluations
    found = Judgement.SYMBOLIC if abs(measured - right) < apart_by / 3 else Judgement.NEITHER
    return found, differences.evaluations


def _with_remainder(problem: Problem, given: np.ndarray, report: CheckReport) -> CheckReport:
    """The report with the rate at which the remainder falls along random directions: as t in one, and nothing is right.

    But where differences over smaller steps know the derivative better than the remainder does, they have the word.
    """
    counted = Differences(problem.function, problem.x)
    if counted.outputs != 1 or not np.all(np.isfinite(given)) or given.size == 0:
        return report
    rng, sampled = np.random.default_rng(1), Sampled(counted, problem.x)
    found: list[Remainder] = []
    scatter: float | None = None
    for _ in range(min(LINES, counted.inputs)):
        v = counted.steps * rng.uniform(0.5, 1.0, counted.inputs) * rng.choice([-1.0, 1.0], counted.inputs)
        slope, along = float(np.ravel(given).astype(np.float64) @ v), v.reshape(problem.x.shape)
        scatter = scatter_along(Line(sampled, along)) if scatter is None else scatter
        found.append(remainder(sampled, along, slope, scatter))
        if report and found[-1].is_of_a_wrong_derivative and not report.diagnosis.endswith(KINK):
            _, error, status = counted.along(v)
            if status is not Status.NONSMOOTH and not float(error[0]) * SURE < found[-1].slope:
                report = replace(report, right=False, diagnosis=AS_T)
    slowest = min(found, key=lambda r: r.rate)
    shows = slowest.plain is not None or slowest.odd is not None
    words = f"{slowest}, along {len(found)} directions" if shows and len(found) > 1 else str(slowest)
    return replace(report, remainder=words, evaluations=report.evaluations + counted.evaluations)
