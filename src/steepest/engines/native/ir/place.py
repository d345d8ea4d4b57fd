"""Places along an axis, as linear forms in loop counters: what an index is while code is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .value import Val


@dataclass(frozen=True, slots=True)
class Place:
    """``const + Σ scale·counter + lane·(number of the lane) + Σ scale·(vector of indices)``.

    `low` and `high` bound what it can be, in all lanes and turns of the loops: with them most conditions on
    places are decided while the code is written.
    """

    const: int = 0
    terms: tuple[tuple[str, int], ...] = ()  # registers of type i64 and their scales
    lane: int = 0
    gathered: tuple[tuple[Val, int], ...] = ()  # vectors of indices and their scales
    low: int = 0
    high: int = 0

    @property
    def fixed(self) -> bool:
        """Whether it is a number known now."""
        return not (self.terms or self.lane or self.gathered)

    @property
    def uniform(self) -> bool:
        """Whether it is the same in all lanes."""
        return not (self.lane or self.gathered)

    def times(self, scale: int, offset: int = 0) -> Place:
        if scale == 0:
            return at(offset)
        ends = (self.low * scale + offset, self.high * scale + offset)
        return Place(
            self.const * scale + offset,
            tuple((name, s * scale) for name, s in self.terms),
            self.lane * scale,
            tuple((v, s * scale) for v, s in self.gathered),
            min(ends),
            max(ends),
        )

    def plus(self, other: Place) -> Place:
        return Place(
            self.const + other.const,
            _collected((*self.terms, *other.terms)),
            self.lane + other.lane,
            (*self.gathered, *other.gathered),
            self.low + other.low,
            self.high + other.high,
        )


def at(k: int) -> Place:
    """A place known now."""
    return Place(const=k, low=k, high=k)


def counter(name: str, count: int) -> Place:
    """The turn of a loop, of `count` turns."""
    return Place(terms=((name, 1),), high=count - 1)


LANES = Place(lane=1)  # one register, from where the array begins


def linear(places: Iterable[Place], strides: Iterable[int]) -> Place:
    """The offset in memory of an entry, in elements."""
    total = at(0)
    for place, stride in zip(places, strides, strict=True):
        total = total.plus(place.times(stride))
    return total


def row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides, in elements, of a C-contiguous array."""
    strides = []
    step = 1
    for n in reversed(shape):
        strides.append(step)
        step *= n
    return tuple(reversed(strides))


def _collected(terms: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    scales: dict[str, int] = {}
    for name, s in terms:
        scales[name] = scales.get(name, 0) + s
    return tuple((name, s) for name, s in scales.items() if s)
