"""The two names of one share: σ(−u) = 1 − σ(u), and adj(A) = det(A) A⁻¹ where A⁻¹ is there anyway."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from steepest.expr.node import Expr
from steepest.expr.number import ONE, constant, times
from steepest.ops.elementary import one_minus
from steepest.ops.linalg_inverse import adjugate_op, determinant, inverse
from steepest.ops.special_logistic import expit

from .collecting import collected
from .entrywise import opposed
from .length import Reader
from .pairs import nearer
from .product import Products
from .term import Factor, Term, is_op


def with_inverses(terms: Sequence[Term], rank: int, products: Products) -> list[Term]:
    """Where A⁻¹ occurs, det(A) A⁻¹ for adj(A)."""
    bases = _bases(terms)
    other: dict[Expr, list[Term]] = {}
    for base in bases:
        if is_op(base, adjugate_op) and base.ndim == 2 and (inverted := inverse(base.args[0])) in bases:
            other[base] = [Term(ONE, (Factor(determinant(base.args[0]), (), 1), _entries(inverted, 2)))]
    return _exchanged(terms, other, rank, products)


def preferred(terms: Sequence[Term], reader: Reader) -> dict[Expr, Expr]:
    """Of every σ(−u) where σ(u) is there too, and shorter in print, that."""
    bases = _bases(terms)
    found: dict[Expr, Expr] = {}
    for base in bases:
        if is_op(base, expit):
            opposite = expit(opposed(base.args[0]))
            if opposite in bases and base is not nearer(reader, base, opposite):
                found[base] = opposite
    return found


def with_one_share(terms: Sequence[Term], rank: int, products: Products) -> list[Term]:
    """1 − σ(u) for σ(−u), where that is preferred; not where all terms have σ(u) σ(−u), which is a pair.

    Multiplied out if that is shorter: −y (1 − σ) + (1 − y) σ.
    """
    multiplied, whole = {}, {}
    for base in _bases(terms):
        better = products.preferred.get(base)
        if better is not None and not all(_has(t, base) == _has(t, better) for t in terms):
            multiplied[base] = [Term(ONE, ()), Term(constant(-1), (_entries(better, base.ndim),))]
            whole[base] = [Term(ONE, (_entries(one_minus(better), base.ndim),))]
    if not multiplied:
        return list(terms)
    found = [_exchanged(terms, other, rank, products) for other in (multiplied, whole)]
    return min(found, key=products.reader.sum_length)


def _has(t: Term, base: Expr) -> bool:
    return any(f.base is base for f in t.factors)


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
