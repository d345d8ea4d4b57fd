"""The entries of a stack in a list that a loop has appended to: an array of many of them is a stretch of the stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any

import numpy as np

from steepest.expr.build import add, transpose_axes
from steepest.expr.node import Expr
from steepest.ops.rearrange import Place, placed, sliced

from .lifting import is_tall, stack
from .tracer import Tracer, as_expr, to_values

STRETCH = 64  # entries of a stretch that are not looked at one by one


class StackEntry(Tracer):
    """One entry along the first axis, with an expression when somebody asks for it."""

    __slots__ = ("place", "read", "stack")

    def __init__(self, stack: Tracer, place: int):
        value = stack.value[place]
        self.stack, self.place = stack.expr, place
        self.read: Expr | None = None
        super().__init__(stack.recording, None, value.copy() if value.ndim else value)  # type: ignore[arg-type]

    @property
    def expr(self) -> Expr:
        if self.read is None:
            self.read = sliced(self.stack, [self.place, *map(range, self.stack.shape[1:])])
        return self.read

    @expr.setter
    def expr(self, new: Expr | None) -> None:
        self.read = new


def stacked_entries(items: Any) -> Expr | None:
    """A list with long stretches of stacks in it as an array; None for anything else."""
    if not isinstance(items, (list, tuple)) or len(items) < STRETCH:
        return None
    if is_tall(items):
        columns = [list(column) for column in zip(*items, strict=True)]
        return _side_by_side(columns, [stacked_entries(column) for column in columns])
    if _are_rows(items):  # all columns, or it is the better for going row by row
        columns = [list(column) for column in zip(*items, strict=True)]
        found = list(takewhile(lambda e: e is not None, map(stacked_entries, columns)))
        return _side_by_side(columns, found) if len(found) == len(columns) else None
    groups = list(_stretches(items))
    if max(map(len, groups)) < STRETCH or len(shapes := {_shape(x) for x in items}) != 1:
        return None
    (shape,) = shapes
    terms, start = [], 0
    for group in groups:
        places: list[Place] = [range(start, start + len(group)), *map(range, shape)]
        terms.append(placed(_together(group), places, (len(items), *shape)))
        start += len(group)
    return add(*terms)


def _are_rows(items: Sequence[Any]) -> bool:
    lengths = {len(x) if isinstance(x, (list, tuple)) else 0 for x in items}
    return len(lengths) == 1 and 0 not in lengths


def _side_by_side(columns: Sequence[list[Any]], found: Sequence[Expr | None]) -> Expr | None:
    if all(e is None for e in found) or len({_shape(column[0]) for column in columns}) > 1:
        return None
    side_by_side = stack([as_expr(c) if e is None else e for c, e in zip(columns, found, strict=True)])
    return transpose_axes(side_by_side, [1, 0, *range(2, side_by_side.ndim)])


def _shape(item: Any) -> tuple[int, ...]:
    return np.shape(to_values(item))


def _stretches(items: Sequence[Any]) -> Iterator[list[Any]]:
    """Entries of one stack that follow one another; everything else one by one."""
    group: list[Any] = []
    for x in items:
        if group and not _follows(x, group[-1]):
            yield group
            group = []
        group.append(x)
    yield group


def _follows(x: Any, before: Any) -> bool:
    both = isinstance(x, StackEntry) and isinstance(before, StackEntry) and x.read is None and before.read is None
    return both and x.stack is before.stack and x.place == before.place + 1


def _together(group: Sequence[Any]) -> Expr:
    if len(group) == 1:
        return stack([as_expr(group[0])])
    first, last = group[0], group[-1]
    return sliced(first.stack, [range(first.place, last.place + 1), *map(range, first.stack.shape[1:])])
