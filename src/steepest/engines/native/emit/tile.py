"""A block of rows of an array in memory, turned: for each entry of a row, its values in all lanes."""

from __future__ import annotations

from dataclasses import dataclass

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer, load, register_of
from steepest.engines.native.ir.place import Place
from steepest.engines.native.ir.value import Kind, Val
from steepest.engines.native.unsupported import Unsupported


@dataclass(frozen=True, slots=True)
class Tile:
    """The entries of a row one after another, each in all lanes."""

    pointer: str
    kind: Kind
    shape: tuple[int, ...]  # without the rows
    lanes: int

    def offset(self, places: tuple[Place, ...]) -> Place:
        """The number of an entry of a row."""
        return Buffer(self.pointer, self.kind, self.shape).offset(places)

    def address(self, b: Builder, offset: Place) -> str:
        """Where the lanes of an entry begin."""
        return b.address(self.pointer, register_of(b, offset.times(self.lanes)), self.kind.stored)

    def entry(self, b: Builder, offset: Place) -> Val:
        """The entry with this number, in all lanes."""
        if not offset.uniform:
            raise Unsupported("a block of rows is read at places that differ between rows")
        address = self.address(b, offset)
        if self.kind is Kind.TRUTH:
            return load(b, Buffer(address, self.kind, (self.lanes,)), Place(0, (), 1, (), 0, self.lanes - 1))
        t = b.type(self.kind)
        align = b.alignment(self.kind)
        parts = (b.address(address, k * b.width, self.kind.value) for k in range(b.parts))
        return Val(self.kind, tuple(b.emit(f"load {t}, ptr {p}, align {align}") for p in parts), True)
