"""The steps of a repetition that are alike, and what of them anybody reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from steepest.expr.node import Expr
from steepest.expr.traversal import toposort

from .likeness import Leaves, Likeness
from .repetition import Repetition


@dataclass(frozen=True)
class Steps:
    """Like steps of `period` items each, in a row of items. An item of a step is told by its place in it."""

    items: Sequence[Expr]
    likeness: Likeness
    start: int
    period: int
    leaves: Sequence[Sequence[Leaves]]  # of each step, of each item in it

    @property
    def count(self) -> int:
        return len(self.leaves)

    def start_of(self, step: int) -> int:
        return self.start + step * self.period

    def item(self, step: int, place: int) -> Expr:
        return self.items[self.start_of(step) + place]

    def where(self, n: Expr) -> tuple[int, int] | None:
        """Step and place of an item; None for anything else."""
        index = self.index.get(n, -1)
        step, place = divmod(index - self.start, self.period)
        return (step, place) if index >= 0 and 0 <= step < self.count else None

    @property
    def index(self) -> Mapping[Expr, int]:
        """Where each item stands in the row."""
        return self.likeness.index

    def before(self, step: int, back: int, place: int) -> Expr:
        """The item of a step so many steps back; it may have been made before the first of these steps."""
        return self.items[self.start_of(step - back) + place]

    def where_near(self, n: Expr, step: int) -> tuple[int, int] | None:
        """How many steps back from a step an item was made, and its place there; None if it is no item near it."""
        start = self.start_of(step)
        if not self.likeness.is_near(n, start):
            return None
        back, where = divmod(self.index[n] - start, self.period)
        return -back, where

    def members(self) -> Collection[Expr]:
        """All items of these steps."""
        return set(self.items[self.start : self.start_of(self.count)])

    def read_by(self, place: int, step: int) -> set[tuple[int, int]]:
        """What the item at a place reads of its own step and those before: steps back, and place."""
        nodes = toposort(self.item(step, place).args, stop=self.index.keys())
        return {found for n in nodes if (found := self.where_near(n, step)) is not None}

    def needed(self, places: Iterable[int], step: int) -> set[int]:
        """These places, and those which they need, in this step or an earlier one."""
        found: set[int] = set()
        waiting = list(places)
        while waiting:
            place = waiting.pop()
            if place not in found:
                found.add(place)
                waiting.extend(where for _, where in self.read_by(place, step))
        return found


def like_steps(items: Sequence[Expr], repetition: Repetition, likeness: Likeness, least: int) -> Steps | None:
    """The longest row of like steps of a repetition around its middle; None if there are fewer than `least`."""
    period = repetition.period
    starts = range(repetition.start, repetition.stop, period)
    middle = len(starts) // 2

    def keyed(step: int) -> tuple[list[int], list[Leaves]]:
        found = likeness.step(items[starts[step] : starts[step] + period], starts[step])
        return [key for key, _ in found], [leaves for _, leaves in found]

    keys, leaves = keyed(middle)
    found = {middle: leaves}
    for steps in (range(middle + 1, len(starts)), range(middle - 1, -1, -1)):
        for step in steps:
            other, leaves = keyed(step)
            if other != keys:
                break
            found[step] = leaves
    first = min(found)
    if len(found) < least:
        return None
    return Steps(items, likeness, starts[first], period, [found[k] for k in sorted(found)])
