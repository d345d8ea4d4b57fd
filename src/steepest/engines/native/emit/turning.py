"""Blocks of rows turned in registers, so that lanes are rows, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import LINE, Buffer, first_lanes, load, register_of, store
from steepest.engines.native.ir.place import LANES, Place, at, counter
from steepest.engines.native.ir.shuffle import transpose
from steepest.engines.native.ir.value import Kind, Val, Value

from .tile import Tile

MOST_COLUMNS = 64  # beyond, groups of columns are a loop
FETCHED = 128 << 10  # bytes of an array, more than the nearest caches have, whose next rows are fetched to be written,
MOST_FETCHED = 8 << 10  # if a block of them is no more


def load_tile(b: Builder, buffer: Buffer, tile: Tile, base: str, mask: Val | None) -> None:
    """Rows `base` and following of an array into its tile; lanes outside the mask repeat the first row."""
    columns = prod(tile.shape)
    for lane, rows, _ in _blocks(b, base, mask):
        for c, width in _groups(b, columns):
            turned = [_read_row(b, buffer, row, columns, c, width) for row in rows]
            for j, register in enumerate(transpose(b, buffer.kind, turned)[:width]):
                _to_tile(b, tile, c.plus(at(j)), lane, register)


def load_rows(b: Builder, source: Buffer, tile: Tile, picked: Callable[[Place, int], tuple[str, Value]]) -> None:
    """Any rows of an array into a tile; `picked` gives the one for a lane, and whether it is one, not zeros."""
    columns = source.shape[1]
    for lane, _, _ in _blocks(b, "0", None):
        with b.with_lanes(b.width):
            rows = [picked(lane, k) for k in range(b.width)]
            for c, width in _groups(b, columns):
                turned = []
                for row, exists in rows:
                    text = _read_row(b, source, row, columns, c, width)
                    value = b.select(exists, Val(source.kind, (text,), True), 0)
                    assert isinstance(value, Val)
                    turned.append(value.parts[0])
                for j, register in enumerate(transpose(b, source.kind, turned)[:width]):
                    _to_tile(b, tile, c.plus(at(j)), lane, register)


def store_rows(b: Builder, buffer: Buffer, tile: Tile, base: str, mask: Val | None) -> None:
    """The tile to the rows `base` and following."""
    columns = prod(tile.shape)
    far = prod(buffer.shape) * buffer.bytes >= FETCHED
    if far and mask is None and b.lanes * columns * buffer.bytes <= MOST_FETCHED:
        _fetch_next_rows(b, buffer, base, columns)
    for lane, rows, exist in _blocks(b, base, mask):
        for c, width in _groups(b, columns):
            registers = [_from_tile(b, tile, c.plus(at(min(j, width - 1))), lane) for j in range(b.width)]
            for row, exists, register in zip(rows, exist, transpose(b, buffer.kind, registers), strict=True):
                _write_row(b, buffer, row, columns, c, width, register, exists)


def _fetch_next_rows(b: Builder, buffer: Buffer, base: str, columns: int) -> None:
    """The block after the one at `base`: memory that is written before it is near keeps all stores waiting.

    Beyond the end of the array nothing is fetched, and nothing happens.
    """
    b.intrinsics.add("declare void @llvm.prefetch.p0(ptr, i32, i32, i32)")
    row = columns * buffer.bytes
    block = b.address(buffer.pointer, b.whole("mul nsw", base, row), "i8")
    for k in range(b.lanes * row, 2 * b.lanes * row, LINE):
        line = b.pure(f"getelementptr i8, ptr {block}, i64 {k}")
        b.do(f"call void @llvm.prefetch.p0(ptr {line}, i32 1, i32 3, i32 1)")


Group = tuple[Place, list[str], list[str | None]]


def _blocks(b: Builder, base: str, mask: Val | None) -> Iterator[Group]:
    """Groups of `width` rows: the number of the first one's lane, the rows, and which of them exist.

    In place of a row that does not exist stands that at `base`. Of a mask each group has a register of its own.
    """
    if mask is None and b.lanes > b.width:
        with b.loop(0, b.lanes, b.width) as i:
            yield counter(i, b.lanes), _rows(b, b.whole("add nsw", base, i)), [None] * b.width
        return
    for k in range(b.lanes // b.width):
        rows = _rows(b, b.whole("add nsw", base, k * b.width) if k else base)
        exist = [_exists(b, mask, k, r) for r in range(b.width)]
        yield at(k * b.width), [_or_first(b, base, pair) for pair in zip(rows, exist, strict=True)], exist


def _rows(b: Builder, first: str) -> list[str]:
    return [b.whole("add nsw", first, r) if r else first for r in range(b.width)]


def _or_first(b: Builder, base: str, row: tuple[str, str | None]) -> str:
    place, exists = row
    return place if exists is None or place == base else b.pure(f"select i1 {exists}, i64 {place}, i64 {base}")


def _exists(b: Builder, mask: Val | None, k: int, r: int) -> str | None:
    if mask is None:
        return None
    part = mask.parts[k]
    return b.pure(f"extractelement {b.type(Kind.TRUTH)} {part}, i64 {r}") if b.width > 1 else part


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


def _write_row(
    b: Builder, buffer: Buffer, row: str, columns: int, c: Place, width: int, register: str, exists: str | None
) -> None:
    with b.with_lanes(b.width):
        mask = first_lanes(b, width) if width < b.width else None
        value = Val(buffer.kind, (register,), True)
        place = _row_place(row, columns, c)
        if exists is None:
            store(b, value, buffer, place, mask)
            return
        with b.when(exists):
            store(b, value, buffer, place, mask)


def _tile_address(b: Builder, tile: Tile, entry: Place, lane: Place) -> Buffer:
    offset = register_of(b, entry.times(tile.lanes).plus(lane))
    return Buffer(b.address(tile.pointer, offset, tile.kind.value), tile.kind, (b.width,))


def _to_tile(b: Builder, tile: Tile, entry: Place, lane: Place, register: str) -> None:
    with b.with_lanes(b.width):
        store(b, Val(tile.kind, (register,), True), _tile_address(b, tile, entry, lane), LANES)


def _from_tile(b: Builder, tile: Tile, entry: Place, lane: Place) -> str:
    with b.with_lanes(b.width):
        return load(b, _tile_address(b, tile, entry, lane), LANES).parts[0]
