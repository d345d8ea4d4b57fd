"""Which entries of an array are under way, where loops over some of its axes stand at a place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

from steepest.engines.native.ir.place import Place, at, linear, row_major

Bound = dict[int, Place | list[Place]]  # label -> where it stands; several places are written out side by side

MOST = 16  # regions that are written out


@dataclass(frozen=True, slots=True)
class Region:
    """Entries that lie side by side: how far from the array's beginning, and how many."""

    first: Place
    count: int

    @classmethod
    def whole(cls, shape: tuple[int, ...]) -> Region:
        return cls(at(0), prod(shape))


def are_few(shape: tuple[int, ...], labels: Collection[int]) -> bool:
    """Whether what is under way lies in few regions, if loops over these axes, among others, stand at a place."""
    return prod(shape[k] for k in range(_leading(shape, labels)) if k not in labels) <= MOST


def regions(shape: tuple[int, ...], bound: Mapping[int, Place | list[Place]]) -> Iterator[Region]:
    """The entries under way where some axes stand at places. Each place of another axis before them has its region."""
    assert are_few(shape, bound)
    lead = _leading(shape, bound)
    for places in product(*(_places(bound.get(k), shape[k]) for k in range(lead))):
        yield Region(linear(places, row_major(shape)[:lead]), prod(shape[lead:]))


def _leading(shape: tuple[int, ...], labels: Collection[int]) -> int:
    """How many axes there are up to the last that stands."""
    return max((k + 1 for k in range(len(shape)) if k in labels), default=0)


def _places(place: Place | list[Place] | None, size: int) -> list[Place]:
    if place is None:
        return [at(k) for k in range(size)]
    return place if isinstance(place, list) else [place]
