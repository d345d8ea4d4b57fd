"""Blocks of rows turned in registers, so that lanes are rows, and back."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from math import prod

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import LINE, Buffer, first_lanes, load, register_of, steps, store
from steepest.engines.native.ir.place import LANES, Place, at, counter
from steepest.engines.native.ir.shuffle import transpose
from steepest.engines.native.ir.value import Kind, Val, Value

from .tile import Tile

MOST_COLUMNS = 64  # beyond, groups of columns are a loop
WRITTEN_FAR = 128 << 10  # bytes of an array, more than the nearest caches have, whose next rows are fetched for writing
READ_FAR = 2 << 20  # the same for reading: in blocks that are turned, rows are not read in the order of memory
AHEAD = 2  # blocks
MOST_FETCHED = 8 << 10  # bytes at a time


class Near(enum.Enum):
    """Where to, as LLVM says it: whether to be written, how near."""

    TO_BE_WRITTEN = "i32 1, i32 3"
    SECOND = "i32 0, i32 2"  # the first cache has no room for blocks ahead


def load_tile(b: Builder, buffer: Buffer, tile: Tile, base: str, mask: Val | None) -> None:
    """Rows `base` and following of an array into its tile; lanes outside the mask repeat the first row."""
    columns = prod(tile.shape)
    if mask is not None:
        _load_last_rows(b, buffer, tile, base, mask)
        return
    is_far = prod(buffer.shape) * buffer.bytes >= READ_FAR and b.width * columns * buffer.bytes <= MOST_FETCHED
    for lane, rows in _blocks(b, base):
        if is_far:
            _fetch(b, buffer, b.whole("add nsw", rows[0], AHEAD * b.lanes), b.width, Near.SECOND)
        for c, width in _groups(b, columns):
            turned = [_read_row(b, buffer, row, columns, c, width) for row in rows]
            for j, register in enumerate(transpose(b, buffer.kind, turned, width)):
                _to_tile(b, tile, c.plus(at(j)), lane, register)


def _load_last_rows(b: Builder, buffer: Buffer, tile: Tile, base: str, mask: Val) -> None:
    """The same column by column: a tenth of the code, for rows that are read once."""
    columns = prod(tile.shape)
    for lane, rows, exist in _last_blocks(b, base, mask):
        with b.with_lanes(b.width):
            picked = b.select(exist, rows, Val(Kind.INT, (base,), False))
            assert isinstance(picked, Val)
            with b.loop(0, columns) as c:
                column = load(b, buffer, Place(0, ((c, 1),), 0, ((picked, columns),)))
                _to_tile(b, tile, counter(c, columns), lane, column.parts[0])


def load_rows(b: Builder, source: Buffer, tile: Tile, picked: Callable[[Place, int], tuple[str, Value]]) -> None:
    """Any rows of an array into a tile; `picked` gives the one for a lane, and whether it is one, not zeros."""
    columns = source.shape[1]
    for lane, _ in _blocks(b, "0"):
        with b.with_lanes(b.width):
            rows = [picked(lane, k) for k in range(b.width)]
            for c, width in _groups(b, columns):
                turned = []
                for row, exists in rows:
                    text = _read_row(b, source, row, columns, c, width)
                    value = b.select(exists, Val(source.kind, (text,), True), 0)
                    assert isinstance(value, Val)
                    turned.append(value.parts[0])
                for j, register in enumerate(transpose(b, source.kind, turned, width)):
                    _to_tile(b, tile, c.plus(at(j)), lane, register)


def store_rows(b: Builder, buffer: Buffer, tile: Tile, base: str, mask: Val | None) -> None:
    """The tile to the rows `base` and following."""
    columns = prod(tile.shape)
    is_far = prod(buffer.shape) * buffer.bytes >= WRITTEN_FAR
    if is_far and mask is None and b.lanes * columns * buffer.bytes <= MOST_FETCHED:
        # memory that is written before it is near keeps all stores waiting
        _fetch(b, buffer, b.whole("add nsw", base, b.lanes), b.lanes, Near.TO_BE_WRITTEN)
    if mask is not None:
        _store_last_rows(b, buffer, tile, base, mask)
        return
    for lane, rows in _blocks(b, base):
        for c, width in _groups(b, columns):
            registers = [_from_tile(b, tile, c.plus(at(min(j, width - 1))), lane) for j in range(b.width)]
            for row, register in zip(rows, transpose(b, buffer.kind, registers, b.width), strict=True):
                _write_row(b, buffer, row, columns, c, width, register)


def _store_last_rows(b: Builder, buffer: Buffer, tile: Tile, base: str, mask: Val) -> None:
    """The same column by column, as they are read."""
    columns = prod(tile.shape)
    for lane, rows, exist in _last_blocks(b, base, mask):
        with b.with_lanes(b.width), b.loop(0, columns) as c:
            column = Val(buffer.kind, (_from_tile(b, tile, counter(c, columns), lane),), True)
            store(b, column, buffer, Place(0, ((c, 1),), 0, ((rows, columns),)), exist)


def _fetch(b: Builder, buffer: Buffer, first: str, count: int, near: Near) -> None:
    """Some rows that will soon be asked for. Beyond the end of the array nothing is fetched, and nothing happens:
    so the address is not said to be inside of it."""
    b.intrinsics.add("declare void @llvm.prefetch.p0(ptr, i32, i32, i32)")
    row = prod(buffer.shape[1:]) * buffer.bytes
    block = b.pure(f"getelementptr i8, ptr {buffer.pointer}, i64 {b.whole('mul nsw', first, row)}")
    for k in range(0, count * row, LINE):
        line = b.pure(f"getelementptr i8, ptr {block}, i64 {k}")
        b.do(f"call void @llvm.prefetch.p0(ptr {line}, {near.value}, i32 1)")


def _blocks(b: Builder, base: str) -> Iterator[tuple[Place, list[str]]]:
    """Groups of `width` rows: the number of the first one's lane, and the rows."""
    if b.lanes > b.width:
        with b.loop(0, b.lanes, b.width) as i:
            yield counter(i, b.lanes), _rows(b, b.whole("add nsw", base, i))
    else:
        yield at(0), _rows(b, base)


def _last_blocks(b: Builder, base: str, mask: Val) -> Iterator[tuple[Place, Val, Val]]:
    """The same where not all rows exist: the rows as lanes of a register, and which of them do."""
    for k, part in enumerate(mask.parts):
        with b.with_lanes(b.width):
            rows = b.add(steps(b, 1), Val(Kind.INT, (b.whole("add nsw", base, k * b.width),), False))
        assert isinstance(rows, Val)
        yield at(k * b.width), rows, Val(Kind.TRUTH, (part,), True)


def _rows(b: Builder, first: str) -> list[str]:
    return [b.whole("add nsw", first, r) if r else first for r in range(b.width)]


def _groups(b: Builder, columns: int) -> Iterator[tuple[Place, int]]:
    """Where groups of columns begin, and how many there are in each."""
    whole = columns // b.width * b.width
    if columns > MOST_COLUMNS:
        with b.loop(0, whole, b.width) as i:
            yield counter(i, columns), b.width
    else:
        for c in range(0, whole, b.width):
            yield at(c), b.width
    if whole < columns:
        yield at(whole), columns - whole


def _row_place(row: str, columns: int, c: Place) -> Place:
    return Place(0, ((row, columns),), 1, (), 0, 0).plus(c)


def _read_row(b: Builder, buffer: Buffer, row: str, columns: int, c: Place, width: int) -> str:
    with b.with_lanes(b.width):
        mask = first_lanes(b, width) if width < b.width else None
        return load(b, buffer, _row_place(row, columns, c), mask).parts[0]


def _write_row(b: Builder, buffer: Buffer, row: str, columns: int, c: Place, width: int, register: str) -> None:
    with b.with_lanes(b.width):
        mask = first_lanes(b, width) if width < b.width else None
        store(b, Val(buffer.kind, (register,), True), buffer, _row_place(row, columns, c), mask)


def _tile_address(b: Builder, tile: Tile, entry: Place, lane: Place) -> Buffer:
    offset = register_of(b, entry.times(tile.lanes).plus(lane))
    return Buffer(b.address(tile.pointer, offset, tile.kind.value), tile.kind, (b.width,))


def _to_tile(b: Builder, tile: Tile, entry: Place, lane: Place, register: str) -> None:
    with b.with_lanes(b.width):
        store(b, Val(tile.kind, (register,), True), _tile_address(b, tile, entry, lane), LANES)


def _from_tile(b: Builder, tile: Tile, entry: Place, lane: Place) -> str:
    with b.with_lanes(b.width):
        return load(b, _tile_address(b, tile, entry, lane), LANES).parts[0]
