"""Matrix products in tiles: a routine for each kind of number, which all kernels share.

A panel of the right operand, two vectors wide, is copied so that its rows lie one behind the other. A tile of the
product, some rows in a panel, has its sums in registers: for each row of the panel it reads two vectors, and one number
for each of its own rows (Goto, van de Geijn: Anatomy of High-Performance Matrix Multiplication, 2008).

    void product(ptr left, i64 row, i64 column,         rows and columns of `left` are so many numbers apart
                 ptr right, i64 down, i64 across,       likewise of `right`, of which one is 1
                 ptr out, i64 rows, i64 columns,        row-major
                 i64 inner, i64 depth,                  terms of a sum; how many a panel has at a time
                 i64 blocks, i64 block,                 of the rows, and the rows of one
                 i64 begin, i64 end,                    of the pairs of a panel and a block, which are computed
                 ptr panel, ptr status)                 room; who is told of results that are not finite, or null

The routine is made when a kernel first needs it, and kept on disk like all code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from steepest.schedule.tiling import VECTORS, heights

from .ir.builder import FLAGS, Builder
from .ir.memory import Buffer, first_lanes, load, store
from .ir.place import LANES, at
from .ir.shuffle import transpose
from .ir.value import Kind, Val
from .kernel import NOT_FINITE
from .machine.building import build
from .machine.linking import Code

ARGUMENTS = (
    "ptr noalias %left, i64 %row, i64 %column, ptr noalias %right, i64 %down, i64 %across, ptr noalias %out, "
    "i64 %rows, i64 %columns, i64 %inner, i64 %depth, i64 %blocks, i64 %block, i64 %begin, i64 %end, "
    "ptr noalias %panel, ptr %status"
)
OF_TILE = (
    "ptr noalias %left, i64 %row, i64 %column, ptr noalias %panel, ptr noalias %out, i64 %across, i64 %length, "
    "i64 %before, ptr %status"
)
OF_COPY = "ptr noalias %right, i64 %step, ptr noalias %panel, i64 %columns, i64 %length"
OF_EDGE = "ptr noalias %edge, ptr noalias %out, i64 %across, i64 %rows, i64 %columns, i64 %before, ptr %status"


def address(rest: str) -> int:
    """Where the routine is, by kind and numbers in a vector: ``double:8``.

    Raises:
        LookupError: if there is no such routine.
    """
    kind, _, width = rest.partition(":")
    if kind not in (Kind.DOUBLE.value, Kind.FLOAT.value) or not width.isdecimal():
        raise LookupError(f"there is no matrix product called {rest!r}")
    return _library(Kind(kind), int(width)).address("product")


@cache
def _library(kind: Kind, width: int) -> Code:
    return build(library(kind, width), "product").code


def library(kind: Kind, width: int) -> str:
    """The text of the module."""
    tall = heights(width, kind.bytes)
    routines = [_Routine(kind, width).tile(height, v) for height in tall for v in range(1, VECTORS + 1)]
    routines += [_Routine(kind, width).copy(), _Routine(kind, width).part(), _Routine(kind, width).turned()]
    routines += [_Routine(kind, width).edge(), _Routine(kind, width).product(tall)]
    declared = set().union(*(r.b.intrinsics for r in routines))
    return "\n".join([*sorted(declared), *(r.text for r in routines)])


class _Routine:
    """One routine of the module, under construction."""

    def __init__(self, kind: Kind, width: int) -> None:
        self.kind, self.element, self.wide = kind, kind.value, VECTORS * width
        self.b = Builder(width)
        self.text = ""

    def _finished(self, head: str) -> _Routine:
        lines = [f"define {head} nounwind alignstack(64) {{", "entry:", *self.b.entry, *self.b.lines, "  ret void", "}"]
        self.text = "\n".join(lines)
        return self

    def product(self, tall: Sequence[int]) -> _Routine:
        b = self.b
        edge = b.alloca(tall[0] * self.wide, self.element)
        with b.loop("%begin", "%end") as pair:
            first = b.whole("mul", b.whole("sdiv", pair, "%blocks"), self.wide)
            columns = b.smaller(b.whole("sub", "%columns", first), self.wide)
            top = b.whole("mul", b.whole("srem", pair, "%blocks"), "%block")
            bottom = b.smaller(b.whole("add", top, "%block"), "%rows")
            with b.loop(0, "%inner", "%depth") as j:
                length = b.smaller(b.whole("sub", "%inner", j), "%depth")
                self._copied(first, columns, j, length)
                start = top
                for height in tall:
                    whole = b.whole("mul", b.whole("sdiv", b.whole("sub", bottom, start), height), height)
                    stop = b.whole("add", start, whole)
                    with b.loop(start, stop, height) as i:
                        self._tile(height, i, first, columns, j, length, edge)
                    start = stop
        return self._finished(f"void @product({ARGUMENTS})")

    def _copied(self, first: str, columns: str, j: str, length: str) -> None:
        """The panel that begins at a column and a row of the right operand."""
        b = self.b
        place = b.whole("add", b.whole("mul", j, "%down"), b.whole("mul", first, "%across"))
        source = self._behind("%right", place)
        is_straight = b.pure("icmp eq i64 %across, 1")
        is_whole = b.pure(f"icmp eq i64 {columns}, {self.wide}")
        for name, step, condition in (
            ("copy", "%down", b.pure(f"and i1 {is_straight}, {is_whole}")),
            ("part", "%down", b.pure(f"and i1 {is_straight}, {b.pure(f'xor i1 {is_whole}, true')}")),
            ("turned", "%across", b.pure(f"xor i1 {is_straight}, true")),
        ):
            with b.when(condition):
                b.do(f"call void @{name}(ptr {source}, i64 {step}, ptr %panel, i64 {columns}, i64 {length})")

    def _tile(self, height: int, i: str, first: str, columns: str, j: str, length: str, edge: str) -> None:
        """At an edge a tile goes where it has room, and what is of it is taken from there."""
        b = self.b
        left = self._behind("%left", b.whole("add", b.whole("mul", i, "%row"), b.whole("mul", j, "%column")))
        out = self._behind("%out", b.whole("add", b.whole("mul", i, "%columns"), first))
        given = f"ptr {left}, i64 %row, i64 %column, ptr %panel"
        is_whole = b.pure(f"icmp eq i64 {columns}, {self.wide}")
        with b.when(is_whole):
            where = f"ptr {out}, i64 %columns, i64 {length}, i64 {j}, ptr %status"
            b.do(f"call void @tile{height}x{VECTORS}({given}, {where})")
        with b.when(b.pure(f"xor i1 {is_whole}, true")):
            is_narrow = b.pure(f"icmp sle i64 {columns}, {b.width}")
            for vectors, condition in ((1, is_narrow), (VECTORS, b.pure(f"xor i1 {is_narrow}, true"))):
                with b.when(condition):
                    where = f"ptr {edge}, i64 {self.wide}, i64 {length}, i64 0, ptr %status"
                    b.do(f"call void @tile{height}x{vectors}({given}, {where})")
            found = f"i64 {height}, i64 {columns}, i64 {j}, ptr %status"
            b.do(f"call void @edge(ptr {edge}, ptr {out}, i64 %columns, {found})")

    def edge(self) -> _Routine:
        """The columns that there are, and what was before them."""
        b = self.b
        masks = [first_lanes(b, b.whole("sub", "%columns", v * b.width)) for v in range(VECTORS)]
        with b.loop(0, "%rows") as i:
            source = self._behind("%edge", b.whole("mul", i, self.wide))
            target = self._behind("%out", b.whole("mul", i, "%across"))
            with b.when(b.pure("icmp eq i64 %before, 0")):
                for v, mask in enumerate(masks):
                    self._store(self._load(source, v), target, v, mask)
            with b.when(b.pure("icmp ne i64 %before, 0")):
                for v, mask in enumerate(masks):
                    before = self._load(target, v, mask)
                    total = b.emit(f"fadd {b.type(self.kind)} {before}, {self._load(source, v, mask)}")
                    self._look([total])
                    self._store(total, target, v, mask)
        return self._finished(f"internal void @edge({OF_EDGE})")

    def tile(self, height: int, width: int) -> _Routine:
        """So many rows and vectors; added to what is there if there are terms `before` these."""
        b, t, vectors = self.b, self.b.type(self.kind), range(width)
        multiply = b.intrinsic_name("fmuladd", self.kind, True, 3)
        lefts = [self._behind("%left", b.whole("mul", "%row", i)) for i in range(height)]
        outs = [self._behind("%out", b.whole("mul", "%across", i)) for i in range(height)]
        sums = {(i, v): f"%sum{i}.{v}" for i in range(height) for v in vectors}
        b.do("br label %head")
        b.label("%head")
        b.do("%j = phi i64 [ 0, %entry ], [ %next, %head ]")
        for total in sums.values():
            b.do(f"{total} = phi {t} [ zeroinitializer, %entry ], [ {total}.next, %head ]")
        line = self._behind("%panel", b.whole("mul", "%j", self.wide))
        right = [self._load(line, v) for v in vectors]
        along = b.whole("mul", "%j", "%column")
        for i in range(height):
            left = b.spread(load(b, self._at(lefts[i], along), at(0)).name, self.kind)
            for v in vectors:
                total = sums[i, v]
                b.do(f"{total}.next = call {FLAGS} {t} {multiply}({t} {left}, {t} {right[v]}, {t} {total})")
        b.do("%next = add nsw i64 %j, 1")
        b.do("%more = icmp slt i64 %next, %length")
        b.do("br i1 %more, label %head, label %done")
        b.label("%done")
        with b.when(b.pure("icmp eq i64 %before, 0")):
            self._write({place: f"{total}.next" for place, total in sums.items()}, outs)
        with b.when(b.pure("icmp ne i64 %before, 0")):
            totals = {(i, v): f"fadd {t} {self._load(outs[i], v)}, {sums[i, v]}.next" for i, v in sums}
            self._write({place: b.emit(total) for place, total in totals.items()}, outs)
        return self._finished(f"internal void @tile{height}x{width}({OF_TILE}) noinline")

    def _write(self, sums: Mapping[tuple[int, int], str], lines: Sequence[str]) -> None:
        """The vectors of some lines, once they have been looked at."""
        self._look(list(sums.values()))
        for (i, v), total in sums.items():
            self._store(total, lines[i], v)

    def _look(self, sums: Sequence[str]) -> None:
        """If somebody is told. Their sums may be infinite where those of parts are finite.

        A column that is none is one of zeros, or like the first one: not finite only where others are not.
        """
        with self.b.when(self.b.pure("icmp ne ptr %status, null")):
            self._tell(sums)

    def _tell(self, sums: Sequence[str]) -> None:
        b, t = self.b, self.b.type(self.kind)
        parts = [b.emit(f"fsub {t} {x}, {x}") for x in sums]  # 0, or NaN
        while len(parts) > 1:
            pairs = [b.emit(f"fadd {t} {x}, {y}") for x, y in zip(parts[::2], parts[1::2], strict=False)]
            parts = [*pairs, *parts[len(parts) & ~1 :]]
        lanes = b.emit(f"fcmp uno {t} {parts[0]}, zeroinitializer")
        bits = b.emit(f"bitcast <{b.width} x i1> {lanes} to i{b.width}")
        with b.when(b.emit(f"icmp ne i{b.width} {bits}, 0")):
            b.emit(f"atomicrmw or ptr %status, i32 {NOT_FINITE} monotonic")  # parts run at once

    def copy(self) -> _Routine:
        return self._copy([None] * VECTORS)._finished(f"internal void @copy({OF_COPY})")

    def part(self) -> _Routine:
        """A panel of fewer columns, filled up with zeros."""
        b = self.b
        masks = [first_lanes(b, b.whole("sub", "%columns", v * b.width)) for v in range(VECTORS)]
        return self._copy(masks)._finished(f"internal void @part({OF_COPY})")

    def _copy(self, masks: Sequence[Val | None]) -> _Routine:
        b = self.b
        with b.loop(0, "%length") as j:
            source = self._behind("%right", b.whole("mul", j, "%step"))
            target = self._behind("%panel", b.whole("mul", j, self.wide))
            for v, mask in enumerate(masks):
                self._store(self._load(source, v, mask), target, v)
        return self

    def turned(self) -> _Routine:
        """Rows that become columns, square by square in registers; what is left of the length, number by number.

        A column that is none is like the first.
        """
        b = self.b
        columns = []
        for k in range(self.wide):
            is_there = b.pure(f"icmp slt i64 {k}, %columns")
            place = b.pure(f"select i1 {is_there}, i64 {b.whole('mul', '%step', k)}, i64 0")
            columns.append(self._behind("%right", place))
        whole = b.whole("mul", b.whole("sdiv", "%length", b.width), b.width)
        with b.loop(0, whole, b.width) as j:
            for v in range(VECTORS):
                some = columns[v * b.width : (v + 1) * b.width]
                loaded = [self._load(self._behind(column, j), 0) for column in some]
                square = transpose(b, self.kind, loaded, b.width)
                for lane, row in enumerate(square):
                    line = self._behind("%panel", b.whole("mul", b.whole("add", j, lane), self.wide))
                    self._store(row, line, v)
        with b.loop(whole, "%length") as j:
            line = self._behind("%panel", b.whole("mul", j, self.wide))
            for k, column in enumerate(columns):
                store(b, load(b, self._at(column, j), at(0)), self._at(line, k), at(0))
        return self._finished(f"internal void @turned({OF_COPY})")

    # --- memory ----------------------------------------------------------------------------------------

    def _behind(self, pointer: str, offset: str | int) -> str:
        return self.b.address(pointer, offset, self.element)

    def _at(self, pointer: str, offset: str | int) -> Buffer:
        return Buffer(self._behind(pointer, offset), self.kind, (self.b.width,))

    def _load(self, line: str, vector: int, mask: Val | None = None) -> str:
        (found,) = load(self.b, self._at(line, vector * self.b.width), LANES, mask).parts
        return found

    def _store(self, found: str, line: str, vector: int, mask: Val | None = None) -> None:
        store(self.b, Val(self.kind, (found,), True), self._at(line, vector * self.b.width), LANES, mask)
