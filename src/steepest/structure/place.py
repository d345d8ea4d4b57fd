"""Where on an axis the entries of a term stand, told by the term's labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

Labels: TypeAlias = tuple[int, ...]
Sizes: TypeAlias = Mapping[int, int]


@dataclass(frozen=True, eq=False)
class Place:
    """Entry ``start + Σ step·label`` of an axis of length `size`, or entry ``index[labels]``."""

    size: int
    start: int
    steps: tuple[tuple[int, int], ...]  # label, step
    index: np.ndarray | None = None  # its axes carry the labels in `steps`, whose steps are of no meaning then

    @property
    def labels(self) -> Labels:
        return tuple(label for label, _ in self.steps)

    def covers(self, sizes: Sizes) -> bool:
        """Whether one label counts all entries of the axis, in order."""
        if self.index is not None or len(self.steps) != 1:
            return self.size == 1 and not self.steps and self.index is None
        ((label, step),) = self.steps
        return (self.start, step, sizes[label]) == (0, 1, self.size)

    def follows(self, other: Place) -> bool:
        """Whether both are always the same entry."""
        same = self.index is other.index and (self.size, self.start) == (other.size, other.start)
        return same and set(self.steps) == set(other.steps)

    def reach(self, sizes: Sizes) -> tuple[int, int]:
        """The first and the last entry that may be meant."""
        if self.index is not None:
            return 0, self.size - 1
        ends = [step * (sizes[label] - 1) for label, step in self.steps]
        return self.start + sum(min(e, 0) for e in ends), self.start + sum(max(e, 0) for e in ends)

    def entries(self, labels: Labels, sizes: Sizes) -> np.ndarray:
        """The entry for all values of the labels, as an array with their axes (of length 1 where it does not vary)."""
        if self.index is not None:
            return spread(self.index, self.labels, labels)
        total = np.full((1,) * len(labels), self.start)
        for label, step in self.steps:
            total = total + spread(step * np.arange(sizes[label]), (label,), labels)
        return total


def spread(array: np.ndarray, own: Labels, labels: Labels) -> np.ndarray:
    """An array with axes `own` as one with axes `labels`, of length 1 where it has none."""
    order = np.transpose(array, [own.index(i) for i in labels if i in own])
    return order[tuple(slice(None) if i in own else None for i in labels)]


def shape_of(places: Sequence[Place]) -> tuple[int, ...]:
    return tuple(p.size for p in places)


def labels_of(places: Sequence[Place]) -> Labels:
    """All labels that say where an entry stands, each once."""
    return tuple(dict.fromkeys(i for p in places for i in p.labels))


def window(array: np.ndarray, places: Sequence[Place], labels: Labels, sizes: Sizes) -> np.ndarray:
    """The entries at the places, as a view whose axes are the labels; `array` may have further axes at the end."""
    rank = len(places)
    strides = dict.fromkeys(labels, 0)
    first = []
    for place, stride in zip(places, array.strides, strict=False):
        first.append(place.start)
        for label, step in place.steps:
            strides[label] += step * stride
    if 0 in (sizes[i] for i in labels) or 0 in array.shape:
        return np.empty((*(sizes[i] for i in labels), *array.shape[rank:]), array.dtype)
    corner: tuple[Any, ...] = (*(slice(k, k + 1) for k in first), ...)
    base = array[corner]  # a view, also of one entry
    return np.lib.stride_tricks.as_strided(
        base,
        (*(sizes[i] for i in labels), *array.shape[rank:]),
        (*(strides[i] for i in labels), *array.strides[rank:]),
        writeable=array.flags.writeable,
    )
