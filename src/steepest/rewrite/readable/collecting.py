"""Like terms added up, in exact arithmetic where their numbers are ratios."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

from steepest.expr.node import Constant, Monomial, Number
from steepest.expr.number import constant, times
from steepest.ops.elementary import cos, cosh, sin, sinh
from steepest.ops.logic import logical_not

from .term import Factor, Term, is_op

LARGEST_DENOMINATOR = 10**6
CIRCLES = ((sin, cos, 1), (cosh, sinh, -1))


def collected(terms: Iterable[Term]) -> list[Term]:
    """Equal products counted, what comes to nothing dropped."""
    found: dict[tuple[tuple[Factor, ...], Monomial], Constant] = {}
    for t in terms:
        key = (t.factors, t.coefficient.sizes)
        found[key] = plus(found[key], t.coefficient) if key in found else t.coefficient
    return [Term(c, factors) for (factors, _), c in found.items() if c.value != 0]


def with_circles(terms: list[Term]) -> list[Term]:
    """c sin²(u) + c cos²(u) = c, and c cosh²(u) − c sinh²(u) = c."""
    for k, t in enumerate(terms):
        for f in t.factors:
            for one, other, sign in CIRCLES:
                if is_op(f.base, one) and type(f.exponent) is int and f.exponent >= 2:
                    rest = _lowered(t, f, f.exponent - 2)
                    coefficient = times(constant(sign), t.coefficient)
                    wanted = _squared_beside(rest.factors, Factor(other(*f.base.args), f.labels, 2))
                    for m, s in enumerate(terms):
                        if m != k and s.coefficient is coefficient and set(s.factors) == set(wanted):
                            others = [r for j, r in enumerate(terms) if j not in (k, m)]
                            return with_circles(collected([*others, rest]))
    return terms


def _squared_beside(factors: Sequence[Factor], square: Factor) -> tuple[Factor, ...]:
    """The factors times a square, one factor for each base: cos² beside cos² is cos⁴."""
    same = [g for g in factors if g.base is square.base and g.labels == square.labels]
    if any(type(g.exponent) is not int for g in same):
        return (*factors, square)
    total = square.exponent + sum(g.exponent for g in same)
    rest = tuple(g for g in factors if g not in same)
    return (*rest, square._replace(exponent=total)) if total else rest


def with_branches(terms: list[Term]) -> list[Term]:
    """[c] a + [not c] a = a."""
    for k, t in enumerate(terms):
        for f in t.factors:
            if is_op(f.base, logical_not):
                rest = {g for g in t.factors if g is not f}
                other = {*rest, f._replace(base=f.base.args[0])}
                for m, s in enumerate(terms):
                    if s.coefficient is t.coefficient and set(s.factors) == other:
                        others = [r for j, r in enumerate(terms) if j not in (k, m)]
                        whole = Term(t.coefficient, tuple(g for g in t.factors if g is not f))
                        return with_branches(collected([*others, whole]))
    return terms


def _lowered(t: Term, f: Factor, exponent: int) -> Term:
    """The term with another exponent of one factor."""
    left = (f._replace(exponent=exponent),) if exponent else ()
    return Term(t.coefficient, (*(g for g in t.factors if g is not f), *left))


def plus(a: Constant, b: Constant) -> Constant:
    """The sum of two numbers with the same named sizes."""
    p, q = rational(a.value), rational(b.value)
    total = a.value + b.value if p is None or q is None else number_of(p + q)
    return constant(int(total) if isinstance(total, bool) else total, a.sizes)


def rational(value: Number) -> Fraction | None:
    """The ratio of small integers that the number stands for, if there is one."""
    if isinstance(value, int):
        return Fraction(int(value))
    if isinstance(value, complex) or not math.isfinite(value) or abs(value) > 1e15:
        return None
    near = Fraction(value).limit_denominator(LARGEST_DENOMINATOR)
    return near if abs(float(near) - value) <= 2 * math.ulp(value) else None


def number_of(ratio: Fraction) -> int | float:
    return int(ratio) if ratio.denominator == 1 else float(ratio)
