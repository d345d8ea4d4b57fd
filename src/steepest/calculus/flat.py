"""Derivatives as sums of flat products: what keeps their structure in sight, and every order of multiplication open.

A linear map from arrays of shape `columns` to arrays of shape `rows` is a tuple of terms, each of shape
``rows + columns``. A term is one contraction in which identities and selections stand beside arrays, so that it shows
what is diagonal, of low rank or a Kronecker product. Maps are composed term by term. What would be computed more than
once is *gathered* first: the arrays of a term that hang together become one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

from steepest.expr.build import Operand, contract, delta, is_zero
from steepest.expr.node import Apply, Einsum, Expr, Labels
from steepest.expr.number import size_constant
from steepest.ops.selection import one_hot_op

from .gathering import gathered
from .selections import Nothing, Relation, is_selection, operand_of, relation_of, solve

Map = tuple[Expr, ...]

WIDEST = 16  # factors in a term; beyond, they are gathered


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
        kept, free = _without(relations, inner, sizes)
    except Nothing:
        return None
    if len(kept) == len(relations):
        return e
    lengths: list[Operand] = [((), size_constant(sizes[i])) for i in free]
    return contract([*arrays, *(operand_of(r, sizes) for r in kept), *lengths], e.out, e.out_sizes())


def _meet(e: Einsum) -> bool:
    """Whether two selections have a label in common: one alone always selects something."""
    seen: set[int] = set()
    for labels, a in zip(e.indices, e.args, strict=True):
        if is_selection(a):
            if not seen.isdisjoint(labels):
                return True
            seen.update(labels)
    return False


def _without(
    relations: Sequence[Relation], inner: Sequence[int], sizes: dict[int, int]
) -> tuple[list[Relation], set[int]]:
    """The relations with labels put in terms of others where that loses nothing; the labels that none is about now."""
    kept, left = list(relations), set(inner)
    for label in inner:
        for r in kept:
            if abs(r.terms.get(label, 0)) != 1:
                continue
            solution = solve([r], sizes, [label])
            if label not in solution.places or solution.windows:
                continue
            start, steps = solution.places[label]
            kept = [_put(label, start, steps, other) for other in kept if other is not r]
            left.discard(label)
            break
    if any(r.offset and not r.terms for r in kept):
        raise Nothing
    kept = [r for r in kept if r.terms]
    return kept, left.difference(*(r.terms for r in kept))


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
