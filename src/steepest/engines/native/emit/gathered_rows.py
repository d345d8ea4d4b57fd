"""Rows picked by an index of each row, as a tile: read along their entries and turned, not entry by entry."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from steepest.engines.native.entrywise.casts import cast
from steepest.engines.native.ir.memory import Buffer, load, store
from steepest.engines.native.ir.place import LANES, Place
from steepest.engines.native.ir.value import Kind, Val, Value
from steepest.lower.program import Gather, Register

from .accumulators import Room
from .entries import Entries
from .tile import Tile
from .turning import load_rows


def gather_rows(entries: Entries, r: Register, tile: Tile, row: Place, room: Room) -> None:
    """The rows of the source that the block's indices name; zeros for those that name none."""
    made, how, b = entries.graph.made[r], entries.graph.reading(r), entries.b
    assert isinstance(made, Gather)
    source = entries.buffers[made.source]
    indices = Buffer(room(b.lanes * Kind.INT.bytes), Kind.INT, (b.lanes,))
    store(b, cast(b, entries.read(how.reads[0], {0: row}), Kind.INT), indices, LANES)

    def picked(lane: Place, k: int) -> tuple[str, Value]:
        index = load(b, indices, Place(lane.const + k, lane.terms, 0, (), 0, b.lanes - 1)).name
        if entries.exists(made.index):
            return index, True
        inside = b.pure(f"icmp ult i64 {index}, {source.shape[0]}")
        return b.pure(f"select i1 {inside}, i64 {index}, i64 0"), Val(Kind.TRUTH, (inside,), False)

    load_rows(b, replace(source, shape=(source.shape[0], prod(tile.shape))), tile, picked)
