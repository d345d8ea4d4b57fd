"""Like terms added up, in exact arithmetic where their numbers are ratios."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

from steepest.expr.node import Constant, Monomial, Number
from steepest.expr.number import constant

from .term import Factor, Term

LARGEST_DENOMINATOR = 10**6


def collected(terms: Iterable[Term]) -> list[Term]:
    """Equal products counted, what comes to nothing dropped."""
    found: dict[tuple[tuple[Factor, ...], Monomial], Constant] = {}
    for t in terms:
        key = (t.factors, t.coefficient.sizes)
        found[key] = plus(found[key], t.coefficient) if key in found else t.coefficient
    return [Term(c, factors) for (factors, _), c in found.items() if c.value != 0]


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
