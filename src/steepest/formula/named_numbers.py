"""Numbers that have a name: 3.14159… is π, 0.3989422804014327 is 1/√(2π), 1.3862943611198906 is 2 log(2).

A floating-point number gets a name only if the named form, worked out from left to right, is that very number:
what is printed reads back the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

LARGEST = 360  # numerators and denominators beside a name


@dataclass(frozen=True, slots=True)
class Name:
    """A number that everybody knows, and how it is written."""

    value: float
    text: str
    ascii: str
    latex: str


NAMES = (
    Name(math.pi, "π", "pi", r"\pi"),
    Name(math.sqrt(2), "√2", "sqrt(2)", r"\sqrt{2}"),
    Name(math.sqrt(3), "√3", "sqrt(3)", r"\sqrt{3}"),
    Name(math.log(2), "log(2)", "log(2)", r"\log\left(2\right)"),
    Name(math.log(10), "log(10)", "log(10)", r"\log\left(10\right)"),
    Name(math.sqrt(math.pi), "√π", "sqrt(pi)", r"\sqrt{\pi}"),
    Name(math.sqrt(2 * math.pi), "√(2π)", "sqrt(2 * pi)", r"\sqrt{2 \pi}"),
    Name(math.log(math.pi), "log(π)", "log(pi)", r"\log\left(\pi\right)"),
    Name(math.log(2 * math.pi), "log(2π)", "log(2 * pi)", r"\log\left(2 \pi\right)"),
    Name(math.log(2) ** 2, "log²(2)", "log^2(2)", r"\log^{2}\left(2\right)"),
    Name(math.log(10) ** 2, "log²(10)", "log^2(10)", r"\log^{2}\left(10\right)"),
    Name(math.pi**2, "π²", "pi^2", r"\pi^{2}"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """``over · name / under``, or ``over / (under · name)`` if the name is below the line."""

    over: int
    under: int
    name: Name
    is_below: bool

    @property
    def value(self) -> float:
        if self.is_below:
            return self.over / (self.under * self.name.value)
        return self.over * self.name.value / self.under


@lru_cache(maxsize=1024)
def named(value: float) -> Named | None:
    """The named form of a number, the plainest there is.

    >>> found = named(2 * math.pi / 3)
    >>> found.over, found.name.text, found.under
    (2, 'π', 3)
    >>> named(0.1234) is None
    True
    """
    if not math.isfinite(value) or value == 0:
        return None
    found = [n for name in NAMES for n in _forms(value, name) if n.value == value]
    return min(found, key=lambda n: (abs(n.over) + n.under, n.is_below), default=None)


def _forms(value: float, name: Name) -> list[Named]:
    forms = []
    for is_below, quotient in ((False, value / name.value), (True, value * name.value)):
        near = Fraction(quotient).limit_denominator(LARGEST)
        if near and abs(near.numerator) <= LARGEST:
            forms.append(Named(near.numerator, near.denominator, name, is_below))
    return forms
