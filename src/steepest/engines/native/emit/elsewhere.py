"""Entries of instructions that read elsewhere: pieces of larger arrays, windows, other shapes, picked places."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from steepest.engines.native.entrywise.casts import cast
from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer, load, value_of
from steepest.engines.native.ir.place import Place, at, row_major
from steepest.engines.native.ir.value import KINDS, NARROW, Kind, Narrow, Val, Value
from steepest.engines.native.unsupported import Unsupported
from steepest.lower.program import Call, Gather, Piece, Register
from steepest.ops.gather import within
from steepest.schedule.graph import Graph
from steepest.schedule.reading import ELSEWHERE

from .conditions import Conditions, computed_place
from .tile import Tile
from .tiny_divisors import TinyDivisors

Places = tuple[Place, ...]

MOST_WRITTEN = 30_000  # entries and pieces of a stage; they take one to three seconds


@dataclass
class Elsewhere(ABC):
    """The arrays of one stage, as far as they are in memory, and how entries at other places are found."""

    b: Builder
    graph: Graph
    buffers: Mapping[Register, Buffer]
    tiles: dict[Register, Tile] = field(default_factory=dict)
    rows_axis: dict[Register, int] = field(default_factory=dict)  # of arrays with tiles
    mask: Val | None = None  # lanes that exist
    under_way: frozenset[Register] = frozenset()  # arrays that are made block by block: not in memory yet
    written: int = 0  # entries that were computed and pieces that were looked at, on trial too

    def __post_init__(self) -> None:
        self.conditions = Conditions(self.b)
        self.tiny_divisors = TinyDivisors(self.b)

    @abstractmethod
    def entry(self, r: Register, places: Places) -> Value:
        """The entry of a register at places, one for each of its axes."""

    def count_one(self) -> None:
        """Ends what takes too long to write: pieces of pieces of pieces are ever more code.

        Raises:
            Unsupported: if it does.
        """
        self.written += 1
        if self.written > MOST_WRITTEN:
            raise Unsupported("more code than would be written in reasonable time")

    def embedded(self, kind: Kind, pieces: Sequence[Piece], places: Places) -> Value:
        """The sum of the pieces that have an entry there, each of which may be of another kind."""
        total: Value = False
        for piece in pieces:
            found = self._piece(piece, places)
            total = self.b.add(total, cast(self.b, found, kind) if isinstance(found, Val) else found)
        return total

    def _piece(self, piece: Piece, places: Places) -> Value:
        """The entry of a piece that stands at these places, or nothing."""
        self.count_one()
        inside: Value = True
        found: dict[int, Place] = {}
        follows = iter(piece.follows)
        for place, window in zip(places, piece.places, strict=True):
            if isinstance(window, int):
                inside = self.conditions.both(inside, self.conditions.equal(place, at(window)))
                continue
            label = next(follows)
            own, here = self.conditions.undone(place, window)
            inside = self.conditions.both(inside, here)
            if label in found:
                inside = self.conditions.both(inside, self.conditions.equal(own, found[label]))
            else:
                found[label] = own
        if inside is False:
            return False
        return self._guarded(inside, piece.source, tuple(found[i] for i in piece.carried))

    def _guarded(self, inside: Value, source: Register, places: Places) -> Value:
        """The entry where the condition holds, else nothing; nothing outside of the array is read."""
        if inside is True:
            return self.entry(source, places)
        if inside is False:
            return False
        assert isinstance(inside, Val)
        places = tuple(self._clamped(p, n) for p, n in zip(places, self.graph.shape(source), strict=True))
        if not inside.vector:
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

    def window(self, source: Register, start: int, steps: Sequence[int], places: Places) -> Value:
        inner = len(self.graph.shape(source)) - 1
        last = at(start)
        for place, step in zip(places[inner:], steps, strict=True):
            last = last.plus(place.times(step))
        inside = self.conditions.within(last, 0, self.graph.shape(source)[-1] - 1)
        return self._guarded(inside, source, (*places[:inner], last))

    def reshaped(self, r: Register, source: Register, places: Places) -> Value:
        """The entry with the same number in row-major order, beyond the leading axes that are alike."""
        how = self.graph.reading(r)
        alike = sum(label != ELSEWHERE for label in how.reads[0].labels)
        shape = self.graph.shape(source)
        flat = at(0)
        for place, stride in zip(places[alike:], row_major(self.graph.shape(r)[alike:]), strict=True):
            flat = flat.plus(place.times(stride))
        if flat.fixed:
            return self.entry(source, (*places[:alike], *unravelled(flat.const, shape[alike:])))
        if source in self.tiles and self.rows_axis[source] < alike:
            tile, axis = self.tiles[source], self.rows_axis[source]
            lead = (*places[:axis], *places[axis + 1 : alike])
            strides = row_major(tile.shape)
            total = flat
            for place, stride in zip(lead, strides, strict=False):
                total = total.plus(place.times(stride))
            return tile.entry(self.b, total)
        if source not in self.buffers or source in self.under_way:
            raise Unsupported("the entries of an array that is not kept are put into another shape")
        assert not self.buffers[source].axes_before
        total = flat
        for place, stride in zip(places[:alike], row_major(shape), strict=False):
            total = total.plus(place.times(stride))
        return load(self.b, self.buffers[source], total, self.mask)

    def gathered(self, made: Gather, places: Places) -> Value:
        rank = len(self.graph.shape(made.index))
        index = self.entry(made.index, places[:rank])
        axis = len(made.shared)
        size = self.graph.shape(made.source)[axis]
        picked = computed_place(index)
        if self.exists(made.index):
            picked = replace(picked, low=0, high=size - 1)
        inside = self.conditions.within(picked, 0, size - 1)
        source = (*(places[k] for k in made.shared), picked, *places[rank:])
        value = self._guarded(inside, made.source, source)
        if inside is True or made.outside == 0:
            return value
        return self.b.select(inside, value, made.outside)

    def exists(self, index: Register) -> bool:
        """Whether places have been looked at."""
        made = self.graph.made.get(index)
        return isinstance(made, Call) and made.op is within


def kind_of(graph: Graph, r: Register) -> Kind:
    """The element type of an array, as the native engine has it."""
    dtype = graph.program.registers[r].dtype
    if dtype is None or dtype not in KINDS:
        raise Unsupported(f"arrays of type {dtype}")
    return KINDS[dtype]


def narrow_of(graph: Graph, r: Register) -> Narrow | None:
    """In which fewer bits the entries of an array are whole numbers; None if in no fewer."""
    return NARROW.get(graph.program.registers[r].dtype)  # type: ignore[arg-type]


def known_number(value: object) -> bool | int | float:
    if isinstance(value, np.ndarray):
        value = value.item()
    if isinstance(value, (bool, int, float)):
        return value
    raise Unsupported(f"the number {value!r}")


def unravelled(flat: int, shape: tuple[int, ...]) -> list[Place]:
    places = []
    for k in range(len(shape)):
        below = prod(shape[k + 1 :])
        places.append(at(flat // below % shape[k]))
    return places
