"""Rows added where an index of each says: a block of them is turned, so that each is added along its entries."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

from steepest.engines.native.entrywise.casts import cast
from steepest.engines.native.ir.memory import Buffer, load, store
from steepest.engines.native.ir.place import LANES, Place, at, counter
from steepest.engines.native.ir.value import Kind
from steepest.lower.program import Register, Scatter

from .accumulators import Room
from .entries import Entries
from .tile import Tile
from .turning import store_rows

MOST_COLUMNS = 64  # of a row


def scatters_rows(entries: Entries, r: Register, loops: int) -> bool:
    """Whether each row goes as a whole to one place of the first axis."""
    made, how = entries.graph.made[r], entries.graph.reading(r)
    assert isinstance(made, Scatter)
    columns = prod(entries.graph.shape(r)[1:])
    return (
        loops == 1
        and not made.shared
        and len(how.folded) == 1
        and 1 < columns <= MOST_COLUMNS
        and entries.kind(r) is not Kind.TRUTH
    )


def scatter_rows(entries: Entries, r: Register, row: Place, count: str | int, room: Room) -> None:
    """Adds the first `count` rows of the block; those whose index is outside are dropped."""
    how, b, buffer = entries.graph.reading(r), entries.b, entries.buffers[r]
    index_read, source_read = how.reads
    (folded,) = how.folded
    kind, columns = buffer.kind, prod(buffer.shape[1:])
    indices = Buffer(room(b.lanes * Kind.INT.bytes), Kind.INT, (b.lanes,))
    store(b, cast(b, entries.read(index_read, {folded: row}), Kind.INT), indices, LANES)
    tile = Tile(room(columns * b.lanes * kind.bytes), kind, (columns,), b.lanes)
    for k, inner in enumerate(product(*map(range, buffer.shape[1:]))):
        labels = {folded: row} | {j: at(i) for j, i in enumerate(inner, 1)}
        whole = Buffer(b.address(tile.pointer, k * b.lanes, kind.value), kind, (b.lanes,))
        store(b, cast(b, entries.read(source_read, labels), kind), whole, LANES)
    turned = Buffer(room(columns * b.lanes * kind.bytes), kind, (b.lanes, columns))
    store_rows(b, turned, tile, "0", None)
    target = Buffer(buffer.pointer, kind, (buffer.shape[0], columns))
    with b.loop(0, count) as i:
        index = load(b, indices, counter(i, b.lanes)).name
        with b.when(b.pure(f"icmp ult i64 {index}, {buffer.shape[0]}")):
            for c, width in _registers(columns, b.width):
                there, here = (Place(c, ((name, columns),), 1, (), 0, 0) for name in (index, i))
                with b.with_lanes(width, width):
                    store(b, b.add(load(b, target, there), load(b, turned, here)), target, there)


def _registers(columns: int, most: int) -> Iterator[tuple[int, int]]:
    """The columns of a row that go together: what is written through a mask cannot be read again at once."""
    first, width = 0, most
    while first < columns:
        while first + width > columns:
            width //= 2
        yield first, width
        first += width
