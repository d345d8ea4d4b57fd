"""The number that terms have in common: 2/n of ``2/n x − 2/n² Σx``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from steepest.expr.node import Constant, Monomial
from steepest.expr.number import ONE, constant, times

from .collecting import number_of, rational
from .term import Term, is_negative


def content(terms: Sequence[Term]) -> Constant:
    """The largest number that divides all of them; negative if all are."""
    sizes = _common_sizes([t.coefficient.sizes for t in terms])
    values = [t.coefficient.value for t in terms]
    ratios = [rational(v) for v in values]
    if all(v == values[0] for v in values):
        return constant(values[0], sizes)
    if any(r is None for r in ratios):
        return constant(1, sizes)
    exact = [r for r in ratios if r is not None]
    divisor = Fraction(math.gcd(*(r.numerator for r in exact)), math.lcm(*(r.denominator for r in exact)))
    if len({r.denominator for r in exact}) > 1:
        divisor = Fraction(divisor.numerator)
    return constant(number_of(-divisor if all(r < 0 for r in exact) else divisor), sizes)


def cleared(terms: Sequence[Term]) -> Constant:
    """The number without which all have whole numbers in front, if they have ratios."""
    ratios = [rational(t.coefficient.value) for t in terms]
    if any(r is None for r in ratios):
        return ONE
    return constant(number_of(1 / Fraction(math.lcm(*(r.denominator for r in ratios if r is not None)))))


def leading(terms: Sequence[Term]) -> Constant:
    """What is taken out of a sum that stands by itself: a fraction; a whole number if it is before single things,
    ``4(X − Xᵀ)``, but not of ``2Aᵀ(Ax − b) + 2c x``; never a sign alone."""
    found = content(terms)
    if isinstance(found.value, complex):
        return ONE
    sizes_apart = constant(abs(found.value), found.sizes)
    if found.sizes or not float(abs(found.value)).is_integer():
        return sizes_apart
    single = len(terms) > 1 and all(len(t.factors) == 1 and abs(t.coefficient.value) == abs(found.value) for t in terms)
    return sizes_apart if single else ONE


def of_one_fraction(terms: Sequence[Term]) -> list[tuple[Constant, list[Term]]]:
    """The terms in groups, those with the same fraction in front without it: 1/2 (A + Aᵀ) − …"""
    groups: dict[Constant, list[Term]] = {}
    for t in terms:
        groups.setdefault(leading([t]), []).append(t)
    found = []
    for front, group in groups.items():
        shared = front if len(group) > 1 else ONE
        if shared is not ONE and all(is_negative(t.coefficient.value) for t in group):
            shared = times(constant(-1), shared)
        found.append((shared, divided(group, shared)))
    return found


def divided(terms: Sequence[Term], by: Constant) -> list[Term]:
    if by is ONE:
        return list(terms)
    ratio = rational(by.value)
    over = constant(1, tuple((d, -e) for d, e in by.sizes))
    found = []
    for t in terms:
        own = rational(t.coefficient.value)
        exact = None if ratio is None or own is None else number_of(own / ratio)
        value = t.coefficient.value / by.value if exact is None else exact
        found.append(t._replace(coefficient=times(constant(value, t.coefficient.sizes), over)))
    return found


def _common_sizes(monomials: Sequence[Monomial]) -> Monomial:
    """Of each size the exponent nearest to 0, where all terms have it with one sign."""
    common = dict(monomials[0])
    for monomial in monomials[1:]:
        here = {d.name: e for d, e in monomial}
        for d, e in list(common.items()):
            other = here.get(d.name, 0)
            if e * other <= 0:
                del common[d]
            else:
                common[d] = min(e, other, key=abs)
    return tuple(common.items())
