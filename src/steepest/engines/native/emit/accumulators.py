"""Running sums of a statement, while its loops are under way."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer, each_register, load, register_of, room_of, store
from steepest.engines.native.ir.place import Place, at, counter
from steepest.engines.native.ir.shuffle import across, registers_in_pairs
from steepest.engines.native.ir.value import Kind, Known, Val, Value

from .compensation import Level
from .regions import Bound, Region, regions

WRITTEN_OUT = 16  # entries of a small array that need no loop

Room = Callable[[int], str]  # scratch memory of so many bytes
Step = Callable[[Value], Value]  # from the running result to the next


class Lanes(enum.Enum):
    """What a running result is."""

    ONE = "a number"
    APART = "a result in each lane"
    TOGETHER = "lanes that are parts of one result"

    @classmethod
    def of(cls, value: Val) -> Lanes:
        """For what is folded to one result: a number, or one a lane."""
        return cls.TOGETHER if value.vector else cls.ONE


@dataclass(frozen=True, slots=True)
class Accumulator:
    """One running result, or one a lane, which LLVM keeps in machine registers: `parts` slots on the stack."""

    slots: tuple[str, ...]
    kind: Kind
    lanes: Lanes
    levels: tuple[Level, ...] = ()  # of long sums: of each slot, or of all that make one result

    @classmethod
    def open(cls, b: Builder, kind: Kind, lanes: Lanes, start: Value, long: bool = False) -> Accumulator:
        vector = lanes is not Lanes.ONE
        t = b.type(kind, vector)
        slots = tuple(b.alloca(1, t) for _ in range(b.parts if vector else 1))
        for slot, text in zip(slots, b.texts(start, kind, vector), strict=True):
            b.do(f"store {t} {text}, ptr {slot}, align 64")
        if not long:
            return cls(slots, kind, lanes)
        count = 1 if lanes is Lanes.TOGETHER else len(slots)
        levels = tuple(Level(b.alloca(1, t), b.alloca(1, t)) for _ in range(count))
        for level in levels:
            level.clear(b, kind, vector)
        return cls(slots, kind, lanes, levels)

    @property
    def vector(self) -> bool:
        return self.lanes is not Lanes.ONE

    def load(self, b: Builder, parts: int) -> Val:
        t = b.type(self.kind, self.vector)
        return Val(
            self.kind, tuple(b.emit(f"load {t}, ptr {slot}, align 64") for slot in self.slots[:parts]), self.vector
        )

    def step(self, b: Builder, mask: Val | None, step: Step) -> None:
        """One turn; lanes outside the mask stay as they are. A narrower vector goes to the first registers."""
        parts = b.parts if self.vector else 1
        old = self.load(b, parts)
        new = step(old)
        if mask is not None and self.vector:
            new = b.select(mask, new, old)
        t = b.type(self.kind, self.vector)
        for slot, text in zip(self.slots, b.texts(new, self.kind, self.vector), strict=False):
            b.do(f"store {t} {text}, ptr {slot}, align 64")

    def flush(self, b: Builder) -> None:
        """A long sum goes to its second level, which it has; registers of one result are added in pairs before."""
        t = b.type(self.kind, self.vector)
        zero = b.texts(0.0, self.kind, self.vector)[0]
        with b.with_lanes(b.width):
            texts = [b.emit(f"load {t}, ptr {slot}, align 64") for slot in self.slots]
            if self.lanes is Lanes.TOGETHER:
                texts = [registers_in_pairs(self.kind, texts, b.add)]
            for text, level in zip(texts, self.levels, strict=True):
                level.add(b, self.kind, self.vector, text)
            for slot in self.slots:
                b.do(f"store {t} {zero}, ptr {slot}, align 64")

    def result(self, b: Builder, combine: Callable[[Value, Value], Value]) -> Val:
        """All turns together."""
        if self.levels:
            self.flush(b)
            with b.with_lanes(b.width):
                parts = tuple(level.result(b, self.kind, self.vector) for level in self.levels)
            total = Val(self.kind, parts, self.vector)
        else:
            total = self.load(b, len(self.slots))
        return across(b, total, combine) if self.lanes is Lanes.TOGETHER else total


@dataclass(frozen=True, slots=True)
class InPlace:
    """Running results in the array they belong to, those of a region. Long sums have a second level, `high` and `low`,
    of as many."""

    buffer: Buffer
    region: Region
    high: str | None = None
    low: str | None = None

    @classmethod
    def long(cls, b: Builder, room: Room, buffer: Buffer, region: Region) -> InPlace:
        """Sums with a second level, which is cleared."""
        size = room_of((region.count + b.width) * buffer.kind.bytes)  # a register may begin at the last entry
        running = cls(buffer, region, room(size), room(size))
        running._each(b, region, lambda _, level, __: level.clear(b, buffer.kind, True))
        return running

    def step(self, b: Builder, offset: Place, mask: Val | None, step: Step) -> None:
        old = load(b, self.buffer, offset, mask)
        store(b, step(old), self.buffer, offset, mask)

    def flush(self, b: Builder, bound: Bound) -> None:
        """The sums so far go to the second level, those where the loops under way stand."""
        own = {label - self.buffer.axes_before: place for label, place in bound.items()}
        for region in regions(self.buffer.shape, own):
            self._each(b, region, lambda *entries: self._flush(b, *entries))

    def finish(self, b: Builder) -> None:
        """All of it goes to the array."""

        def write(place: Place, level: Level, mask: Val | None) -> None:
            self._flush(b, place, level, mask)
            total = Val(self.buffer.kind, (level.result(b, self.buffer.kind, True),), True)
            store(b, total, self._flat, place, mask)

        self._each(b, self.region, write)

    @property
    def _flat(self) -> Buffer:
        return replace(self.buffer, shape=(prod(self.buffer.shape),))

    def _flush(self, b: Builder, place: Place, level: Level, mask: Val | None) -> None:
        level.add(b, self.buffer.kind, True, load(b, self._flat, place, mask).parts[0])
        store(b, 0.0, self._flat, place, mask)

    def _each(self, b: Builder, part: Region, write: Callable[[Place, Level, Val | None], None]) -> None:
        """For every machine register of a part: where its entries are, their second level, and which lanes there are.

        A last register that is not full has a second level with lanes of the next entries, which stay as they are.
        """
        before = self.region.first.times(-1)
        aligned = part.count % b.width == 0 or part == self.region

        def one(place: Place, mask: Val | None) -> None:
            entries = part.first.plus(place)
            write(entries, self._level(b, register_of(b, entries.plus(before)), aligned), mask)

        with b.with_lanes(b.width):
            each_register(b, part.count, one)

    def _level(self, b: Builder, offset: str, aligned: bool) -> Level:
        assert self.high is not None
        assert self.low is not None
        kind = self.buffer.kind
        high, low = (b.address(p, offset, kind.value) for p in (self.high, self.low))
        return Level(high, low, None if aligned else kind.bytes)


@dataclass(frozen=True, slots=True)
class Partials:
    """For every entry of an array one machine register of partial results, one a lane.

    Long sums have a second level, `high` and `low`.
    """

    pointer: str
    kind: Kind
    shape: tuple[int, ...]
    high: str | None = None
    low: str | None = None

    @classmethod
    def open(cls, b: Builder, room: Room, kind: Kind, shape: tuple[int, ...], start: Known, runs: bool) -> Partials:
        """Partial results of nothing; in `runs`, with a second level that keeps their sums."""
        size = prod(shape) * b.width * kind.bytes
        pointer = room(size)
        partials = cls(pointer, kind, shape, room(size), room(size)) if runs else cls(pointer, kind, shape)
        text = b.texts(start, kind, True)[0]

        def clear(offset: str) -> None:
            partials._write(b, partials.pointer, offset, text)
            if (level := partials._level(b, offset)) is not None:
                level.clear(b, kind, True)

        with b.with_lanes(b.width):
            partials.each(b, clear)
        return partials

    def each(self, b: Builder, write: Callable[[str], None], region: Region | None = None) -> None:
        """For the number of every entry, or of those in a region."""
        region = region or Region.whole(self.shape)
        if region.count <= WRITTEN_OUT:
            for k in range(region.count):
                write(register_of(b, region.first.plus(at(k))))
            return
        with b.loop(0, region.count) as i:
            write(register_of(b, region.first.plus(counter(i, region.count))))

    def step(self, b: Builder, offset: str, mask: Val | None, steps: Callable[[Value, int], Value]) -> None:
        """One turn for each register of the vectors under way; `steps(running, part)` gives the next."""
        running: Value = self._read(b, offset)
        for part in range(b.parts):
            before = running
            with b.with_lanes(b.width):
                running = steps(before, part)
                if mask is not None:
                    running = b.select(Val(Kind.TRUTH, (mask.parts[part],), True), running, before)
        with b.with_lanes(b.width):
            self._write(b, self.pointer, offset, b.texts(running, self.kind, True)[0])

    def add(self, b: Builder, offset: str, term: Value) -> None:
        """One more term for the sums of an entry."""
        self.step(b, offset, None, lambda total, _: b.add(total, term))

    def flush(self, b: Builder, bound: Bound) -> None:
        """The sums so far go to the second level, those where the loops under way stand."""
        with b.with_lanes(b.width):
            for region in regions(self.shape, bound):
                self.each(b, lambda offset: self._flush(b, offset), region)

    def _flush(self, b: Builder, offset: str) -> None:
        level = self._level(b, offset)
        assert level is not None
        level.add(b, self.kind, True, self._read(b, offset).name)
        self._write(b, self.pointer, offset, "zeroinitializer")

    def result(self, b: Builder, offset: str) -> Val:
        """All of an entry's partial results, one a lane."""
        level = self._level(b, offset)
        if level is None:
            return self._read(b, offset)
        self._flush(b, offset)
        return Val(self.kind, (level.result(b, self.kind, True),), True)

    def _level(self, b: Builder, offset: str) -> Level | None:
        if self.high is None or self.low is None:
            return None
        t = b.type(self.kind)
        return Level(b.address(self.high, offset, t), b.address(self.low, offset, t))

    def _read(self, b: Builder, offset: str) -> Val:
        t = b.type(self.kind)
        where = b.address(self.pointer, offset, t)
        return Val(self.kind, (b.emit(f"load {t}, ptr {where}, align {b.alignment(self.kind)}"),), True)

    def _write(self, b: Builder, pointer: str, offset: str, text: str) -> None:
        t = b.type(self.kind)
        b.do(f"store {t} {text}, ptr {b.address(pointer, offset, t)}, align {b.alignment(self.kind)}")
