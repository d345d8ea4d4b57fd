"""A function along a line: φ(t) = f(x + t v), the one thing that is sampled.

A partial derivative is the line along one axis, a directional derivative any line, and a mixed second derivative
comes from three lines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


class Sampled:
    """A function with its value at a point, and a count of its calls.

    `x` is the point (a scalar or an array of real numbers; whole numbers become float64), `base` the flat value
    there, `shape` the shape of that value, and `precision` the spacing of floating-point numbers around 1 in the
    coarser of the two number types of `x` and f(x).
    """

    def __init__(self, f: Callable[[Any], Any], x: Any) -> None:
        self.f = f
        self.x = _real_array(x)
        self.evaluations = 0
        with np.errstate(all="ignore"):
            value = np.asarray(self._call(self.x.copy()))
        if value.dtype.kind not in "fiub":
            raise TypeError(f"f(x) must be real numbers; it has the type {value.dtype}")
        self.shape = value.shape
        self.base: Values = value.astype(np.float64).ravel()
        epsilons = [np.finfo(a.dtype).eps for a in (self.x, value) if a.dtype.kind == "f"]
        self.precision = float(max(*epsilons, np.finfo(np.float64).eps))

    def at(self, point: NDArray[Any]) -> Values:
        """The flat value at a point near `x`; NaN where the function is not defined."""
        try:
            with np.errstate(all="ignore"):
                value = np.asarray(self._call(point))
        except (ArithmeticError, ValueError):  # math.log(-1.0), 1 / 0: outside the domain
            return np.full(self.base.shape, np.nan)
        if value.shape != self.shape:
            raise ValueError(f"f(x) has shape {self.shape}, but shape {value.shape} at a point near x")
        return value.astype(np.float64).ravel()

    def _call(self, point: NDArray[Any]) -> Any:
        self.evaluations += 1
        return self.f(point[()] if point.ndim == 0 else point)


class Line:
    """φ(t) = f(x + t v), each value computed once. `v` has the shape of x."""

    def __init__(self, sampled: Sampled, v: Any) -> None:
        self.sampled = sampled
        self.v = np.asarray(v, np.float64)
        if self.v.shape != sampled.x.shape:
            raise ValueError(f"the direction has shape {self.v.shape}, but x has shape {sampled.x.shape}")
        moved = self.v != 0
        ratios = np.abs(sampled.x[moved].astype(np.float64) / self.v[moved])
        # How far x + t v is rounded, as a change of t: precision · shift.
        self.shift = float(np.max(ratios, initial=0.0))
        self.noise: Values = np.zeros(sampled.base.shape)  # beyond rounding, if it has been measured
        self._known: dict[float, Values] = {0.0: sampled.base}

    def __call__(self, t: float) -> Values:
        if t not in self._known:
            x = self.sampled.x
            with np.errstate(all="ignore"):
                point = np.asarray(x.astype(np.float64) + t * self.v).astype(x.dtype)
            # A step too small to change x says nothing.
            moved = bool(np.any(point != x))
            self._known[t] = self.sampled.at(point) if moved else np.full(self.sampled.base.shape, np.nan)
        return self._known[t]

    @property
    def samples(self) -> Values:
        """All values that are known, a row for each."""
        return np.array(list(self._known.values()))


def scales(x: NDArray[Any]) -> Values:
    """The size of a natural step in each coordinate: |x_i|, so that a change of units changes nothing.

    Where x_i is 0 it is the median size of the others, and 1 if all are 0.
    """
    size = np.abs(x.astype(np.float64))
    known = size[(size > 0) & np.isfinite(size)]
    return np.where(size > 0, size, np.median(known) if known.size else 1.0)


def _real_array(x: Any) -> NDArray[Any]:
    a = np.asarray(x)
    if a.dtype.kind in "iub":
        return a.astype(np.float64)
    if a.dtype.kind != "f":
        raise TypeError(f"x must be real numbers; it has the type {a.dtype}")
    return a
