"""A function of two numbers, its values on a grid of the plane and its gradient at points of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steepest.errors import ArgumentError, NonFiniteError
from steepest.landscape.box import box_of
from steepest.landscape.field import ScalarField

from .canvas import require_width
from .naming import names_of, title_of

Values = NDArray[np.float64]
Side = tuple[float, float]
Sides = tuple[Side, Side]


@dataclass(frozen=True, eq=False)
class Plane:
    """`f` of one array of shape (2,), or of two numbers where it has two arguments that must be given."""

    f: Callable[..., Any]

    @cached_property
    def field(self) -> ScalarField:
        names = names_of(self.f)
        if len(names) > 2:
            raise ArgumentError(f"a plane has two variables, and f takes {', '.join(names)}: hold the others fixed")
        return ScalarField(self.f, 2)

    @cached_property
    def names(self) -> tuple[str, str]:
        """What the axes are called."""
        names = names_of(self.f)
        return (names[0], names[1]) if len(names) == 2 else ("x₁", "x₂")

    @cached_property
    def title(self) -> str:
        return title_of(self.f, ("", "") if len(names_of(self.f)) == 2 else ("2",))

    def value(self, x: float, y: float) -> float:
        """NaN where `f` is not finite."""
        value = self.field.value(np.array([x, y]))
        return value if np.isfinite(value) else np.nan

    def values(self, x: Values, y: Values) -> Values:
        """The values at all pairs, of shape (len(y), len(x)), as Matplotlib has them.

        Raises ArgumentError if `f` gives no finite number at any of them.
        """
        found = np.array([[self.value(a, b) for a in x.tolist()] for b in y.tolist()])
        if np.isnan(found).all():
            raise ArgumentError(self._nowhere(x, y))
        return found

    def _nowhere(self, x: Values, y: Values) -> str:
        middle = np.array([x[len(x) // 2], y[len(y) // 2]])
        outside = f"f is finite nowhere in [{x[0]:g}, {x[-1]:g}] × [{y[0]:g}, {y[-1]:g}]: choose other bounds"
        try:
            with np.errstate(all="ignore"):
                result = np.asarray(self.field.of_vector(middle))  # what the function raises is the better message
        except NonFiniteError:
            return outside
        if result.ndim or result.dtype.kind not in "buif":
            return f"a picture needs a real number at each point, got shape {result.shape}, {result.dtype}"
        return outside

    def gradient(self, x: float, y: float) -> Values:
        """(2,); NaN where `f` or its gradient is not finite."""
        if np.isnan(self.value(x, y)):
            return np.full(2, np.nan)
        return self.field.gradient(np.array([x, y]))


def sides_of(bounds: Any) -> Sides:
    """The two intervals of a box in the plane.

    Raises ArgumentError or ShapeError unless there is one (low, high) for each of two variables, with low < high.
    """
    box = box_of(bounds)
    if box.size != 2:
        raise ArgumentError(f"this picture is of two variables: bounds are two pairs (low, high), got {box.size}")
    (a, b), (c, d) = zip(box.low.tolist(), box.high.tolist(), strict=True)
    require_width(a, b)
    require_width(c, d)
    return (a, b), (c, d)
