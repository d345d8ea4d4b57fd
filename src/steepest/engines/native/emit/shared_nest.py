"""Nests shared among threads: each part takes turns of the outermost loop, from ``%begin`` up to ``%end``.

A turn belongs to the part in which it begins, so that the turns are those of one thread, and what is written entry by
entry is the same, bit by bit. Sums over the outermost loop are those of the parts, put together in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from steepest.engines.native.ir.place import Place
from steepest.schedule.stage import Statement

from .nest import Body, NestWriter
from .regions import Bound
from .runs import Run


class SharedNestWriter(NestWriter):
    """Writes one part of the only outermost loop of a nest."""

    _is_outermost = False

    def loop(self, members: Sequence[Statement], depth: int, bound: dict[Statement, Bound]) -> None:
        before, self._is_outermost = self._is_outermost, depth == 0
        super().loop(members, depth, bound)
        self._is_outermost = before

    def turns(self, low: int, high: int, step: int, body: Body, run: Run | None = None) -> None:
        if not self._is_outermost:
            super().turns(low, high, step, body, run)
            return
        with self._counted(low, high, step, run) as i:
            places = [Place(k, ((i, 1),), 0, (), low + k, high - step + k) for k in range(step)]
            body(places[0] if step == 1 else places)

    @contextmanager
    def _counted(self, low: int, high: int, step: int, run: Run | None) -> Iterator[str]:
        if not self._is_outermost:
            with super()._counted(low, high, step, run) as i:
                yield i
            return
        b = self.b
        start, stop = self._first(low, step), b.smaller("%end", high)
        if run is None or high - low <= run.turns * step:
            with b.loop(start, stop, step) as i:
                self._counters[-1].add(i)
                yield i
            return
        with b.loop(start, stop, run.turns * step) as first:
            with b.loop(first, b.smaller(b.whole("add nsw", first, run.turns * step), stop), step) as i:
                self._counters[-1].add(i)
                yield i
            run.end(b)

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
