"""Products of rows with one vector, read along the contiguous axis: no transposition, one gathering of sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from steepest.engines.native.ir.builder import FLAGS, Builder
from steepest.engines.native.ir.memory import Buffer, first_lanes, load, register_of, store
from steepest.engines.native.ir.place import Place, at
from steepest.engines.native.ir.shuffle import sums
from steepest.engines.native.ir.value import Kind, Val, Value
from steepest.lower.program import Register as Array

from .entries import Entries

CHUNKS_UNROLLED = 16
CHUNKS_KEPT = 2  # of a row, in registers from its product to its sum: beyond, they are loaded again


class Features:
    """The statements of one pass that read arrays along their features."""

    def __init__(self, b: Builder, entries: Entries, along: frozenset[Array], room: Callable[[int], str]) -> None:
        self.b, self.entries, self.along, self.room = b, entries, along, room
        self.sums: dict[Array, str] = {}
        self.base = ""

    def _array(self, r: Array) -> tuple[Buffer, int]:
        (x,) = self.along.intersection(self.entries.graph.operands(r))
        buffer = self.entries.buffers[x]
        return buffer, buffer.shape[1]

    def _other(self, r: Array) -> Array:
        how = self.entries.graph.readings[r]
        assert how is not None
        return next(read.register for read in how.reads if read.register not in self.along)

    def _chunks(self, n: int) -> Iterator[tuple[Place, Val | None]]:
        """Groups of features; the last one may be shorter."""
        b = self.b
        whole = n // b.width
        if whole > CHUNKS_UNROLLED:
            with b.loop(0, whole * b.width, b.width) as i:
                yield Place(0, ((i, 1),), 0, (), 0, n - 1), None
        else:
            for c in range(whole):
                yield at(c * b.width), None
        if n % b.width:
            yield at(whole * b.width), first_lanes(b, n % b.width)

    def _row(self, r: int, part: int) -> str:
        """A row of the block; lanes outside the mask repeat its first row."""
        b, mask = self.b, self.entries.mask
        lane = part * b.width + r
        row = b.whole("add nsw", self.base, lane) if lane else self.base
        if mask is None or not lane:
            return row
        exists = b.pure(f"extractelement {b.type(Kind.TRUTH)} {mask.parts[part]}, i64 {r}")
        return b.pure(f"select i1 {exists}, i64 {row}, i64 {self.base}")

    def _read(self, buffer: Buffer, row: str, c: Place, mask: Val | None) -> str:
        place = Place(0, ((row, buffer.shape[1]),), 1, (), 0, 0).plus(c)
        return load(self.b, buffer, place, mask).parts[0]

    def dot(self, r: Array) -> Val:
        """``Σ_j X[m, j] w[j]`` for the rows of the block."""
        b = self.b
        buffer, n = self._array(r)
        weights = self.entries.buffers[self._other(r)]
        kind = buffer.kind
        with b.with_lanes(b.width):
            parts = [self._dots(buffer, weights, kind, n, part) for part in range(self._registers())]
        return Val(kind, tuple(parts), True)

    def _registers(self) -> int:
        return 1

    def _dots(self, buffer: Buffer, weights: Buffer, kind: Kind, n: int, part: int) -> str:
        """The sums of `width` rows, row after row as they lie in memory: it is read twice as fast so."""
        b = self.b
        t = b.type(kind)
        rows = [self._row(r, part) for r in range(b.width)]
        slots = [b.alloca(1, t) for _ in rows]
        for slot in slots:
            b.do(f"store {t} zeroinitializer, ptr {slot}, align 64")
        side_by_side = 1 if n // b.width <= CHUNKS_UNROLLED else b.width
        for first in range(0, b.width, side_by_side):
            group = list(zip(rows, slots, strict=True))[first : first + side_by_side]
            for c, mask in self._chunks(n):
                w = self._weight(weights, c, mask)
                for row, slot in group:
                    self._prefetch(buffer, row, c)
                    old = b.emit(f"load {t}, ptr {slot}, align 64")
                    new = self._multiply_add(kind, self._read(buffer, row, c, mask), w, old)
                    b.do(f"store {t} {new}, ptr {slot}, align 64")
        return sums(b, kind, [b.emit(f"load {t}, ptr {slot}, align 64") for slot in slots])

    DIST=0;ROWMAJOR=1
    def _prefetch(self, buffer: Buffer, row: str, c: Place) -> None:
        b = self.b
        if not self.DIST: return
        place = Place(0, ((row, buffer.shape[1]),), 1, (), 0, 0).plus(c).plus(at(self.DIST*buffer.shape[1]*b.width))
        b.intrinsics.add("declare void @llvm.prefetch.p0(ptr, i32, i32, i32)")
        a = b.address(buffer.pointer, register_of(b, place), buffer.kind.value)
        b.do(f"call void @llvm.prefetch.p0(ptr {a}, i32 0, i32 3, i32 1)")

    def _weight(self, weights: Buffer, c: Place, mask: Val | None) -> str:
        key = ("weights", weights.pointer, c)
        found = self.b.recall(key)
        if found is None:
            found = load(self.b, weights, Place(0, (), 1, (), 0, 0).plus(c), mask).parts[0]
            self.b.keep(key, found)
        return str(found)

    def _multiply_add(self, kind: Kind, x: str, y: str, z: str) -> str:
        b = self.b
        t = b.type(kind)
        f = b.intrinsic_name("fmuladd", kind, True, 3)
        return b.emit(f"call {FLAGS} {t} {f}({t} {x}, {t} {y}, {t} {z})")

    # --- sums of rows with weights ---------------------------------------------------------------------------

    def open(self, r: Array) -> None:
        """Zeros for the sum."""
        b = self.b
        buffer, n = self._array(r)
        t = b.type(buffer.kind)
        chunks = -(-n // b.width)
        self.sums[r] = self.room(chunks * b.width * buffer.kind.bytes)
        with b.loop(0, chunks) as i:
            b.do(f"store {t} zeroinitializer, ptr {b.address(self.sums[r], i, t)}, align {b.width * buffer.kind.bytes}")

    def outer(self, r: Array, row: Place) -> None:
        """Adds the rows of the block, each times its weight."""
        b = self.b
        buffer, n = self._array(r)
        kind = buffer.kind
        weight = self.entries.entry(self._other(r), (row,))
        if self.entries.mask is not None:
            weight = b.select(self.entries.mask, weight, 0.0)
        texts = b.texts(weight, kind, True)
        before = self.base
        if n > CHUNKS_KEPT * b.width:
            self.base = _again(b, before)
        with b.with_lanes(b.width):
            for part, text in enumerate(texts):
                self._add_rows(r, buffer, kind, n, part, text)
        self.base = before

    def _add_rows(self, r: Array, buffer: Buffer, kind: Kind, n: int, part: int, weights: str) -> None:
        b = self.b
        t = b.type(kind)
        rows = [self._row(k, part) for k in range(b.width)]
        lanes = [", ".join([f"i32 {k}"] * b.width) for k in range(b.width)]
        spread = [b.pure(f"shufflevector {t} {weights}, {t} poison, <{b.width} x i32> <{q}>") for q in lanes]
        if self.ROWMAJOR and n // b.width <= CHUNKS_UNROLLED:
            chunks=list(self._chunks(n)); totals=[]
            for c, mask in chunks:
                totals.append(b.emit(f"load {t}, ptr {b.address(self.sums[r], register_of(b, c), kind.value)}, align 64"))
            for row, one in zip(rows, spread, strict=True):
                for k,(c, mask) in enumerate(chunks):
                    totals[k]=self._multiply_add(kind, self._read(buffer, row, c, mask), one, totals[k])
            for tt,(c, mask) in zip(totals,chunks):
                b.do(f"store {t} {tt}, ptr {b.address(self.sums[r], register_of(b, c), kind.value)}, align 64")
            return
        for c, mask in self._chunks(n):
            at_ = b.address(self.sums[r], register_of(b, c), kind.value)
            align = b.width * kind.bytes
            total = b.emit(f"load {t}, ptr {at_}, align {align}")
            for row, one in zip(rows, spread, strict=True):
                total = self._multiply_add(kind, self._read(buffer, row, c, mask), one, total)
            b.do(f"store {t} {total}, ptr {at_}, align {align}")

    def close(self, r: Array) -> None:
        b = self.b
        buffer, n = self._array(r)
        target = self.entries.buffers[r]
        source = Buffer(self.sums[r], buffer.kind, (n,))
        for c, mask in self._chunks(n):
            place = Place(0, (), 1, (), 0, 0).plus(c)
            value: Value = load(b, source, place, mask)
            store(b, value, target, place, mask)


def _again(b: Builder, row: str) -> str:
    """The same row, which LLVM does not know: it would keep what it has loaded, on the stack."""
    return b.emit(f'call i64 asm "", "=r,0"(i64 {row})')
