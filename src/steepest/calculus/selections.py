"""Selections in a product solved: which labels follow which, and where nothing is selected at all.

A selection is a relation ``Σ c_k·i_k + offset = 0`` between labels (`Affine`, and the identity). Solved by
elimination, it says ``i = start + Σ step_k·i_k``: the place on one axis in terms of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from steepest.expr.build import Operand, delta, structured
from steepest.expr.node import Delta, Expr, Labels, Structured
from steepest.expr.pattern import Affine

Terms: TypeAlias = dict[int, int]  # label: coefficient


class Nothing(Exception):
    """The selections contradict each other: the product is 0."""


@dataclass(frozen=True)
class Relation:
    """1 where ``Σ coefficient·label + offset`` is 0."""

    terms: Terms
    offset: int


@dataclass
class Solution:
    """``places[i] = (start, steps)`` for each label that follows others; `windows` where a leader has few values."""

    places: dict[int, tuple[int, Terms]] = field(default_factory=dict)
    windows: dict[int, tuple[int, int]] = field(default_factory=dict)  # label: first value, number of values
    left: list[Relation] = field(default_factory=list)  # relations that say more than one label can follow

    def window(self, label: int, sizes: Mapping[int, int]) -> tuple[int, int]:
        return self.windows.get(label, (0, sizes[label]))


def is_selection(e: Expr) -> bool:
    """Whether a factor is a relation between its labels."""
    if type(e) is Structured:
        return isinstance(e.pattern, Affine) and e.pattern.relation == "=="
    return type(e) is Delta


def relation_of(labels: Labels, e: Expr) -> Relation:
    coefficients, offset = (1, -1), 0
    if isinstance(e, Structured) and isinstance(e.pattern, Affine):
        coefficients, offset = e.pattern.coefficients, e.pattern.offset  # type: ignore[assignment]
    terms: Terms = {}
    for label, c in zip(labels, coefficients, strict=True):
        terms[label] = terms.get(label, 0) + c
    return Relation(terms, offset)


def operand_of(relation: Relation, sizes: Mapping[int, int]) -> Operand:
    """The relation as a factor again."""
    labels = tuple(relation.terms)
    if (
        tuple(relation.terms.values()) in ((1, -1), (-1, 1))
        and not relation.offset
        and sizes[labels[0]] == sizes[labels[1]]
    ):
        return labels, delta(sizes[labels[0]])
    pattern = Affine(tuple(relation.terms.values()), relation.offset)
    return labels, structured(pattern, tuple(sizes[i] for i in labels))


def solve(relations: Iterable[Relation], sizes: Mapping[int, int], order: Sequence[int]) -> Solution:
    """Each label of `order` that a relation fixes, in that order of preference, in terms of the others.

    Raises:
        Nothing: if no values satisfy the relations.
    """
    found = Solution()
    waiting = [Relation(dict(r.terms), r.offset) for r in relations]
    rank = {label: k for k, label in enumerate(order)}
    while waiting:
        waiting = [kept for r in waiting if (kept := _simplest(r, found, sizes)) is not None]
        waiting.sort(key=lambda r: len(r.terms))
        for k, r in enumerate(waiting):
            chosen = _follower(r, found, sizes, rank)
            if chosen is not None:
                del waiting[k]
                _follow(chosen, r, found, sizes)
                break
        else:
            found.left = waiting
            return found
    return found


def _simplest(r: Relation, found: Solution, sizes: Mapping[int, int]) -> Relation | None:
    """The relation with known places put in; None if it always holds."""
    terms: Terms = {}
    offset = r.offset
    for label, c in r.terms.items():
        start, steps = found.places.get(label, (0, {label: 1}))
        offset += c * start
        for other, step in steps.items():
            low, count = found.window(other, sizes)
            if count == 1:
                offset += c * step * low
            else:
                terms[other] = terms.get(other, 0) + c * step
    terms = {label: c for label, c in terms.items() if c}
    if terms:
        low, high = _range(terms, offset, found, sizes)
        if low > 0 or high < 0:
            raise Nothing
        return Relation(terms, offset)
    if offset:
        raise Nothing
    return None


def _follower(r: Relation, found: Solution, sizes: Mapping[int, int], rank: Mapping[int, int]) -> int | None:
    """A label that the relation fixes for all values of the others, or for a window of the only other one."""
    for label in sorted((i for i, c in r.terms.items() if abs(c) == 1 and i in rank), key=rank.__getitem__):
        if len(r.terms) <= 2:
            return label
        start, steps = _solved_for(label, r)
        low, high = _range(steps, start, found, sizes)
        first, count = found.window(label, sizes)
        if low >= first and high < first + count:
            return label
    if len(r.terms) == 1:  # c·i + offset = 0
        ((label, c),) = r.terms.items()
        if r.offset % c:
            raise Nothing
        if label in rank:
            return label
    return None


def _solved_for(label: int, r: Relation) -> tuple[int, Terms]:
    c = r.terms[label]
    if abs(c) != 1:
        return -r.offset // c, {}
    return -r.offset * c, {i: -d * c for i, d in r.terms.items() if i != label}


def _range(terms: Terms, offset: int, found: Solution, sizes: Mapping[int, int]) -> tuple[int, int]:
    """The least and the greatest value of a combination of labels."""
    low = high = offset
    for label, c in terms.items():
        first, count = found.window(label, sizes)
        ends = (c * first, c * (first + count - 1))
        low, high = low + min(ends), high + max(ends)
    return low, high


def _follow(label: int, r: Relation, found: Solution, sizes: Mapping[int, int]) -> None:
    start, steps = _solved_for(label, r)
    first, count = found.window(label, sizes)
    for other, step in steps.items() if len(steps) == 1 else ():
        _restrict(other, step, start, first, first + count, found, sizes)
    if not steps and not first <= start < first + count:
        raise Nothing
    for key, (at, terms) in found.places.items():
        c = terms.pop(label, 0)
        if c:
            for other, step in steps.items():
                terms[other] = terms.get(other, 0) + c * step
            found.places[key] = at + c * start, {i: s for i, s in terms.items() if s}
    found.places[label] = start, steps
    found.windows.pop(label, None)


def _restrict(
    label: int, step: int, start: int, first: int, stop: int, found: Solution, sizes: Mapping[int, int]
) -> None:
    """Only values with ``first ≤ step·label + start < stop``."""
    low, count = found.window(label, sizes)
    high = low + count
    if step > 0:
        low, high = max(low, -((start - first) // step)), min(high, -((start - stop) // step))
    else:
        low, high = max(low, (start - stop) // -step + 1), min(high, (start - first) // -step + 1)
    if low >= high:
        raise Nothing
    if (low, high - low) != (0, sizes[label]):
        found.windows[label] = low, high - low
