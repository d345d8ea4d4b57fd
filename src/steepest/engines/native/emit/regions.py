"""Which entries of an array are under way, where loops over its first axes stand at a place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

from steepest.engines.native.ir.place import Place, at, linear, row_major

Bound = dict[int, Place | list[Place]]  # label -> where it stands; several places are written out side by side


@dataclass(frozen=True, slots=True)
class Region:
    """Entries that lie side by side: how far from the array's beginning, and how many."""

    first: Place
    count: int

    @classmethod
    def whole(cls, shape: tuple[int, ...]) -> Region:
        return cls(at(0), prod(shape))


def stand_first(ndim: int, labels: Collection[int]) -> bool:
    """Whether those axes that are among the labels come before all others, so that what is under way lies together."""
    standing = [k for k in range(ndim) if k in labels]
    return standing == list(range(len(standing)))


def regions(shape: tuple[int, ...], bound: Mapping[int, Place | list[Place]]) -> Iterator[Region]:
    """The entries under way where some axes stand at places: the first ones (`stand_first`), so that the rest lie
    together."""
    assert stand_first(len(shape), bound)
    standing = [bound[k] for k in range(len(shape)) if k in bound]
    lead = len(standing)
    for places in product(*(place if isinstance(place, list) else [place] for place in standing)):
        yield Region(linear(places, row_major(shape)[:lead]), prod(shape[lead:]))
