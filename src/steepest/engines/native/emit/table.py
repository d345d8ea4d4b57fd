"""The arrays of a kernel in its table of addresses: where the kernel begins, it finds them there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from steepest.engines.native.ir.memory import Buffer
from steepest.engines.native.unsupported import Unsupported
from steepest.lower.program import Register
from steepest.schedule.named import Names

from .numbers import NUMBERS, loads


def kernel_name(number: int) -> str:
    """That of the body of a loop has a number."""
    return f"body{number}" if number else "kernel"


@dataclass(frozen=True)
class Table:
    """What is given, then the table of numbers if there is one, then the outputs."""

    given: Sequence[Register]
    outputs: Sequence[Register]
    names: Names | None

    @property
    def arrays(self) -> list[Register]:
        return [*self.given, *self.outputs]

    def kernel_head(self, number: int, lines: Sequence[str]) -> Iterator[str]:
        """Begins the kernel that has these lines: the addresses are in memory."""
        yield f"define i32 @{kernel_name(number)}(ptr %buffers, ptr %externals, ptr %workspace) nounwind {{"
        yield "entry:"
        found = [self._name(k) for k in range(len(self.arrays))]
        if self.names:
            found.insert(len(self.given), NUMBERS)
        for slot, name in enumerate(found):
            yield f"  %slot{slot} = getelementptr inbounds ptr, ptr %buffers, i64 {slot}"
            yield f"  {name} = load ptr, ptr %slot{slot}, align 8"
        yield from loads("\n".join(lines), self.names)

    def body_head(self, number: int, _: Sequence[str]) -> Iterator[str]:
        """The arrays are arguments; the one caller gives places for what is written that overlap nothing."""
        arrays = ", ".join(f"ptr {self._name(k)}" for k in range(len(self.arrays)))
        name = kernel_name(number)
        yield f"define internal i32 @{name}({arrays}, ptr %externals, ptr %workspace) alwaysinline nounwind {{"
        yield "entry:"

    def copies(self, buffers: Mapping[Register, Buffer]) -> Iterator[str]:
        """Lines that copy what is in the table twice. Programs give out single entries twice, or as they came in;
        arrays they copy."""
        arrays = self.arrays
        for k, r in enumerate(arrays):
            if r in arrays[:k]:
                yield from _copied(buffers[r], k, self._name(k))

    def _name(self, k: int) -> str:
        """The address of an array of the table; of one that is there already, a name of its own."""
        arrays = self.arrays
        return f"%b{arrays[k]}" if arrays[k] not in arrays[:k] else f"%again{k}"


def _copied(source: Buffer, k: int, target: str) -> list[str]:
    if source.shape:
        raise Unsupported("an array that is given out twice")
    stored = source.stored
    return [
        f"  %entry{k} = load {stored}, ptr {source.pointer}, align {source.bytes}",
        f"  store {stored} %entry{k}, ptr {target}, align {source.bytes}",
    ]
