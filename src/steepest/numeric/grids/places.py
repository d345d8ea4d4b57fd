"""Where the nodes of an axis are, in whole numbers: the exact weights of a difference follow, and are rounded once.

Equally spaced nodes are numbered, and the step comes in at the end. Others are multiples of a power of two, as every
float is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import TypeVar

from steepest.numeric.weights import quotients, slope_weights

from .axis import Axis

LARGEST = 290.0  # decimal exponent

Result = TypeVar("Result")


class Places:
    """The nodes of an axis, those beyond the ends of a periodic one too, as multiples of `step`/`parts`."""

    def __init__(self, axis: Axis) -> None:
        self.count = len(axis.nodes)
        if axis.spacing is not None:
            self.step, self.parts = axis.spacing, 1
            self.whole, self.period = list(range(self.count)), self.count
            return
        ratios = [float(x).as_integer_ratio() for x in (*axis.nodes, axis.period or 0.0)]
        self.step, self.parts = 1.0, max(below for _, below in ratios)
        *self.whole, self.period = (above * (self.parts // below) for above, below in ratios)

    def weights(self, i: int, window: range, order: int) -> tuple[float, ...]:
        """Those of the values at the nodes of the window in the derivative of this order at node i.

        Raises ValueError where they leave the range of floats, as `weights_with_slope` does.
        """
        return _in_range(lambda: _weights(self._seen_from(i, window), self.parts, self.step, order))

    def weights_with_slope(self, i: int, window: range, order: int, at: int) -> tuple[tuple[float, ...], float]:
        """The same where the slope at node number `at` of the window is known too, and the weight of that slope."""
        seen = [Fraction(x, self.parts) for x in self._seen_from(i, window)]
        values, slope = slope_weights(seen, order, at)
        scale, less = _power(self.step, order), _power(self.step, order - 1)
        return _in_range(lambda: (tuple(float(w) / scale for w in values), float(slope) / less))

    def _seen_from(self, i: int, window: range) -> tuple[int, ...]:
        here = self._at(i)
        return tuple(self._at(j) - here for j in window)

    def _at(self, j: int) -> int:
        if 0 <= j < self.count:
            return self.whole[j]
        turns, j = divmod(j, self.count)
        return self.whole[j] + turns * self.period


@lru_cache(maxsize=256)  # on equally spaced nodes most rows are alike
def _weights(places: tuple[int, ...], parts: int, step: float, order: int) -> tuple[float, ...]:
    scale = _power(step, order)
    return tuple(above / below / scale for above, below in quotients(places, parts, order))


def _power(step: float, order: int) -> float:
    """What weights for this step are divided by."""
    power = step**order if abs(order * math.log10(step)) < LARGEST else 0.0
    if not power:
        raise ValueError(f"steps of {step:g} to the power {order} overflow: measure lengths in another unit")
    return power


def _in_range(weights: Callable[[], Result]) -> Result:
    try:
        return weights()
    except OverflowError:
        raise ValueError("the weights overflow: measure lengths in another unit") from None
