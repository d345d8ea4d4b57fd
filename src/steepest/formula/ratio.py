"""How numbers print: 0.5 as 1/2, 0.001 as it is, a mean's 1/36 as a fraction, 2/m with its named size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from steepest.expr.node import Constant, Monomial, Number
from steepest.expr.number import constant

from .named_numbers import Named, named
from .sign import number

_LARGEST_NUMERATOR, _LARGEST_DENOMINATOR = 1000, 10**6
_SMALL_DENOMINATOR, _ROUNDING = 100, 4  # of what arithmetic missed by rounding, and by how many units in the last place


@dataclass(frozen=True, slots=True)
class Ratio:
    """``over / under`` with the named sizes of each: the parts of a printed coefficient."""

    over: Number
    under: int
    sizes_over: Monomial
    sizes_under: Monomial

    def numerator(self) -> Constant:
        return constant(self.over, self.sizes_over)

    def denominator(self) -> Constant:
        return constant(self.under, self.sizes_under)


def ratio(c: Constant) -> Ratio:
    """The number as a fraction where it is one exactly and that reads better than its decimals."""
    above = tuple((d, e) for d, e in c.sizes if e > 0)
    below = tuple((d, -e) for d, e in c.sizes if e < 0)
    value = number(c)
    if isinstance(value, float):
        value = _unrounded(value)
        exact = Fraction(value).limit_denominator(_LARGEST_DENOMINATOR) if abs(value) < 1e15 else None
        if exact is not None and float(exact) == value and _reads_better(exact, value):
            return Ratio(exact.numerator, exact.denominator, above, below)
    return Ratio(value, 1, above, below)


def _unrounded(value: float) -> float:
    """The simple fraction that arithmetic has missed by rounding: 1 − 1/3 is not the float 2/3.

    >>> _unrounded(1 - 1 / 3) == 2 / 3, _unrounded(0.1 + 0.2), _unrounded(0.7310585786300049)
    (True, 0.3, 0.7310585786300049)
    """
    if not 1 / _SMALL_DENOMINATOR <= abs(value) <= _LARGEST_NUMERATOR:
        return value
    near = float(Fraction(value).limit_denominator(_SMALL_DENOMINATOR))
    return near if near != value and abs(near - value) <= _ROUNDING * math.ulp(value) else value


def named_form(c: Constant) -> Named | None:
    """The named form of a number that has no plain one."""
    value = number(c)
    return named(value) if isinstance(value, float) and ratio(c).over is value and not value.is_integer() else None


def _reads_better(exact: Fraction, value: float) -> bool:
    if exact.denominator in (1, 2, 4, 8):
        return True
    return abs(exact.numerator) <= _LARGEST_NUMERATOR and len(repr(value)) > len("-0.00001")


def plain_number(value: Number) -> str:
    """The shortest text that reads back as the same number.

    >>> plain_number(2.0), plain_number(1e-3), plain_number(1e300), plain_number(3 - 2j)
    ('2', '0.001', '1e+300', '(3-2i)')
    """
    if isinstance(value, complex):
        if value.real == 0:
            return {1.0: "i", -1.0: "-i"}.get(value.imag, plain_number(value.imag) + "i")
        sign = "-" if value.imag < 0 else "+"
        imaginary = plain_number(abs(value.imag))
        return f"({plain_number(value.real)}{sign}{'' if imaginary == '1' else imaginary}i)"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)
