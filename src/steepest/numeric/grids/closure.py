"""The difference along one axis at each of its nodes: which nodes take part, and with what weights.

In the middle the stencil has as many nodes on either side, near an end those nearest to the end that the accuracy asks
for. At an end whose slope is known, the slope takes the place of one more node, so that the accuracy is kept. A free
end itself, which sees one side only, has one node more: its error would be the largest by far, six times that in the
middle for a slope of accuracy 4. Its neighbours have none, as that would make waves grow that come in at this end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from steepest.numeric.stencil import ACCURACY, ORDER
from steepest.numeric.whole import whole

from .axis import Axis, End
from .places import Places

MOST = 11  # nodes of a free end; with more, what rounding costs outweighs what one more of them gains


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
    order, accuracy = whole(order, ORDER), whole(accuracy, ACCURACY)
    count, n = order + accuracy, len(axis.nodes)
    if n < count:
        raise ValueError(
            f"a derivative of order {order} with accuracy {accuracy} needs {count} nodes, the axis has {n}"
        )
    places = Places(axis)
    for i in range(n):
        yield _row(axis, places, i, order, accuracy)


def _row(axis: Axis, places: Places, i: int, order: int, accuracy: int) -> Row:
    n, count = len(axis.nodes), order + accuracy
    window = _middle(axis, i, order, accuracy)
    if axis.period is not None or (window.start >= 0 and window.stop <= n):
        return Row(window, places.weights(i, window, order))
    low = window.start < 0
    if (axis.low if low else axis.high) is End.NEUMANN:
        window = range(count - 1) if low else range(n - count + 1, n)
        weights, slope = places.weights_with_slope(i, window, order, 0 if low else len(window) - 1)
        return Row(window, weights, **{"low" if low else "high": slope})
    if i == (0 if low else n - 1) and count < min(n, MOST):
        count += 1
    window = range(count) if low else range(n - count, n)
    return Row(window, places.weights(i, window, order))


def _middle(axis: Axis, i: int, order: int, accuracy: int) -> range:
    """The nodes around node i; they may reach beyond the ends."""
    if axis.spacing is not None:
        half = (order + 1) // 2 + (accuracy + 1) // 2 - 1  # symmetry gives one order for nothing
        return range(i - half, i + half + 1)
    half = (order + accuracy) // 2  # as many nodes on either side, one more than needed if that is even
    return range(i - half, i + half + 1)
