"""Pieces put into larger arrays."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer, load, store
from steepest.engines.native.ir.place import Place, at
from steepest.engines.native.ir.value import Value
from steepest.lower.program import Window
from steepest.schedule.deposits import Deposit

from .elsewhere import Places
from .entries import Entries


def clear(b: Builder, buffer: Buffer) -> None:
    """Zeros in a whole array."""
    b.intrinsics.add("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)")
    size = prod(buffer.shape) * buffer.bytes
    b.do(f"call void @llvm.memset.p0.i64(ptr align {buffer.bytes} {buffer.pointer}, i8 0, i64 {size}, i1 false)")


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
