"""A pass over the rows: blocks of rows as vectors, sums of all rows in registers or in rows of partial sums."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from itertools import product
from math import prod

from steepest.engines.native.entrywise.casts import cast
from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer, first_lanes, register_of, store
from steepest.engines.native.ir.place import Place, at, linear, row_major
from steepest.engines.native.ir.shuffle import across
from steepest.engines.native.ir.value import Val, Value
from steepest.lower.program import Register
from steepest.schedule.cost import MAX_UNROLLED
from steepest.schedule.stage import Form, Nest, Statement

from .accumulators import Partials, Room
from .compensation import RUN
from .elsewhere import Places
from .entries import Entries
from .features import Features
from .folding import combiner, folded, start, sums
from .gathered_rows import gather_rows
from .nest import NestWriter
from .regions import Bound
from .runs import Run, Sums
from .scattered_rows import scatter_rows, scatters_rows
from .tile import Tile
from .turning import load_tile, store_rows
from .weighted_rows import WeightedRows

MANY_BLOCKS = 8  # of rows, beside which what is left of them counts little


class RowsWriter(NestWriter):
    """Writes one pass over the rows ``%begin`` to ``%end``, at most so many of them."""

    def __init__(
        self, b: Builder, nest: Nest, entries: Entries, results: Collection[Register], room: Room, most: int
    ) -> None:
        super().__init__(b, nest, entries, results, room)
        assert nest.rows is not None
        self.rows = nest.rows
        self.runs.turns_of_rows = -(-most // nest.lanes)
        entries.under_way = frozenset(s.register for s in nest.statements)
        self.features = Features(b, entries, nest.along, room)
        self.weighted = WeightedRows(b, entries, room)
        self.tile_room: dict[Register, str] = {}

    def write(self) -> None:
        b, nest = self.b, self.nest
        with b.with_lanes(b.width):
            self.prepare()
            for s in nest.statements:
                if s.form is Form.OUTER:
                    self.features.open(s.register, self._blocks_of_a_run(s) > 0)
                elif s.form in (Form.WEIGHTED, Form.TURNED):
                    self.weighted.open(s.register, nest.weighted[s.register], self._blocks_of_a_run(s) > 0)
                elif self._sums_rows(s) and s.form is Form.VALUE:
                    self.running[s.register] = self._partials(s)
        for a in self._turned():
            n = self._entries_of_a_row(a)
            self.tile_room[a] = self.room(n * nest.lanes * self.entries.kind(a).bytes)
        if self.graph.size[self.rows] <= min(nest.lanes, MAX_UNROLLED):
            self._only_block()
        else:
            size = b.whole("sub", "%end", "%begin")
            full = b.whole("add", "%begin", b.whole("and", size, -nest.lanes))
            self._runs("%begin", full, nest.lanes)
            few = self.graph.size[self.rows] < MANY_BLOCKS * nest.lanes
            with b.with_lanes(b.width), nullcontext() if few else b.seldom(), b.loop(full, "%end", b.width) as i:
                self._block(i, first_lanes(b, b.whole("sub", "%end", i)), ((i, 1),))
        with b.with_lanes(b.width):
            for s in nest.statements:
                if s.form is Form.OUTER:
                    self.features.close(s.register)
                elif s.form in (Form.WEIGHTED, Form.TURNED):
                    self.weighted.close(s.register)
                elif isinstance(self.running.get(s.register), Partials):
                    self._finish(s)
            self.watch.report()

    def _runs(self, begin: str, end: str, lanes: int) -> None:
        """Blocks of rows; after each run of them, the sums so far go to their second level."""
        b, run = self.b, self._run_of_blocks()
        with b.with_lanes(lanes):
            if run is None:
                with b.loop(begin, end, lanes) as i:
                    self._block(i, None, ((i, 1),))
                return
            with b.loop(begin, end, run.turns * lanes) as first:
                last = b.smaller(b.whole("add nsw", first, run.turns * lanes), end)
                with b.loop(first, last, lanes) as i:
                    self._block(i, None, ((i, 1),))
                run.end(b)

    def _run_of_blocks(self) -> Run | None:
        turns = {s.register: blocks for s in self.nest.statements if (blocks := self._blocks_of_a_run(s))}
        sums_ = {**self.features.sums, **self.weighted.sums, **self.running}
        ending: list[tuple[Sums, Bound]] = [
            (one, {}) for r, one in sums_.items() if r in turns and isinstance(one, Partials) and one.high is not None
        ]
        return Run(min(turns.values()), ending) if turns else None

    def _blocks_of_a_run(self, s: Statement) -> int:
        """Blocks of rows between visits of the second level; 0 for what is short, or visits it in a loop inside."""
        if s.form is Form.VALUE:
            return max(1, RUN // self.runs.turns(s, 1)) if self.runs.depth(s) == 0 and self._sums_rows(s) else 0
        adds_blocks = s.form in (Form.OUTER, Form.WEIGHTED, Form.TURNED)
        return RUN if adds_blocks and self.runs.turns_of_rows > RUN else 0

    def _sums_rows(self, s: Statement) -> bool:
        return self.rows in self.graph.folded(s.register).values()

    def _turned(self) -> list[Register]:
        """Arrays with a tile: read block by block, or made in inner loops."""
        made = [
            s.register
            for s in self.nest.statements
            if s.form is Form.VALUE and not self._sums_rows(s) and any(not loop.folded for loop in s.loops[1:])
        ]
        return [*self.nest.tiled, *self.nest.gathered, *made]

    def _axis(self, a: Register) -> int:
        return self.graph.ranges(a).index(self.rows)

    def _row_shape(self, a: Register) -> tuple[int, ...]:
        axis = self._axis(a)
        shape = self.graph.shape(a)
        return (*shape[:axis], *shape[axis + 1 :])

    def _entries_of_a_row(self, a: Register) -> int:
        return prod(self._row_shape(a))

    # --- a block of rows -----------------------------------------------------------------------------------

    def _only_block(self) -> None:
        """All rows, where a vector has a lane for each."""
        lanes, rows = self.nest.lanes, self.graph.size[self.rows]
        with self.b.with_lanes(lanes), self.b.scope():
            self._block("0", first_lanes(self.b, rows) if rows < lanes else None, ())

    def _block(self, base: str, mask: Val | None, counter: tuple[tuple[str, int], ...]) -> None:
        entries, lanes = self.entries, self.b.lanes
        size = self.graph.size[self.rows]
        row = Place(0, counter, 1, (), 0, size - 1)
        with self.only(mask):
            entries.tiles, entries.rows_axis = {}, {}
            for a in self._turned():
                entries.rows_axis[a] = self._axis(a)
                entries.tiles[a] = Tile(self.tile_room[a], entries.kind(a), self._row_shape(a), lanes)
                if a in self.nest.tiled:
                    load_tile(self.b, entries.buffers[a], entries.tiles[a], base, mask)
            for a in self.nest.gathered:
                gather_rows(entries, a, entries.tiles[a], row, self.room)
            self.features.base = base
            bound: dict[Statement, Bound] = {}
            for s in self.nest.statements:
                bound[s] = {loop.label: row for loop in s.loops[:1]}
            self.groups(self.nest.statements, 1, bound)
            for s in self.nest.statements:
                if s.register in entries.buffers and not self._sums_rows(s):
                    self._store_rows(s.register, row, base, mask)

    def leaf(self, s: Statement, bound: Bound) -> None:
        if s.form is Form.DOT:
            self.b.keep((s.register, (_row(s, bound),)), self.features.dot(s.register))
        elif s.form is Form.OUTER:
            self.features.outer(s.register, _row(s, bound))
        elif s.form is Form.SCATTER and scatters_rows(self.entries, s.register, len(s.loops)):
            scatter_rows(self.entries, s.register, _row(s, bound), self._count(), self.room)
        elif s.form is Form.WEIGHTED:
            choices = list(self._weights_of(s, bound))
            self.weighted.add(s.register, choices, _row(s, bound), self.features.base, self._count())
        elif s.form is Form.TURNED:
            for beside in self._weights_of(s, bound):
                self.weighted.add_computed(s.register, beside, _row(s, bound), self._count())
        else:
            super().leaf(s, bound)

    def _count(self) -> str | int:
        """Rows of the block that exist."""
        left = self.b.whole("sub", "%end", self.features.base)
        return self.b.lanes if self.entries.mask is None else self.b.smaller(left, self.b.lanes)

    def _weights_of(self, s: Statement, bound: Bound) -> Iterator[dict[int, Place]]:
        """The weights of a row that are taken side by side: where their labels stand."""
        weighted, how = self.weighted.how[s.register], self.graph.reading(s.register)
        labels = [i for i in range(len(self.graph.shape(s.register))) if i != weighted.label]
        if weighted.array is None:
            labels = [i for i in labels if i in how.reads[weighted.read].labels]
        places = []
        for i in labels:
            place = bound.get(i, [at(k) for k in range(self.graph.shape(s.register)[i])])
            places.append(place if isinstance(place, list) else [place])
        for chosen in product(*places):
            yield dict(zip(labels, chosen, strict=True))

    def _accumulate(self, s: Statement, places: Places, turns: Sequence[dict[int, Place]]) -> None:
        running = self.running[s.register]
        if not isinstance(running, Partials):
            super()._accumulate(s, places, turns)
            return
        made, how = self.graph.made[s.register], self.graph.reading(s.register)
        terms = [self.entries.factors(s.register, how, turn) for turn in turns]
        b, combine = self.b, combiner(self.b, made)
        offset = register_of(b, linear(places, row_major(running.shape)))

        def of(parts: Iterable[int]) -> Value:
            return folded(b, made, ((one_part(x, k), one_part(y, k)) for k in parts for x, y in terms))

        if self.entries.mask is not None:
            running.step(b, offset, self.entries.mask, lambda total, part: combine(total, of([part])))
            return
        with b.with_lanes(b.width):  # the block's own first: blocks wait less for one another, and it rounds less
            block = of(range(self.nest.lanes // b.width))
            running.step(b, offset, None, lambda total, _: combine(total, block))

    def define(self, s: Statement, places: Places, value: Value) -> None:
        """An entry is known: for those who read it in this scope, and in its tile."""
        entries = self.entries
        kind = entries.kind(s.register)
        value = cast(self.b, value, kind) if isinstance(value, Val) else value
        self.b.keep((s.register, places), value)
        if s.register in entries.tiles:
            tile, axis = entries.tiles[s.register], entries.rows_axis[s.register]
            inner = (*places[:axis], *places[axis + 1 :])
            offset = Buffer(tile.pointer, kind, tile.shape).offset(inner)
            whole = Buffer(tile.address(self.b, offset), kind, (tile.lanes,))
            store(self.b, value, whole, Place(0, (), 1, (), 0, tile.lanes - 1))
            self.watch.look(s.register, value, entries.mask)

    def _stored(self, s: Statement) -> Iterator[Register]:
        return super()._stored(s) if not self._sums_rows(s) else iter(())

    # --- sums over the rows --------------------------------------------------------------------------------

    def _partials(self, s: Statement) -> Partials:
        kind, made = self.entries.kind(s.register), self.graph.made[s.register]
        runs = self.runs.depth(s) is not None and kind.floating and sums(made)
        return Partials.open(self.b, self.room, kind, self.graph.shape(s.register), start(made, kind), runs)

    def _finish(self, s: Statement) -> None:
        """The lanes of every partial sum together."""
        running = self.running.pop(s.register)
        assert isinstance(running, Partials)
        combine = combiner(self.b, self.graph.made[s.register])
        buffer = self.entries.buffers[s.register]

        def one(offset: str) -> None:
            total = across(self.b, running.result(self.b, offset), combine)
            whole = replace(buffer, pointer=self.b.address(buffer.pointer, offset, buffer.stored), shape=(1,))
            store(self.b, total, whole, at(0))

        running.each(self.b, one)

    # --- results with a row each -----------------------------------------------------------------------------

    def _store_rows(self, r: Register, row: Place, base: str, mask: Val | None) -> None:
        entries, b = self.entries, self.b
        buffer, axis = entries.buffers[r], self._axis(r)
        inner = self._row_shape(r)
        count = prod(inner)
        kind = entries.kind(r)
        if count == 1 or axis:  # lanes are as far apart in memory as rows are
            for idx in product(*map(range, inner)):
                places = (*map(at, idx[:axis]), row, *map(at, idx[axis:]))
                value, offset = entries.entry(r, places), buffer.offset(places)
                store(b, value, buffer, offset, buffer.mask_of(b, offset, mask))
                self.watch.look(r, value, mask)
            return
        if r in entries.tiles:
            tile = entries.tiles[r]
        else:
            tile = Tile(self.room(count * b.lanes * kind.bytes), kind, inner, b.lanes)
            for k, idx in enumerate(product(*map(range, inner))):
                places = (row, *map(at, idx))
                whole = Buffer(b.address(tile.pointer, k * b.lanes, kind.value), kind, (b.lanes,))
                value = entries.entry(r, places)
                store(b, value, whole, Place(0, (), 1, (), 0, b.lanes - 1))
                self.watch.look(r, value, mask)
        store_rows(b, buffer, tile, base, mask)


def _row(s: Statement, bound: Bound) -> Place:
    """Where the loop over the rows, the outermost, stands."""
    row = bound[s.loops[0].label]
    assert isinstance(row, Place)
    return row


def one_part(x: Value, part: int) -> Value:
    """One register of a vector."""
    return Val(x.kind, (x.parts[part],), True) if isinstance(x, Val) and x.vector else x
