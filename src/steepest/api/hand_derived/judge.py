"""The verdict on a derivative worked out by hand, and if it is wrong, the reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from steepest.errors import ArgumentError, ShapeError, SteepestError, located, place_of, user_line_of
from steepest.frontends.trees import flatten, unflatten
from steepest.verify.compare import require_one_number
from steepest.verify.given import Problem, verdict
from steepest.verify.mistakes.effort import SECONDS
from steepest.verify.mistakes.mistake import Finding, Mistake
from steepest.verify.report import CheckReport

from .diagnosis import Given, Inquiry, beside_words, diagnosed, example, right_values, written
from .layout import LaidOut, laid_out
from .rows import of_output, weighted, wrong_rows
from .subject import Subject, Wanted
from .text import function_of

Function = Callable[..., Any]
UNEXPLAINED = "; no simple mistake explains it"
UNDECIDED = {Mistake.UNKNOWN, Mistake.ROW}  # where the outputs of a Jacobian may tell more, one by one
STOPPED = f", as far as was looked in {SECONDS:g} seconds"


def check_given(
    f: Function, args: Sequence[Any], positions: Sequence[int], gradient: Function | str, many: bool, order: int,
    lengths: Mapping[int, str] | None = None,
) -> list[CheckReport]:  # fmt: skip
    """A report for each leaf of each argument; `many` says that the gradient returns a part for each of several.

    `lengths` are the names of lengths of axes, for a gradient as text; else they are named by custom.
    """
    value = _value(f, args, positions)
    if order > 1:
        require_one_number(value.shape, f)
    wanted = Wanted.HESSIAN if order > 1 else Wanted.JACOBIAN if value.shape else Wanted.GRADIENT
    reports = []
    for position, k in enumerate(positions):
        leaves, tree = flatten(args[k])
        for leaf in range(len(leaves)):
            subject = _of_leaf(Subject(f, tuple(args), k, wanted, own_lengths=lengths), leaves, tree, leaf)
            given = _given(gradient, subject, position if many else None, len(positions), leaf, tree)
            report = judged(subject, given)
            several = len(positions) > 1 or len(leaves) > 1
            words = f"by {subject.name}: {report.diagnosis}" if several and not report else report.diagnosis
            reports.append(replace(report, diagnosis=words))
    return reports


def judged(subject: Subject, given: Given) -> CheckReport:
    """The report on one derivative by one array."""
    x = subject.x
    inquiry, values = Inquiry(given), _called(given, subject)
    found = _laid_out(values, subject)
    if found.values is None:
        return _of_wrong_shape(subject, found, values)
    problem = Problem(
        lambda v: subject.differentiated(*subject.at(v)), x,
        lambda v: given(*subject.at(v)), _symbolic(subject),
    )  # fmt: skip
    report = verdict(problem, found.values.astype(np.result_type(found.values, np.float32), copy=False))
    if found.finding is not None:
        also = "" if report else f"; and even so, {report.diagnosis}"
        finding = Finding(found.finding.mistake, found.finding.words + also)
        return _wrong(replace(report, right=False, error=np.inf), finding, subject)
    if report:
        return _beside(replace(report, diagnosis=report.diagnosis + found.note), subject, inquiry)
    if not report.error > report.bound:
        return report
    mistake, formula = diagnosed(subject, inquiry)
    if subject.wanted is Wanted.JACOBIAN and mistake.mistake in UNDECIDED:
        narrower = _by_outputs(subject, given, found.values, mistake)
        if narrower is not None:
            return replace(narrower, worst=report.worst, error=report.error, bound=report.bound, paths=report.paths)
    unexplained = UNEXPLAINED + (STOPPED if inquiry.effort.stopped else "") if formula else ""
    words = mistake.words or report.diagnosis + unexplained
    report = replace(
        report, diagnosis=words + found.note, mistake=mistake.mistake, formula=formula, given_formula=mistake.given
    )
    report = replace(report, example=example(subject, inquiry, mistake))
    return replace(report, evaluations=report.evaluations + inquiry.evaluations)


def _by_outputs(subject: Subject, given: Given, values: np.ndarray, mistake: Finding) -> CheckReport | None:
    """What is wrong with the row of the first output that has a mistake; if all rows have, with their weighted sum."""
    right = right_values(subject, subject.args)
    if right is None:
        return None
    rows = wrong_rows(subject, values, *right)
    if not rows:
        return None
    if len(rows) < np.prod(subject.outputs, dtype=int):
        place = rows[0]
        report = judged(*of_output(subject, given, place))
        where = f"output {place}" if len(rows) == 1 else f"{len(rows)} outputs are wrong, the first {place}"
    else:
        weights, of_sum = weighted(subject, given)
        report = judged(*of_sum)
        where = f"of the sum of the outputs with weights {weights}"
    if report.mistake is None or report.mistake in UNDECIDED - {mistake.mistake}:
        return None
    return replace(report, diagnosis=f"{where}: {report.diagnosis}")


def _beside(report: CheckReport, subject: Subject, inquiry: Inquiry) -> CheckReport:
    """A report of what is right here, with a word on points beside: here all may be 0, which hides a factor."""
    found = beside_words(subject, inquiry)
    report = replace(report, evaluations=report.evaluations + inquiry.evaluations)
    if found is None:
        return report
    words, hidden = found
    if not hidden:
        return replace(report, diagnosis=f"{report.diagnosis}; at points beside this one it does not: {words}")
    words = f"the derivative is 0 here, which says little; at points beside this one {words}"
    return replace(report, right=False, diagnosis=words)


def _wrong(report: CheckReport, finding: Finding, subject: Subject) -> CheckReport:
    words, right = finding.words, written(subject.formula)
    return replace(report, diagnosis=words, mistake=finding.mistake, formula=right, given_formula=finding.given)


def _of_wrong_shape(subject: Subject, found: LaidOut, values: np.ndarray) -> CheckReport:
    shape = subject.shape
    finding = found.finding or _other_shape(subject, values.shape, shape)
    if finding is None:
        should = f"the shape of {subject.name}, {shape}"
        if subject.wanted is Wanted.JACOBIAN:
            should = f"{shape}, the axes of f first and then those of {subject.name}"
        raise ShapeError(f"the given derivative has shape {values.shape}, but should have {should}")
    report = CheckReport(False, np.inf, 0.0, None, 1, "", ("given", "symbolic"), mistake=Mistake.SHAPE)
    return _wrong(report, finding, subject)


def _other_shape(subject: Subject, has: tuple[int, ...], shape: tuple[int, ...]) -> Finding | None:
    """What a shape is that is not the right one: that of another argument, or with an axis too many."""
    wrong = f"it has shape {has} in place of {shape}"
    same = [name for name, a in subject.arrays.items() if a.shape == has and has]
    if same and subject.wanted is not Wanted.JACOBIAN:
        words = f"{wrong}: that of {same[0]}; the product that leads from there to {subject.name} is missing"
        return Finding(Mistake.SHAPE, words)
    if shape and len(has) > len(shape) and shape in (has[: len(shape)], has[-len(shape) :]):
        words = f"{wrong}: there is an axis too many, as of (n, 1) beside (n,), which broadcast to (n, n)"
        return Finding(Mistake.SHAPE, words)
    return None


def _laid_out(values: np.ndarray, subject: Subject) -> LaidOut:
    shape = subject.shape
    if values.shape == shape:
        return LaidOut(values)
    found = right_values(subject, subject.args)
    return laid_out(values, np.full(shape, np.nan) if found is None else found[0])


def _symbolic(subject: Subject) -> Function | None:
    """The derivative by the rules as a function of what varies; None where the function cannot be captured."""
    try:
        found = subject.derivative(subject.args)
    except SteepestError:
        return None
    if not np.all(np.isfinite(found)):
        return None
    return lambda v: subject.derivative(subject.at(v))


def _called(given: Given, subject: Subject) -> np.ndarray:
    try:
        values = np.asarray(given(*subject.args))
    except SteepestError:
        raise
    except Exception as error:
        message = f"the given gradient raises {type(error).__name__}: {error}"
        raise ArgumentError(located(message, user_line_of(error))) from error
    if values.dtype.kind not in "fiub":
        raise ArgumentError(f"the given gradient returns {values.dtype} of shape {values.shape}: numbers are needed")
    return values.astype(np.float64) if values.dtype.kind in "iub" else values


def _given(gradient: Function | str, subject: Subject, part: int | None, parts: int, leaf: int, tree: Any) -> Given:
    """The part of the given gradient for one leaf, as a function of all arguments."""
    if isinstance(gradient, str):
        if part is not None and parts > 1:
            raise ArgumentError("a gradient as text is by one argument: name it with argnums")
        return function_of(gradient, subject)
    if not callable(gradient):
        raise ArgumentError(
            f"gradient is a function of the same arguments or text, got {type(gradient).__name__}"
            "\n    Of values that are there already: gradient=lambda *args: values."
        )
    single = tree.is_leaf()

    def of_leaf(*args: Any) -> Any:
        returned = gradient(*copied(subject.whole(args)))
        if part is not None:
            items = list(returned)
            if len(items) != parts:
                raise ArgumentError(f"the given gradient returns {len(items)} parts for {parts} arguments")
            returned = items[part]
        if single:
            return returned
        leaves, _ = flatten(returned)
        if len(leaves) <= leaf:
            raise ArgumentError(
                f"the given gradient has too few parts ({len(leaves)}): there is none for {subject.name}"
                "\n    One is needed for each number or array in the argument; a list is a container, an array is none."
            )
        return leaves[leaf]

    return of_leaf


def copied(args: Sequence[Any]) -> list[Any]:
    """The same arguments, which may be written to."""
    found = []
    for a in args:
        leaves, tree = flatten(a)
        found.append(unflatten(tree, [x.copy() if isinstance(x, np.ndarray) else x for x in leaves]))
    return found


def _of_leaf(subject: Subject, leaves: Sequence[Any], tree: Any, leaf: int) -> Subject:
    """The function of one leaf of its argument, the others as they are."""
    if tree.is_leaf():
        return subject
    k = subject.by

    def whole(args: Sequence[Any]) -> tuple[Any, ...]:
        changed = unflatten(tree, [*leaves[:leaf], args[k], *leaves[leaf + 1 :]])
        return (*args[:k], changed, *args[k + 1 :])

    names = list(subject.names)
    names[k] = re.sub(r"\W+", "_", tree.accessors()[leaf].codify(names[k])).strip("_")
    return replace(
        subject, function=lambda *args: subject.function(*whole(args)), args=subject.at(leaves[leaf]), whole=whole,
        own_names=tuple(names),
    )  # fmt: skip


def _as_array(result: Any) -> np.ndarray:
    """An array of objects where parts of different lengths make none of numbers."""
    try:
        return np.asarray(result)
    except ValueError:
        return np.asarray(None)


def _value(f: Function, args: Sequence[Any], positions: Sequence[int]) -> np.ndarray:
    """What f is here: finite numbers."""
    if not callable(f):
        raise ArgumentError(f"a function is needed, got {type(f).__name__}")
    for k in positions:
        for leaf in flatten(args[k])[0]:
            a = np.asarray(leaf)
            if a.dtype.kind in "fc" and not np.all(np.isfinite(a)):
                place = tuple(int(i) for i in np.argwhere(~np.isfinite(a))[0])
                at = f" at entry {place}" if place else ""
                raise ArgumentError(f"argument {k} is not finite{at}: there is no derivative to compare")
    try:
        with np.errstate(all="ignore"):
            result = f(*copied(args))
    except SteepestError:
        raise
    except Exception as error:
        message = f"the function raises {type(error).__name__} at these arguments: {error}"
        raise ArgumentError(located(message, place_of(f))) from error
    value = _as_array(result)
    if value.dtype.kind not in "fiubc":
        message = f"the function returns {type(result).__name__}; a number or an array of numbers is needed"
        raise ArgumentError(located(message, place_of(f)))
    if not np.all(np.isfinite(value)):
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0]) if value.shape else ()
        what = f"{value[place]} at entry {place}" if place else f"{value}"
        message = f"the function is {what} at these arguments: it has no derivative there"
        raise ArgumentError(located(message, place_of(f)))
    return value
