"""A function of one number, as a picture needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from steepest import numeric
from steepest.api.calculus import derivative
from steepest.errors import ArgumentError, NonFiniteError, SteepestError

from .canvas import require_width
from .naming import LONGEST, formula_of, names_of, title_of

POINTS = 400
CORNERS = (numeric.Status.NONSMOOTH, numeric.Status.JUMP)
STEEP, USUAL = 3.0, 0.9  # a rise between neighbours that is so many times that quantile of all is looked at closely
HALVINGS = 25
AROUND = 2.0  # what is shown to either side of a point, if nothing is said


@dataclass(frozen=True, eq=False)
class Curve:
    """`f` of one number; ArgumentError for one of several."""

    def __post_init__(self) -> None:
        if len(names := names_of(self.f)) > 1:
            raise ArgumentError(f"a curve has one variable, and f takes {', '.join(names)}: hold the others fixed")

    f: Callable[[Any], Any]

    @cached_property
    def title(self) -> str:
        """``y = 3x² − 4x``, or the function's name."""
        text = title_of(self.f, ("",))
        return text if text == getattr(self.f, "__name__", None) or text == "f" else f"y = {text}"

    @cached_property
    def derivative_title(self) -> str:
        """The derivative's formula where it is short."""
        found = formula_of(self.f, ("",))
        try:
            text = str(found.gradient(*names_of(found))) if found is not None else ""
        except SteepestError:
            text = ""
        return text if text and len(text) <= LONGEST else "dy/dx"

    def value(self, x: float) -> float:
        """NaN where `f` is not finite; ArgumentError unless it gives one real number."""
        try:
            with np.errstate(all="ignore"):
                found = np.asarray(self.f(x))
        except (ArithmeticError, ValueError):  # as the functions of `math` refuse what is outside their domain
            return np.nan
        if found.size != 1 or np.iscomplexobj(found):
            raise ArgumentError(f"a curve needs one real number at each x, f gives an array of shape {found.shape}")
        value = float(found.reshape(()))
        return value if np.isfinite(value) else np.nan

    def touch(self, x: float) -> tuple[float, float]:
        """Value and slope at x; ArgumentError where there is none."""
        value = self.value(x)
        if np.isnan(value):
            raise ArgumentError(f"f is not finite at x = {x:g}: a tangent needs a point of the curve")
        seen = numeric.derivative(self.value, x)
        if seen.status in CORNERS:
            sides = "" if seen.left is None else f": {seen.left:.4g} on the left, {seen.right:.4g} on the right"
            raise ArgumentError(f"f has no one slope at x = {x:g}{sides}")
        try:
            return value, float(derivative(self.f)(float(x)))
        except NonFiniteError as error:
            raise ArgumentError(f"the curve has no finite slope at x = {x:g}: {error}") from error

    def points(self, low: float, high: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The curve, (p,) and (p,); NaN where there is none."""
        x = np.linspace(low, high, POINTS)
        y = np.array([self.value(t) for t in x.tolist()])
        if np.isnan(y).all():
            raise ArgumentError(f"f is finite nowhere in [{low:g}, {high:g}]")
        rise = np.abs(np.diff(y))
        usual = np.quantile(rise[np.isfinite(rise)], USUAL) if np.isfinite(rise).any() else np.inf
        jumps = np.array([k for k in np.flatnonzero(rise > STEEP * usual) if self._jumps(x[k], x[k + 1])], dtype=int)
        return np.insert(x, jumps + 1, (x[jumps] + x[jumps + 1]) / 2), np.insert(y, jumps + 1, np.nan)

    def _jumps(self, low: float, high: float) -> bool:
        """Whether the curve is torn between two points: the rise stays as large in half after half of the interval."""
        first, last = self.value(low), self.value(high)
        rise = abs(last - first)
        for _ in range(HALVINGS):
            middle = low + (high - low) / 2
            value = self.value(middle)
            if np.isnan(value):
                return True
            if abs(value - first) > abs(last - value):
                high, last = middle, value
            else:
                low, first = middle, value
        return bool(abs(last - first) > rise / 2)

    def window(self, x: float, bounds: ArrayLike | None, reach: float = 0.0) -> tuple[float, float]:
        """What is shown: the bounds, or some way to either side of x.

        Raises ArgumentError for an x that is not finite and bounds that are no interval.
        """
        if not np.isfinite(x):
            raise ArgumentError(f"a tangent touches at a finite x, got {x!r}")
        if bounds is None:
            half = max(AROUND, 1.5 * reach) if abs(x) <= 10 * AROUND else max(0.5 * abs(x), 1.5 * reach)
            return x - half, x + half
        pair = np.asarray(bounds, dtype=np.float64)
        if pair.shape != (2,) or not np.isfinite(pair).all() or not pair[0] < pair[1]:
            raise ArgumentError(f"bounds are two finite numbers, the low one first, got {bounds!r}")
        require_width(float(pair[0]), float(pair[1]))
        return float(pair[0]), float(pair[1])
