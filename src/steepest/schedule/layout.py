"""How arrays over the rows are read: along their contiguous axis, or turned so that lanes are rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import prod

import numpy as np

from steepest.lower.program import Contraction, Gather, Matmul, Register, Scatter, Sum, Tensordot

from .cost import (
    FAR,
    FAR_BLOCK,
    FAR_ROWS,
    FAR_WORK,
    FULL,
    GATHER_SUMS,
    IN_REGISTERS,
    MANY_SUMS,
    MAX_UNROLLED,
    MOST_CHUNKS,
    NEAR_BLOCK,
    NEAR_ROWS,
    NEAR_WORK,
    SHORT_BODY,
    TILE_BYTES,
    TRANSPOSE,
    block_of,
)
from .graph import Graph, Range
from .halves import side_that_is_read
from .loops import straight_work
from .reading import Read
from .stage import Form, Statement, Weighted

AT_ONCE = 2  # registers: so few rows go side by side, whatever the work, for nothing else is there to do meanwhile
AS_MANY_ROWS = 4  # registers of them in a block beside sums, whatever divides their number


class RowLayout:
    """The layout of one pass over the rows."""

    def __init__(self, graph: Graph, rows: Range, width: int) -> None:
        self.graph, self.rows, self.width = graph, rows, width

    def along(self, registers: Sequence[Register]) -> frozenset[Register]:
        """Arrays whose every use is a product with a vector, along the axis they are contiguous in."""
        readers: dict[Register, list[Register]] = {}
        for r in registers:
            for a in self.graph.operands(r):
                if a in self.graph.given and len(self.graph.shape(a)) == 2 and self.graph.ranges(a)[0] == self.rows:
                    readers.setdefault(a, []).append(r)
        return frozenset(
            x
            for x, uses in readers.items()
            if all(self.form(r, x) is not None for r in uses) and self._pays(self.graph.shape(x)[1], len(uses))
        )

    def form(self, r: Register, x: Register) -> Form | None:
        """Which of the two products along features an instruction is, of the array `x`."""
        how = self.graph.readings[r]
        if how is None or how.pieces or not isinstance(self.graph.made[r], (Matmul, Tensordot, Contraction, Sum)):
            return None
        mine = [read for read in how.reads if read.register == x]
        if len(mine) != 1 or len(mine[0].labels) != 2 or len(how.folded) != 1 or len(self.graph.shape(r)) != 1:
            return None
        m, f = mine[0].labels
        others = [read for read in how.reads if read.register != x]
        if len(others) != 1:
            return None
        (other,) = others
        types = {self.graph.program.registers[a].dtype for a in (r, x, other.register)}
        if types not in ({np.dtype(np.float64)}, {np.dtype(np.float32)}):
            return None
        if how.folded == (f,) and other.labels == (f,):
            return Form.DOT
        return Form.OUTER if how.folded == (m,) and other.labels == (m,) else None

    def weighted(self, r: Register) -> Weighted | None:
        """How an instruction sums rows of a matrix with several weights each, if lanes are best along these rows."""
        graph, how = self.graph, self.graph.readings[r]
        if how is None or how.pieces or not isinstance(graph.made[r], (Matmul, Tensordot, Contraction)):
            return None
        shape, dtype = graph.shape(r), graph.program.registers[r].dtype
        if len(how.folded) != 1 or self.rows not in graph.folded(r).values() or len(shape) < 2 or dtype is None:
            return None
        (m,) = how.folded
        for k, read in enumerate(how.reads):
            if len(read.labels) != 2:
                continue
            n = read.labels[1]
            alike = graph.program.registers[read.register].dtype == dtype and dtype.kind == "f"
            if read.register not in graph.given or read.labels != (m, n) or n not in (0, len(shape) - 1) or not alike:
                continue
            alone = all(n not in other.labels for j, other in enumerate(how.reads) if j != k)
            chunks = -(-shape[n] // self.width)
            if alone and chunks <= MOST_CHUNKS and shape[n] >= FULL * chunks * self.width:
                return Weighted(read.register, k, n, m)
        return self._weighted_and_computed(r, m, how.reads) if prod(shape) >= MANY_SUMS and dtype.kind == "f" else None

    def _weighted_and_computed(self, r: Register, m: int, reads: Sequence[Read]) -> Weighted | None:
        """So many sums that a register each would be too many: blocks of a computed array are turned instead."""
        shape = self.graph.shape(r)
        n = len(shape) - 1
        mine = [k for k, read in enumerate(reads) if n in read.labels]
        if len(mine) != 1 or min(reads[mine[0]].labels) < 0 or min(min(read.labels) for read in reads) < 0:
            return None
        own = [q for q in range(n) if q not in reads[mine[0]].labels]
        chunks = -(-shape[n] // self.width)
        if (
            len(own) != 1
            or shape[own[0]] < self.width
            or not FULL * chunks * self.width <= shape[n]
            or chunks > MOST_CHUNKS
        ):
            return None
        side = side_that_is_read(self.graph, r) if own == [n - 1] else None
        return Weighted(None, mine[0], n, m, side)

    def _pays(self, n: int, uses: int) -> bool:
        """Cycles for `width` rows: chunks and one gathering of sums, or a transposition and multiply-adds."""
        chunks = -(-n // self.width)
        along = uses * self.width * chunks + GATHER_SUMS
        across = TRANSPOSE * chunks + uses * n + (2 * n if n > IN_REGISTERS else 0)
        return along <= across

    def tiled(
        self, registers: Sequence[Register], ready: Collection[Register], along: Collection[Register]
    ) -> tuple[Register, ...]:
        """Arrays that are turned, block by block: those of which the rows are the first axis and not the last."""
        arrays = dict.fromkeys(
            a
            for r in registers
            for a in self.graph.operands(r)
            if a in ready and self.graph.ranges(a)[:1] == [self.rows] and len(self.graph.shape(a)) > 1
            if not self._only_weighted(r, a)
        )
        return tuple(a for a in arrays if a not in along)

    def _only_weighted(self, r: Register, a: Register) -> bool:
        weighted = self.weighted(r)
        return weighted is not None and weighted.array == a and sum(q.register == a for q in self.graph.reads(r)) == 1

    def gathered(
        self, registers: Sequence[Register], kept: Collection[Register], in_memory: Collection[Register]
    ) -> tuple[Register, ...]:
        """Rows of several entries that an index of each row picks from an array in memory."""
        return tuple(r for r in registers if r not in kept and self._gathers_rows(r, in_memory))

    def _gathers_rows(self, r: Register, in_memory: Collection[Register]) -> bool:
        made, graph = self.graph.made[r], self.graph
        if (
            not isinstance(made, Gather)
            or made.source not in in_memory
            or made.shared
            or made.outside != 0
            or graph.ranges(made.index) != [self.rows]
        ):
            return False
        ranges = graph.ranges(made.source)
        dtype = graph.program.registers[r].dtype
        return (
            self.rows not in ranges and dtype is not None and dtype.kind == "f" and 1 < self._entries(r) <= MAX_UNROLLED
        )

    def lanes(
        self,
        registers: Sequence[Register],
        statements: Sequence[Statement],
        looped: Collection[Range],
        tiled: Sequence[Register],
        blocked: dict[Range, int],
        along: Collection[Register],
    ) -> int:
        """Rows in a block: as many as keep its temporaries in the cache, or its values in registers."""
        length = self.graph.size[self.rows]
        if not looped:
            picked = any(isinstance(self.graph.made[r], (Gather, Scatter)) for r in registers)
            if self.width < length <= AT_ONCE * self.width and not (along or tiled or picked):
                return AT_ONCE * self.width
            work = straight_work(self.graph, registers, {self.rows})
            more = self._registers_of_rows(work, along) if along else 2
            return more * self.width if work <= SHORT_BODY and length >= 2 * more * self.width else self.width
        made = [s.register for s in statements if s.form is Form.VALUE and s.loops]
        entries = sum(self._entries(r) for r in made if self.rows not in self.graph.folded(r).values())
        entries += sum(self._entries(a) for a in tiled)
        fitting = (u for u, room in TILE_BYTES if entries * u * self.width * 8 <= room and u * self.width <= length)
        registers_a_vector = next(fitting, 1)
        if any(u > 1 for u in blocked.values()):
            registers_a_vector = min(registers_a_vector, 4)
        return registers_a_vector * self.width

    def _registers_of_rows(self, work: float, along: Collection[Register]) -> int:
        """Side by side in a pass that reads these arrays along their features."""
        row = sum(self._entries(a) * self._item_bytes(a) for a in along)
        far = row * self.graph.size[self.rows] > FAR
        more, most, least = (FAR_ROWS, FAR_BLOCK, FAR_WORK) if far else (NEAR_ROWS, NEAR_BLOCK, NEAR_WORK)
        return more if work >= least and more * self.width * row <= most else 1

    def _item_bytes(self, r: Register) -> int:
        dtype = self.graph.program.registers[r].dtype
        return dtype.itemsize if dtype is not None else 8

    def _entries(self, r: Register) -> int:
        return prod(self.graph.size[q] for q in self.graph.ranges(r) if q != self.rows)

    def blocks(self, statements: Sequence[Statement], repeated: Collection[Range]) -> dict[Range, int]:
        """Free ranges right outside a sum: several entries share the loads of its body."""
        found = {}
        for s in statements:
            free = [loop for loop in s.loops if not loop.folded]
            inside = s.form is Form.WEIGHTED or any(loop.folded for loop in s.loops)
            if free and inside and free[-1].range not in repeated:
                size = self.graph.size[free[-1].range]
                found[free[-1].range] = block_of(int(size)) if free[-1].range != self.rows else AS_MANY_ROWS
        return found
