"""Many intervals at once, and arithmetic on them that is rounded outwards (Moore, Kearfott & Cloud, Introduction to
Interval Analysis, chapters 2 and 3).

Where a function has no value anywhere in a box its ends are NaN. Where it lacks one somewhere, or jumps, it is not
`sure`: its values are still enclosed, but theorems that need a differentiable function do not apply.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from steepest.ops.interval import Interval

INF = np.inf
UNIT_ROUNDOFF = float(np.finfo(np.float64).eps) / 2


def down(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.nextafter(x, -INF))


def up(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.nextafter(x, INF))


@dataclass(frozen=True, slots=True)
class Enclosure:
    """low, high, sure: arrays of one shape, or that broadcast; an entry for each box."""

    low: np.ndarray
    high: np.ndarray
    sure: np.ndarray

    def __add__(self, other: Enclosure) -> Enclosure:
        return Enclosure(down(self.low + other.low), up(self.high + other.high), self.sure & other.sure)

    def __neg__(self) -> Enclosure:
        return Enclosure(-self.high, -self.low, self.sure)

    def __sub__(self, other: Enclosure) -> Enclosure:
        return self + -other

    def __mul__(self, other: Enclosure) -> Enclosure:
        ends = [_times(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        return Enclosure(down(reduce(np.minimum, ends)), up(reduce(np.maximum, ends)), self.sure & other.sure)

    def __getitem__(self, where: Any) -> Enclosure:
        return Enclosure(self.low[where], self.high[where], self.sure if self.sure.ndim == 0 else self.sure[where])

    @property
    def midpoint(self) -> np.ndarray:
        return np.asarray(self.low / 2 + self.high / 2)

    @property
    def excludes_zero(self) -> np.ndarray:
        """Where 0 is surely no value: also where there is no value at all."""
        return np.asarray(~((self.low <= 0) & (self.high >= 0)))

    def magnitude(self) -> Enclosure:
        """Of the absolute value."""
        least = np.maximum(np.maximum(self.low, -self.high), 0)
        empty = np.isnan(self.low)
        return Enclosure(
            np.where(empty, self.low, least), np.maximum(np.abs(self.low), np.abs(self.high)), self.sure
        )  # fmt: skip

    def whole_power(self, n: int) -> Enclosure:
        """Of ``x**n`` for a whole n ≥ 1. It rises with x where n is odd, with \\|x\\| where n is even."""
        if n == 1:
            return self
        base = self.magnitude() if n % 2 == 0 else self
        return Enclosure(
            _rounded_power(base.low, n, down, up), _rounded_power(base.high, n, up, down), self.sure
        )  # fmt: skip

    def reciprocal(self) -> Enclosure:
        """Of ``1/x``; of an interval with 0 inside nothing is known, and with 0 at an end one end is infinite."""
        inside = (self.low < 0) & (self.high > 0)
        only_zero = (self.low == 0) & (self.high == 0)
        low = np.where(self.high == 0, -INF, down(1 / self.high))
        high = np.where(self.low == 0, INF, up(1 / self.low))
        touched = (self.low <= 0) & (self.high >= 0)
        return Enclosure(
            np.where(only_zero, np.nan, np.where(inside, -INF, low)),
            np.where(only_zero, np.nan, np.where(inside, INF, high)), self.sure & ~touched,
        )  # fmt: skip

    def within(self, domain: Interval) -> Enclosure:
        """What lies in a domain, where alone there is a value."""
        below = self.low <= domain.low if domain.low_open else self.low < domain.low
        above = self.high >= domain.high if domain.high_open else self.high > domain.high
        outside = (self.high < domain.low) | (self.low > domain.high)
        low, high = np.maximum(self.low, domain.low), np.minimum(self.high, domain.high)
        infinite = (self.low == -INF) | (self.high == INF)  # an infinite end of ours is never reached
        return Enclosure(
            np.where(outside, np.nan, low), np.where(outside, np.nan, high), self.sure & (infinite | ~(below | above))
        )  # fmt: skip

    def total(self, axis: int) -> Enclosure:
        """The sum along an axis."""
        terms = np.maximum(np.abs(self.low), np.abs(self.high)).sum(axis=axis)
        slack = up(2 * self.low.shape[axis] * UNIT_ROUNDOFF * terms)
        low, high = down(self.low.sum(axis=axis) - slack), up(self.high.sum(axis=axis) + slack)
        return Enclosure(low, high, np.asarray(self.sure.all(axis=axis)))


def exactly(value: float | np.ndarray) -> Enclosure:
    """Floating-point numbers as they are."""
    value = np.asarray(value, dtype=np.float64)
    return Enclosure(value, value, np.asarray(True))


def between(low: np.ndarray, high: np.ndarray) -> Enclosure:
    low, high = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    return Enclosure(low, high, np.ones(low.shape, dtype=bool))


def hull(a: Enclosure, b: Enclosure) -> Enclosure:
    """What contains both; where one has no value, the other."""
    return Enclosure(np.fmin(a.low, b.low), np.fmax(a.high, b.high), a.sure & b.sure)


def _times(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product of two ends: 0 times infinity is 0, for the infinite end is never reached."""
    product = np.asarray(a * b)
    wrong = np.isnan(product)
    if wrong.any():
        product = np.where(wrong & ~np.isnan(a) & ~np.isnan(b), 0.0, product)
    return product


Rounding = Callable[[np.ndarray], np.ndarray]


def _rounded_power(x: np.ndarray, n: int, away: Rounding, back: Rounding) -> np.ndarray:
    """``x**n`` rounded one way: the size of a negative x is rounded the other way."""
    positive, negative = np.maximum(x, 0), np.maximum(-x, 0)
    grown, shrunk = positive, negative
    for _ in range(n - 1):
        grown, shrunk = away(grown * positive), back(shrunk * negative)
    result = np.where(x >= 0, np.where(positive == 0, 0.0, np.maximum(grown, 0)), -np.maximum(shrunk, 0))
    return np.where(np.isnan(x), x, result)
