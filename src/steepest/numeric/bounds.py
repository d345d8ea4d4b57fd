"""Where a function may be evaluated: an interval for each coordinate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Bounds:
    """Closed intervals, in the shape of x or one for all; infinite ends are open."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def include(self, point: NDArray[Any]) -> bool:
        """Whether a point lies within."""
        return bool(np.all((self.low <= point) & (point <= self.high)))

    def at(self, shape: tuple[int, ...], i: int) -> Bounds:
        """The interval of one coordinate, by its place in the flat array."""
        low, high = (np.array(np.broadcast_to(end, shape)).flat[i] for end in (self.low, self.high))
        return Bounds(np.asarray(low), np.asarray(high))

    def require(self, x: NDArray[Any]) -> None:
        """ValueError if x lies outside, or the bounds do not fit its shape."""
        for name, end in (("lower", self.low), ("upper", self.high)):
            if end.shape not in ((), x.shape):
                raise ValueError(f"the {name} bounds have shape {end.shape}, but x has shape {x.shape}")
        if not self.include(x):
            outside = np.argwhere(~((self.low <= x) & (x <= self.high)))
            at = f" at {tuple(int(i) for i in outside[0])}" if x.ndim else ""
            value = x[tuple(outside[0])] if x.ndim else x
            raise ValueError(f"x = {value}{at} lies outside the bounds: move x or widen them")


def bounds_of(pair: Any) -> Bounds | None:
    """Bounds from a pair (low, high), each a number, an array of the shape of x, or None for no bound."""
    if pair is None:
        return None
    try:
        low, high = pair
    except (TypeError, ValueError):
        raise ValueError(f"bounds are a pair (low, high), got {pair!r}") from None
    bounds = Bounds(_end(low, -np.inf), _end(high, np.inf))
    if np.any(np.isnan(bounds.low)) or np.any(np.isnan(bounds.high)):
        raise ValueError(f"a bound is NaN, got {pair!r}")
    alike = bounds.low.shape == bounds.high.shape or () in (bounds.low.shape, bounds.high.shape)
    if alike and np.any(bounds.low >= bounds.high):
        raise ValueError(f"a lower bound is not below its upper bound, got {pair!r}")
    return bounds


def _end(end: Any, missing: float) -> NDArray[np.float64]:
    return np.asarray(missing if end is None else end, np.float64)
