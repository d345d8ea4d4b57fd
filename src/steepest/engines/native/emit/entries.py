"""Entries on demand: what stands at a place of an array, loaded where it is kept, computed where it is not.

This is fusion: an instruction without memory of its own is written into whoever reads it. Equal entries are
written once in a scope.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np

from steepest.engines.native.entrywise.casts import cast, wrapped
from steepest.engines.native.entrywise.signature import number_type
from steepest.engines.native.entrywise.table import emit as emit_operation
from steepest.engines.native.ir.memory import load, value_of
from steepest.engines.native.ir.place import Place, at
from steepest.engines.native.ir.value import Kind, Val, Value
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
    Matmul,
    Negative,
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
from steepest.schedule.deposits import Deposit, Step
from steepest.schedule.reading import FIRST, Read, Reading
from steepest.schedule.reciprocal import Reciprocal

from .elsewhere import Elsewhere, Places, kind_of, known_number, narrow_of
from .existence import existing, to_be_looked_at
from .folding import folded


class Entries(Elsewhere):
    """The entries of all instructions."""

    def kind(self, r: Register) -> Kind:
        return kind_of(self.graph, r)

    def entry(self, r: Register, places: Places) -> Value:
        """The entry of a register at places, one for each of its axes."""
        constants = self.graph.program.constants
        if r in constants and not self.graph.shape(r):
            number = known_number(constants[r])
            return number if self.graph.names is None else self.graph.names.constant(number, f"c{r}")
        key = (r, places)
        found: Value | None = self.b.recall(key)
        if found is None:
            found = self._fetched(r, places)
            if found is None:
                found = self.computed(r, places)
            self.b.keep(key, found)
        return found

    def _fetched(self, r: Register, places: Places) -> Value | None:
        if r in self.tiles and (r not in self.graph.given or self._alike_in_lanes(r, places)):
            return self._from_tile(r, places)
        if r not in self.buffers:
            return None
        if r in self.under_way:
            raise Unsupported("a result with a row each is read at other places than it is made at")
        buffer = self.buffers[r]
        array = self.graph.program.constants.get(r)
        if isinstance(array, np.ndarray) and all(p.fixed for p in places):
            known: Value = array[tuple(p.const for p in places)].item()
            return known
        return load(self.b, buffer, buffer.offset(places), self.mask)

    def _alike_in_lanes(self, r: Register, places: Places) -> bool:
        """Whether the same entry is read of each row."""
        axis = self.rows_axis[r]
        return all(p.uniform for k, p in enumerate(places) if k != axis)

    def _from_tile(self, r: Register, places: Places) -> Val:
        tile, axis = self.tiles[r], self.rows_axis[r]
        inner = (*places[:axis], *places[axis + 1 :])
        return tile.entry(self.b, tile.offset(inner))

    # --- instructions ----------------------------------------------------------------------------------

    def computed(self, r: Register, places: Places) -> Value:
        """The entry from the operands of the instruction, in the bits of its type."""
        return wrapped(self.b, self._computed(r, places), narrow_of(self.graph, r))

    def _computed(self, r: Register, places: Places) -> Value:
        self.count_one()
        made, b = self.graph.made.get(r), self.b
        if made is None:
            raise Unsupported(f"register {r} is read in a stage that does not have it")
        how = self.graph.readings[r]
        match made:
            case Slice(source=source, places=windows):
                return self.entry(source, tuple(_through(windows, places)))
            case Embed(pieces=pieces):
                return self.embedded(self.kind(r), pieces, places)
            case Deposit(source=source, piece=piece, axes=axes):
                return self.entry(source, tuple(places[axes.index(i)] for i in piece.carried))
            case Diagonal(source=source, labels=labels, out=kept):
                return self.entry(source, tuple(places[kept.index(i)] for i in labels))
            case Windows(source=source, start=start, steps=steps):
                return self.window(source, start, steps, places)
            case Reshape(source=source):
                return self.reshaped(r, source, places)
            case Gather():
                return self.gathered(made, places)
        if how is None:
            name = made.op.name if isinstance(made, Call) else type(made).__name__
            raise Unsupported(f"{name} works on whole arrays")
        bound = dict(enumerate(places))
        if how.folded:
            return self._fold(r, made, how, bound)
        operands = [self.read(read, bound) for read in how.reads]
        match made:
            case Arithmetic(sign=sign):
                return self._arithmetic(r, sign, *operands)
            case Reciprocal():
                self.tiny_divisors.look(operands[0], self.mask)
                return b.div(1.0, operands[0])
            case Negative():
                return b.neg(self._as(operands[0], self.kind(r)))
            case Select():
                return self._selected(r, *operands)
            case Convert() | Fill() | Sum() | Fold():  # a sum of one entry may have no label
                return cast(b, operands[0], self.kind(r))
            case Rearrange():
                return operands[0]
            case Call(op=op) if op is one_hot_op:
                return b.compare("==", cast(b, operands[0], Kind.INT), value_of(b, places[-1]))
            case Call(op=op) if op is within and to_be_looked_at(self.graph, made):
                return existing(b, made, self._called(r, op, made, operands), self.mask)
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

    def _fold(self, r: Register, made: Step, how: Reading, bound: dict[int, Place]) -> Value:
        """The whole fold, written out."""
        turns = self.turns(r, [i for i in how.folded if i not in bound], bound)
        return folded(self.b, made, (self.factors(r, how, labels) for labels in turns))

    def turns_under_way(
        self, r: Register, labels: dict[int, Place], bound: Mapping[int, Place | list[Place]]
    ) -> Iterator[dict[int, Place]]:
        """All places of the folded labels in one turn of loops: those where these stand, or whole ranges."""
        single = {i: place for i, place in bound.items() if isinstance(place, Place)}
        several = {i: places for i in self.graph.folded(r) if isinstance(places := bound.get(i), list)}
        rest = [i for i in self.graph.reading(r).folded if i not in labels | single | several]
        for chosen in product(*several.values()):
            yield from self.turns(r, rest, labels | single | dict(zip(several, chosen, strict=True)))

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


def _through(windows: Sequence[Window | int], places: Places) -> Iterator[Place]:
    mine = iter(places)
    for window in windows:
        yield at(window) if isinstance(window, int) else next(mine).times(window.step, window.start)
