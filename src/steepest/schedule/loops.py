"""Which ranges are loops, in which order, and which of them advance by whole registers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import prod

from steepest.lower.program import Gather, Register, Scatter

from .cost import DEAR, LONG_BODY, MANY_ENTRIES, MAX_UNROLLED, MOST_REGISTERS, UNROLL_ALL, UNROLL_BODY, cost
from .deposits import Deposit
from .graph import Graph, Range
from .stage import Form, Loop, Statement

ACROSS = 1 << 14  # entries of an array, from which on its lines leave the nearest cache before the next turn
NEITHER = -3  # a label of another instruction


def straight_work(graph: Graph, registers: Iterable[Register], loops: Collection[Range]) -> float:
    """Operations that remain as straight-line code when these ranges are loops."""
    return sum(
        max(cost(graph.made[r]), 1) * prod(graph.size[q] for q in graph.labels(r).values() if q not in loops)
        for r in registers
    )


def choose_loops(graph: Graph, registers: Collection[Register], rows: Range | None) -> set[Range]:
    """Small irregular code is written out, so that zeros vanish; regular ranges are loops, the longest first."""
    ranges = {q for r in registers for q in graph.labels(r).values() if q != rows}
    chosen = (r for r in registers if not isinstance(graph.made[r], (Gather, Scatter)))
    own = {rows} if rows is not None else set()
    loops = {q for q in ranges if graph.size[q] > MAX_UNROLLED}
    where = graph.touched if not loops else graph.in_pieces  # within a loop only zeros are worth it
    picked = {q for r in chosen for q in where(r)} & ranges
    irregular = straight_work(graph, registers, loops | own) <= UNROLL_ALL
    if picked and not loops and irregular:
        return set()
    regular = ranges - picked if irregular else ranges
    while straight_work(graph, registers, loops | own) > UNROLL_BODY and regular - loops:
        loops.add(max(regular - loops, key=lambda q: (graph.size[q], q)))
    return loops


def computed_for(graph: Graph, own: Collection[Register], known: Collection[Register]) -> set[Register]:
    """Everything that is computed for some registers, from known ones."""
    found: set[Register] = set()
    work = list(own)
    while work:
        r = work.pop()
        if r not in found and r in graph.made:
            found.add(r)
            work.extend(a for a in graph.operands(r) if a not in known)
    return found


def registers_of_a_vector(
    graph: Graph, statements: Sequence[Statement], blocked: Mapping[Range, int], known: Collection[Register]
) -> int:
    """How many a turn of their innermost loop takes: more where there is little to do with each, and room for all."""
    if any(written_out(graph, s, blocked) > MANY_ENTRIES for s in statements):
        return 1
    own = {s.register for s in statements}
    if sum(cost(graph.made[r]) for r in computed_for(graph, own, set(known) - own)) > LONG_BODY:
        return 1
    return 2 if any(cost(graph.made[r]) >= DEAR for r in own) else MOST_REGISTERS


def written_out(graph: Graph, s: Statement, blocked: Mapping[Range, int]) -> int:
    """Entries of an array that stand side by side in the innermost of its loops."""
    gone = {loop.label for loop in s.loops} | set(graph.folded(s.register))
    beside = prod(graph.size[q] for label, q in graph.labels(s.register).items() if label not in gone)
    return beside * prod(blocked.get(loop.range, 1) for loop in s.loops)


class LoopOrder:
    """The loops of a statement away from the rows: contiguous entries innermost, in registers."""

    def __init__(self, graph: Graph, stored: Collection[Register], width: int) -> None:
        self.graph, self.stored, self.width = graph, stored, width

    def loops(self, r: Register, looped: Collection[Range]) -> tuple[Loop, ...]:
        picked = {len(made.shared)} if isinstance(made := self.graph.made[r], Scatter) else set()
        labels = {label: q for label, q in self.graph.labels(r).items() if q in looped and label not in picked}
        folded = self.graph.folded(r)
        leaves = self._leaves(r)
        if not folded:
            leaves.append((self._target_axes(r), prod(self.graph.shape(r))))
        vector = self._vector_label(labels, leaves)
        largest = max(leaves, key=lambda leaf: leaf[1], default=((), 0))[0]
        depth = {label: largest.index(label) if label in largest else -1 for label in labels}
        sums_lanes = vector in folded  # then all free entries are outside: each sum is one of registers
        order = sorted(
            labels,
            key=lambda label: (label == vector, sums_lanes and label in folded, depth[label], label in folded, label),
        )
        return tuple(Loop(i, labels[i], i in folded, i == vector) for i in order)

    def across(self, statements: Iterable[Statement]) -> dict[Range, int]:
        """Ranges right outside of vectors, along which large arrays are contiguous that these read across.

        So many of its turns go together as a line of the cache has entries, which then is read as a whole.
        """
        found: dict[Range, int] = {}
        for s in statements:
            folds = any(loop.folded for loop in s.loops)
            if s.form is not Form.VALUE or folds or s.elsewhere or len(s.loops) < 2 or not s.loops[-1].vector:
                continue
            outer, inner = s.loops[-2:]
            large = [axes for axes, size in self._leaves(s.register) if size >= ACROSS]
            if any(axes[-1] == outer.label and inner.label in axes for axes in large if axes):
                found[outer.range] = self.width
        return {q: n for q, n in found.items() if self.graph.size[q] >= n}

    def _target_axes(self, r: Register) -> tuple[int, ...]:
        """The labels of the axes of the array that is written."""
        made = self.graph.made[r]
        if not isinstance(made, Deposit):
            return tuple(range(len(self.graph.shape(r))))
        follows = iter(made.piece.follows)
        windows = [None if isinstance(place, int) else next(follows) for place in made.piece.places]
        return tuple(NEITHER if i is None else made.axes.index(i) for i in windows)

    def _vector_label(self, labels: dict[int, Range], leaves: list[tuple[tuple[int, ...], int]]) -> int | None:
        """The label that is contiguous for most of what is read and written, if it is long enough."""
        weight = dict.fromkeys((i for i, q in labels.items() if 2 * self.graph.size[q] >= self.width), 0)
        for axes, size in leaves:
            if axes and axes[-1] in weight:
                weight[axes[-1]] += size
        return max(weight, key=lambda i: (weight[i], self.graph.size[labels[i]], i), default=None)

    def _leaves(self, r: Register) -> list[tuple[tuple[int, ...], int]]:
        """The arrays in memory that an entry of `r` is made from: the labels of their axes, and their sizes.

        A shifted axis counts as read in step: it is as contiguous.
        """
        found: list[tuple[tuple[int, ...], int]] = []
        seen: set[tuple[Register, tuple[int, ...]]] = set()
        work = [(r, tuple(range(len(self.graph.shape(r)))))]
        while work:
            at, names = work.pop()
            if (at, names) in seen:
                continue
            seen.add((at, names))
            if at != r and (at in self.stored or at not in self.graph.made):
                found.append((names, prod(self.graph.shape(at))))
                continue
            how = self.graph.readings[at]
            for read in how.all if how is not None else ():
                inner = tuple(names[i] if 0 <= i < len(names) else NEITHER for i in read.near)
                if at == r:
                    inner = read.near
                work.append((read.register, inner))
        return found
