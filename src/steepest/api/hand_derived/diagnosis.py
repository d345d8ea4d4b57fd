"""What is wrong with a derivative that was found wrong: the evidence is gathered, explained, and an example found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from steepest import numeric
from steepest.api.formula import Formula
from steepest.errors import SteepestError
from steepest.formula.text import UNICODE
from steepest.verify.mistakes.effort import Effort
from steepest.verify.mistakes.evidence import Evidence
from steepest.verify.mistakes.explain import NOTHING_KNOWN, explain
from steepest.verify.mistakes.mistake import Finding, Mistake

from .layout import laid_out
from .points import ENOUGH, beside, simple, simple_here, workable
from .subject import Subject, Wanted

Given = Callable[..., Any]
PART = 0.45  # how far two equal derivatives may differ, as a power of the precision
OF_DIFFERENCES = 1e-5
MOST_BY_DIFFERENCES = 30  # inputs
PLAINLY = 0.2
HIDDEN = 1e-6  # a derivative so small beside what it is nearby is 0
EXAMPLE = 0.7  # seconds that an example is looked for
SHOWN = 14  # entries in an example
OF_PLACES = {Mistake.ENTRY, Mistake.ROW, Mistake.SWAPPED, Mistake.UNKNOWN}  # other sizes have other places
NOTHING = Finding(Mistake.UNKNOWN, "")


class Inquiry:
    """What is given of one derivative, beside what is right, at points that are asked for more than once."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.evaluations = 0  # of the function, for differences
        self.effort = Effort()
        self._known: list[tuple[tuple[Any, ...], list[Evidence]]] = []

    def evidence(self, subject: Subject) -> list[Evidence]:
        """What there is at points beside that of the subject."""
        for args, found in self._known:
            if all(a is b for a, b in zip(args, subject.args, strict=True)):
                return found
        gathered = list(_evidence(self, subject))
        self._known.append((subject.args, gathered))
        return gathered


def right_values(
    subject: Subject, args: Sequence[Any], inquiry: Inquiry | None = None
) -> tuple[np.ndarray, float] | None:
    """The right derivative and its precision: by the rules, or else by differences."""
    here = subject.with_args(args)
    precise = float(max(np.finfo(np.asarray(a).dtype).eps for a in (here.x, np.float64(0))))
    try:
        return subject.derivative(args), precise**PART
    except SteepestError:
        if here.x.size > MOST_BY_DIFFERENCES or subject.wanted is Wanted.HESSIAN:
            return None
    differences = numeric.jacobian if subject.wanted is Wanted.JACOBIAN else numeric.gradient
    try:
        found = differences(lambda x: subject.function(*here.at(x)), here.x)
    except (TypeError, ValueError):
        return None
    if inquiry is not None:
        inquiry.evaluations += found.evaluations
    value, error = np.asarray(found.value), float(np.max(found.error, initial=0.0))
    if not error <= np.max(np.abs(value), initial=0.0):  # it is noise, or NaN
        return None
    return value, max(OF_DIFFERENCES, precise**PART, error / float(np.max(np.abs(value), initial=0.0) or 1.0))


def diagnosed(subject: Subject, inquiry: Inquiry) -> tuple[Finding, str]:
    """The mistake, and the right formula if there is one. The mistake may be unknown."""
    effort = inquiry.effort
    if max(np.size(a) for a in subject.arrays.values()) > ENOUGH:
        for evidence in inquiry.evidence(subject):
            found = explain(evidence, NOTHING_KNOWN, effort)
            if found.mistake is not Mistake.UNKNOWN:
                return found, written(subject.formula)
    for problem in workable(subject.in_double()):
        for evidence in inquiry.evidence(problem):
            if not np.any(evidence.differing()):
                continue
            found = explain(evidence, problem.known, effort)
            if found.mistake is not Mistake.UNKNOWN:
                return found, written(problem.formula)
    return NOTHING, written(subject.formula)


def written(formula: Formula | None) -> str:
    """The formula without what it takes for granted."""
    return "" if formula is None else formula.printed.write(UNICODE)


def beside_words(subject: Subject, inquiry: Inquiry) -> tuple[str, bool] | None:
    """What is wrong at points beside, where the derivative here is right; and whether it is 0 here.

    None where it is right there too, or where values are given and no function.
    """
    if subject.x.size > ENOUGH:
        return None
    effort = inquiry.effort
    for e in inquiry.evidence(subject):
        if _are_values(e) or not e.is_clear:
            return None
        largest = [float(np.max(np.abs(r), initial=0.0)) for r in e.right]
        found = explain(e, subject.known, effort)
        return found.words, largest[0] <= HIDDEN * max(largest)
    return None


def _evidence(inquiry: Inquiry, subject: Subject) -> Iterator[Evidence]:
    points, theirs, ours, part = [], [], [], 0.0
    for args in beside(subject):
        pair = _pair(inquiry, subject, args)
        if pair is None or not np.all(np.isfinite(pair[1])):
            continue
        theirs.append(pair[0])
        ours.append(pair[1])
        part = max(part, pair[2])
        points.append({name: a for name, a in zip(subject.names, args, strict=True) if name in subject.arrays})
    if not points:
        return
    whole = Evidence(tuple(points), tuple(theirs), tuple(ours), part, subject.sizes, subject.name)
    yield whole
    if _are_values(whole):
        here = replace(whole, points=whole.points[:1], given=whole.given[:1], right=whole.right[:1])
        yield here


def _are_values(e: Evidence) -> bool:
    """Whether the same values are given everywhere, though the right ones change: they are no function."""
    return all(np.array_equal(g, e.given[0]) for g in e.given) and not all(
        np.allclose(r, e.right[0], rtol=e.part, atol=0) for r in e.right
    )


def _pair(inquiry: Inquiry, subject: Subject, args: tuple[Any, ...]) -> tuple[np.ndarray, np.ndarray, float] | None:
    """What is given and what is right at some arguments, if both can be had there."""
    try:
        found = right_values(subject, args, inquiry)
        if found is None:
            return None
        with np.errstate(all="ignore"):
            theirs = np.asarray(inquiry.given(*args))
    except Exception:  # neither function need be defined there
        return None
    right, part = found
    values = laid_out(theirs, right).values
    if values is None or values.dtype.kind not in "fiub":
        return None
    return values.astype(np.float64), right.astype(np.float64), part


def example(subject: Subject, inquiry: Inquiry, mistake: Finding) -> str:
    """A point of small whole numbers where what is given and what is right differ plainly; empty if none was found.

    At other sizes it must be the same mistake: a 2/50 that was right for 50 rows is wrong for 2.
    """
    if any(map(_are_values, inquiry.evidence(subject))):
        return ""
    alike: dict[tuple[int, ...], bool] = {}
    effort = Effort(EXAMPLE)
    for problem in simple(subject) if mistake.mistake not in OF_PLACES else ():
        point = {name: a for name, a in zip(problem.names, problem.args, strict=True) if name in problem.arrays}
        if sum(np.size(a) for a in point.values()) > SHOWN:
            continue
        text = _differing(inquiry, problem, point)
        lengths = tuple(sorted(problem.lengths))
        if text and lengths not in alike:
            alike[lengths] = any(
                explain(e, problem.known, effort).mistake is mistake.mistake for e in inquiry.evidence(problem)
            )
        if text and alike[lengths]:
            return text
    for problem in simple_here(subject):
        if problem.x.size <= SHOWN:
            others = " and the others as they are" if len(subject.arrays) > 1 else ""
            text = _differing(inquiry, problem, {problem.name: problem.x}, others)
            if text:
                return text
    return ""


def _differing(inquiry: Inquiry, problem: Subject, point: Mapping[str, Any], others: str = "") -> str:
    """What is given and what is right there, if they differ plainly."""
    pair = _pair(inquiry, problem, problem.args)
    if pair is None or not all(np.all(np.isfinite(a)) for a in pair[:2]):
        return ""
    theirs, right, _ = pair
    if not np.max(np.abs(theirs - right), initial=0.0) > PLAINLY * np.max(np.abs(right), initial=0.0):
        return ""
    where = ", ".join(f"{name} = {_text(np.asarray(a))}" for name, a in point.items())
    return f"at {where}{others}: given {_text(theirs)}, right {_text(right)}"


def _text(a: np.ndarray) -> str:
    if a.ndim == 0:
        return f"{float(a) + 0.0:.4g}"
    return "[" + ", ".join(_text(item) for item in a) + "]"
