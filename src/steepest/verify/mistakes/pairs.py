"""Two mistakes in one formula: each in a term of its own, or one in a term that has a wrong factor besides.

What two changes of different terms do to a sum is the sum of what each does. So all pairs are looked through at
the cost of each change alone: the changes are sorted by what they do in one direction, and partners are looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from steepest.expr.number import constant
from steepest.formula import notation as nt
from steepest.formula.collect import added
from steepest.formula.factors import multiplied
from steepest.formula.notation import Notation

from .constants import named, simple, told_sizes
from .edits import Change, changes
from .evidence import Evidence, Values
from .mistake import Finding, Mistake
from .written import AtPoints, Written

MOST_TERMS, MOST_CHANGES = 6, 400
SLACK = 1e3  # times the tolerance, in which partners are looked up


@dataclass(frozen=True)
class Changed:
    """A term with one change in it."""

    position: int
    change: Change
    term: Notation
    values: AtPoints


def explain_two(written: Written, e: Evidence, terms: Sequence[Notation]) -> Finding | None:
    """Two mistakes in a sum of these terms."""
    if not 2 <= len(terms) <= MOST_TERMS or len(e.points) < 2:
        return None
    whole = [v for t in terms if (v := written.values(t)) is not None]
    if len(whole) < len(terms):
        return None
    found = [c for k, t in enumerate(terms) for c in _changed(written, k, t)]
    return _with_factors(written, e, terms, whole, found) or _both(written, e, terms, found)


def _changed(written: Written, position: int, term: Notation) -> list[Changed]:
    """The term left out, with the other sign, and with every single mistake in it."""
    minus = multiplied(nt.Number(constant(-1)), term)
    sign = Change(Mistake.TERM_SIGN, "the term {part} has the wrong sign", minus, term)
    found: list[Changed] = []
    seen = {term}
    for change, variant in [(sign, minus), *changes(term)][:MOST_CHANGES]:
        values = None if variant in seen else written.values(variant)
        seen.add(variant)
        if values is not None:
            found.append(Changed(position, change, variant, values))
    return found


def _with_factors(
    written: Written, e: Evidence, terms: Sequence[Notation], whole: Sequence[AtPoints], found: Sequence[Changed]
) -> Finding | None:
    """One change, and simple factors of this term and of others."""
    for c in found:
        rest = [v for k, v in enumerate(whole) if k != c.position]
        coefficients = e.coefficients([c.values, *rest])
        if coefficients is None or any(simple(x, e.sizes) is None and abs(x) > e.part for x in coefficients):
            continue
        others = [t for k, t in enumerate(terms) if k != c.position]
        wrong = [(x, t) for x, t in zip(coefficients, (c.term, *others), strict=True) if abs(x - 1) > 10 * e.part]
        if len(wrong) <= 1:
            words = [_words(written, c.change), *(_factor_words(written, e, x, t) for x, t in wrong)]
            left = [
                multiplied(nt.Number(constant(round(x, 6))), t)
                for x, t in zip(coefficients, (c.term, *others), strict=True)
            ]
            return Finding(c.change.mistake, "; ".join(words), written.text(added(*left)))
    return None


def _factor_words(written: Written, e: Evidence, x: float, term: Notation) -> str:
    if abs(x) <= e.part:
        return f"the term {written.piece(term)} is missing"
    text = named(x, e.sizes)
    return f"{written.piece(term)} is {text}{told_sizes(text, e.sizes)} times what it would be with that alone"


def _both(written: Written, e: Evidence, terms: Sequence[Notation], found: Sequence[Changed]) -> Finding | None:
    """Two changes in two terms."""
    originals = [written.values(t) for t in terms]
    moves = np.array([np.ravel(c.values[0] - originals[c.position][0]) for c in found])  # type: ignore[index]
    if not len(moves):
        return None
    moves = np.where(np.isfinite(moves), moves, 1e300)
    direction = np.random.default_rng(0).normal(size=moves.shape[1])
    target = float(direction @ np.ravel(e.given[0] - e.right[0]))
    along = moves @ direction
    order = np.argsort(along)
    width = SLACK * e.part * e.scale(0)
    low = np.searchsorted(along[order], target - along - width)
    high = np.searchsorted(along[order], target - along + width)
    for i, (a, b) in enumerate(zip(low, high, strict=True)):
        for j in order[a:b]:
            one, other = found[i], found[int(j)]
            if one.position < other.position and e.explains(_sum(e, originals, one, other)):
                words = f"{_words(written, one.change)}; and {_words(written, other.change)}"
                main = [
                    one.term if k == one.position else other.term if k == other.position else t
                    for k, t in enumerate(terms)
                ]
                return Finding(one.change.mistake, words, written.text(added(*main)))
    return None


def _sum(e: Evidence, originals: Sequence[AtPoints | None], one: Changed, other: Changed) -> list[Values]:
    changed = {one.position: one.values, other.position: other.values}
    return [
        np.sum([changed.get(p, values)[k] for p, values in enumerate(originals)], axis=0)  # type: ignore[index]
        for k in range(len(e.points))
    ]


def _words(written: Written, change: Change) -> str:
    instead = {} if change.instead is None else {"instead": written.piece(change.instead)}
    return change.words.format(part=written.piece(change.part), **instead)
