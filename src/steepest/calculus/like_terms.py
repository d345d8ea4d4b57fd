"""Sums of flat products: terms that differ in one array only, and terms that together are as good as dense."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import prod

from steepest.expr.build import Operand, add, contract, is_zero
from steepest.expr.dtype import BOOL
from steepest.expr.node import Add, Einsum, Expr
from steepest.expr.number import is_number

from .flat import Map
from .gathering import is_small
from .selections import is_selection
from .work import entries

MOST = 32  # terms in a map; beyond, they are added up
SHORT = 8  # terms of a sum that are no reason to keep two products of arrays apart


def terms_of(e: Expr) -> Map:
    """The terms of a sum."""
    return e.args if isinstance(e, Add) else () if is_zero(e) else (e,)


def merged(terms: Iterable[Expr]) -> Map:
    """Like terms added, also those that differ only in one array at the same places."""
    groups: dict[object, list[_Placed]] = {}
    for k, t in enumerate(terms):
        placed = _placed(t)
        groups.setdefault(k if placed.key is None else placed.key, []).append(placed)
    result = [t for group in groups.values() for t in _together(group)]
    return terms_of(add(*result)) if result else ()


def fewer(terms: Map) -> Map:
    """Terms that together keep as many numbers as one array in their places would hold, made that one array.

    Beyond `MOST` terms all are, that tie axes of the result to each other in the same way.
    """
    groups: dict[object, list[_Placed]] = {}
    for t in terms:
        placed = _tied(t)
        groups.setdefault((placed.frame, placed.labels), []).append(placed)
    result: list[Expr] = []
    for group in groups.values():
        full = sum(_kept(p.term) for p in group) >= prod(group[0].term.shape[i] for i in group[0].labels)
        result += _together(group) if full or len(terms) > MOST else [p.term for p in group]
    return tuple(result)


def _kept(e: Expr) -> float:
    """How many numbers a term needs: those of its arrays, or of their product where that is smaller."""
    arrays = e.args if isinstance(e, Einsum) else (e,)
    return min(sum(prod(a.shape) for a in arrays if not is_selection(a) and not is_number(a)) or 1, entries(e))


def _tied(e: Expr) -> _Placed:
    """A term as an array at all its axes but those that ties make follow others, where it does not vary itself."""
    placed = _by_ties(e)
    follows = {i for labels, _ in placed.frame for i in labels[1:2]} - _seen(placed.weight, set(range(e.ndim)))
    return replace(placed, labels=frozenset(range(e.ndim)) - follows)


def _by_ties(e: Expr) -> _Placed:
    if is_selection(e) or not isinstance(e, Einsum):
        return _placed(e)
    ties = [is_selection(a) and len(labels) > 1 and set(e.out).issuperset(labels) for labels, a in e.operands()]
    frame = [f for f, tie in zip(e.operands(), ties, strict=True) if tie]
    weight = [f for f, tie in zip(e.operands(), ties, strict=True) if not tie]
    return _in_frame(e, frame, weight, small=True)


@dataclass(frozen=True)
class _Placed:
    """A term as a frame of factors and a weight at some of its labels; terms in one frame differ in the weight.

    Labels are the axes of the result by their number, then those inside in the order of the frame.
    """

    term: Expr
    frame: tuple[Operand, ...]
    weight: tuple[Operand, ...]
    labels: frozenset[int]  # those of the weight that are seen from outside
    small: bool  # whether the weight as one array is not much larger than its factors

    @property
    def key(self) -> object:
        """What terms have in common that can be added up; None if the weight is not one small array, or a mask."""
        if any(a.dtype == BOOL for _, a in self.weight):
            return None
        carriers = [labels for labels, _ in (*self.weight, *self.frame)]
        small = len(self.labels) <= 1 or any(self.labels <= set(labels) for labels in carriers)
        return self.frame if small or self.small else None


def _placed(e: Expr) -> _Placed:
    rank = e.ndim
    if is_selection(e):
        return _Placed(e, ((tuple(range(rank)), e),), (), frozenset(), small=True)
    if not isinstance(e, Einsum):
        return _Placed(e, (), ((tuple(range(rank)), e),), frozenset(range(rank)), small=True)
    selections = [(labels, a) for labels, a in e.operands() if is_selection(a)]
    arrays = [(labels, a) for labels, a in e.operands() if not is_selection(a)]
    outside = {*e.out, *(i for labels, _ in selections for i in labels)}
    sizes = e.label_sizes()
    summed = prod(sizes[i] for i in {i for labels, _ in arrays for i in labels} - outside)
    small = summed <= SHORT and is_small(arrays, outside, sizes)
    if not small:
        matrices = [(labels, a) for labels, a in arrays if len(labels) > 1]
        selections += matrices
        arrays = [(labels, a) for labels, a in arrays if len(labels) <= 1]
    return _in_frame(e, selections, arrays, small)


def _seen(arrays: Sequence[Operand], outside: set[int]) -> set[int]:
    return {i for labels, _ in arrays for i in labels if i in outside}


def _in_frame(e: Einsum, frame: Sequence[Operand], weight: Sequence[Operand], small: bool) -> _Placed:
    place = {label: k for k, label in enumerate(e.out)}
    ordered = sorted(frame, key=lambda f: (f[1].digest, tuple(place.get(i, e.ndim) for i in f[0])))
    for labels in (*(labels for labels, _ in ordered), *e.indices):
        for i in labels:
            place.setdefault(i, len(place))
    renamed = [tuple((tuple(place[i] for i in labels), a) for labels, a in part) for part in (ordered, weight)]
    outside = {*range(e.ndim), *(i for labels, _ in renamed[0] for i in labels)}
    return _Placed(e, renamed[0], renamed[1], frozenset(_seen(renamed[1], outside)), small)


def _together(group: Sequence[_Placed]) -> list[Expr]:
    """The terms in one frame whose weights have the axes of the largest, made one; the others as they are."""
    widest = max(group, key=lambda p: len(p.labels))
    fitting = [p for p in group if p.labels <= widest.labels]
    if len(fitting) < 2:
        return [p.term for p in group]
    labels = tuple(sorted(widest.labels))
    sizes = dict(enumerate(widest.term.shape))
    for own, a in (*widest.frame, *widest.weight):
        sizes.update(zip(own, a.shape, strict=True))
    total = add(*(contract(p.weight, labels, {i: sizes[i] for i in labels}) for p in fitting))
    whole = contract([*widest.frame, (labels, total)], range(widest.term.ndim), sizes)
    return [*(p.term for p in group if not p.labels <= widest.labels), whole]
