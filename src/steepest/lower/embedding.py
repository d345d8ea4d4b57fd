"""Pieces in larger arrays: the same piece under other axes, and a piece of a piece."""

from __future__ import annotations

from collections.abc import Sequence

from .program import Piece, Place, Window


def permuted(p: Piece, order: Sequence[int]) -> Piece:
    """The piece where axis k of the array is its former axis ``order[k]``."""
    labels = followed(p)
    follows = tuple(label for k in order if (label := labels[k]) is not None)
    return Piece(p.source, tuple(p.places[k] for k in order), follows, p.carried)


def followed(p: Piece) -> list[int | None]:
    """For each axis of the array, the label that its window follows."""
    follows = iter(p.follows)
    return [next(follows) if isinstance(place, Window) else None for place in p.places]


def within(outer: Piece, inner: Piece) -> Piece:
    """Where a piece of the source of `outer` stands in the array around both."""
    inside = followed(inner)
    at = {label: k for k, label in enumerate(outer.carried)}
    fresh = 1 + max((*inner.follows, *inner.carried, -1))
    repeated = {label: fresh + k for k, label in enumerate(dict.fromkeys(outer.follows)) if label not in at}
    places: list[Place] = []
    follows: list[int] = []
    for place, label in zip(outer.places, followed(outer), strict=True):
        if not isinstance(place, Window) or label is None:
            places.append(place)
        elif label in repeated:
            places.append(place)
            follows.append(repeated[label])
        else:
            there, name = inner.places[at[label]], inside[at[label]]
            places.append(_place_within(place, there))
            if name is not None:
                follows.append(name)
    return Piece(inner.source, tuple(places), tuple(follows), inner.carried)


def _place_within(outer: Window, inner: Place) -> Place:
    if not isinstance(inner, Window):
        return outer.start + outer.step * inner
    return Window(outer.start + outer.step * inner.start, outer.step * inner.step, inner.count)
