"""Arrays in memory: entries at places, as loads and stores of single entries, whole registers or scattered lanes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from .builder import Builder
from .place import Place, linear, row_major
from .value import Kind, Narrow, Val, Value

LINE = 64  # bytes of a line of the cache


@dataclass(frozen=True, slots=True)
class Buffer:
    """A C-contiguous array, aligned to its elements; `kind` is what these are in registers."""

    pointer: str
    kind: Kind
    shape: tuple[int, ...]
    narrow: Narrow | None = None  # how whole numbers of fewer bits lie in it
    padded: bool = False  # whether the rest of its last 64 bytes is its own
    lead: int = 0  # bytes from the pointer to its first entry,
    pitch: int = 0  # and from there to the next one along its first axis, if other arrays lie between
    axes_before: int = 0  # that places name too, where it is the part of a larger array that one turn of loops has

    @property
    def stored(self) -> str:
        """LLVM's type of an entry in memory."""
        return self.kind.stored if self.narrow is None else self.narrow.stored

    @property
    def bytes(self) -> int:
        """Those of an entry in memory."""
        return self.kind.bytes if self.narrow is None else self.narrow.bytes

    @property
    def size(self) -> int:
        """Bytes of the memory that it lies in."""
        return self.shape[0] * self.pitch if self.pitch else prod(self.shape) * self.bytes

    def entry(self, b: Builder, place: str) -> str:
        """Where the part of an array at a place of its first axis begins."""
        if not self.pitch:
            return b.address(self.pointer, b.whole("mul", place, prod(self.shape[1:])), self.stored)
        return b.address(b.address(self.pointer, b.whole("mul", place, self.pitch), "i8"), self.lead, "i8")

    def offset(self, places: tuple[Place, ...]) -> Place:
        assert not self.pitch
        return linear(places[self.axes_before :], row_major(self.shape))

    def mask_of(self, b: Builder, offset: Place, mask: Val | None) -> Val | None:
        """Which lanes are written at the end of a loop: a last register goes whole into the array that it ends.

        What is written through a mask waits in the cache before it can be read again.
        """
        n = prod(self.shape)
        last = offset.const + b.lanes
        ends = offset.lane == 1 and not (offset.terms or offset.gathered) and offset.const % b.width == 0 and last >= n
        return None if self.padded and ends and last <= room_of(n * self.bytes) // self.bytes else mask


def room_of(size: int) -> int:
    """The bytes that so many take, with what is left of the last 64."""
    return -(-size // LINE) * LINE


def register_of(b: Builder, place: Place) -> str:
    """A uniform place, or that of the first lane, as an i64."""
    total: str | None = None
    for name, scale in place.terms:
        term = name if scale == 1 else b.whole("mul nsw", name, scale)
        total = term if total is None else b.whole("add nsw", total, term)
    if total is None:
        return str(place.const)
    return b.whole("add nsw", total, place.const) if place.const else total


def value_of(b: Builder, place: Place) -> Value:
    """A place as a whole number, one for each lane unless it is uniform."""
    if place.fixed:
        return place.const
    first = Val(Kind.INT, (register_of(b, place),), False)
    if place.uniform:
        return first
    total: Value = first if place.terms or place.const else 0
    if place.lane:
        total = b.add(total, steps(b, place.lane))
    for vector, scale in place.gathered:
        total = b.add(total, b.mul(vector, scale))
    return total


def steps(b: Builder, step: int) -> Val:
    """``0, step, 2·step, …`` over the lanes."""
    step, parts = int(step), []
    for k in range(b.parts):
        entries = ", ".join(f"i64 {step * (k * b.width + j)}" for j in range(b.width))
        parts.append(f"<{entries}>" if b.width > 1 else str(step * k))
    return Val(Kind.INT, tuple(parts), True)


def load(b: Builder, buffer: Buffer, offset: Place, mask: Val | None = None) -> Val:
    """The entry at `offset`, one for each lane unless that is uniform. Lanes outside the mask are not read."""
    if offset.uniform:
        address = b.address(buffer.pointer, register_of(b, offset), buffer.stored)
        return _from_memory(b, buffer, (b.emit(f"load {buffer.stored}, ptr {address}, align {buffer.bytes}"),), False)
    t = b.register(buffer.stored)
    parts = []
    if offset.lane == 1 and not offset.gathered:
        address = b.address(buffer.pointer, register_of(b, offset), buffer.stored)
        for k in range(b.parts):
            at = b.address(address, k * b.width, buffer.stored)
            if mask is None:
                parts.append(b.emit(f"load {t}, ptr {at}, align {buffer.bytes}"))
            else:
                parts.append(_masked_load(b, buffer, at, mask.parts[k]))
    else:
        for k, at in enumerate(_addresses(b, buffer, offset)):
            parts.append(_gather(b, buffer, at, mask.parts[k] if mask is not None else all_lanes(b)))
    return _from_memory(b, buffer, tuple(parts), True)


def load_in_order(b: Builder, buffer: Buffer, offset: Place, mask: Val | None = None) -> Val:
    """The same, of rows that come from far away. LLVM leaves these loads in their order, where it may else mix those of
    different rows: then the processor does not see what will be read next, and waits for it, up to twice as long."""
    if mask is not None or offset.uniform or offset.gathered or offset.lane != 1:
        return load(b, buffer, offset, mask)
    t = b.register(buffer.stored)
    address = b.address(buffer.pointer, register_of(b, offset), buffer.stored)
    places = [b.address(address, k * b.width, buffer.stored) for k in range(b.parts)]
    found = tuple(b.emit(f"load volatile {t}, ptr {at}, align {buffer.bytes}") for at in places)
    return _from_memory(b, buffer, found, True)


def store(b: Builder, value: Value, buffer: Buffer, offset: Place, mask: Val | None = None) -> None:
    """`value` to the entry at `offset`, lane by lane unless that is uniform."""
    if offset.uniform:
        address = b.address(buffer.pointer, register_of(b, offset), buffer.stored)
        (text,) = _to_memory(b, buffer, b.texts(value, buffer.kind, False), False)
        b.do(f"store {buffer.stored} {text}, ptr {address}, align {buffer.bytes}")
        return
    t = b.register(buffer.stored)
    texts = _to_memory(b, buffer, b.texts(value, buffer.kind, True), True)
    if offset.lane == 1 and not offset.gathered:
        address = b.address(buffer.pointer, register_of(b, offset), buffer.stored)
        for k, text in enumerate(texts):
            at = b.address(address, k * b.width, buffer.stored)
            if mask is None:
                b.do(f"store {t} {text}, ptr {at}, align {buffer.bytes}")
            else:
                _masked_store(b, buffer, text, at, mask.parts[k])
        return
    for k, (text, at) in enumerate(zip(texts, _addresses(b, buffer, offset), strict=True)):
        _scatter(b, buffer, text, at, mask.parts[k] if mask is not None else all_lanes(b))


def all_lanes(b: Builder) -> str:
    return "splat (i1 true)" if b.width > 1 else "true"


def first_lanes(b: Builder, count: int | str) -> Val:
    """Whether a lane is among the first `count`."""
    limit: Value = count if isinstance(count, int) else Val(Kind.INT, (count,), False)
    mask = b.compare("<", steps(b, 1), limit)
    assert isinstance(mask, Val)
    return mask


def each_register(b: Builder, count: int, write: Callable[[Place, Val | None], None]) -> None:
    """Where each machine register of so many entries begins; of the last, if it is not full, which lanes there are."""
    whole = count // b.width * b.width
    if whole:
        with b.loop(0, whole, b.width) as i:
            write(Place(0, ((i, 1),), 1, (), 0, count - 1), None)
    if whole < count:
        write(Place(whole, (), 1, (), whole, count - 1), first_lanes(b, count - whole))


def _from_memory(b: Builder, buffer: Buffer, parts: tuple[str, ...], vector: bool) -> Val:
    kind, t = buffer.kind, b.register(buffer.stored, vector)
    if kind is Kind.TRUTH:
        zero = "zeroinitializer" if vector and b.width > 1 else "0"
        parts = tuple(b.emit(f"icmp ne {t} {p}, {zero}") for p in parts)
    elif buffer.narrow is not None:
        parts = tuple(b.emit(f"{buffer.narrow.word} {t} {p} to {b.type(kind, vector)}") for p in parts)
    return Val(kind, parts, vector)


def _to_memory(b: Builder, buffer: Buffer, parts: tuple[str, ...], vector: bool) -> tuple[str, ...]:
    if buffer.kind is not Kind.TRUTH and buffer.narrow is None:
        return parts
    word = "zext" if buffer.kind is Kind.TRUTH else "trunc"
    s, t = b.type(buffer.kind, vector), b.register(buffer.stored, vector)
    return tuple(b.emit(f"{word} {s} {p} to {t}") for p in parts)


def _addresses(b: Builder, buffer: Buffer, offset: Place) -> list[str]:
    """Vectors of pointers."""
    indices = value_of(b, offset)
    texts = b.texts(indices, Kind.INT, True)
    t = b.type(Kind.INT)
    return [b.pure(f"getelementptr {buffer.stored}, ptr {buffer.pointer}, {t} {p}") for p in texts]


def _suffix(b: Builder, buffer: Buffer) -> str:
    element = {"double": "f64", "float": "f32"}.get(buffer.stored, buffer.stored)
    return f"v{b.width}{element}"


def _masked_load(b: Builder, buffer: Buffer, at: str, mask: str) -> str:
    t, m = b.register(buffer.stored), b.type(Kind.TRUTH)
    if b.width == 1:
        return _gather(b, buffer, at, mask)
    f = f"@llvm.masked.load.{_suffix(b, buffer)}.p0"
    b.intrinsics.add(f"declare {t} {f}(ptr, i32, {m}, {t})")
    return b.emit(f"call {t} {f}(ptr {at}, i32 {buffer.bytes}, {m} {mask}, {t} zeroinitializer)")


def _masked_store(b: Builder, buffer: Buffer, text: str, at: str, mask: str) -> None:
    t, m = b.register(buffer.stored), b.type(Kind.TRUTH)
    if b.width == 1:
        _scatter(b, buffer, text, at, mask)
        return
    if buffer.bytes < 4:  # LLVM 22 for AVX-512 writes eight bytes where a mask known to have one lane leaves one
        lanes = ", ".join(f"i64 {lane}" for lane in range(b.width))
        _scatter(b, buffer, text, b.pure(f"getelementptr {buffer.stored}, ptr {at}, <{b.width} x i64> <{lanes}>"), mask)
        return
    f = f"@llvm.masked.store.{_suffix(b, buffer)}.p0"
    b.intrinsics.add(f"declare void {f}({t}, ptr, i32, {m})")
    b.do(f"call void {f}({t} {text}, ptr {at}, i32 {buffer.bytes}, {m} {mask})")


def _gather(b: Builder, buffer: Buffer, at: str, mask: str) -> str:
    t, m = b.register(buffer.stored), b.type(Kind.TRUTH)
    pointers = f"<{b.width} x ptr>"
    f = f"@llvm.masked.gather.{_suffix(b, buffer)}.v{b.width}p0"
    b.intrinsics.add(f"declare {t} {f}({pointers}, i32, {m}, {t})")
    return b.emit(f"call {t} {f}({pointers} {at}, i32 {buffer.bytes}, {m} {mask}, {t} zeroinitializer)")


def _scatter(b: Builder, buffer: Buffer, text: str, at: str, mask: str) -> None:
    t, m = b.register(buffer.stored), b.type(Kind.TRUTH)
    pointers = f"<{b.width} x ptr>"
    f = f"@llvm.masked.scatter.{_suffix(b, buffer)}.v{b.width}p0"
    b.intrinsics.add(f"declare void {f}({t}, {pointers}, i32, {m})")
    b.do(f"call void {f}({t} {text}, {pointers} {at}, i32 {buffer.bytes}, {m} {mask})")
