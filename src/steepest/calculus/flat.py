"""Derivatives as sums of flat products: what keeps their structure in sight, and every order of multiplication open.

A linear map from arrays of shape `columns` to arrays of shape `rows` is a tuple of terms, each of shape
``rows + columns``. A term is one contraction in which identities and selections stand beside arrays, so that it shows
what is diagonal, of low rank or a Kronecker product. Maps are composed term by term. What would be computed more than
once is *gathered* first: the arrays of a term that hang together become one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from steepest.expr.build import Operand, add, contract, delta, is_zero
from steepest.expr.dimension import Shape
from steepest.expr.dtype import BOOL
from steepest.expr.node import Add, Apply, Einsum, Expr, Labels
from steepest.expr.number import is_number, size_constant
from steepest.ops.selection import one_hot_op

from .selections import Nothing, Relation, is_selection, operand_of, relation_of, solve
from .work import entries

Map = tuple[Expr, ...]

MOST = 32  # terms in a map; beyond, they are added up
WIDEST = 16  # factors in a term; beyond, they are gathered
SHORT = 8  # terms of a sum that are no reason to keep two products of arrays apart
SPREAD = 4  # so many times as large as its factors a product may be to be formed, though it need not be


def terms_of(e: Expr) -> Map:
    """The terms of a sum."""
    return e.args if isinstance(e, Add) else () if is_zero(e) else (e,)


def opened(e: Expr, labels: Labels, fresh: Iterator[int]) -> list[Operand]:
    """The factors of a term with these labels on its axes."""
    return e.operands_at(labels, fresh) if isinstance(e, Einsum) else [(labels, e)]


def compose(outer: Expr, inner: Expr, rank: int) -> Expr | None:
    """``outer · inner``, summed over the `rank` axes in the middle; None if selections leave nothing."""
    rows, columns = outer.ndim - rank, inner.ndim - rank
    shape = (*outer.shape[:rows], *inner.shape[rank:])
    middle = outer.shape[rows:]
    fresh = count(rows + rank + columns)
    ends = tuple(range(rows + columns))
    between = tuple(range(rows + columns, rows + columns + rank))
    operands = opened(outer, (*ends[:rows], *between), fresh) + opened(inner, (*between, *ends[rows:]), fresh)
    carried = {i for labels, _ in operands for i in labels}
    operands += [((), size_constant(n)) for i, n in zip(between, middle, strict=True) if i not in carried]
    product = contract(picked_once(operands), ends, dict(zip(ends, shape, strict=True)))
    return None if is_zero(product) else without_detours(product)


def picked_once(operands: Sequence[Operand]) -> list[Operand]:
    """Two labels that one index array says are equal: the array says it of the first."""
    result: list[Operand] = []
    seen: dict[tuple[Labels, Expr], int] = {}
    for labels, a in operands:
        if isinstance(a, Apply) and a.op is one_hot_op:
            place = seen.setdefault((labels[:-1], a), labels[-1])
            if place != labels[-1]:
                result.append(((place, labels[-1]), delta(a.shape[-1])))
                continue
        result.append((labels, a))
    return result


def without_detours(e: Expr) -> Expr | None:
    """Labels that only selections carry dropped: the entry k of a slice is an entry. None if nothing is selected."""
    if not isinstance(e, Einsum) or not _meet(e):
        return e
    arrays = [(labels, a) for labels, a in e.operands() if not is_selection(a)]
    relations = [relation_of(labels, a) for labels, a in e.operands() if is_selection(a)]
    sizes = e.label_sizes()
    carried = {i for labels, _ in arrays for i in labels}
    inner = [i for i in sizes if i not in carried and i not in e.out]
    try:
        solve(relations, sizes, list(sizes))
        if not inner:
            return e
        kept = _without(relations, inner, sizes)
    except Nothing:
        return None
    if len(kept) == len(relations):
        return e
    operands = [*arrays, *(operand_of(r, sizes) for r in kept)]
    return contract(operands, e.out, e.out_sizes())


def _meet(e: Einsum) -> bool:
    """Whether two selections have a label in common: one alone always selects something."""
    seen: set[int] = set()
    for labels, a in zip(e.indices, e.args, strict=True):
        if is_selection(a):
            if not seen.isdisjoint(labels):
                return True
            seen.update(labels)
    return False


def _without(relations: Sequence[Relation], inner: Sequence[int], sizes: dict[int, int]) -> list[Relation]:
    """The relations with labels put in terms of others where that loses nothing."""
    kept = list(relations)
    for label in inner:
        for r in kept:
            if abs(r.terms.get(label, 0)) != 1:
                continue
            solution = solve([r], sizes, [label])
            if label not in solution.places or solution.windows:
                continue
            start, steps = solution.places[label]
            kept = [_put(label, start, steps, other) for other in kept if other is not r]
            break
    return kept


def _put(label: int, start: int, steps: dict[int, int], r: Relation) -> Relation:
    """``label = start + Σ step·other`` in a relation."""
    terms = dict(r.terms)
    c = terms.pop(label, 0)
    for other, step in steps.items():
        terms[other] = terms.get(other, 0) + c * step
    return Relation(terms, r.offset + c * start)


def composed(outer: Map, inner: Map, rank: int, unit: Expr) -> Map:
    """The composition of two maps, term by term; `unit` is the identity between them."""
    products = (b if a is unit else a if b is unit else compose(a, b, rank) for a in outer for b in inner)
    return tuple(p if _width(p) <= WIDEST else gathered(p) for p in products if p is not None)


def _width(e: Expr) -> int:
    return len(e.args) if isinstance(e, Einsum) else 1


# --- gathering ------------------------------------------------------------------------------------------


def gathered(e: Expr) -> Expr:
    """The arrays of a term that hang together made one, where that is no larger than they are."""
    if not isinstance(e, Einsum) or sum(not is_selection(a) for a in e.args) < 2:
        return e
    if any(a.dtype == BOOL for a in e.args):
        return e  # a mask must go on selecting from the whole product
    selections = [(labels, a) for labels, a in e.operands() if is_selection(a)]
    numbers = [(labels, a) for labels, a in e.operands() if is_number(a)]
    outside = {i for labels, _ in selections for i in labels}.union(e.out)
    sizes = e.label_sizes()
    groups = connected([(labels, a) for labels, a in e.operands() if not is_selection(a) and not is_number(a)])
    if numbers and groups:
        k = min(range(len(groups)), key=lambda k: _entries(groups[k], outside, sizes))
        groups[k] = [*numbers, *groups[k]]
        numbers = []
    operands = [*numbers, *selections]
    for group in groups:
        whole = _gathered(group, outside, sizes)
        operands += group if whole is None else [whole]
    return contract(operands, e.out, e.out_sizes())


def _gathered(group: Sequence[Operand], outside: set[int], sizes: Mapping[int, int]) -> Operand | None:
    arrays = [(labels, a) for labels, a in group if not is_number(a)]
    if len(arrays) == 1 and len(group) == 1:
        return None
    if not _is_small(arrays, outside, sizes):
        return None
    labels = tuple(dict.fromkeys(i for ls, _ in group for i in ls if i in outside))
    return labels, contract(group, labels)


def _entries(group: Sequence[Operand], outside: set[int], sizes: Mapping[int, int]) -> int:
    return _count(tuple(sizes[i] for i in {i for labels, _ in group for i in labels if i in outside}))


def _is_small(arrays: Sequence[Operand], outside: set[int], sizes: Mapping[int, int]) -> bool:
    """Whether the product of arrays is not much larger than they are."""
    return _entries(arrays, outside, sizes) <= SPREAD * sum(_count(a.shape) for _, a in arrays)


def connected(operands: Sequence[Operand]) -> list[list[Operand]]:
    """Operands in groups that share no label."""
    groups: list[tuple[set[int], list[Operand]]] = []
    for operand in operands:
        labels, members = set(operand[0]), [operand]
        apart = []
        for other, others in groups:
            if labels & other:
                labels |= other
                members = [*others, *members]
            else:
                apart.append((other, others))
        groups = [*apart, (labels, members)]
    return [members for _, members in groups]


def _count(shape: Shape) -> int:
    total = 1
    for n in shape:
        total *= n
    return total


# --- sums -----------------------------------------------------------------------------------------------


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
    groups: dict[tuple[Operand, ...], list[_Placed]] = {}
    for t in terms:
        placed = _tied(t)
        groups.setdefault(placed.frame, []).append(placed)
    result: list[Expr] = []
    for group in groups.values():
        full = sum(_kept(p.term) for p in group) >= _count(tuple(group[0].term.shape[i] for i in group[0].labels))
        result += _together(group) if full or len(terms) > MOST else [p.term for p in group]
    return tuple(result)


def _kept(e: Expr) -> float:
    """How many numbers a term needs: those of its arrays, or of their product where that is smaller."""
    arrays = e.args if isinstance(e, Einsum) else (e,)
    return min(sum(_count(a.shape) for a in arrays if not is_selection(a) and not is_number(a)) or 1, entries(e))


def _tied(e: Expr) -> _Placed:
    if is_selection(e):
        return _placed(e)
    if not isinstance(e, Einsum):
        return _Placed(e, (), ((tuple(range(e.ndim)), e),), frozenset(range(e.ndim)), small=True)
    ties = [is_selection(a) and len(labels) > 1 and set(e.out).issuperset(labels) for labels, a in e.operands()]
    frame = [f for f, tie in zip(e.operands(), ties, strict=True) if tie]
    weight = [f for f, tie in zip(e.operands(), ties, strict=True) if not tie]
    placed = _in_frame(e, frame, weight, small=True)
    follows = {labels[1] for labels, _ in placed.frame}
    return replace(placed, labels=frozenset(range(e.ndim)) - follows)


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
    summed = _count(tuple(sizes[i] for i in {i for labels, _ in arrays for i in labels} - outside))
    small = summed <= SHORT and _is_small(arrays, outside, sizes)
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
