"""All critical points of a function in a box: found by Newton's method, proved complete by intervals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.errors import ArgumentError

from .box import box_of
from .branch_and_bound import MOST_BOXES
from .critical_point import CriticalPoints
from .critical_search import CriticalSearch
from .field import ScalarField
from .stationary_search import STARTS


def critical_points(
    f: Callable[..., Any], bounds: Any, *, starts_per_variable: int = STARTS, most_boxes: int = MOST_BOXES
) -> CriticalPoints:
    """Find and classify the points of a box where the gradient of `f` is 0.

    `f` takes one array of n numbers, or n numbers; `bounds` are n pairs ``(low, high)``. Newton's method on the
    gradient runs from ``n · starts_per_variable`` starts, four times as many where no proof can follow. Then, in up to
    6 variables, interval arithmetic goes through the box, in up to `most_boxes` parts, to prove each point and that
    there are no others; ``.certificate`` says what was proved and ``.complete`` whether it is all. Lines of critical
    points are in ``.manifolds``. Where f has a kink, its extremes have no gradient of 0: they are not listed, and the
    certificate says where such places are.

    >>> points = critical_points(lambda x, y: x**3 - 3 * x + y**2, [(-2, 2), (-2, 2)])
    >>> [(str(p.kind), [round(float(v), 6) + 0.0 for v in p.x]) for p in points], points.complete
    ([('minimum', [1.0, 0.0]), ('saddle', [-1.0, 0.0])], True)

    Raises:
        ArgumentError: for bounds that are no finite ranges, or a function without a gradient anywhere in the box.
        ShapeError: for bounds of another shape.
        NotScalarError: for a function that does not return one number.
    """
    box = box_of(bounds)
    count, most = _count(starts_per_variable), _count(most_boxes)
    with np.errstate(all="ignore"):  # somewhere in the box derivatives may overflow
        return CriticalSearch(ScalarField(f, box.size), box).points(count, most)


def _count(n: Any) -> int:
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise ArgumentError(f"a whole number from 1 on is needed, got {n!r}")
    return int(n)
