"""A function along lines: φ(t) = f(x + t v), the one thing that is sampled.

A partial derivative is the line along one axis, a directional derivative any line, and a mixed second derivative
comes from three lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .sampled import Sampled, Values


class Line:
    """φ(t) = f(x + t v), each value computed once. `v` has the shape of x."""

    def __init__(self, sampled: Sampled, v: Any) -> None:
        self.sampled = sampled
        self.v = np.asarray(v, np.float64)
        if self.v.shape != sampled.x.shape:
            raise ValueError(f"the direction has shape {self.v.shape}, but x has shape {sampled.x.shape}")
        if not np.all(np.isfinite(self.v)):
            raise ValueError("the direction has entries that are not finite")
        self.base = sampled.base
        self.precision = sampled.precision
        self.shift: Any = shift(sampled.x, self.v)
        self.noise: Values = np.zeros(self.base.shape)  # beyond rounding, given or measured
        self.is_noisy: NDArray[np.bool_] = np.zeros(self.base.shape, bool)
        self.is_fast: NDArray[np.bool_] = np.zeros(self.base.shape, bool)  # a wave of a few roundings' length
        self.noise_is_given = False
        self.saw_no_jumps = False  # where they were looked for
        self.spacings: tuple[float, ...] | None = None  # beyond the usual, where noise was looked for
        self._known: dict[float, Values] = {0.0: self.base}

    def __call__(self, t: float) -> Values:
        if t not in self._known:
            self._known[t] = self.sampled.at(self.sampled.moved(self.v, t))
        return self._known[t]

    def expect(self, noise: Any) -> None:
        """Take the size of the errors of f as given: a number, or one for each of its values."""
        self.noise = np.abs(np.broadcast_to(np.asarray(noise, np.float64).ravel(), self.base.shape))
        self.is_noisy = self.noise > 0
        self.noise_is_given = True

    def add_noise(self, entry: int, noise: float) -> None:
        """Take one value of φ for noisy, if the noise is not 0."""
        if noise:
            self.noise, self.is_noisy = self.noise.copy(), self.is_noisy.copy()
            self.noise[entry], self.is_noisy[entry] = max(self.noise[entry], noise), True

    @property
    def samples(self) -> Values:
        """All values that are known, a row for each."""
        return np.array(list(self._known.values()))

    def usual_rounding(self, change: Values) -> Values:
        """Of values of φ that differ by so much from φ(0), or from those where f was asked for."""
        found: Values = self.precision * (np.abs(self.base) + change)
        return found

    @property
    def longest(self) -> float:
        """The largest entry of the direction."""
        return float(np.max(np.abs(self.v), initial=0.0)) or 1.0

    @property
    def ends(self) -> bool:
        """Whether φ was found not to be finite somewhere within the natural length."""
        finite = np.isfinite(self.base)
        return not all(np.all(np.isfinite(v[finite])) for t, v in self._known.items() if abs(t) <= 1)


class Bundle(Line):
    """Several lines at once, by batched calls of f: the values of one after the other, as those of one line."""

    def __init__(self, sampled: Sampled, directions: Sequence[Values]) -> None:
        self.sampled = sampled
        self.directions = [v.reshape(sampled.x.shape) for v in directions]
        self.base = np.tile(sampled.base, len(directions))
        self.precision = sampled.precision
        self.shift = np.repeat([shift(sampled.x, v) for v in self.directions], sampled.base.size)
        self.noise = np.zeros(self.base.shape)
        self.is_noisy = np.zeros(self.base.shape, bool)
        self.is_fast: NDArray[np.bool_] = np.zeros(self.base.shape, bool)  # a wave of a few roundings' length
        self.noise_is_given = False
        self.saw_no_jumps = False  # where they were looked for
        self.spacings: tuple[float, ...] | None = None  # beyond the usual, where noise was looked for
        self._known = {0.0: self.base}

    def alone(self, i: int) -> Line:
        """One of the lines, with the values that are known."""
        size = self.sampled.base.size
        line = Line(self.sampled, self.directions[i])
        line._known |= {t: values[i * size : (i + 1) * size] for t, values in self._known.items()}
        return line

    @property
    def longest(self) -> float:
        """The largest entry of all directions."""
        return max((float(np.max(np.abs(v))) for v in self.directions), default=0.0) or 1.0

    def __call__(self, t: float) -> Values:
        if t not in self._known:
            points = [self.sampled.moved(v, t) for v in self.directions]
            self._known[t] = np.concatenate(self.sampled.at_many(points))
        return self._known[t]


def shift(x: NDArray[Any], v: Values) -> float:
    """How far x + t v is rounded, as a change of t, in units of the precision."""
    moved = v != 0
    return float(np.max(np.abs(x[moved].astype(np.float64) / v[moved]), initial=0.0))


def scales(x: NDArray[Any]) -> Values:
    """The size of a natural step in each coordinate: about |x_i|, so that a change of units changes nothing.

    It is a power of two, lest x + h be rounded. Where x_i is 0 it is the median size of the others, and 1 if all are 0.
    """
    size = np.abs(x.astype(np.float64))
    known = size[(size > 0) & np.isfinite(size)]
    size = np.where(size > 0, size, np.median(known) if known.size else 1.0)
    nearest: Values = np.exp2(np.clip(np.round(np.log2(size)), -1022, 1022))
    return nearest
