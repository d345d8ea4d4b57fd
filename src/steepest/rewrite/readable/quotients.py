"""Fractions over one denominator, where that is shorter: ``2/u − 4x²/u²`` with u = 1 + x² is ``2(1 − x²)/u²``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from steepest.expr.node import Add, Apply, Expr, Labels, Variable
from steepest.expr.number import times

from .collecting import CIRCLES, collected, with_circles
from .product import Products
from .term import Factor, Term, is_negative, is_summed, relabelled

MOST_TERMS, MOST_POWERS = 8, 3

Opener = Callable[[Expr], list[Term]]  # the terms of a sum, over its own axes


def over_one(terms: Sequence[Term], rank: int, products: Products, opened: Opener) -> tuple[list[Term], Factor] | None:
    """Numerators and the one denominator: the highest power of what the terms have below the line, if that saves
    writing."""
    if not 1 < len(terms) <= MOST_TERMS:
        return None
    for f in {f._replace(exponent=-1): None for t in terms for f in t.factors if is_negative(f.exponent)}:
        u = products.under(f.base) or f.base
        if (isinstance(u, (Add, Variable)) or _is_on_circle(u)) and max(f.labels, default=-1) < rank:
            found = _over(terms, rank, f, products, opened(u))
            plain = _as_it_is(terms, rank, f, products)
            if found is not None and _length(*found, products) <= _length(*plain, products):
                return found
    return None


def _is_on_circle(u: Expr) -> bool:
    """A sine or cosine: over its square, sin² + cos² = 1 may show."""
    return isinstance(u, Apply) and any(u.op in (one, other) for one, other, _ in CIRCLES)


def _over(
    terms: Sequence[Term], rank: int, f: Factor, products: Products, u: Sequence[Term]
) -> tuple[list[Term], Factor] | None:
    exponents = [_exponent_of(t, f) for t in terms]
    lowest = min(exponents)
    if any(is_summed(b, len(f.labels)) for b in u):
        return None
    step = 1 if products.under(f.base) is None else 2
    if max(exponents) > 0 or max(exponents) == lowest or max(exponents) - lowest > MOST_POWERS * step:
        return None
    if any((e - lowest) % step for e in exponents):
        return None
    found: list[Term] = []
    for t, exponent in zip(terms, exponents, strict=True):
        over = [products.term(t.coefficient, (*t.factors, f._replace(exponent=-exponent)), rank)]
        for _ in range((exponent - lowest) // step):
            over = [_times(a, b, f.labels) for a in over for b in u]
        found += [products.term(c, factors, rank) for c, factors in over]
    return with_circles(collected(found)), f._replace(exponent=lowest)


def _as_it_is(terms: Sequence[Term], rank: int, f: Factor, products: Products) -> tuple[list[Term], Factor]:
    """The terms over the lowest power of the denominator, which all share."""
    highest = max(_exponent_of(t, f) for t in terms)
    over = f._replace(exponent=-highest)
    return [products.term(c, (*factors, over), rank) for c, factors in terms], f._replace(exponent=highest)


def _exponent_of(t: Term, f: Factor) -> int:
    exponent = next((g.exponent for g in t.factors if g.base is f.base and g.labels == f.labels), 0)
    return exponent if isinstance(exponent, int) else 0


def _times(a: Term, b: Term, labels: Labels) -> Term:
    """The product, the second over the given labels; it has no summed ones."""
    factors = relabelled(b.factors, dict(enumerate(labels)))
    return Term(times(a.coefficient, b.coefficient), (*a.factors, *factors))


def _length(numerators: Sequence[Term], below: Factor, products: Products) -> int:
    return products.reader.sum_length(numerators) + (products.reader.factor_length(below) if below.exponent else 0)
