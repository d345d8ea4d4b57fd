"""Products of rows with one vector, read along the contiguous axis: no transposition, one gathering of sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer, first_lanes, load, load_in_order, register_of, store
from steepest.engines.native.ir.place import LANES, Place, at, counter
from steepest.engines.native.ir.shuffle import sums
from steepest.engines.native.ir.value import Kind, Val, Value
from steepest.lower.program import Register
from steepest.schedule.cost import IN_REGISTERS

from .accumulators import Accumulator, Lanes, Partials, Room
from .entries import Entries

CHUNKS_UNROLLED = 16


@dataclass(frozen=True, slots=True)
class Row:
    """A row of an array: its index, and whether it exists, unless it does for sure."""

    index: str
    exists: Val | None = None


class Features:
    """The statements of one pass that read arrays along their features."""

    def __init__(self, b: Builder, entries: Entries, along: frozenset[Register], room: Room) -> None:
        self.b, self.entries, self.along, self.room = b, entries, along, room
        self.sums: dict[Register, Partials] = {}  # of chunks of features, one a lane
        self.base = ""

    def _array(self, r: Register) -> tuple[Buffer, int]:
        (x,) = self.along.intersection(self.entries.graph.operands(r))
        buffer = self.entries.buffers[x]
        return buffer, buffer.shape[1]

    def _other(self, r: Register) -> Register:
        how = self.entries.graph.reading(r)
        return next(read.register for read in how.reads if read.register not in self.along)

    def _chunks(self, n: int) -> Iterator[tuple[Place, Val | None]]:
        """Groups of features; the last one may be shorter."""
        b = self.b
        whole = n // b.width
        if whole > CHUNKS_UNROLLED:
            with b.loop(0, whole * b.width, b.width) as i:
                yield counter(i, n), None
        else:
            for c in range(whole):
                yield at(c * b.width), None
        if n % b.width:
            yield at(whole * b.width), first_lanes(b, n % b.width)

    def _rows(self, first: str) -> list[Row]:
        """`width` rows from `first` on."""
        b, mask = self.b, self.entries.mask
        rows = [first, *(b.whole("add nsw", first, r) for r in range(1, b.width))]
        if mask is None:
            return [Row(row) for row in rows]
        exist = [b.pure(f"extractelement {b.type(Kind.TRUTH)} {mask.parts[0]}, i64 {r}") for r in range(b.width)]
        return [
            Row(b.pure(f"select i1 {e}, i64 {row}, i64 {first}"), Val(Kind.TRUTH, (e,), False))
            for e, row in zip(exist, rows, strict=True)
        ]

    def _read(self, buffer: Buffer, row: Row, c: Place, mask: Val | None) -> Value:
        """A chunk of a row; zeros where there is none, which a weight of 0 leaves zeros.

        If all rows of the block fit in registers, a chunk is read once, else again: it is near by then.
        """
        b, n = self.b, buffer.shape[1]
        key = ("chunk", buffer.pointer, row.index, c)
        found: Val | None = b.recall(key)
        if found is not None:
            return found
        chunk = load_in_order(b, buffer, Place(0, ((row.index, n),), 1, (), 0, 0).plus(c), mask)
        if row.exists is not None:
            return b.select(row.exists, chunk, 0.0)
        if -(-n // b.width) * b.width <= IN_REGISTERS:
            b.keep(key, chunk)
        return chunk

    def _registers_of_rows(self, write: Callable[[str, Place], None]) -> None:
        """`width` rows at a time: the first of them, and its lane in the vectors under way."""
        b = self.b
        if b.parts == 1:
            write(self.base, at(0))
            return
        with b.loop(0, b.lanes, b.width) as i, b.with_lanes(b.width):
            write(b.whole("add nsw", self.base, i), Place(0, ((i, 1),), 0, (), 0, 0))

    def _vector(self, kind: Kind) -> Buffer:
        """Memory for a vector, that loops may fill or read register by register."""
        return Buffer(self.room(self.b.lanes * kind.bytes), kind, (self.b.lanes,))

    # --- products of rows ------------------------------------------------------------------------------------

    def dot(self, r: Register) -> Value:
        """``Σ_j X[m, j] w[j]`` for the rows of the block."""
        buffer, n = self._array(r)
        weights = self.entries.buffers[self._other(r)]
        sums_ = self._vector(buffer.kind)

        def some(first: str, lane: Place) -> None:
            total = self._dots(buffer, weights, n, self._rows(first))
            store(self.b, Val(buffer.kind, (total,), True), sums_, lane.plus(LANES))

        self._registers_of_rows(some)
        return load(self.b, sums_, LANES)

    def _dots(self, buffer: Buffer, weights: Buffer, n: int, rows: list[Row]) -> str:
        """One register of sums: row after row as they lie in memory, which is read twice as fast so."""
        b, kind = self.b, buffer.kind
        running = [Accumulator.open(b, kind, Lanes.APART, 0.0) for _ in rows]
        side_by_side = 1 if n // b.width <= CHUNKS_UNROLLED else b.width
        for first in range(0, b.width, side_by_side):
            group = list(zip(rows, running, strict=True))[first : first + side_by_side]
            for c, mask in self._chunks(n):
                w = self._weight(weights, c, mask)
                for row, total in group:
                    total.step(b, None, partial(b.fma, self._read(buffer, row, c, mask), w))
        return sums(b, kind, [total.load(b, 1).name for total in running])

    def _weight(self, weights: Buffer, c: Place, mask: Val | None) -> Val:
        key = ("weights", weights.pointer, c)
        found: Val | None = self.b.recall(key)
        if found is None:
            found = load(self.b, weights, LANES.plus(c), mask)
            self.b.keep(key, found)
        return found

    # --- sums of rows with weights ---------------------------------------------------------------------------

    def open(self, r: Register, runs: bool) -> None:
        """Zeros for the sum."""
        buffer, n = self._array(r)
        self.sums[r] = Partials.open(
            self.b, self.room, buffer.kind, (-(-n // self.b.width),), 0.0, runs and buffer.kind.floating
        )

    def outer(self, r: Register, row: Place) -> None:
        """Adds the rows of the block, each times its weight."""
        b = self.b
        buffer, n = self._array(r)
        weight = self.entries.entry(self._other(r), (row,))
        if self.entries.mask is not None:
            weight = b.select(self.entries.mask, weight, 0.0)
        weights = self._vector(buffer.kind)
        store(b, weight, weights, LANES)

        def some(first: str, lane: Place) -> None:
            self._add_rows(r, buffer, n, self._rows(first), load(b, weights, lane.plus(LANES)).name)

        self._registers_of_rows(some)

    def _add_rows(self, r: Register, buffer: Buffer, n: int, rows: list[Row], weights: str) -> None:
        b, kind = self.b, buffer.kind
        t = b.type(kind)
        lanes = [", ".join([f"i32 {k}"] * b.width) for k in range(b.width)]
        spread = [
            Val(kind, (b.pure(f"shufflevector {t} {weights}, {t} poison, <{b.width} x i32> <{q}>"),), True)
            for q in lanes
        ]
        if n // b.width > CHUNKS_UNROLLED:
            for c, mask in self._chunks(n):
                self._add(r, c, self._weighted(buffer, rows, spread, c, mask))
            return
        chunks = list(self._chunks(n))
        totals: list[Value] = [False] * len(chunks)
        for row, one in zip(rows, spread, strict=True):  # as they lie in memory
            totals = [b.fma(self._read(buffer, row, *chunk), one, x) for chunk, x in zip(chunks, totals, strict=True)]
        for (c, _), total in zip(chunks, totals, strict=True):
            self._add(r, c, total)

    def _weighted(self, buffer: Buffer, rows: list[Row], weights: list[Val], c: Place, mask: Val | None) -> Value:
        total: Value = False
        for row, weight in zip(rows, weights, strict=True):
            total = self.b.fma(self._read(buffer, row, c, mask), weight, total)
        return total

    def _add(self, r: Register, c: Place, term: Value) -> None:
        """A term of its own, so that blocks of rows do not wait for one another."""
        b = self.b
        offset = str(c.const // b.width) if c.fixed else b.whole("sdiv exact", register_of(b, c), b.width)
        self.sums[r].add(b, offset, term)

    def close(self, r: Register) -> None:
        b = self.b
        _, n = self._array(r)
        target = self.entries.buffers[r]
        for c, mask in self._chunks(n):
            offset = str(c.const // b.width) if c.fixed else b.whole("sdiv exact", register_of(b, c), b.width)
            store(b, self.sums[r].result(b, offset), target, LANES.plus(c), mask)
