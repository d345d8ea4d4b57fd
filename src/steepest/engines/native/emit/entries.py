"""Entries on demand: what stands at a place of an array, loaded where it is kept, computed where it is not.

This is fusion: an instruction without memory of its own is written into whoever reads it. Equal entries are
written once in a scope.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from steepest.engines.native.entrywise.casts import cast
from steepest.engines.native.entrywise.signature import number_type
from steepest.engines.native.entrywise.table import emit as emit_operation
from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer, load, register_of, value_of
from steepest.engines.native.ir.place import Place, at, row_major
from steepest.engines.native.ir.value import KINDS, Kind, Val, Value
from steepest.engines.native.unsupported import Unsupported
from steepest.lower.program import (
    Arithmetic,
    Call,
    Contraction,
    Convert,
    Diagonal,
    Embed,
    Fill,
    Fold,
    Gather,
    Instruction,
    Matmul,
    Negative,
    Piece,
    Rearrange,
    Register,
    Reshape,
    Select,
    Slice,
    Sum,
    Tensordot,
    Window,
    Windows,
)
from steepest.ops.gather import within
from steepest.ops.operation import Operation
from steepest.ops.selection import one_hot_op
from steepest.schedule.deposits import Deposit
from steepest.schedule.graph import Graph
from steepest.schedule.reading import ELSEWHERE, FIRST, Read, Reading

from .folding import combiner

Places = tuple[Place, ...]
PICKED_BELOW = 1 << 62  # no index is larger


@dataclass(frozen=True, slots=True)
class Tile:
    """A block of rows of an array in memory, turned: for each entry of a row, its values in all lanes."""

    pointer: str
    kind: Kind
    shape: tuple[int, ...]  # without the rows
    lanes: int


@dataclass
class Entries:
    """The arrays of one stage, as far as they are in memory."""

    b: Builder
    graph: Graph
    buffers: Mapping[Register, Buffer]
    tiles: dict[Register, Tile] = field(default_factory=dict)
    rows_axis: dict[Register, int] = field(default_factory=dict)  # of arrays with tiles
    mask: Val | None = None  # lanes that exist
    cuts: dict[str, set[int]] = field(default_factory=dict)  # counters, where conditions on them change

    def kind(self, r: Register) -> Kind:
        return kind_of(self.graph, r)

    def entry(self, r: Register, places: Places) -> Value:
        """The entry of a register at places, one for each of its axes."""
        constants = self.graph.program.constants
        if r in constants and not self.graph.shape(r):
            return known_number(constants[r])
        key = (r, places)
        found: Value | None = self.b.recall(key)
        if found is None:
            found = self._fetched(r, places)
            if found is None:
                found = self.computed(r, places)
            self.b.keep(key, found)
        return found

    def _fetched(self, r: Register, places: Places) -> Value | None:
        if r in self.tiles:
            return self._from_tile(r, places)
        if r not in self.buffers:
            return None
        buffer = self.buffers[r]
        array = self.graph.program.constants.get(r)
        if isinstance(array, np.ndarray) and all(p.fixed for p in places):
            known: Value = array[tuple(p.const for p in places)].item()
            return known
        return load(self.b, buffer, buffer.offset(places), self.mask)

    def _from_tile(self, r: Register, places: Places) -> Val:
        tile, axis = self.tiles[r], self.rows_axis[r]
        inner = (*places[:axis], *places[axis + 1 :])
        return self.tile_entry(tile, Buffer(tile.pointer, tile.kind, tile.shape).offset(inner))

    def tile_entry(self, tile: Tile, offset: Place) -> Val:
        if not offset.uniform:
            raise Unsupported("a block of rows is read at places that differ between rows")
        address = self.tile_address(tile, offset)
        if tile.kind is Kind.TRUTH:
            return load(self.b, Buffer(address, tile.kind, (tile.lanes,)), Place(0, (), 1, (), 0, tile.lanes - 1))
        t, b = self.b.type(tile.kind), self.b
        align = b.width * tile.kind.bytes
        parts = (b.address(address, k * b.width, tile.kind.value) for k in range(b.parts))
        return Val(tile.kind, tuple(b.emit(f"load {t}, ptr {p}, align {align}") for p in parts), True)

    def tile_address(self, tile: Tile, offset: Place) -> str:
        return self.b.address(tile.pointer, register_of(self.b, offset.times(tile.lanes)), tile.kind.value)

    # --- instructions ----------------------------------------------------------------------------------

    def computed(self, r: Register, places: Places) -> Value:
        """The entry from the operands of the instruction."""
        made, b = self.graph.made.get(r), self.b
        if made is None:
            raise Unsupported(f"register {r} is read in a stage that does not have it")
        how = self.graph.readings[r]
        match made:
            case Slice(source=source, places=windows):
                return self.entry(source, tuple(_through(windows, places)))
            case Embed(pieces=pieces):
                return self._embedded(pieces, places)
            case Deposit(source=source, piece=piece, axes=axes):
                return self.entry(source, tuple(places[axes.index(i)] for i in piece.carried))
            case Windows(source=source, start=start, steps=steps):
                return self._window(source, start, steps, places)
            case Reshape(source=source):
                return self._reshaped(r, source, places)
            case Gather():
                return self._gathered(made, places)
        if how is None:
            raise Unsupported(f"{type(made).__name__} works on whole arrays")
        bound = dict(enumerate(places))
        if how.folded:
            return self._fold(r, made, how, bound)
        operands = [self.read(read, bound) for read in how.reads]
        match made:
            case Arithmetic(sign=sign):
                return self._arithmetic(r, sign, *operands)
            case Negative():
                return b.neg(self._as(operands[0], self.kind(r)))
            case Select():
                return self._selected(r, *operands)
            case Convert() | Fill() | Sum() | Fold():  # a sum of one entry may have no label
                return cast(b, operands[0], self.kind(r))
            case Rearrange() | Diagonal():
                return operands[0]
            case Call(op=op) if op is one_hot_op:
                return b.compare("==", cast(b, operands[0], Kind.INT), value_of(b, places[-1]))
            case Call(op=op):
                return self._called(r, op, made, operands)
            case Contraction() | Matmul() | Tensordot():
                return self._product(r, operands)
        raise Unsupported(f"no code for {type(made).__name__}")

    def read(self, read: Read, bound: Mapping[int, Place]) -> Value:
        """An operand where the labels stand at the given places."""
        return self.entry(read.register, tuple(at(0) if i == FIRST else bound[i] for i in read.labels))

    def _as(self, x: Value, kind: Kind) -> Value:
        return cast(self.b, x, kind) if isinstance(x, Val) else x

    def _arithmetic(self, r: Register, sign: str, x: Value, y: Value) -> Value:
        if sign in "&|":
            return self.b.logic("and" if sign == "&" else "or", x, y)
        kind = self.kind(r)
        return self.b.arithmetic(sign, self._as(x, kind), self._as(y, kind))

    def _selected(self, r: Register, mask: Value, x: Value) -> Value:
        kind = self.kind(r)
        nothing = False if kind is Kind.TRUTH else 0
        return self.b.select(mask, self._as(x, kind), nothing)

    def _called(self, r: Register, op: Operation, made: Call, operands: Sequence[Value]) -> Value:
        registers = self.graph.program.registers
        constants = self.graph.program.constants
        types = []
        for a in made.operands:
            dtype = registers[a].dtype
            types.append(number_type(known_number(constants[a])) if dtype is None else dtype)
        dtype = registers[r].dtype
        assert dtype is not None
        try:
            return emit_operation(self.b, op, operands, types, dtype, **dict(made.params))
        except (ValueError, IndexError) as error:
            raise Unsupported(str(error)) from error

    # --- sums ------------------------------------------------------------------------------------------

    def _fold(self, r: Register, made: Instruction, how: Reading, bound: dict[int, Place]) -> Value:
        """The whole fold, written out."""
        combine = combiner(self.b, made)
        total: Value | None = None
        for labels in self.turns(r, [i for i in how.folded if i not in bound], bound):
            x, y = self.factors(r, how, labels)
            if total is None:
                total = self.b.mul(x, y)
            elif isinstance(made, (Fold, Call)):
                total = combine(total, x)
            else:
                total = self.b.fma(x, y, total)
        return False if total is None else total

    def turns(self, r: Register, folded: Sequence[int], bound: dict[int, Place]) -> Iterator[dict[int, Place]]:
        """All places of the folded labels."""
        if not folded:
            yield bound
            return
        for k in range(self.graph.size[self.graph.folded(r)[folded[0]]]):
            yield from self.turns(r, folded[1:], bound | {folded[0]: at(k)})

    def factors(self, r: Register, how: Reading, bound: Mapping[int, Place]) -> tuple[Value, Value]:
        """What is summed, as a product of two."""
        kind = self.kind(r)
        values = [self._as(self.read(read, bound), kind) for read in how.reads]
        if len(values) == 1:
            return values[0], 1
        *others, last = values
        first = others[0]
        for x in others[1:]:
            first = self.b.mul(first, x)
        return first, last

    def _product(self, r: Register, operands: Sequence[Value]) -> Value:
        kind = self.kind(r)
        total: Value = 1
        for x in operands:
            total = self.b.mul(total, self._as(x, kind))
        return total

    # --- entries elsewhere -------------------------------------------------------------------------------

    def _embedded(self, pieces: Sequence[Piece], places: Places) -> Value:
        total: Value = False
        for piece in pieces:
            total = self.b.add(total, self._piece(piece, places))
        return total

    def _piece(self, piece: Piece, places: Places) -> Value:
        """The entry of a piece that stands at these places, or nothing."""
        inside: Value = True
        found: dict[int, Place] = {}
        follows = iter(piece.follows)
        for place, window in zip(places, piece.places, strict=True):
            if isinstance(window, int):
                inside = self._both(inside, self._equal(place, at(window)))
                continue
            label = next(follows)
            own, here = self._undone(place, window)
            inside = self._both(inside, here)
            if label in found:
                inside = self._both(inside, self._equal(own, found[label]))
            else:
                found[label] = own
        if inside is False:
            return False
        return self._guarded(inside, piece.source, tuple(found[i] for i in piece.carried))

    def _undone(self, place: Place, window: Window) -> tuple[Place, Value]:
        """The index into a window that stands at `place`, and whether there is one."""
        start, step = window.start, window.step
        last = window.count - 1
        scales = [s for _, s in (*place.terms, *place.gathered)] + [place.lane, place.const - start]
        if all(s % step == 0 for s in scales):
            own = _divided(place.times(1, -start), step)
            return own, self._within(own, 0, last)
        if place.fixed:
            return at(0), False
        b = self.b
        shifted = b.sub(value_of(b, place), start)
        quotient = _whole(b, "sdiv", shifted, step)
        exact = b.compare("==", b.mul(quotient, step), shifted)
        inside = b.logic("and", b.compare(">=", quotient, 0), b.compare("<=", quotient, last))
        return computed_place(quotient), b.logic("and", exact, inside)

    def _guarded(self, inside: Value, source: Register, places: Places) -> Value:
        """The entry where the condition holds, else nothing; nothing outside of the array is read."""
        if inside is True:
            return self.entry(source, places)
        if inside is False:
            return False
        assert isinstance(inside, Val)
        shape = self.graph.shape(source)
        if not inside.vector:
            places = tuple(self._clamped(p, n) for p, n in zip(places, shape, strict=True))
            return self._or_nothing(inside, self.entry(source, places))
        with self._masked(inside):
            return self._or_nothing(inside, self.entry(source, places))

    def _or_nothing(self, inside: Value, value: Value) -> Value:
        if value is False:
            return False
        nothing: Value = False if isinstance(value, Val) and value.kind is Kind.TRUTH else 0
        if not isinstance(value, Val) and isinstance(value, float):
            nothing = 0.0
        return self.b.select(inside, value, nothing)

    @contextmanager
    def _masked(self, inside: Val) -> Iterator[None]:
        before = self.mask
        both = inside if before is None else self.b.logic("and", before, inside)
        assert isinstance(both, Val)
        self.mask = both
        with self.b.scope():
            yield
        self.mask = before

    def _clamped(self, place: Place, size: int) -> Place:
        if place.low >= 0 and place.high < size:
            return place
        if not place.uniform:
            return place
        b = self.b
        x = b.intrinsic("smin", b.intrinsic("smax", value_of(b, place), 0), size - 1)
        if not isinstance(x, Val):
            return at(int(x))
        return Place(0, ((x.name, 1),), 0, (), 0, size - 1)

    def _window(self, source: Register, start: int, steps: Sequence[int], places: Places) -> Value:
        inner = len(self.graph.shape(source)) - 1
        last = at(start)
        for place, step in zip(places[inner:], steps, strict=True):
            last = last.plus(place.times(step))
        inside = self._within(last, 0, self.graph.shape(source)[-1] - 1)
        return self._guarded(inside, source, (*places[:inner], last))

    def _reshaped(self, r: Register, source: Register, places: Places) -> Value:
        """The entry with the same number in row-major order, beyond the leading axes that are alike."""
        how = self.graph.readings[r]
        assert how is not None
        alike = sum(label != ELSEWHERE for label in how.reads[0].labels)
        shape = self.graph.shape(source)
        flat = at(0)
        for place, stride in zip(places[alike:], row_major(self.graph.shape(r)[alike:]), strict=True):
            flat = flat.plus(place.times(stride))
        if flat.fixed:
            return self.entry(source, (*places[:alike], *_unravelled(flat.const, shape[alike:])))
        if source in self.tiles and self.rows_axis[source] < alike:
            tile, axis = self.tiles[source], self.rows_axis[source]
            lead = (*places[:axis], *places[axis + 1 : alike])
            strides = row_major(tile.shape)
            total = flat
            for place, stride in zip(lead, strides, strict=False):
                total = total.plus(place.times(stride))
            return self.tile_entry(tile, total)
        if source not in self.buffers:
            raise Unsupported("the entries of an array that is not kept are put into another shape")
        total = flat
        for place, stride in zip(places[:alike], row_major(shape), strict=False):
            total = total.plus(place.times(stride))
        return load(self.b, self.buffers[source], total, self.mask)

    def _gathered(self, made: Gather, places: Places) -> Value:
        rank = len(self.graph.shape(made.index))
        index = self.entry(made.index, places[:rank])
        axis = len(made.shared)
        size = self.graph.shape(made.source)[axis]
        picked = computed_place(index)
        if self._exists(made.index):
            picked = replace(picked, low=0, high=size - 1)
        inside = self._within(picked, 0, size - 1)
        source = (*(places[k] for k in made.shared), picked, *places[rank:])
        value = self._guarded(inside, made.source, source)
        if inside is True or made.outside == 0:
            return value
        return self.b.select(inside, value, made.outside)

    def _exists(self, index: Register) -> bool:
        """Whether places have been looked at before the kernel began."""
        made = self.graph.made.get(index)
        return isinstance(made, Call) and made.op is within

    # --- conditions on places ----------------------------------------------------------------------------

    def _within(self, place: Place, low: int, high: int) -> Value:
        """Whether ``low ≤ place ≤ high``; where loops decide it turn by turn, notes where they should be cut."""
        if low <= place.low and place.high <= high:
            return True
        if place.high < low or place.low > high:
            return False
        self._note(place, low)
        self._note(place, high + 1)
        b = self.b
        x = value_of(b, place)
        above = True if place.low >= low else b.compare(">=", x, low)
        below = True if place.high <= high else b.compare("<=", x, high)
        return self._both(above, below)

    def _equal(self, a: Place, c: Place) -> Value:
        difference = a.plus(c.times(-1))
        if difference.fixed:
            return difference.const == 0
        if difference.low > 0 or difference.high < 0:
            return False
        if c.fixed:
            self._note(a, c.const)
            self._note(a, c.const + 1)
        return self.b.compare("==", value_of(self.b, a), value_of(self.b, c))

    def _note(self, place: Place, edge: int) -> None:
        if len(place.terms) == 1 and place.terms[0][1] == 1 and not place.gathered and place.lane in (0, 1):
            self.cuts.setdefault(place.terms[0][0], set()).add(edge - place.const)

    def _both(self, a: Value, c: Value) -> Value:
        if a is False or c is False:
            return False
        return self.b.logic("and", a, c) if a is not True and c is not True else (c if a is True else a)


def kind_of(graph: Graph, r: Register) -> Kind:
    """The element type of an array, as the native engine has it."""
    dtype = graph.program.registers[r].dtype
    if dtype is None or dtype not in KINDS:
        raise Unsupported(f"arrays of type {dtype}")
    return KINDS[dtype]


def known_number(value: object) -> bool | int | float:
    if isinstance(value, np.ndarray):
        value = value.item()
    if isinstance(value, (bool, int, float)):
        return value
    raise Unsupported(f"the number {value!r}")


def computed_place(index: Value) -> Place:
    """A place that is computed while the program runs."""
    if not isinstance(index, Val):
        return at(int(index))
    low, high = -PICKED_BELOW, PICKED_BELOW
    if index.vector:
        return Place(0, (), 0, ((index, 1),), low, high)
    return Place(0, ((index.name, 1),), 0, (), low, high)


def _through(windows: Sequence[Window | int], places: Places) -> Iterator[Place]:
    mine = iter(places)
    for window in windows:
        yield at(window) if isinstance(window, int) else next(mine).times(window.step, window.start)


def _divided(place: Place, step: int) -> Place:
    if step == 1:
        return place
    ends = (place.low // step, place.high // step)
    return Place(
        place.const // step,
        tuple((name, s // step) for name, s in place.terms),
        place.lane // step,
        tuple((v, s // step) for v, s in place.gathered),
        min(ends),
        max(ends),
    )


def _whole(b: Builder, word: str, x: Value, y: int) -> Value:
    if not isinstance(x, Val):
        return int(x) // y
    t = b.type(Kind.INT, x.vector)
    (second,) = set(b.texts(y, Kind.INT, x.vector))
    return b.each(Kind.INT, x.vector, (x.parts,), lambda p: f"{word} {t} {p}, {second}")


def _unravelled(flat: int, shape: tuple[int, ...]) -> list[Place]:
    places = []
    for k in range(len(shape)):
        below = prod(shape[k + 1 :])
        places.append(at(flat // below % shape[k]))
    return places
