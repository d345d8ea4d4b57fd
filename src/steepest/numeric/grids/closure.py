"""The difference along one axis at each of its nodes: which nodes take part, and with what weights.

In the middle the stencil has as many nodes on either side, near an end those nearest to the end that the accuracy asks
for. At an end whose slope is known, the slope takes the place of one more node, so that the accuracy is kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from steepest.numeric.weights import slope_weights, value_weights

from .axis import Axis, End

LARGEST = 290.0  # decimal exponent


@dataclass(frozen=True)
class Row:
    """The derivative at one node: weights of the values at other nodes, and of the slopes at the two ends."""

    nodes: range  # beyond 0 … n − 1 on a periodic axis
    weights: tuple[float, ...]
    low: float = 0.0
    high: float = 0.0


def rows(axis: Axis, order: int, accuracy: int) -> Iterator[Row]:
    """The difference of this order at every node of the axis, known ones too.

    Raises ValueError where the order or accuracy is less than 1, or the axis has too few nodes for them.
    """
    if order < 1:
        raise ValueError(f"the order of a derivative is 1 or more, got {order}")
    if accuracy < 1:
        raise ValueError(f"an accuracy is 1 or more, got {accuracy}")
    count, n = order + accuracy, len(axis.nodes)
    if n < count:
        raise ValueError(
            f"a derivative of order {order} with accuracy {accuracy} needs {count} nodes, the axis has {n}"
        )
    for i in range(n):
        yield _row(axis, i, order, accuracy)


def _row(axis: Axis, i: int, order: int, accuracy: int) -> Row:
    n, count = len(axis.nodes), order + accuracy
    window = _middle(axis, i, order, accuracy)
    if axis.period is not None or (window.start >= 0 and window.stop <= n):
        return Row(window, _weights(axis, i, window, order))
    low = window.start < 0
    if (axis.low if low else axis.high) is End.NEUMANN:
        window = range(count - 1) if low else range(n - count + 1, n)
        weights, slope = _with_slope(axis, i, window, order, 0 if low else len(window) - 1)
        return Row(window, weights, **{"low" if low else "high": slope})
    window = range(count) if low else range(n - count, n)
    return Row(window, _weights(axis, i, window, order))


def _middle(axis: Axis, i: int, order: int, accuracy: int) -> range:
    """The nodes around node i; they may reach beyond the ends."""
    if axis.spacing is not None:
        half = (order + 1) // 2 + (accuracy + 1) // 2 - 1  # symmetry gives one order for nothing
        return range(i - half, i + half + 1)
    half = (order + accuracy) // 2  # as many nodes on either side, one more than needed if that is even
    return range(i - half, i + half + 1)


def _place(axis: Axis, i: int) -> Fraction:
    turns, i = divmod(i, len(axis.nodes))
    return Fraction(float(axis.nodes[i])) + turns * Fraction(axis.period or 0.0)


def _distances(axis: Axis, i: int, window: range) -> tuple[tuple[Fraction, ...], float]:
    """The nodes as seen from node i, and the unit they are given in."""
    if axis.spacing is not None:
        return tuple(Fraction(j - i) for j in window), axis.spacing
    here = _place(axis, i)
    return tuple(_place(axis, j) - here for j in window), 1.0


def _weights(axis: Axis, i: int, window: range, order: int) -> tuple[float, ...]:
    places, unit = _distances(axis, i, window)
    return tuple((_value_weights(places, order) / _power(unit, order)).tolist())


def _with_slope(axis: Axis, i: int, window: range, order: int, at: int) -> tuple[tuple[float, ...], float]:
    places, unit = _distances(axis, i, window)
    values, slope = slope_weights(places, order, at)
    scale = _power(unit, order)
    return tuple(float(w) / scale for w in values), float(slope) / _power(unit, order - 1)


def _power(unit: float, order: int) -> float:
    """What weights in this unit are divided by; ValueError where that leaves the range of floats."""
    power = unit**order if abs(order * math.log10(unit)) < LARGEST else 0.0
    if not power:
        raise ValueError(f"steps of {unit:g} to the power {order} overflow: measure lengths in another unit")
    return power


@lru_cache(maxsize=256)  # on equally spaced nodes most rows are alike
def _value_weights(places: tuple[Fraction, ...], order: int) -> np.ndarray:
    """Each rounded once."""
    return np.array([float(w) for w in value_weights(places, order)])
