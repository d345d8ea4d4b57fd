"""A given gradient or Jacobian against numeric differences, with a verdict that is free of scale.

A derivative is right if it is within a few times the error estimate of the numeric one, plus a small fraction of
itself. Nothing is compared with an absolute number, so f·s and x·s get the verdict of f and x. Where the left and
right derivatives differ, anything between them is right. What the differences cannot tell is not called right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steepest.errors import NotScalarError, ShapeError, located, place_of
from steepest.numeric.result import Status, worst

from .diagnosis import Comparison, describe, diagnose, diagnose_directions
from .differences import SMOOTH, Differences, Values
from .report import CheckReport

Function = Callable[[Any], Any]
Mask = NDArray[np.bool_]

COMPONENTWISE = 100  # inputs; beyond, random directions
DIRECTIONS = 8
FEWEST, MANY = 2, 500  # directions at least, and calls after which there are no more
FACTOR = 4.0  # of the numeric error estimate
ENTRY = 0.375  # the part of an entry that is allowed, as a power of the precision: 1.3e-6 in double precision
SUM = 0.4375  # of the terms of a directional derivative, in the root mean square: 1.4e-7
MOST = 2e-4, 5e-5  # what these two are at most, in single precision
SMALL = 1e-3
LIKELY, ALMOST = 0.5, 0.99
PART_OF_LARGEST = 0.1  # an entry smaller than that is known less well
WINDOWS = 8  # of points at most, for one entry
SEEN = 0.1  # of what is to be seen, that the error of a difference may be
PART_OF_GAP = 0.15  # of a gap that was found, that its error may be where its place is looked for
FAR = ", as far as its noise and rounding let one see"
WEAK = 1e-2  # a numeric error of an entry beyond this part of the derivative decides nothing, unless rounding made it
WEAK_SUM = 0.1  # and of a directional derivative, of which the report says how much it shows
PATHS = ("given", "numeric differences")
DIRECTIONAL_PATHS = ("given, along random directions", "numeric differences")
UNDECIDED = {
    Status.OK: "the differences are too inaccurate",
    Status.NOISY: "the function is too noisy there, or changes too fast",
    Status.NONSMOOTH: "the function is not smooth there",
    Status.DOMAIN: "the function is not finite around it",
    Status.JUMP: "the function jumps there",
}


def compare_gradient(f: Function, x: Any, gradient_value: Any, *, seed: int = 0) -> CheckReport:
    """Whether `gradient_value`, of the shape of x, is the gradient at x of f, which returns one number.

    >>> import numpy as np
    >>> bool(compare_gradient(lambda x: np.sum(x**3), np.array([1.0, 2.0]), np.array([3.0, 12.0])))
    True
    >>> compare_gradient(lambda x: np.sum(x**3), np.array([1.0, 2.0]), np.array([-3.0, -12.0])).diagnosis
    'the sign is wrong: the negative of it is right'
    """
    numeric = Differences(f, x)
    require_one_number(numeric.output_shape, f)
    return _compare(numeric, gradient_value, seed)


def require_one_number(shape: tuple[int, ...], f: Function) -> None:
    """The function whose gradient is looked at returns one number, or NotScalarError."""
    if shape != ():
        message = (
            f"f(x) has shape {shape}, but a gradient is of a function that returns one number: check one entry, "
            "as lambda x: f(x)[0], or a weighted sum of all, lambda x: np.sum(w * f(x))"
        )
        raise NotScalarError(located(message, place_of(f)))


def compare_jacobian(
    f: Function, x: Any, jacobian_value: Any, *, seed: int = 0, directions: int = DIRECTIONS, part: float = SMALL
) -> CheckReport:
    """Whether `jacobian_value`, of the shape f(x).shape + x.shape, is the Jacobian of f at x.

    Noise is averaged until so large a `part` of an entry would show, if that can be.
    """
    return _compare(Differences(f, x), jacobian_value, seed, directions, part)


def _compare(
    numeric: Differences, given: Any, seed: int, directions: int = DIRECTIONS, part: float = SMALL
) -> CheckReport:
    given = np.asarray(given)
    if given.shape != numeric.shape:
        hint = "; its transpose would fit" if given.shape == numeric.shape[::-1] else ""
        raise ShapeError(f"the given derivative has shape {given.shape}, but should have shape {numeric.shape}{hint}")
    matrix = given.astype(np.float64).reshape(numeric.outputs, numeric.inputs)
    if matrix.size == 0:
        return CheckReport(True, 0.0, 0.0, None, numeric.evaluations, "there is nothing to compare", PATHS)
    if numeric.inputs <= COMPONENTWISE:
        return _by_entry(numeric, matrix, part)
    return _by_direction(numeric, matrix, np.random.default_rng(seed), directions, part)


def _by_entry(numeric: Differences, given: Values, part: float) -> CheckReport:
    value, error, status = _entries(numeric, given, part)
    # What an entry says of the change of its output, so that inputs in different units compare.
    largest = np.max(_size(given, value) * numeric.steps, axis=1, keepdims=True)
    undecided = _undecided(error * numeric.steps, largest, status)
    for j in np.flatnonzero(np.any(undecided, axis=0)):
        between, side_error = numeric.nearest_between(given[:, j], np.eye(numeric.inputs)[j])
        known = undecided[:, j] & (side_error * numeric.steps[j] <= WEAK * largest[:, 0])
        value[known, j], error[known, j], undecided[known, j] = between[known], side_error[known], False
    if numeric.outputs == 1:
        _look_again(numeric, given, value, error)
        undecided |= _undecided(error * numeric.steps, largest, status)
    rounding = 64 * numeric.precision * largest / numeric.steps
    allowed = _allowed(numeric, error, _size(given, value), ENTRY, MOST[0]) + rounding
    shape = numeric.shape
    comparison = Comparison(given.reshape(shape), value.reshape(shape), allowed.reshape(shape), given.size)
    report = _report(numeric, comparison, undecided.reshape(shape), status, PATHS)
    wrong = np.any(comparison.wrong & ~undecided.reshape(shape))
    known = np.isfinite(allowed) & (largest > 0)
    coarse = float(np.max((allowed * numeric.steps)[known] / np.broadcast_to(largest, known.shape)[known], initial=0.0))
    every = f"all {given.size} entries" if given.size > 1 else "the number"
    if coarse > SMALL:
        report = replace(report, strength=f"{every} compared with differences, to {coarse:.1g} of the largest")
        report = replace(report, diagnosis=report.diagnosis + FAR) if report else report
    elif given.size > 1:
        report = replace(report, strength=f"{every} compared with differences")
    return replace(report, diagnosis=diagnose(comparison)) if wrong else report


def _entries(numeric: Differences, given: Values, part: float) -> tuple[Values, Values, Status]:
    """All entries by differences; those of one output in noise by a fit, where they are not known well enough."""
    value, error, status = numeric.entries()
    if numeric.outputs > 1 or status not in SMOOTH or part == np.inf:
        return value, error, status
    terms = np.abs(np.nan_to_num(given[0])) * numeric.steps
    wanted = SEEN * part * np.maximum(terms, PART_OF_LARGEST * np.max(terms))
    for j in np.flatnonzero(~(error[0] * numeric.steps <= wanted)):
        known = float(value[0, j] * numeric.steps[j]), float(error[0, j] * numeric.steps[j])
        along, around = numeric.fitted(_axis(numeric, j), *known, float(wanted[j]), WINDOWS)
        value[0, j], error[0, j] = along / numeric.steps[j], around / numeric.steps[j]
    return value, error, status


def _axis(numeric: Differences, j: np.intp) -> Values:
    """A natural step of one input."""
    v = np.zeros(numeric.inputs)
    v[j] = numeric.steps[j]
    return v


def _look_again(numeric: Differences, given: Values, value: Values, error: Values) -> None:
    """A second look at the entries of one output that differ: their function may be rounded, or noisy."""
    for j in np.flatnonzero(~(np.abs(given[0] - value[0]) <= FACTOR * error[0]) & np.isfinite(value[0])):
        known = float(value[0, j] * numeric.steps[j]), float(error[0, j] * numeric.steps[j])
        said = float(given[0, j] * numeric.steps[j])
        if abs(said - known[0]) > numeric.precision**ENTRY * abs(known[0]):
            along, around = numeric.second_look(_axis(numeric, j), *known, said)
            value[0, j], error[0, j] = along / numeric.steps[j], around / numeric.steps[j]


def _by_direction(
    numeric: Differences, given: Values, rng: np.random.Generator, directions: int, part: float
) -> CheckReport:
    found_along: list[Along] = []
    while len(found_along) < directions and (len(found_along) < FEWEST or numeric.evaluations < MANY):
        v = _direction(numeric, rng)
        found_along.append(_along(numeric, given, v, _wanted(np.abs(given * v), part)))
    directions = len(found_along)
    comparison, undecided, status = _together(found_along, given.size)
    sizes = np.abs(np.nan_to_num(given)) * numeric.steps
    seen = _seen(np.max(sizes, axis=1), comparison.allowed)
    usual = _seen(np.median(sizes, axis=1), comparison.allowed)
    strength = f"{directions} random directions: one entry wrong by {SMALL:g} of the largest is seen with probability"
    typical = "" if usual > ALMOST else f", by {SMALL:g} of the median one with {usual:.2g}"
    report = _report(numeric, comparison, undecided, status, DIRECTIONAL_PATHS)
    report = replace(report, worst=None, strength=f"{strength} {seen:.2g}{typical}")
    if not report and np.any(undecided):
        report = replace(report, diagnosis=f"it could not be checked: {UNDECIDED[status]}")
    if report and seen < LIKELY:
        report = replace(report, diagnosis=report.diagnosis + FAR)
    wrong = comparison.wrong & ~undecided
    if not np.any(wrong):
        return report
    output = int(np.argmax(np.any(wrong, axis=0)))
    gap = np.max(np.abs(comparison.given - comparison.numeric)[:, output], where=wrong[:, output], initial=0.0)
    found = _search(numeric, given, output, rng, PART_OF_GAP * float(gap))
    report = replace(report, evaluations=numeric.evaluations)
    if found is None:
        words = "; ".join(filter(None, [diagnose_directions(comparison), UNPLACED]))
        return replace(report, diagnosis=words)
    column, right = found
    index = tuple(int(i) for i in np.unravel_index(output * numeric.inputs + column, numeric.shape))
    reasons = [diagnose_directions(comparison), describe(str(index), given[output, column], right)]
    return replace(report, worst=index, diagnosis="; ".join(filter(None, reasons)))


def _wanted(terms: Values, part: float) -> float:
    """An error of a directional derivative that is small enough to see a part of its usual terms by."""
    usual = np.maximum(np.median(terms, axis=1), PART_OF_LARGEST**2 * np.max(terms, axis=1))
    return SEEN * part * float(np.max(usual)) if part < np.inf and np.any(usual > 0) else np.inf


def _seen(sizes: Values, allowed: Values) -> float:
    """With which probability a part of 1e-3 of entries of these sizes would have been seen, were only one wrong.

    A direction moves an input by u times its natural step, u uniform from 1/2 to 1: it shows what exceeds the bound.
    """
    with np.errstate(all="ignore"):
        seen = np.clip(2 * (1 - allowed / (SMALL * sizes)), 0.0, 1.0)
    return 1 - float(np.max(np.prod(1 - np.nan_to_num(seen), axis=0), initial=0.0))


def _search(
    numeric: Differences, given: Values, output: int, rng: np.random.Generator, wanted: float
) -> tuple[int, float] | None:
    """An input whose entry is wrong, found by halving the set of inputs that move, and what its entry should be.

    None where the one that is left is right, as far as can be seen: noise hid the wrong half.
    """

    def shows(moved: NDArray[np.intp], v: Values) -> tuple[bool, float]:
        chosen = np.zeros(numeric.inputs)
        chosen[moved] = v[moved]
        comparison, undecided, _ = _together([_along(numeric, given, chosen, wanted)], given.size)
        return bool((comparison.wrong & ~undecided)[0, output]), float(comparison.numeric[0, output])

    inputs = np.arange(numeric.inputs)
    while inputs.size > 1:
        half = inputs[: inputs.size // 2]
        wrong, _ = shows(half, numeric.steps * rng.choice([-1.0, 1.0], numeric.inputs))
        inputs = half if wrong else inputs[half.size :]
    wrong, right = shows(inputs, np.ones(numeric.inputs))
    return (int(inputs[0]), right) if wrong else None


@dataclass(frozen=True)
class Along:
    """Directional derivatives of all outputs: as given, as measured, what is allowed, and whether that is too much."""

    predicted: Values
    measured: Values
    allowed: Values
    undecided: Mask
    status: Status


def _along(numeric: Differences, given: Values, v: Values, wanted: float) -> Along:
    """The derivative along v; `wanted` is an error that is small enough, of one output in noise."""
    terms = given * v
    product = np.sum(terms, axis=1)
    scale = np.sqrt(np.sum(terms**2, axis=1))
    value, error, status = numeric.along(v, wanted)
    weak = _undecided(error, np.maximum(scale, np.abs(value)), status, WEAK_SUM)
    if np.any(weak):
        between, side_error = numeric.nearest_between(product, v)
        known = weak & (side_error <= WEAK_SUM * np.maximum(scale, np.abs(between)))
        value, error = np.where(known, between, value), np.where(known, side_error, error)
        weak &= ~known
    if numeric.outputs == 1 and not abs(product[0] - value[0]) <= FACTOR * error[0]:
        again = numeric.second_look(v, float(value[0]), float(error[0]), float(product[0]))
        value, error = (np.array([number]) for number in again)
        weak = _undecided(error, np.maximum(scale, np.abs(value)), status, WEAK_SUM)
    rounding = 64 * numeric.precision * np.sum(np.abs(terms), axis=1)
    allowed = _allowed(numeric, error, np.maximum(scale, np.abs(value)), SUM, MOST[1]) + rounding
    return Along(product, value, allowed, weak, status)


def _together(found: Sequence[Along], size: int) -> tuple[Comparison, Mask, Status]:
    """A row for each direction and a column for each output."""
    predicted, measured = np.array([a.predicted for a in found]), np.array([a.measured for a in found])
    comparison = Comparison(predicted, measured, np.array([a.allowed for a in found]), size)
    return comparison, np.array([a.undecided for a in found]), worst([a.status for a in found])


def _direction(numeric: Differences, rng: np.random.Generator) -> Values:
    """A direction that moves every input by half to all of its natural step."""
    v: Values = numeric.steps * rng.uniform(0.5, 1.0, numeric.inputs) * rng.choice([-1.0, 1.0], numeric.inputs)
    return v


def _size(given: Values, value: Values) -> Values:
    size: Values = np.nan_to_num(np.maximum(np.abs(given), np.abs(value)), nan=0.0, posinf=0.0)
    return size


def _undecided(error: Values, size: Values, status: Status, part: float = WEAK) -> Mask:
    """Where the numeric error is so large that the comparison says nothing."""
    too_large: Mask = ~(error <= part * size)
    return too_large if status is not Status.OK else ~np.isfinite(error) & too_large


def _allowed(numeric: Differences, error: Values, size: Values, power: float, most: float) -> Values:
    allowed: Values = FACTOR * error + min(numeric.precision**power, most) * size
    return allowed


def _report(
    numeric: Differences, comparison: Comparison, undecided: Mask, status: Status, paths: tuple[str, ...]
) -> CheckReport:
    gap = np.nan_to_num(np.abs(comparison.given - comparison.numeric), nan=np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = np.where(gap <= comparison.allowed, 0.0, np.inf) + np.where(gap > 0, gap / comparison.allowed, 0.0)
    excess = np.nan_to_num(np.where(undecided, -1.0, excess), nan=np.inf)
    at = np.unravel_index(int(np.argmax(excess)), gap.shape)
    right = not np.any(comparison.wrong) and not np.any(undecided)
    if not np.any(comparison.wrong & ~undecided):  # what decides nothing is no gap
        gap = np.minimum(gap, comparison.allowed)
    if np.any(undecided):
        place = tuple(int(i) for i in np.argwhere(undecided)[0])
        diagnosis = f"entry {place} could not be checked: {UNDECIDED[status]}"
    else:
        diagnosis = "it agrees with numeric differences" + (KINK if status is Status.NONSMOOTH else "")
    return CheckReport(
        right, float(gap[at]), float(comparison.allowed[at]), tuple(int(i) for i in at), numeric.evaluations,
        diagnosis, paths,
    )  # fmt: skip


UNPLACED = "the derivative along random directions is another; which entries are wrong cannot be seen in the noise"
KINK = ", which differ from left to right: it lies between them"
