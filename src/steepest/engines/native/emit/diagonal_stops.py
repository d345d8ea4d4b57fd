"""Sums with a triangular matrix, which stop at its diagonal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from steepest.engines.native.ir.memory import register_of
from steepest.engines.native.ir.place import Place
from steepest.lower.triangles import Side
from steepest.schedule.halves import zeros_of
from steepest.schedule.stage import Statement

from .entries import Entries

Stops = tuple[int | str, int | str]  # the first place, and the one after the last


def diagonal_stops(
    entries: Entries,
    members: Sequence[Statement],
    depth: int,
    bound: Mapping[Statement, Mapping[int, Place | list[Place]]],
) -> Stops | None:
    """Between which places the loop of a statement has terms, if not everywhere and not from lane to lane otherwise."""
    (s, *others), graph, b = members, entries.graph, entries.b
    found = None if others or not s.loops[depth].folded else zeros_of(graph, s.register, s.loops[depth].label)
    if found is None:
        return None
    label, side = found
    places = bound[s].get(label)
    if places is None:
        return None
    places = places if isinstance(places, list) else [places]
    if not all(p.uniform for p in places):
        return None
    if side is Side.LOWER:
        return 0, register_of(b, places[-1].times(1, 1))
    return register_of(b, places[0]), graph.size[s.loops[depth].range]
