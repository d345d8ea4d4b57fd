"""Pieces put into larger arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator
from math import prod

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer, load, store
from steepest.engines.native.ir.place import Place, at
from steepest.engines.native.ir.value import Kind, Val, Value
from steepest.lower.program import Window
from steepest.schedule.deposits import Deposit

from .accumulators import Accumulator
from .elsewhere import Places
from .entries import Entries

STATUS = "%status"  # of the kernel under way
FLOATS = (Kind.DOUBLE, Kind.FLOAT)


def clear(b: Builder, buffer: Buffer) -> None:
    """Zeros in a whole array."""
    b.intrinsics.add("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)")
    size = prod(buffer.shape) * buffer.kind.bytes
    b.do(f"call void @llvm.memset.p0.i64(ptr align {buffer.kind.bytes} {buffer.pointer}, i8 0, i64 {size}, i1 false)")


class Watch:
    """Whether all entries that were deposited are finite numbers: others leave a NaN in a running sum of zeros."""

    def __init__(self, b: Builder) -> None:
        self.b = b
        self._sums = {(kind, wide): self._open(kind, wide) for kind in FLOATS for wide in (False, True)}

    def _open(self, kind: Kind, wide: bool) -> Accumulator:
        with self.b.with_lanes(self.b.width):
            return Accumulator.open(self.b, kind, wide, 0.0)

    def look(self, value: Value, mask: Val | None) -> None:
        """At one entry, or one a lane."""
        b = self.b
        if not isinstance(value, Val) and not math.isfinite(value):
            value = b.constant(value, Kind.DOUBLE)
        if not isinstance(value, Val) or not value.kind.floating:
            return
        with b.with_lanes(b.width):
            for part in value.parts:
                one = Val(value.kind, (part,), value.vector)
                nothing = b.sub(one, one)
                self._sums[value.kind, value.vector].step(b, mask, lambda total, x=nothing: b.add(total, x))  # type: ignore[misc]

    def report(self) -> None:
        """What was seen, for the status of the kernel."""
        b = self.b
        for (kind, wide), total in self._sums.items():
            with b.with_lanes(b.width):
                found = total.result(b, b.add, wide)
            t = kind.value
            bad = b.emit(f"fcmp uno {t} {found.name}, {found.name}")
            bit = b.emit(f"zext i1 {bad} to i32")
            before = b.emit(f"load i32, ptr {STATUS}")
            b.do(f"store i32 {b.emit(f'or i32 {before}, {bit}')}, ptr {STATUS}")


def deposit(entries: Entries, made: Deposit, places: Places, value: Value) -> Value:
    """One entry of a piece, or one a lane, where it belongs; what then is there."""
    buffer = entries.buffers[made.into]
    offset = buffer.offset(tuple(_where(made, places)))
    if made.adds:
        value = entries.b.add(load(entries.b, buffer, offset, entries.mask), value)
    store(entries.b, value, buffer, offset, entries.mask)
    return value


def _where(made: Deposit, places: Places) -> Iterator[Place]:
    follows = iter(made.piece.follows)
    for place in made.piece.places:
        if isinstance(place, Window):
            yield places[made.axes.index(next(follows))].times(place.step, place.start)
        else:
            yield at(place)
