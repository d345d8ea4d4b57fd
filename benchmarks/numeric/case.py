"""A case: a function of one number, a point, and what is true there to sixty digits.

A function is written once, on a namespace of elementary functions: NumPy's for what is measured, mpmath's for the
truth.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import mpmath
import numpy as np

DIGITS = 60


class Kind(enum.Enum):
    """What there is to be found."""

    SMOOTH = "smooth"  # a derivative
    EDGE = "edge"  # a one-sided derivative, at the end of the domain
    KINK = "kink"  # two one-sided derivatives
    JUMP = "jump"  # a value that jumps: no derivative
    VERTICAL = "vertical"  # a slope that is infinite on one side or on both


@dataclass(frozen=True)
class Case:
    """`exact` is the function on another namespace where what is measured is rounded or noisy; None for the same."""

    name: str
    function: Callable[[Any, Any], Any]
    x: float
    order: int = 1
    kind: Kind = Kind.SMOOTH
    exact: Callable[[Any, Any], Any] | None = None
    left: Callable[[Any, Any], Any] | None = None  # the smooth pieces beside a kink, a jump or an edge
    right: Callable[[Any, Any], Any] | None = None

    def f(self, x: Any) -> Any:
        """What the tools are given."""
        return self.function(np, x)

    @property
    def truth(self) -> float:
        """The derivative, at an edge the one-sided one; NaN where there is none."""
        piece = {
            Kind.SMOOTH: self.exact or self.function,
            Kind.EDGE: self.left or self.right,
        }.get(self.kind)
        return float("nan") if piece is None else exact_derivative(piece, self.x, self.order)

    @property
    def sides(self) -> tuple[float, float]:
        """The left and the right derivative; NaN where there is none."""
        return tuple(  # type: ignore[return-value]
            float("nan") if piece is None else exact_derivative(piece, self.x, self.order)
            for piece in (self.left, self.right)
        )


class Precise:
    """NumPy's names for mpmath's functions."""

    pi = mpmath.pi
    arcsin, arccos, arctan = map(staticmethod, (mpmath.asin, mpmath.acos, mpmath.atan))
    arcsinh, arccosh, arctanh = map(staticmethod, (mpmath.asinh, mpmath.acosh, mpmath.atanh))
    square = staticmethod(lambda x: x * x)

    def __getattr__(self, name: str) -> Any:
        return getattr(mpmath, name)


@cache
def exact_derivative(function: Callable[[Any, Any], Any], x: float, order: int) -> float:
    """By a central difference whose step is as small as its digits are many."""
    with mpmath.workdps(DIGITS * (3 + order) + 310):  # 1 + 1e-300 is not 1
        point = mpmath.mpf(x)
        h = abs(point) * mpmath.mpf(10) ** -DIGITS or mpmath.mpf(10) ** (-5 * DIGITS // order)
        terms = (
            (-1) ** k * mpmath.binomial(order, k) * function(Precise(), point + (mpmath.mpf(order) / 2 - k) * h)
            for k in range(order + 1)
        )
        return float(sum(terms) / h**order)
