"""Loops: the kernel of the body called for each step, with the places of that step.

The states of one step lie where the next one reads them: in turns in two places. Large ones have the result as one of
these, if it has room for whole registers; small ones lie side by side and are copied in the end. Those that are one
number go from step to step in a register: LLVM makes one of a place on the stack, since the body has one caller only
and becomes part of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import prod
from typing import TypeAlias

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer, first_lanes, load, room_of, store
from steepest.engines.native.ir.place import Place
from steepest.engines.native.ir.value import Val
from steepest.engines.native.kernel import FAILED
from steepest.engines.native.unsupported import Unsupported
from steepest.expr.node import Direction
from steepest.lower.program import Register
from steepest.schedule.repeating import Repeated

from .compensation import two_sum
from .status import STATUS

SMALL = 2048  # bytes of a state that is copied at the beginning and at the end
TOGETHER = 32  # steps whose sums are added up before they go to the totals


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
    own = len(results) - made.sums
    small = [r for k, r in enumerate(results) if k >= own or _is_small(buffers[r])]
    block = _Block.of(b, [buffers[r] for r in small], made.length, scratch)
    offsets = dict(zip(small, block.offsets, strict=True))
    states: list[_State] = []
    for start, r in zip(made.starts[:own], results[:own], strict=True):
        if r in offsets:
            states.append(_Small.begun(b, buffers[start], buffers[r], block, offsets[r]))
        else:
            kind = _Turns if buffers[r].shape else _Number
            states.append(kind.begun(b, buffers[start], buffers[r], scratch))
    sums = [_Sum.begun(b, buffers[r], block, offsets[r], scratch) for r in results[own:]]
    states += sums
    room = new_room(b, scratch, max(workspace, 1))
    failed = b.alloca(1, "i32")
    b.do(f"store i32 0, ptr {failed}")
    with _counted(b, made.length, sums) as step:
        place = step if made.direction is Direction.FORWARD else b.whole("sub", made.length - 1, step)
        turns = [state.places(b, step, made.length) for state in states]
        pointers = [before for before, _ in turns]
        pointers += [buffers[r].entry(b, place) for r in made.sequences]
        pointers += [buffers[r].pointer for r in made.fixed]
        pointers += [after for _, after in turns]
        pointers += [buffers[r].entry(b, place) for r in made.targets[len(results) :]]
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


@contextmanager
def _counted(b: Builder, length: int, sums: Sequence[_Sum]) -> Iterator[str]:
    """The steps; after each `TOGETHER` of them, what has been summed goes to the totals, so that it stays small."""
    if not sums:
        with b.loop(0, length) as step:
            yield step
        return
    with b.loop(0, length, TOGETHER) as first:
        end = b.smaller(b.whole("add nsw", first, TOGETHER), length)
        with b.loop(first, end) as step:
            yield step
        for sum_ in sums:
            sum_.flush(b, b.whole("sub", end, 1))


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
            _copy(b, self.last, self.result.pointer, bytes_of(self.result))


@dataclass(frozen=True)
class _Block:
    """The two places of small states and of sums side by side, so that two addresses lead to all of them."""

    room: str
    size: int
    offsets: tuple[int, ...]
    length: int

    @classmethod
    def of(cls, b: Builder, arrays: Sequence[Buffer], length: int, scratch: dict[str, int]) -> _Block:
        sizes = [room_of(bytes_of(a)) for a in arrays]
        offsets = tuple(itertools.accumulate(sizes, initial=0))
        size = offsets[-1]
        return cls(new_room(b, scratch, 2 * size) if size else "", size, offsets[:-1], length)

    def places(self, b: Builder, step: str, offset: int) -> tuple[str, str]:
        """Where a step reads, and where it writes."""
        first = b.whole("mul", b.whole("and", step, 1), self.size)
        before = b.address(self.room, first, "i8")
        after = b.address(self.room, b.whole("sub", self.size, first), "i8")
        return b.address(before, offset, "i8"), b.address(after, offset, "i8")

    def first(self, b: Builder, offset: int) -> str:
        """Where the first step reads."""
        return b.address(self.room, offset, "i8")

    def last(self, b: Builder, offset: int) -> str:
        """Where the last step has written."""
        return b.address(self.room, offset + self.size * (self.length % 2), "i8")


@dataclass(frozen=True)
class _Small:
    """A state of which two copies cost less than their addresses."""

    result: Buffer
    block: _Block
    offset: int

    @classmethod
    def begun(cls, b: Builder, start: Buffer, result: Buffer, block: _Block, offset: int) -> _Small:
        _copy(b, start.pointer, block.first(b, offset), bytes_of(result))
        return cls(result, block, offset)

    def places(self, b: Builder, step: str, length: int) -> tuple[str, str]:
        return self.block.places(b, step, self.offset)

    def step(self, b: Builder) -> None:
        """The places change with the number of the step."""

    def end(self, b: Builder) -> None:
        _copy(b, self.block.last(b, self.offset), self.result.pointer, bytes_of(self.result))


@dataclass(frozen=True)
class _Sum:
    """A sum over the steps: of some in the block, of those before in the result, and what rounding took from that."""

    result: Buffer
    rest: Buffer
    block: _Block
    offset: int

    @classmethod
    def begun(cls, b: Builder, result: Buffer, block: _Block, offset: int, scratch: dict[str, int]) -> _Sum:
        rest = replace(result, pointer=new_room(b, scratch, bytes_of(result)))
        for array in (result, rest, replace(result, pointer=block.first(b, offset))):
            _clear(b, array)
        return cls(result, rest, block, offset)

    def places(self, b: Builder, step: str, length: int) -> tuple[str, str]:
        return self.block.places(b, step, self.offset)

    def step(self, b: Builder) -> None:
        """The places change with the number of the step."""

    def flush(self, b: Builder, step: str) -> None:
        """What has been added up to this step goes to the total."""
        _, after = self.block.places(b, step, self.offset)
        part = replace(self.result, pointer=after)

        def add(place: Place, mask: Val | None) -> None:
            total, error = two_sum(b, load(b, self.result, place, mask), load(b, part, place, mask))
            store(b, total, self.result, place, mask)
            store(b, b.add(load(b, self.rest, place, mask), error), self.rest, place, mask)

        _for_vectors(b, self.result, add)
        _clear(b, part)

    def end(self, b: Builder) -> None:
        """The rest of an infinite total has no meaning."""

        def add(place: Place, mask: Val | None) -> None:
            rest = load(b, self.rest, place, mask)
            finite = b.compare("==", b.sub(rest, rest), 0.0)
            total = b.add(load(b, self.result, place, mask), b.select(finite, rest, 0.0))
            store(b, total, self.result, place, mask)

        _for_vectors(b, self.result, add)


def _copy(b: Builder, source: str, target: str, size: int) -> None:
    b.intrinsics.add("declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)")
    b.do(f"call void @llvm.memcpy.p0.p0.i64(ptr {target}, ptr {source}, i64 {size}, i1 false)")


def _clear(b: Builder, array: Buffer) -> None:
    _for_vectors(b, array, lambda place, mask: store(b, 0.0, array, place, mask))


def _for_vectors(b: Builder, array: Buffer, write: Callable[[Place, Val | None], None]) -> None:
    """All entries of an array, a register at a time."""
    count = prod(array.shape)
    whole = count // b.width * b.width
    with b.with_lanes(b.width):
        with b.loop(0, whole, b.width) as i:
            write(Place(0, ((i, 1),), 1, (), 0, count - 1), None)
        if whole < count:
            write(Place(whole, (), 1, (), whole, count - 1), first_lanes(b, count - whole))


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
        state._move(b, start.pointer, state.before)
        return state

    def places(self, b: Builder, step: str, length: int) -> tuple[str, str]:
        return self.before, self.after

    def step(self, b: Builder) -> None:
        self._move(b, self.after, self.before)

    def end(self, b: Builder) -> None:
        self._move(b, self.before, self.result.pointer)

    def _move(self, b: Builder, source: str, target: str) -> None:
        stored, size = self.result.stored, self.result.bytes
        entry = b.emit(f"load {stored}, ptr {source}, align {size}")
        b.do(f"store {stored} {entry}, ptr {target}, align {size}")


_State: TypeAlias = _Turns | _Number | _Small | _Sum


def _is_small(state: Buffer) -> bool:
    return bool(state.shape) and bytes_of(state) <= SMALL


def new_room(b: Builder, scratch: dict[str, int], size: int) -> str:
    """The name of so many bytes of the workspace."""
    name = b.fresh("room")
    scratch[name] = room_of(size)
    return name


def bytes_of(buffer: Buffer) -> int:
    return prod(buffer.shape) * buffer.bytes
