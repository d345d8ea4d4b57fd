"""Arithmetic of constants: a number times a monomial of named sizes.

A float 1/n is not the number that it stands for, and x · (1/n) is not x/n to the last bit: where that is rounded down,
or compared, it decides. So a reciprocal knows what it is one of, until it is multiplied by something else.
"""

from __future__ import annotations

import math
from typing import Any, TypeGuard

from .dimension import Dim
from .node import Constant, Expr, Monomial, Number, intern


class Reciprocal(float):
    """The float next to 1/below; a product with it is a division by `below`."""

    __slots__ = ("below",)
    below: int | float

    def __new__(cls, below: int | float) -> Reciprocal:
        made = super().__new__(cls, 1 / below)
        made.below = below
        return made

    def __neg__(self) -> Reciprocal:
        return Reciprocal(-self.below)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, (Reciprocal, complex)) or not isinstance(other, (int, float)):
            return float(self) * other
        if abs(other) == 1:
            return self if other == 1 else -self
        return other / self.below

    __rmul__ = __mul__

    def __reduce__(self) -> tuple[Any, ...]:
        return Reciprocal, (self.below,)


def kind_of(value: Number | None) -> type:
    """bool, int, float or complex; the type of None for None."""
    return float if isinstance(value, Reciprocal) else type(value)


def reciprocal_of(value: int | float) -> int | float:
    """1/value; as a float where that is exact."""
    if isinstance(value, Reciprocal):
        return value.below
    exact = abs(math.frexp(value)[0]) == 0.5
    return 1 / value if exact or not math.isfinite(1 / value) else Reciprocal(value)


def constant(value: Number, sizes: Monomial = ()) -> Constant:
    """The number `value`, times a monomial of named sizes.

    >>> constant(2).value, float(constant(2).value)
    (2, 2.0)
    """
    if not isinstance(value, (bool, int, float, complex)):
        raise TypeError(f"a plain number is needed, got {type(value).__name__}")
    sizes = () if value == 0 else tuple((d, e) for d, e in sizes if e)
    below = repr(value.below) if isinstance(value, Reciprocal) else ""
    kind = "float" if below else type(value).__name__
    content = (kind, repr(value), tuple((d.name, e) for d, e in sizes))
    # The n of another trace may have another length; in print, and so in order, the two are one.
    return intern(Constant, (), (), None, (value, sizes), (content, below, tuple(int(d) for d, _ in sizes)), content)


def size_constant(size: int) -> Constant:
    """The length of an axis as a number: symbolic if the size has a name."""
    return constant(1, ((size, 1),)) if isinstance(size, Dim) else constant(int(size))


LARGEST_EXPONENT = 1000  # of 2, in a power that is worked out

ZERO = constant(0)
ONE = constant(1)
MINUS_ONE = constant(-1)


def is_number(e: Expr) -> TypeGuard[Constant]:
    return isinstance(e, Constant) and e.dtype is None


def numeric_value(c: Constant) -> Number:
    """The value in this trace, sizes filled in."""
    value, below = c.value, 1
    for d, exponent in c.sizes:
        if exponent > 0:
            value = value * int(d) ** exponent
        else:
            below *= int(d) ** -exponent
    return value if below == 1 else value / below


def times(a: Constant, b: Constant) -> Constant:
    for c in (a, b):
        if c.value is False:  # it selects nothing, not even of infinity, and so will it beside further factors
            return c
    if a is ONE:
        return b
    if b is ONE:
        return a
    exponents: dict[str, tuple[Dim, int]] = {d.name: (d, e) for d, e in a.sizes}
    for d, e in b.sizes:
        exponents[d.name] = (d, exponents[d.name][1] + e) if d.name in exponents else (d, e)
    sizes = tuple((d, e) for _, (d, e) in sorted(exponents.items()) if e)
    return constant(_plain(a.value * b.value), sizes)


def to_power(a: Constant, exponent: Number) -> Constant | None:
    """``a ** exponent`` where that is again a number times a monomial, else None.

    Division by zero and roots of negative numbers are left to the operation, which knows NumPy's answer.
    """
    value = a.value
    if isinstance(value, complex) or isinstance(exponent, complex) or value == 0:
        return None
    whole = float(exponent).is_integer()
    if (a.sizes and not whole) or (value < 0 and not whole):
        return None
    if abs(exponent) * abs(math.log2(abs(value))) > LARGEST_EXPONENT:
        return None  # beyond floating point; as an integer it could have any number of digits
    if not whole:
        return constant(_plain(value**exponent))
    n = int(exponent)
    power = value**n if n >= 0 else reciprocal_of(value**-n)
    return constant(_plain(power), tuple((d, e * n) for d, e in a.sizes))


def whole(a: Constant) -> Constant:
    """``2.0`` as ``2``: beside a floating-point factor they mean the same."""
    value = a.value
    if (
        isinstance(value, float)
        and not isinstance(value, Reciprocal)
        and value.is_integer()
        and abs(value) < 2**53
        and (value or math.copysign(1, value) > 0)
    ):
        return constant(int(value), a.sizes)
    return a


def _plain(value: Number) -> Number:
    """Booleans become integers once they are multiplied."""
    return int(value) if isinstance(value, bool) else value
