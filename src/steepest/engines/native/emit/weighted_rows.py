"""Sums of rows with several weights each: lanes are entries of a row; a square of sums at a time stays in registers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from itertools import pairwise
from math import prod

from steepest.engines.native.entrywise.casts import cast
from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer, first_lanes, load, register_of, store
from steepest.engines.native.ir.place import LANES, Place, at, counter, linear, row_major
from steepest.engines.native.ir.value import Val, Value
from steepest.lower.program import Register
from steepest.lower.triangles import Side
from steepest.schedule.cost import IN_REGISTERS, WAITING, block_of
from steepest.schedule.stage import Weighted

from .accumulators import Accumulator, Lanes, Partials, Room
from .entries import Entries
from .tile import Tile
from .turning import store_rows


class WeightedRows:
    """The statements of one pass ``out[n, q] = Σ_m X[m, n] w[m, q]``."""

    def __init__(self, b: Builder, entries: Entries, room: Room) -> None:
        self.b, self.entries, self.room = b, entries, room
        self.sums: dict[Register, Partials] = {}  # chunk by chunk of n, for each q
        self.how: dict[Register, Weighted] = {}

    def open(self, r: Register, weighted: Weighted, runs: bool) -> None:
        self.how[r] = weighted
        buffer = self.entries.buffers[r]
        shape = (self._weights(r), -(-self._length(r) // self.b.width))
        self.sums[r] = Partials.open(self.b, self.room, buffer.kind, shape, 0.0, runs)

    def _length(self, r: Register) -> int:
        return self.entries.graph.shape(r)[self.how[r].label]

    def _weights(self, r: Register) -> int:
        return prod(self.entries.graph.shape(r)) // self._length(r)

    def add_computed(self, r: Register, beside: dict[int, Place], rows: Place, count: str | int) -> None:
        """The first `count` rows of the block, of an array that is computed, at one place of the labels it shares."""
        b, how, kind = self.b, self.how[r], self.entries.kind(r)
        reading = self.entries.graph.reading(r)
        n, lanes = self._length(r), b.lanes
        tile = Tile(self.room(n * lanes * kind.bytes), kind, (n,), lanes)
        with b.loop(0, n) as j:
            place = counter(j, n)
            value = self.entries.read(reading.reads[how.read], {**beside, how.rows: rows, how.label: place})
            store(b, cast(b, value, kind), Buffer(tile.address(b, place), kind, (lanes,)), LANES)
        turned = Buffer(self.room(n * lanes * kind.bytes), kind, (lanes, n))
        store_rows(b, turned, tile, "0", None)
        (own,) = (q for q in range(len(self.entries.graph.shape(r))) if q != how.label and q not in beside)
        size = self.entries.graph.shape(r)[own]
        step = block_of(size)
        with b.loop(0, size, step) as i:
            choices = [{**beside, own: Place(k, ((i, 1),), 0, (), k, size - step + k)} for k in range(step)]
            self._add(r, turned, choices, rows, "0", count, (i, b.whole("add nsw", i, step - 1)))

    def add(self, r: Register, choices: Sequence[dict[int, Place]], rows: Place, base: str, count: str | int) -> None:
        """The first `count` rows from `base` on, with the weights at some places."""
        array = self.how[r].array
        assert array is not None
        self._add(r, self.entries.buffers[array], choices, rows, base, count, None)

    def _add(
        self,
        r: Register,
        source: Buffer,
        choices: Sequence[dict[int, Place]],
        rows: Place,
        base: str,
        count: str | int,
        ends: tuple[str, str] | None,
    ) -> None:
        b, how, graph = self.b, self.how[r], self.entries.graph
        kind = self.entries.kind(r)
        shape = graph.shape(r)
        others = [k for k in range(len(shape)) if k != how.label]
        weights = Buffer(self.room(len(choices) * b.lanes * kind.bytes), kind, (len(choices), b.lanes))
        numbers = []
        for k, places in enumerate(choices):
            one = Buffer(b.address(weights.pointer, k * b.lanes, kind.value), kind, (b.lanes,))
            store(b, self._weight(r, places | {how.rows: rows}), one, LANES)
            numbers.append(linear([places[q] for q in others], row_major(tuple(shape[q] for q in others))))
        chunks = self._chunks(self._length(r))
        step = _step(numbers)
        if b.call_site and step is not None:  # seldom: one weight after another, in a fraction of the code
            with b.loop(0, len(numbers)) as q:
                one = replace(weights, pointer=b.address(weights.pointer, b.whole("mul", q, b.lanes), kind.value))
                self._some(r, source, chunks, 0, [numbers[0].plus(_counter(q, step))], one, base, count)
            return
        side = how.side if ends is not None else None
        together = max(1, (IN_REGISTERS if side is None else WAITING) // len(choices))
        for first in range(0, len(chunks), together):
            some = chunks[first : first + together]
            with self._where_read(side, ends, first * b.width, (first + len(some)) * b.width):
                self._some(r, source, some, first, numbers, weights, base, count)

    def _where_read(
        self, side: Side | None, ends: tuple[str, str] | None, first: int, end: int
    ) -> AbstractContextManager[None]:
        """Where the sums of some columns, for rows between the ends, are on the side that is read."""
        if side is None or ends is None:
            return nullcontext()
        inside = f"icmp sge i64 {ends[1]}, {first}" if side is Side.LOWER else f"icmp slt i64 {ends[0]}, {end}"
        return self.b.when(self.b.pure(inside))

    def _weight(self, r: Register, labels: dict[int, Place]) -> Value:
        """What a row is multiplied by: the other factors."""
        how = self.entries.graph.reading(r)
        weight: Value = 1
        for k, read in enumerate(how.reads):
            if k != self.how[r].read:
                weight = self.b.mul(weight, cast(self.b, self.entries.read(read, labels), self.entries.kind(r)))
        return weight

    def _chunks(self, n: int) -> list[tuple[Place, Val | None]]:
        b = self.b
        with b.with_lanes(b.width):
            return [(at(c), first_lanes(b, n - c) if c + b.width > n else None) for c in range(0, n, b.width)]

    def _some(
        self,
        r: Register,
        source: Buffer,
        chunks: Sequence[tuple[Place, Val | None]],
        first: int,
        numbers: Sequence[Place],
        weights: Buffer,
        base: str,
        count: str | int,
    ) -> None:
        b, n = self.b, self._length(r)
        lanes = weights.shape[1]
        with b.with_lanes(b.width):
            running = [[Accumulator.open(b, source.kind, Lanes.APART, 0.0) for _ in chunks] for _ in numbers]
            with b.loop(0, count) as i:
                row = Place(0, ((b.whole("add nsw", base, i), n),), 1, (), 0, 0)
                entries = [load(b, source, row.plus(c), mask) for c, mask in chunks]
                for k, sums in enumerate(running):
                    weight = load(b, weights, Place(k * lanes, ((i, 1),), 0, (), 0, 0))
                    for x, total in zip(entries, sums, strict=True):
                        total.step(b, None, partial(b.fma, x, weight))
            for number, sums in zip(numbers, running, strict=True):
                offset = number.times(self.sums[r].shape[1], first)
                for j, total in enumerate(sums):
                    self.sums[r].add(b, register_of(b, offset.plus(at(j))), total.load(b, 1))

    def close(self, r: Register) -> None:
        """The sums to their array, in which n is the first or the last axis."""
        b, n, count, partials = self.b, self._length(r), self._weights(r), self.sums[r]
        target = self.entries.buffers[r]
        leads = self.how[r].label == 0 and len(target.shape) > 1

        def write(q: str, chunk: Place, mask: Val | None) -> None:
            offset = register_of(b, _counter(q, partials.shape[1]).plus(chunk))
            place = chunk.times(b.width).plus(LANES)
            there = place.times(count).plus(_counter(q, 1)) if leads else place.plus(_counter(q, n))
            store(b, partials.result(b, offset), target, there, mask)

        whole = n // b.width
        with b.loop(0, count) as q:
            if whole:
                with b.loop(0, whole) as j:
                    write(q, _counter(j, 1), None)
            if n % b.width:
                write(q, at(whole), first_lanes(b, n % b.width))


def _step(numbers: Sequence[Place]) -> int | None:
    """How far these are from one another, if all are as far."""
    steps = {y.const - x.const for x, y in pairwise(numbers)}
    return steps.pop() if len(steps) == 1 and len({x.terms for x in numbers}) == 1 else None


def _counter(i: str, scale: int) -> Place:
    return Place(0, ((i, scale),), 0, (), 0, 0)
