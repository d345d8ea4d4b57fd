"""Fractions over one denominator, where that is shorter: ``2/u − 4x²/u²`` with u = 1 + x² is ``2(1 − x²)/u²``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from steepest.expr.node import Add, Expr, Labels, Variable
from steepest.expr.number import ONE, times

from .collecting import collected
from .product import Products
from .term import Factor, Term, is_negative, relabelled

MOST_TERMS, MOST_POWERS = 8, 3

Opener = Callable[[Expr], list[Term]]  # the terms of a sum, over its own axes


def over_one(terms: Sequence[Term], rank: int, products: Products, opened: Opener) -> list[Term]:
    """The terms over the highest power of a denominator that they share, that multiplied out, if it saves writing."""
    if 1 < len(terms) <= MOST_TERMS:
        for f in terms[0].factors:
            u = products.squares.get(f.base, f.base)
            if is_negative(f.exponent) and isinstance(u, (Add, Variable)) and max(f.labels, default=-1) < rank:
                found = _over(terms, rank, f, products, opened)
                if found is not None and _length(found, f, products) < _length(terms, f, products):
                    return found
    return list(terms)


def _over(terms: Sequence[Term], rank: int, f: Factor, products: Products, opened: Opener) -> list[Term] | None:
    exponents = [_exponent_of(t, f.base, f.labels) for t in terms]
    lowest = min(exponents)
    step = 2 if f.base in products.squares else 1
    if max(exponents) >= 0 or any((e - lowest) % step or e - lowest > MOST_POWERS * step for e in exponents):
        return None
    u = opened(products.squares.get(f.base, f.base))
    found: list[Term] = []
    for t, exponent in zip(terms, exponents, strict=True):
        over = [t]
        for _ in range((exponent - lowest) // step):
            over = [_times(a, b, f.labels) for a in over for b in u]
        lower = Factor(f.base, f.labels, lowest - exponent)
        found += [products.term(c, (*factors, lower), rank) for c, factors in over]
    return collected(found)


def _exponent_of(t: Term, base: Expr, labels: Labels) -> int:
    exponent = next((g.exponent for g in t.factors if g.base is base and g.labels == labels), 0)
    return exponent if isinstance(exponent, int) else 0


def _times(a: Term, b: Term, labels: Labels) -> Term:
    """The product, the second over the given labels; it has no summed ones."""
    factors = relabelled(b.factors, dict(enumerate(labels)))
    return Term(times(a.coefficient, b.coefficient), (*a.factors, *factors))


def _length(terms: Sequence[Term], f: Factor, products: Products) -> int:
    """In print, with the denominator that all share written once."""
    if not terms:
        return 0
    shared = max(_exponent_of(t, f.base, f.labels) for t in terms)
    lower = Factor(f.base, f.labels, -shared)
    rests = [products.term(c, (*factors, lower), MOST_LABELS) for c, factors in terms]
    one = Term(ONE, (lower._replace(exponent=shared),))
    return products.reader.sum_length(rests) + products.reader.term_length(one)


MOST_LABELS = 10**6  # all labels count as axes: nothing is summed while lengths are compared
