"""The box in which a landscape is looked at: an interval for each variable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.errors import ArgumentError, ShapeError

FORM = "bounds are a list of (low, high), one pair for each variable: [(-2, 2), (-1, 1)]"


@dataclass(frozen=True)
class Box:
    """low, high: ``(n,)``."""

    low: np.ndarray
    high: np.ndarray

    @property
    def size(self) -> int:
        return len(self.low)

    @property
    def width(self) -> np.ndarray:
        return np.asarray(self.high - self.low)

    @property
    def middle(self) -> np.ndarray:
        return np.asarray(self.low / 2 + self.high / 2)

    @property
    def diameter(self) -> float:
        return float(np.linalg.norm(self.width))

    def contains(self, x: np.ndarray, slack: float = 0.0) -> bool:
        """Whether `x` lies inside, or outside by no more than `slack` times the width."""
        room = slack * self.width
        return bool(np.all((x >= self.low - room) & (x <= self.high + room)))

    def nearest(self, x: np.ndarray) -> np.ndarray:
        """The point of the box next to `x`."""
        return np.asarray(np.clip(x, self.low, self.high))

    def __str__(self) -> str:
        return " × ".join(f"[{a:g}, {b:g}]" for a, b in zip(self.low, self.high, strict=True))


def box_of(bounds: Any) -> Box:
    """The box of a list of pairs.

    Raises:
        ArgumentError: for what are no pairs of numbers, or where a low end is not below its high end.
        ShapeError: for another shape.
    """
    if isinstance(bounds, Box):
        return bounds
    if bounds is None or isinstance(bounds, (str, bytes)) or not isinstance(bounds, (Sequence, np.ndarray)):
        raise ArgumentError(f"{FORM}; got {bounds!r}")
    try:
        pairs = np.asarray(bounds, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(f"{FORM}; got {bounds!r}") from None
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs):
        raise ShapeError(f"{FORM}; got shape {pairs.shape}")
    for k, (low, high) in enumerate(pairs):
        if not (np.isfinite(low) and np.isfinite(high)):
            raise ArgumentError(f"the bounds of variable {k} are ({low:g}, {high:g}): a search needs finite ones")
        if not low < high:
            way_on = "swap them" if high < low else "a variable that is fixed belongs inside the function"
            raise ArgumentError(f"the bounds of variable {k} are ({low:g}, {high:g}), an empty range: {way_on}")
    return Box(pairs[:, 0].copy(), pairs[:, 1].copy())
