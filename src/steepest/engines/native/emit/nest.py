"""Statements in loops: loops over one range are shared, sums run in registers, the last loop goes by vectors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise, product
from math import prod

from steepest.engines.native.entrywise.casts import cast
from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer, each_register, first_lanes, store
from steepest.engines.native.ir.place import Place, at, counter
from steepest.engines.native.ir.value import Val, Value
from steepest.engines.native.unsupported import Unsupported
from steepest.lower.program import Register, Scatter, Sum
from steepest.schedule.cost import MAX_UNROLLED, MOST_REGISTERS
from steepest.schedule.deposits import Deposit
from steepest.schedule.loops import registers_of_a_vector
from steepest.schedule.named import Extent
from steepest.schedule.stage import Form, Nest, Statement

from .accumulators import Accumulator, InPlace, Lanes, Room
from .compensation import RUN
from .depositing import clear, deposit
from .diagonal_stops import diagonal_stops
from .elsewhere import Places
from .entries import Entries
from .finite import Watch, to_watch
from .folding import combiner, folded, start, start_of_sums, sums
from .grouping import begins_in_turn, first_folded, grouped, is_in_place
from .regions import Bound, Region, regions
from .runs import Run, Runs
from .scanning import running_sums
from .scattering import scatter_entry

Body = Callable[[Place | list[Place]], None]
LONG = 2 * RUN  # additions from which on a sum has a second level,
LONG_PRODUCT = 8 * RUN  # and a product, which others have without
MOST_CUTS = 8  # a loop with more edges keeps its conditions


class NestWriter:
    """Writes the loops of one nest."""

    def __init__(self, b: Builder, nest: Nest, entries: Entries, results: Collection[Register], room: Room) -> None:
        self.b, self.nest, self.entries, self.results, self.room = b, nest, entries, results, room
        self.graph = entries.graph
        self.runs = Runs(b, entries, nest)
        self.running = self.runs.running
        self.watch = Watch(b, {})
        self._counters: list[set[str]] = []  # of the loops under way

    def write(self) -> None:
        with self.b.with_lanes(self.b.width):
            self.prepare()
            self.groups(self.nest.statements, 0, {s: {} for s in self.nest.statements})
            self.watch.report()

    def prepare(self) -> None:
        """Results are watched; where running results are collected in the array itself, what they start from."""
        stored = {r for s in self.nest.statements for r in self._stored(s)}.intersection(self.results)
        self.watch = Watch(self.b, {r: self.entries.kind(r) for r in sorted(stored) if to_watch(self.graph, r)})
        for s in self.nest.statements:
            kind = self.entries.kind(s.register)
            if s.form is Form.COLLECTED:
                if s.register not in self.graph.program.outputs:  # those arrive filled with 0
                    clear(self.b, self.entries.buffers[s.register])
            elif s.form is Form.SCATTER:
                self.fill(self.entries.buffers[s.register], start_of_sums(kind))
            elif s.form is Form.VALUE and is_in_place(self.nest, s) and not begins_in_turn(self.graph, self.nest, s):
                self.fill(self.entries.buffers[s.register], start(self.graph.made[s.register], kind))

    def _stored(self, s: Statement) -> Iterator[Register]:
        """The array that a statement stores to, entry by entry."""
        made = self.graph.made[s.register]
        if isinstance(made, Deposit):
            yield made.into
        elif s.form is Form.VALUE and not is_in_place(self.nest, s):
            yield s.register

    # --- groups of statements --------------------------------------------------------------------------

    def groups(self, statements: Sequence[Statement], depth: int, bound: dict[Statement, Bound]) -> None:
        """The statements in order; those that can share the next loop do."""
        for key, members in grouped(self.graph, self.nest, statements, depth):
            if key is None:
                for s in members:
                    self.leaf(s, bound[s])
                continue
            opening = [s for s in members if first_folded(s) == depth and s.form is Form.VALUE]
            for s in opening:
                self.open(s, depth, bound[s])
            self.loop(members, depth, bound)
            for s in opening:
                self.close(s)

    # --- loops -----------------------------------------------------------------------------------------

    def loop(self, members: Sequence[Statement], depth: int, bound: dict[Statement, Bound]) -> None:
        """The loop that all members have at this depth; where one is shorter, it takes no part in the last turns."""
        first = members[0].loops[depth]
        sizes = {s: self.graph.size[s.loops[depth].range] for s in members}
        ends, size = set(sizes.values()), max(sizes.values())

        def body(low: int) -> Body:
            def write(places: Place | list[Place]) -> None:
                running = [s for s in members if low < sizes[s]]
                self.groups(running, depth + 1, {s: bound[s] | {s.loops[depth].label: places} for s in running})

            return write

        if first.vector:
            registers = registers_of_a_vector(self.graph, members, self.nest.blocked, self.entries.buffers)
            run = self.runs.of(members, depth, registers, bound)
            self._in_segments(ends, lambda low, high: self.vectors(low, high, registers, body(low), run))
            self._end(run, members, depth)
            return
        run = self.runs.of(members, depth, 1, bound)
        blocks = self.nest.rows is None or max(s.around_a_sum for s in members) == depth
        step = self.nest.blocked.get(first.range, 1) if blocks and len(ends) == 1 and not run else 1
        stops = diagonal_stops(self.entries, members, depth, bound)
        if step > 1:
            whole = size - size % step
            self._edges(lambda low, high: self.turns(low, high, step, body(low)), 0, whole)
            if whole < size:
                self._edges(lambda low, high: self.turns(low, high, 1, body(low)), whole, size)
        elif stops is not None and not run:
            self._edges(lambda low, high: self._between(*stops, size, body(low)), 0, size)
        else:
            self._in_segments(ends, lambda low, high: self.turns(low, high, 1, body(low), run))
        self._end(run, members, depth)

    def _end(self, run: Run | None, members: Sequence[Statement], depth: int) -> None:
        """What is left over after the last run: little, but much in all turns of the loops around."""
        if run is not None and any(loop.folded for s in members for loop in s.loops[:depth]):
            run.end(self.b)

    @contextmanager
    def _counted(self, low: int, high: int, step: int, run: Run | None) -> Iterator[str]:
        """A loop; after each run of its turns, long sums go to their second level."""
        b = self.b
        if run is None or high - low <= run.turns * step:
            with b.loop(low, high, step) as i:
                self._counters[-1].add(i)
                yield i
            return
        with b.loop(low, high, run.turns * step) as first:
            with b.loop(first, b.smaller(b.whole("add nsw", first, run.turns * step), high), step) as i:
                self._counters[-1].add(i)
                yield i
            run.end(b)

    def _in_segments(self, ends: set[int], write: Callable[[int, int], None]) -> None:
        """From 0 to the ends; cut there, and where conditions inside change, so that each is decided for a piece."""
        point, size = self.b.checkpoint(), max(ends)
        edges = {e for e in self._edges(write, 0, size) if 0 < e < size}
        cuts = {0, *ends, *(edges if len(edges) <= MOST_CUTS else ())}
        if len(cuts) > 2:
            self.b.take_back(point)
            for low, high in pairwise(sorted(cuts)):
                self._edges(write, low, high)

    def _edges(self, write: Callable[[int, int], None], low: int, high: int) -> set[int]:
        """Writes a loop; where it should be cut."""
        counters: set[str] = set()
        self._counters.append(counters)
        write(low, high)
        self._counters.pop()
        return set().union(*(self.entries.conditions.cuts.pop(i, set()) for i in counters))

    def turns(self, low: int, high: int, step: int, body: Body, run: Run | None = None) -> None:
        """One entry at a time, or `step` of them side by side."""
        if high - low == step:
            with self.b.scope():
                body(at(low) if step == 1 else [at(low + k) for k in range(step)])
            return
        with self._counted(low, high, step, run) as i:
            places = [Place(k, ((i, 1),), 0, (), low + k, high - step + k) for k in range(step)]
            body(places[0] if step == 1 else places)

    def _between(self, start: int | str, stop: int | str, size: int, body: Body) -> None:
        """One entry at a time of a part of a range, which is found on the way."""
        with self.b.loop(start, stop) as i:
            self._counters[-1].add(i)
            body(counter(i, size))

    def vectors(self, low: int, high: int, unroll: int, body: Body, run: Run | None = None) -> None:
        """By vectors of `unroll` registers, then of one, then the lanes that are left."""
        if isinstance(high - low, Extent) and high - low > MAX_UNROLLED:
            self._vectors_of_named_length(low, high, unroll, body, run)
            return
        b, done = self.b, low
        for registers in (unroll, 1) if unroll > 1 else (1,):
            lanes = registers * b.width
            count = (high - done) // lanes
            with b.with_lanes(lanes):
                if count == 1:
                    self._at_once(done, high, body)
                elif count > 1:
                    with self._counted(done, done + count * lanes, lanes, run) as i:
                        body(_lanes_from(i, low, high))
            done += count * lanes
        if done < high:
            with b.with_lanes(b.width), b.scope(), self.only(first_lanes(b, high - done)):
                self._at_once(done, high, body)

    def _vectors_of_named_length(self, low: int, high: int, unroll: int, body: Body, run: Run | None) -> None:
        """What is left of a length with a name goes by registers, of which the last may be full or not."""
        b = self.b
        lanes = unroll * b.width
        full = low + (high - low) // lanes * lanes
        with b.with_lanes(lanes), self._counted(low, full, lanes, run) as i:
            body(_lanes_from(i, low, high))
        with (
            b.with_lanes(b.width),
            self._counted(full, high, b.width, None) as i,
            self.only(first_lanes(b, b.whole("sub", high, i))),
        ):
            body(_lanes_from(i, low, high))

    def _at_once(self, low: int, high: int, body: Body) -> None:
        with self.b.scope():
            body(Place(low, (), 1, (), low, high - 1))

    @contextmanager
    def only(self, mask: Val | None) -> Iterator[None]:
        """Lanes outside of the mask are neither read nor written."""
        before = self.entries.mask
        self.entries.mask = mask
        yield
        self.entries.mask = before

    # --- one statement -----------------------------------------------------------------------------------

    def _entries_of(self, s: Statement, bound: Bound) -> Iterator[dict[int, Place]]:
        """The entries of a statement that are written out side by side: its free labels, where they stand."""
        labels = self.graph.labels(s.register)
        folded = set(self.graph.folded(s.register))
        free = [i for i in labels if i not in folded]
        made = self.graph.made[s.register]
        picked = len(made.shared) if isinstance(made, Scatter) else None
        choices: list[Sequence[Place]] = []
        for i in free:
            place = bound.get(i)
            if i == picked:
                choices.append([at(0)])  # the index says where
            elif place is None:
                choices.append([at(k) for k in range(self.graph.size[labels[i]])])
            else:
                choices.append(place if isinstance(place, list) else [place])
        for places in product(*choices):
            yield dict(zip(free, places, strict=True))

    def _places(self, s: Statement, labels: dict[int, Place]) -> Places:
        return tuple(labels[k] for k in range(len(self.graph.shape(s.register))))

    def open(self, s: Statement, depth: int, bound: Bound) -> None:
        """Running sums, before the outermost folded loop."""
        made, kind = self.graph.made[s.register], self.entries.kind(s.register)
        later = s.loops[depth:]
        if is_in_place(self.nest, s):
            self.running[s.register] = self._in_place(s, depth, bound)
            return
        lanes = self.b.lanes if not any(loop.vector for loop in later) else self.b.width * MOST_REGISTERS
        plain = isinstance(made, Sum) or any(loop.vector for loop in later)
        long = self.runs.is_long(s, depth, LONG if plain else LONG_PRODUCT)
        with self.b.with_lanes(lanes):
            self.running[s.register] = {
                self._places(s, labels): Accumulator.open(self.b, kind, _lanes(s), start(made, kind), long)
                for labels in self._entries_of(s, bound)
            }

    def _in_place(self, s: Statement, depth: int, bound: Bound) -> InPlace:
        buffer = self.entries.buffers[s.register]
        if depth > 0 and not begins_in_turn(self.graph, self.nest, s):
            return InPlace(buffer, Region.whole(buffer.shape))
        under_way = list(regions(buffer.shape, {label - buffer.axes_before: place for label, place in bound.items()}))
        if depth > 0:
            for region in under_way:
                self.fill(buffer, start(self.graph.made[s.register], buffer.kind), region)
        if len(under_way) == 1 and self.runs.is_long(s, depth, LONG):
            return InPlace.long(self.b, self.room, buffer, *under_way)
        return InPlace(buffer, Region.whole(buffer.shape))

    def fill(self, buffer: Buffer, value: Value, region: Region | None = None) -> None:
        """Every entry of a small array, or of a region."""
        region = region or Region.whole(buffer.shape)
        flat = replace(buffer, shape=(prod(buffer.shape),))

        def write(place: Place, mask: Val | None) -> None:
            store(self.b, value, flat, region.first.plus(place), mask)

        with self.b.with_lanes(self.b.width):
            each_register(self.b, region.count, write)

    def close(self, s: Statement) -> None:
        """The finished sums."""
        running = self.running.pop(s.register)
        if isinstance(running, InPlace) and running.high is not None:
            running.finish(self.b)
        if not isinstance(running, dict):
            return
        combine = combiner(self.b, self.graph.made[s.register])
        for places, register in running.items():
            self.define(s, places, register.result(self.b, combine))

    def leaf(self, s: Statement, bound: Bound) -> None:
        """What a statement does in its innermost loop."""
        if s.form is Form.COLLECTED:
            return
        if s.form is Form.SCAN:
            running_sums(self.entries, s.register)
            return
        for labels in self._entries_of(s, bound):
            places = self._places(s, labels)
            if s.form is Form.SCATTER:
                for turn in self.entries.turns_under_way(s.register, labels, bound):
                    scatter_entry(self.entries, s.register, turn)
            elif isinstance(made := self.graph.made[s.register], Deposit):
                value = self.entries.computed(s.register, places)
                kind = self.entries.kind(s.register)
                value = cast(self.b, value, kind) if isinstance(value, Val) else value
                value = deposit(self.entries, made, places, value)
                self.watch.look(made.into, value, self.entries.mask)
            elif s.register in self.running:
                self._accumulate(s, places, list(self.entries.turns_under_way(s.register, labels, bound)))
            else:
                self.define(s, places, self.entries.computed(s.register, places))

    def _accumulate(self, s: Statement, places: Places, turns: Sequence[dict[int, Place]]) -> None:
        made, how = self.graph.made[s.register], self.graph.reading(s.register)
        terms = [self.entries.factors(s.register, how, turn) for turn in turns]
        combine = self.b.add if sums(made) else combiner(self.b, made)

        def step(total: Value) -> Value:
            if len(terms) > RUN:
                return combine(total, folded(self.b, made, terms))
            for x, y in terms:
                total = self.b.fma(x, y, total) if sums(made) else combine(total, x)
            return total

        running, mask = self.running[s.register], self.entries.mask
        if isinstance(running, dict):
            running[places].step(self.b, mask, step)
        elif isinstance(running, InPlace):
            running.step(self.b, running.buffer.offset(places), mask, step)
        else:
            raise Unsupported("sums over the rows outside of a pass over them")

    def define(self, s: Statement, places: Places, value: Value) -> None:
        """An entry is known: for those who read it in this scope, and in memory."""
        kind = self.entries.kind(s.register)
        value = cast(self.b, value, kind) if isinstance(value, Val) else value
        self.b.keep((s.register, places), value)
        if s.register in self.entries.buffers:
            buffer = self.entries.buffers[s.register]
            offset = buffer.offset(places)
            store(self.b, value, buffer, offset, buffer.mask_of(self.b, offset, self.entries.mask))
            self.watch.look(s.register, value, self.entries.mask)


def _lanes(s: Statement) -> Lanes:
    """What its running results are."""
    folded = [loop.folded for loop in s.loops if loop.vector]
    return Lanes.ONE if not folded else Lanes.TOGETHER if any(folded) else Lanes.APART


def _lanes_from(i: str, low: int, high: int) -> Place:
    """The places of a vector whose first lane is at a counter, between these ends."""
    return Place(0, ((i, 1),), 1, (), low, high - 1)
