"""What is computed once and kept in memory, and what is computed again wherever it is read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import prod

from steepest.lower.program import Gather, Register, Reshape, Scatter

from .cost import AGAIN, DEAR, KEEP, KEEP_IN_PLACE, MAX_UNROLLED, REREAD, cheap_again, entry_cost
from .deposits import Collect, Deposit
from .factors import Routine
from .graph import Graph
from .in_place import home
from .products import Product
from .reading import ELSEWHERE
from .rows import Passes


def free_to_read(graph: Graph) -> set[Register]:
    """What costs nothing to read again: given arrays, numbers, and other places of such."""
    found = graph.given | set(graph.program.constants)
    for r in graph.order:
        made = isinstance(graph.made[r], (Deposit, Collect)) or graph.readings[r] is None
        if entry_cost(graph, r) == 0 and not made and found.issuperset(graph.operands(r)):
            found.add(r)
    return found


def needs_array(graph: Graph, products: Collection[Register]) -> set[Register]:
    """What must lie in memory, because it is read at computed places or by a routine."""
    found: set[Register] = set()
    for r in graph.order:
        made, how = graph.made[r], graph.readings[r]
        if r in products or how is None:
            found.update(graph.operands(r))
        elif isinstance(made, Reshape) or (isinstance(made, Gather) and not cheap_again(graph, made.source)):
            found.update(read.register for read in how.reads if ELSEWHERE in read.labels)
    return {r for r in found if r in graph.made}


class Keeping:
    """The arrays away from the rows that are computed once, and the row values stored between passes."""

    def __init__(self, graph: Graph, passes: Passes, products: Mapping[Register, Product | Routine]) -> None:
        self.graph, self.passes, self.products = graph, passes, products
        self.arrays = needs_array(graph, products)
        self.uniform: set[Register] = set()
        self.stored: set[Register] = set()
        self.in_place: dict[Register, Register] = {}  # those of them that lie where a result will be
        self._demands: dict[Register, float] = {}  # evaluations, with pieces looked for in all of an array,
        self._entries: dict[Register, float] = {}  # and where they stand, each entry once for each of its readers
        self._free = free_to_read(graph)
        self._cones = self._cone_costs()
        for r in reversed(graph.order):
            if not passes.has_rows(r) and self._once(r):
                self.uniform.add(r)
            self._ask(r)
        if passes.rows is not None:
            self._store_rows()

    def _size(self, r: Register) -> int:
        return prod(self.graph.shape(r))

    def _ask(self, r: Register) -> None:
        """What computing `r` asks of its operands: so many evaluations of entries in all."""
        how, once = self.graph.readings[r], self._once(r)
        folded = prod(self.graph.size[q] for q in self.graph.folded(r).values())
        times, in_place = (self._size(r) if once else asked.get(r, 0) for asked in (self._demands, self._entries))
        pieces = [read.register for read in how.pieces] if how is not None else []
        for a in self.graph.operands(r):
            self._demands[a] = self._demands.get(a, 0) + times * folded
            if a not in pieces:
                self._read(a, min(in_place * folded, in_place * self._size(a) / max(self._size(r), 1)))
        for a in pieces:
            self._read(a, in_place * self._size(a) / max(self._size(r), 1))

    def _read(self, a: Register, entries: float) -> None:
        self._entries[a] = self._entries.get(a, 0) + entries

    def _once(self, r: Register) -> bool:
        graph, passes = self.graph, self.passes
        if passes.sums_rows(r) or r in graph.program.outputs or r in self.arrays or r in self.products:
            return True
        if graph.readings[r] is None or isinstance(graph.made[r], (Scatter, Deposit, Collect)):
            return True
        readers = graph.users.get(r, ())
        if any(passes.has_rows(u) or passes.sums_rows(u) for u in readers):
            return r not in self._free or len(graph.shape(r)) == 1  # weights of rows are read as an array
        size, cone = self._size(r), self._cones[r]
        if cone >= DEAR and self._demands.get(r, 0) > AGAIN * size:
            return True
        return size > MAX_UNROLLED and cone * (self._entries.get(r, 0) - size) > KEEP * size

    def _cone_costs(self) -> dict[Register, float]:
        """Additions for one entry with what is computed on the way, sums and dear things taken as given."""
        found: dict[Register, float] = {}
        for r in self.graph.order:
            own = entry_cost(self.graph, r)
            cheap = [a for a in self.graph.operands(r) if a in found and not self.graph.folded(a)]
            found[r] = own + sum(found[a] for a in cheap if found[a] < DEAR)
        return found

    def _store_rows(self) -> None:
        """Row values that a later pass reads: stored where computing them again costs more."""
        graph, passes = self.graph, self.passes
        work: dict[Register, float] = {}
        arrays: dict[Register, set[Register]] = {}
        read_in = {(passes.made_in[u], v) for u in graph.order for v in graph.operands(u)}
        for r in [*graph.program.inputs, *graph.order]:
            if not passes.has_rows(r) and not passes.sums_rows(r):
                continue
            if r not in graph.made:
                work[r], arrays[r] = 0.0, {r}
                continue
            over = [a for a in graph.operands(r) if passes.has_rows(a)]
            work[r] = entry_cost(graph, r) + sum(work.get(a, 0.0) for a in over)
            arrays[r] = set().union(*(arrays.get(a, set()) for a in over))
            if not passes.has_rows(r):
                continue
            later = [passes.made_in[u] for u in graph.users.get(r, ()) if passes.made_in[u] > passes.ready[r]]
            again = sum(passes.width(v) for v in arrays[r] if any((p, v) not in read_in for p in later))
            more = max(again - 1, 0)  # what is stored is read again too
            again_dear = len(graph.shape(r)) == 1 and work[r] + REREAD * more > KEEP_IN_PLACE
            if not later or not (r in self.arrays or again_dear):
                continue
            result = home(graph, passes, r, self.in_place.values())
            if result is not None:
                self.in_place[r] = result
            if r in self.arrays or result is not None or work[r] + REREAD * more > KEEP:
                self.stored.add(r)
                work[r], arrays[r] = 0.0, set()
