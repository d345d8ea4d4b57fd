"""The two names of one share: σ(−u) = 1 − σ(u), and adj(A) = det(A) A⁻¹ where A⁻¹ is there anyway."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from steepest.expr.build import negate
from steepest.expr.node import Expr
from steepest.expr.number import ONE, constant, times
from steepest.ops.linalg_inverse import adjugate_op, determinant, inverse
from steepest.ops.special_logistic import expit

from .collecting import collected
from .pairs import nearer
from .product import Products
from .recognition import is_op
from .term import Factor, Term


def with_inverses(terms: Sequence[Term], rank: int, products: Products) -> list[Term]:
    """Where A⁻¹ occurs, det(A) A⁻¹ for adj(A)."""
    bases = _bases(terms)
    other = {}
    for base in bases:
        if is_op(base, adjugate_op) and base.ndim == 2 and (inverted := inverse(base.args[0])) in bases:
            other[base] = [Term(ONE, (Factor(determinant(base.args[0]), (), 1), _entries(inverted, 2)))]
    return _exchanged(terms, other, rank, products)


def with_one_share(terms: Sequence[Term], rank: int, products: Products) -> list[Term]:
    """Where one term has σ(u) and another σ(−u), 1 − σ for one of them."""
    bases = _bases(terms)
    other = {}
    for base in bases:
        if is_op(base, expit) and (opposite := expit(negate(base.args[0]))) in bases:
            together = all((base in (in_t := [f.base for f in t.factors])) == (opposite in in_t) for t in terms)
            if not together and base is not nearer(products.reader, base, opposite):
                other[base] = [Term(ONE, ()), Term(constant(-1), (_entries(opposite, base.ndim),))]
    return _exchanged(terms, other, rank, products)


def _bases(terms: Sequence[Term]) -> dict[Expr, None]:
    return dict.fromkeys(f.base for t in terms for f in t.factors)


def _exchanged(terms: Sequence[Term], other: dict[Expr, list[Term]], rank: int, products: Products) -> list[Term]:
    """The terms with other words for some factors."""
    if not other:
        return list(terms)
    return collected(products.term(c, fs, rank) for t in terms for c, fs in _expanded(t, other))


def _entries(e: Expr, rank: int) -> Factor:
    return Factor(e, tuple(range(rank)), 1)


def _expanded(t: Term, other: dict[Expr, list[Term]]) -> Iterable[Term]:
    found = [Term(t.coefficient, ())]
    for f in t.factors:
        choices = [Term(ONE, (f,))]
        if f.base in other and type(f.exponent) is int and f.exponent > 0:
            choices = [_at(c, f) for c in _power(other[f.base], f.exponent)]
        found = [Term(times(a.coefficient, b.coefficient), a.factors + b.factors) for a in found for b in choices]
    return found


def _power(terms: list[Term], n: int) -> list[Term]:
    """One term, or the binomial theorem."""
    if len(terms) == 1:
        return [Term(ONE, terms[0].factors * n)]
    one, other = terms
    return [
        Term(times(constant(math.comb(n, k)), constant((-1) ** k)), one.factors * (n - k) + other.factors * k)
        for k in range(n + 1)
    ]


def _at(t: Term, f: Factor) -> Term:
    """The term with its axes at the labels of the factor."""
    return Term(t.coefficient, tuple(g._replace(labels=tuple(f.labels[i] for i in g.labels)) for g in t.factors))
