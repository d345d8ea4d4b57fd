"""Nests shared among threads: each part takes turns of the outermost loop, from ``%begin`` up to ``%end``.

A turn belongs to the part in which it begins, so that the turns are those of one thread, and what is written entry by
entry is the same, bit by bit. Sums over the outermost loop are those of the parts, put together in order.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from steepest.engines.native.ir.place import Place
from steepest.lower.program import Register
from steepest.schedule.cost import MOST_REGISTERS, UNCUT, Parts
from steepest.schedule.deposits import Deposit
from steepest.schedule.graph import Graph
from steepest.schedule.loops import computed_for
from steepest.schedule.stage import Form, Nest, Statement

from .grouping import grouped
from .nest import Body, Bound, NestWriter

PartsOf = Callable[[Graph, Collection[int], Collection[int], Collection[int], int], Parts]  # as `cost` has them


@dataclass(frozen=True)
class Group:
    """Statements in one outermost loop, or several one after the other; how many parts, of how many turns."""

    nest: Nest
    parts: Parts = UNCUT
    turns: int = 0
    length: int = 0
    summing: tuple[Register, ...] = ()  # those that are summed over the outermost loop


class SharedNestWriter(NestWriter):
    """Writes one part of the only outermost loop of a nest."""

    _is_outermost = False

    def cut(self, known: Collection[Register], parts_of: PartsOf) -> Iterator[Group]:
        """The nest cut before and after each outermost loop worth sharing; `known` arrays are in memory before it."""
        waiting: list[Statement] = []
        for key, members in grouped(self.graph, self.nest, self.nest.statements, 0):
            group = self._shared(members, known, parts_of) if key is not None else None
            if group is None or self._are_depositing(waiting):
                waiting += members
                continue
            if waiting:
                yield Group(replace(self.nest, statements=tuple(waiting)))
                waiting = []
            yield group
        if waiting:
            yield Group(replace(self.nest, statements=tuple(waiting)))

    def _are_depositing(self, statements: Sequence[Statement]) -> bool:
        """Whether more is put into an array: it is cleared where a group begins, so all deposits are made in one."""
        into = {made.into for s in statements if isinstance(made := self.graph.made[s.register], Deposit)}
        return not into.issubset(s.register for s in statements)

    def _shared(self, members: Sequence[Statement], known: Collection[Register], parts_of: PartsOf) -> Group | None:
        """The group of the members of an outermost loop, if it is worth sharing."""
        if not all(self._is_parted(s) for s in members):
            return None
        graph, own = self.graph, {s.register for s in members}
        summing = tuple(s.register for s in members if s.loops[0].folded)
        computed = computed_for(graph, own, set(known) - own)
        parts = parts_of(graph, computed, own, summing, self.b.width)
        by_vectors = members[0].loops[0].vector
        step = MOST_REGISTERS * self.b.width if by_vectors else max(self.nest.blocked.values(), default=1)
        length = max(graph.size[s.loops[0].range] for s in members)
        turns = -(-length // (parts.count * step)) * step
        if parts.count == 1 or turns >= length:
            return None
        nest = replace(self.nest, statements=tuple(members))
        return Group(nest, parts.of(length, turns), turns, length, summing)

    def _is_parted(self, s: Statement) -> bool:
        """Whether a part writes its own entries, or sums that are put together; others write all over their arrays."""
        all_over = s.form is Form.SCATTER or (s.form is Form.VALUE and self._in_place(s))
        return s.loops[0].folded if all_over else s.form is Form.VALUE

    def loop(self, members: Sequence[Statement], depth: int, bound: dict[Statement, Bound]) -> None:
        before, self._is_outermost = self._is_outermost, depth == 0
        super().loop(members, depth, bound)
        self._is_outermost = before

    def turns(self, low: int, high: int, step: int, body: Body, run: int = 0) -> None:
        if not self._is_outermost:
            super().turns(low, high, step, body, run)
            return
        with self._counted(low, high, step, run) as i:
            places = [Place(k, ((i, 1),), 0, (), low + k, high - step + k) for k in range(step)]
            body(places[0] if step == 1 else places)

    @contextmanager
    def _counted(self, low: int, high: int, step: int, run: int) -> Iterator[str]:
        if not self._is_outermost:
            with super()._counted(low, high, step, run) as i:
                yield i
            return
        b = self.b
        start, stop = self._first(low, step), b.smaller("%end", high)
        if not run or high - low <= run * step:
            with b.loop(start, stop, step) as i:
                self._counters[-1].add(i)
                yield i
            return
        with b.loop(start, stop, run * step) as first:
            with b.loop(first, b.smaller(b.whole("add nsw", first, run * step), stop), step) as i:
                self._counters[-1].add(i)
                yield i
            for sums in self._long(self.running.values()):
                sums.flush(b)

    def _first(self, low: int, step: int) -> str:
        """The first turn from `low` on in steps that is not before ``%begin``."""
        b = self.b
        left = b.whole("sub", "%begin", low)
        is_later = b.pure(f"icmp sgt i64 {left}, 0")
        some = b.pure(f"select i1 {is_later}, i64 {left}, i64 0")
        steps = b.whole("sdiv", b.whole("add", some, step - 1), step)
        return b.whole("add", b.whole("mul", steps, step), low)

    def _at_once(self, low: int, high: int, body: Body) -> None:
        if not self._is_outermost:
            super()._at_once(low, high, body)
            return
        b = self.b
        after, before = b.pure(f"icmp sge i64 {low}, %begin"), b.pure(f"icmp slt i64 {low}, %end")
        with b.when(b.pure(f"and i1 {after}, {before}")):
            super()._at_once(low, high, body)
