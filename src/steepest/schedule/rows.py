"""The rows: the long range that a whole program can go through once, and the passes that takes."""

from __future__ import annotations

from math import prod

from steepest.lower.program import Register, Scatter

from .cost import MIN_ROWS, cheap_again
from .deposits import Collect
from .graph import Graph, Range


def choose_rows(graph: Graph) -> Range | None:
    """The longest range that leads every given array it is in, is once in every instruction, and never shifted."""
    barred: set[Range] = set()
    for r in graph.order:
        barred |= graph.repeated(r) | graph.touched(r)
        if isinstance(graph.made[r], (Scatter, Collect)):
            barred.update(graph.ranges(r))  # which lie in memory as a whole
    leading: set[Range] = set()
    for r in graph.given:
        ranges = graph.ranges(r)
        leading.update(ranges[:1])
        barred.update(ranges[1:])
    for r in graph.program.outputs:
        barred.update(graph.ranges(r)[1:])
    candidates = [q for q in leading - barred if graph.size[q] >= MIN_ROWS]
    return max(candidates, key=lambda q: graph.size[q], default=None)


def choose_batch(graph: Graph) -> Range | None:
    """The longest range that leads a given array, is never shifted, and is once in every instruction."""
    barred: set[Range] = set().union(*(graph.repeated(r) | graph.touched(r) for r in graph.order))
    leading = {ranges[0] for r in graph.given if (ranges := graph.ranges(r))}
    return max(leading - barred, key=lambda q: graph.size[q], default=None)


class Passes:
    """A value that needs a finished sum over the rows belongs to the next pass over them."""

    def __init__(self, graph: Graph, rows: Range | None, width: int) -> None:
        self.graph, self.rows = graph, rows
        self.apart = {r for r in graph.order if self._goes_apart(r, width)}
        self.ready: dict[Register, int] = {}  # the pass from which on it can be read
        self.made_in: dict[Register, int] = {}
        for r in graph.order:
            p = max((self.ready.get(a, 0) for a in graph.operands(r)), default=0)
            self.made_in[r] = p + (r in self.apart)
            self.ready[r] = self.made_in[r] + self.sums_rows(r)
        self.last = max(self.ready.values(), default=0)

    def has_rows(self, r: Register) -> bool:
        return self.rows is not None and self.rows in self.graph.ranges(r)

    def sums_rows(self, r: Register) -> bool:
        return self.rows is not None and self.rows in self.graph.folded(r).values() and r not in self.apart

    def _goes_apart(self, r: Register, width: int) -> bool:
        """Whether sums by index are made after the pass: each row adds whole registers, which lie along its entries."""
        made = self.graph.made[r]
        if not isinstance(made, Scatter) or self.rows not in self.graph.folded(r).values():
            return False
        entries = self.graph.shape(r)[len(made.shared) + 1 :]
        return prod(entries) >= width and cheap_again(self.graph, made.source, {made.index})

    def width(self, r: Register) -> int:
        """Entries of one row."""
        n = 1
        for q in self.graph.ranges(r):
            n *= self.graph.size[q] if q != self.rows else 1
        return n
