"""Richardson extrapolation: from differences at a few halved steps to the limit of step 0, with an error estimate.

``T[k,0] = D(h 2^-k)`` and ``T[k,j] = T[k,j-1] + (T[k,j-1] - T[k-1,j-1]) / (2^p_j - 1)`` remove one power of the step
after another (Romberg's table; Ridders, Advances in Engineering Software 4 (1982), 75–76). The error of an entry
is judged by how far it moved from its neighbours, which bounds the truncation error from above, plus the rounding
error of the differences carried through the same recurrence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .line import Line
from .sampled import Values
from .scheme import Scheme

SAFETY = 3.0  # times how far an entry moved; several entries of a noisy table may agree by chance


@dataclass(frozen=True)
class Entry:
    """An estimate, for each value of φ by itself. `rounding` is the part of `error` that rounding is to blame for."""

    value: Values
    error: Values
    rounding: Values
    step: Values  # the least that it was taken from


def unknown(line: Line) -> Entry:
    """Nothing known yet: NaN with an infinite error."""
    shape = line.base.shape
    return Entry(np.full(shape, np.nan), *(np.full(shape, np.inf) for _ in range(3)))


def select(where: NDArray[np.bool_], this: Entry, other: Entry) -> Entry:
    """`this` where the mask says so, else `other`."""
    return Entry(
        np.where(where, this.value, other.value),
        np.where(where, this.error, other.error),
        np.where(where, this.rounding, other.rounding),
        np.where(where, this.step, other.step),
    )


class Table:
    """The extrapolation table of one scheme along one line; `extend` adds the row of the next smaller step."""

    def __init__(self, line: Line, scheme: Scheme) -> None:
        self.line = line
        self.scheme = scheme
        self.best = unknown(line)
        self._values: list[Values] = []  # the last row of T
        self._roundings: list[Values] = []

    @property
    def finite(self) -> bool:
        """Whether the last difference is finite for any value of φ."""
        return bool(np.any(np.isfinite(self._values[0])))

    def extend(self, h: float) -> None:
        """Take in D(h); every step after the first is half the one before."""
        with np.errstate(all="ignore"):
            value, rounding = difference(self.line, self.scheme, h)
            values, roundings = [value], [rounding]
            for j, (above, above_rounding) in enumerate(zip(self._values, self._roundings, strict=True), start=1):
                shrink = 2.0 ** self.scheme.power(j) - 1
                values.append(values[-1] + (values[-1] - above) / shrink)
                roundings.append(roundings[-1] + (roundings[-1] + above_rounding) / shrink)
            if self._values:
                self._choose(values, roundings, h)
        self._values, self._roundings = values, roundings

    def _choose(self, values: list[Values], roundings: list[Values], h: float) -> None:
        for j, (value, rounding) in enumerate(zip(values, roundings, strict=True)):
            neighbours = [*values[max(j - 1, 0) : j], *self._values[max(j - 1, 0) : j + 1]]
            moved = np.max([np.abs(value - other) for other in neighbours], axis=0)
            error = np.where(np.isfinite(moved), SAFETY * moved + rounding, np.inf)
            this = Entry(value, error, rounding, np.full(value.shape, h))
            # Where two disagree the larger step missed something: values that repeat may agree by chance.
            contradicts = np.isfinite(error) & (np.abs(value - self.best.value) > error + self.best.error)
            self.best = select((error < self.best.error) | contradicts, this, self.best)


def difference(line: Line, scheme: Scheme, h: float) -> tuple[Values, Values]:
    """D(h) and a bound on its rounding error: of the values of φ, and of the points where they are taken."""
    samples = np.array([line(o * h) for o in scheme.offsets])
    weights = np.array(scheme.weights)
    scale = h**scheme.order
    value = weights @ samples / scale
    size = np.max(np.abs(samples), axis=0)
    slope = (np.max(samples, axis=0) - np.min(samples, axis=0)) / h
    per_value = line.precision * (size + line.shift * slope) + line.noise
    return value, float(np.sum(np.abs(weights))) * per_value / scale
