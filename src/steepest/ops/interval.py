"""Intervals of real numbers: where the entries of an array lie, for all values of its inputs.

Arithmetic on them contains every result; where an end is not a whole number it is rounded outwards.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

INF = math.inf
LARGEST = sys.float_info.max
End = tuple[float, bool]  # its value, and whether it is left out


@dataclass(frozen=True, slots=True)
class Interval:
    """All numbers between `low` and `high`; an end that is open (as an infinite one is) is left out."""

    low: float = -INF
    high: float = INF
    low_open: bool = False
    high_open: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", float(self.low))
        object.__setattr__(self, "high", float(self.high))
        object.__setattr__(self, "low_open", self.low_open or math.isinf(self.low))
        object.__setattr__(self, "high_open", self.high_open or math.isinf(self.high))

    def __str__(self) -> str:
        return f"{'([)'[not self.low_open]}{self.low:g}, {self.high:g}{'])'[self.high_open]}"

    @property
    def positive(self) -> bool:
        return self.low > 0 or (self.low == 0 and self.low_open)

    @property
    def nonnegative(self) -> bool:
        return self.low >= 0

    @property
    def negative(self) -> bool:
        return self.high < 0 or (self.high == 0 and self.high_open)

    @property
    def nonpositive(self) -> bool:
        return self.high <= 0

    @property
    def zero(self) -> bool:
        return self.low == self.high == 0

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low, self.high_open, self.low_open)

    def __add__(self, other: Interval) -> Interval:
        low, high = self.low + other.low, self.high + other.high
        return _outwards(
            (low, self.low_open or other.low_open), (high, self.high_open or other.high_open),
            _exact(Fraction.__add__, self.low, other.low, low), _exact(Fraction.__add__, self.high, other.high, high),
        )  # fmt: skip

    def __mul__(self, other: Interval) -> Interval:
        ends = [
            (_product(a, b), _exact(Fraction.__mul__, a[0], b[0], _product(a, b)[0]))
            for a in self.ends() for b in other.ends()
        ]  # fmt: skip
        (low, low_exact) = min(ends, key=lambda e: (e[0][0], e[1], e[0][1]))  # of equal ends the widest
        (high, high_exact) = max(ends, key=lambda e: (e[0][0], not e[1], not e[0][1]))
        return _outwards(low, high, low_exact, high_exact)

    def ends(self) -> tuple[End, End]:
        return (self.low, self.low_open), (self.high, self.high_open)

    def meet(self, other: Interval) -> Interval:
        """What both contain; the narrower ends."""
        low = max(self.ends()[0], other.ends()[0])
        high = min(self.ends()[1], other.ends()[1], key=lambda e: (e[0], not e[1]))
        return Interval(low[0], high[0], low[1], high[1])

    def within(self, other: Interval) -> bool:
        return self.meet(other) == self

    def magnitude(self) -> Interval:
        """Of the absolute value."""
        if self.nonnegative:
            return self
        if self.nonpositive:
            return -self
        (a, b) = max(self.ends(), key=lambda e: (abs(e[0]), not e[1]))
        return Interval(0, abs(a), False, b)

    def whole_power(self, n: int) -> Interval:
        """Of ``x**n`` for a positive whole n."""
        base = self.magnitude() if n % 2 == 0 else self
        result = base
        for _ in range(n - 1):
            result = result * base
        return result if n % 2 or not base.nonnegative else result.meet(NONNEGATIVE)

    def reciprocal(self) -> Interval:
        """Of ``1/x``; of an interval with 0 inside nothing is known."""
        if self.nonnegative:
            (low, low_exact), (high, high_exact) = _reciprocal(self.ends()[1]), _reciprocal(self.ends()[0])
            return _outwards(low, high, low_exact, high_exact)
        return -((-self).reciprocal()) if self.nonpositive else EVERYTHING


def increasing(f: Callable[..., float], operands: Sequence[Interval]) -> Interval:
    """Of a function that increases with every operand: from its value at one corner to that at the opposite one."""
    lows, highs = [a.ends()[0] for a in operands], [a.ends()[1] for a in operands]
    return between(f, lows, highs)


def decreasing(f: Callable[..., float], operands: Sequence[Interval]) -> Interval:
    return between(f, [a.ends()[1] for a in operands], [a.ends()[0] for a in operands])


def between(f: Callable[..., float], least: Sequence[End], most: Sequence[End]) -> Interval:
    low, high = (float(f(*(x for x, _ in corner))) for corner in (least, most))
    if math.isnan(low) or math.isnan(high):
        return EVERYTHING
    low, high = min(low, LARGEST), max(high, -LARGEST)  # beyond it a finite value reads as infinite
    # an end is surely left out only if no operand reaches its own: max(x, 0) is 0 for many x
    return _outwards(
        (low, all(o for _, o in least)), (high, all(o for _, o in most)), _simple(least, low), _simple(most, high)
    )  # fmt: skip


def _simple(corner: Sequence[End], y: float) -> bool:
    """Whether y = f(corner) may be taken as exact: a limit, or a whole value at -1, 0 or 1."""
    return all(abs(x) in (0, 1, INF) for x, _ in corner) and (math.isinf(y) or y.is_integer())


def _product(a: End, b: End) -> End:
    """An end of a product; 0 is attained as soon as one factor attains it."""
    if a[0] == 0 or b[0] == 0:
        return 0.0, not ((a[0] == 0 and not a[1]) or (b[0] == 0 and not b[1]))
    return a[0] * b[0], a[1] or b[1]


def _reciprocal(a: End) -> tuple[End, bool]:
    """An end of 1/x, and whether it is exact; 1/0 is an infinite end."""
    if a[0] in (0, INF):
        return (INF if a[0] == 0 else 0.0, True), True
    return (1 / a[0], a[1]), a[0] == 1


def _exact(operation: Callable[[Fraction, Fraction], Fraction], a: float, b: float, result: float) -> bool:
    """Whether floating point gave the true result."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return True
    return math.isfinite(result) and operation(Fraction(a), Fraction(b)) == Fraction(result)


def _outwards(low: End, high: End, low_exact: bool, high_exact: bool) -> Interval:
    return Interval(
        low[0] if low_exact else math.nextafter(low[0], -INF), high[0] if high_exact else math.nextafter(high[0], INF),
        low[1] and low_exact, high[1] and high_exact,
    )  # fmt: skip


def exactly(value: float) -> Interval:
    return Interval(value, value)


EVERYTHING = Interval()
POSITIVE = Interval(0, INF, True)
NONNEGATIVE = Interval(0, INF)
UNIT = Interval(0, 1)
SYMMETRIC_UNIT = Interval(-1, 1)
AT_LEAST_ONE = Interval(1, INF)
