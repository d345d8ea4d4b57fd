"""Loops: the kernel of the body called for each step, with the places of that step.

The states of one step lie where the next one reads them: in turns in two places, so that the last step writes into the
result, or into one with room for whole registers that is copied there. Those that are one number go from step to step
in a register: LLVM makes one of a place on the stack, since the body has one caller only and becomes part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer, room_of
from steepest.engines.native.kernel import FAILED
from steepest.engines.native.unsupported import Unsupported
from steepest.expr.node import Direction
from steepest.lower.program import Register
from steepest.schedule.repeating import Repeated

from .status import STATUS


def write_repeated(
    b: Builder,
    made: Repeated,
    buffers: Mapping[Register, Buffer],
    kernel: str,
    workspace: int,
    scratch: dict[str, int],
) -> None:
    """`kernel` is the body's, which needs a workspace of so many bytes; `scratch` gets the names of what is needed."""
    if not made.length:
        raise Unsupported("a loop without steps")
    results = made.targets[: len(made.starts)]
    states = [
        (_Turns if buffers[r].shape else _Number).begun(b, buffers[start], buffers[r], scratch)
        for start, r in zip(made.starts, results, strict=True)
    ]
    room = new_room(b, scratch, max(workspace, 1))
    failed = b.alloca(1, "i32")
    b.do(f"store i32 0, ptr {failed}")
    with b.loop(0, made.length) as step:
        place = step if made.direction is Direction.FORWARD else b.whole("sub", made.length - 1, step)
        turns = [state.places(b, step, made.length) for state in states]
        pointers = [before for before, _ in turns]
        pointers += [_entry(b, buffers[r], place) for r in made.sequences]
        pointers += [buffers[r].pointer for r in made.fixed]
        pointers += [after for _, after in turns]
        pointers += [_entry(b, buffers[r], place) for r in made.targets[len(results) :]]
        given = ", ".join(f"ptr {p}" for p in (*pointers, "%externals", room))
        status = b.emit(f"call i32 @{kernel}({given})")
        so_far = b.emit(f"load i32, ptr {failed}")
        b.do(f"store i32 {b.emit(f'or i32 {so_far}, {status}')}, ptr {failed}")
        for state in states:
            state.step(b)
    for state in states:
        state.end(b)
    found = b.emit(f"load i32, ptr {failed}")
    b.do(f"{b.fresh()} = atomicrmw or ptr {STATUS}, i32 {b.emit(f'and i32 {found}, {FAILED}')} monotonic")


@dataclass(frozen=True)
class _Turns:
    """A state that lies in turns in two places of the workspace, of which one is the result's if that has room."""

    start: Buffer
    result: Buffer
    last: str
    other: str

    @classmethod
    def begun(cls, b: Builder, start: Buffer, result: Buffer, scratch: dict[str, int]) -> _Turns:
        size = bytes_of(result)
        has_room = result.padded or size == room_of(size)
        last = result.pointer if has_room else new_room(b, scratch, size)
        return cls(start, result, last, new_room(b, scratch, size))

    def places(self, b: Builder, step: str, length: int) -> tuple[str, str]:
        """Where a step reads the state, and where it writes the next one."""
        left = b.whole("sub", length - 1, step)
        into_result = b.pure(f"icmp eq i64 {b.whole('and', left, 1)}, 0")
        is_first = b.pure(f"icmp eq i64 {step}, 0")
        after = b.emit(f"select i1 {into_result}, ptr {self.last}, ptr {self.other}")
        before = b.emit(f"select i1 {into_result}, ptr {self.other}, ptr {self.last}")
        return b.emit(f"select i1 {is_first}, ptr {self.start.pointer}, ptr {before}"), after

    def step(self, b: Builder) -> None:
        """The places change with the number of the step."""

    def end(self, b: Builder) -> None:
        """The last step has written into the result, or beside it."""
        if self.last != self.result.pointer:
            b.intrinsics.add("declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)")
            size = bytes_of(self.result)
            b.do(f"call void @llvm.memcpy.p0.p0.i64(ptr {self.result.pointer}, ptr {self.last}, i64 {size}, i1 false)")


@dataclass(frozen=True)
class _Number:
    """A state that is one number."""

    result: Buffer
    before: str
    after: str

    @classmethod
    def begun(cls, b: Builder, start: Buffer, result: Buffer, scratch: dict[str, int]) -> _Number:
        stored = result.stored
        state = cls(result, b.alloca(1, stored), b.alloca(1, stored))
        state._copy(b, start.pointer, state.before)
        return state

    def places(self, b: Builder, step: str, length: int) -> tuple[str, str]:
        return self.before, self.after

    def step(self, b: Builder) -> None:
        self._copy(b, self.after, self.before)

    def end(self, b: Builder) -> None:
        self._copy(b, self.before, self.result.pointer)

    def _copy(self, b: Builder, source: str, target: str) -> None:
        stored, size = self.result.stored, self.result.bytes
        entry = b.emit(f"load {stored}, ptr {source}, align {size}")
        b.do(f"store {stored} {entry}, ptr {target}, align {size}")


def new_room(b: Builder, scratch: dict[str, int], size: int) -> str:
    """The name of so many bytes of the workspace."""
    name = b.fresh("room")
    scratch[name] = room_of(size)
    return name


def bytes_of(buffer: Buffer) -> int:
    return prod(buffer.shape) * buffer.bytes


def _entry(b: Builder, stack: Buffer, place: str) -> str:
    """Where the entry of a step begins."""
    return b.address(stack.pointer, b.whole("mul", place, prod(stack.shape[1:])), stack.stored)
