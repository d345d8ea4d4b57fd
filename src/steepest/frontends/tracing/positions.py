"""Positions that move evenly with the steps of a loop: ``y[t + 1]``, ``y[2 * t]``, ``U[i, j - 1]``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import prod

from steepest.expr.node import Add, Constant, Einsum, Expr, Variable
from steepest.expr.number import is_number
from steepest.expr.traversal import depends_on

from .extent import Extent

NEVER = 0  # steps back


@dataclass(frozen=True)
class Position:
    """In step k of `count` it is ``offset + k * move``, and more by the `rest`, which is the same in all steps."""

    offset: int
    move: int = 0
    rest: frozenset[tuple[Expr, int]] = frozenset()  # how often each is added

    def at(self, step: int) -> int:
        """Without the rest."""
        return self.offset + step * self.move

    def over(self, count: int) -> range:
        """In all steps; without the rest."""
        return range(self.offset, self.at(count), self.move) if self.move else range(self.offset, self.offset + 1)


Key = tuple[Position, ...]


def position_of(e: Expr, index: Variable, numbers: range | Extent) -> Position | None:
    """What `e` is in each step, where `index` is the number of the step; None if it does not move evenly."""
    found = _linear(e, index)
    if found is None:
        return None
    times, rest, offset = found
    terms = frozenset((n, k) for n, k in rest.items() if k)
    return Position(offset + times * numbers.start, times * numbers.step, terms)


def distance(a: Expr, b: Expr) -> int | None:
    """How far b lies from a; None if that is not one number whatever they are."""
    ends = [_linear(e, None) for e in (a, b)]
    known = [end for end in ends if end is not None]
    if len(known) != 2 or any(known[1][1][n] != known[0][1][n] for n in {**known[0][1], **known[1][1]}):
        return None
    return known[1][2] - known[0][2]


def _linear(e: Expr, index: Variable | None) -> tuple[int, Counter[Expr], int] | None:
    """How often `index` and other things are added up in `e`, and a number."""
    if e is index:
        return 1, Counter(), 0
    if isinstance(e, Constant) and is_number(e) and isinstance(e.value, int) and not e.sizes:
        return 0, Counter(), int(e.value)
    if isinstance(e, Add) and not e.ndim:
        parts = [_linear(a, index) for a in e.args]
        times, rest, offset = 0, Counter[Expr](), 0
        for part in parts:
            if part is None:
                return None
            times, offset = times + part[0], offset + part[2]
            rest.update(part[1])
        return times, rest, offset
    if isinstance(e, Einsum) and not e.ndim and not e.sums:
        parts = [_linear(a, index) for a in e.args]
        known = [p for p in parts if p is not None]
        others = [p for p in known if p[0] or p[1]]
        if len(known) == len(parts) and len(others) <= 1:
            factor = prod(p[2] for p in known if not (p[0] or p[1]))
            times, rest, offset = others[0] if others else (0, Counter[Expr](), 1)
            return factor * times, Counter({n: factor * k for n, k in rest.items()}), factor * offset
    return (0, Counter({e: 1}), 0) if index is None or e not in depends_on([e], [index]) else None


def are_apart(a: Key, b: Key, count: int) -> bool:
    """Whether two keys never mean the same place, in whatever steps of `count` many."""
    return any(p.rest == q.rest and not _meet(p, q, count) for p, q in zip(a, b, strict=True))


def _meet(p: Position, q: Position, count: int) -> bool:
    short, long = sorted((p.over(count), q.over(count)), key=len)
    return any(k in long for k in short)


def are_apart_in_a_step(a: Key, b: Key, count: int) -> bool:
    """Whether two keys never mean the same place in the same step."""

    def part(p: Position, q: Position) -> bool:
        return p.rest == q.rest and ((p.move == q.move and p.offset != q.offset) or not _meet(p, q, count))

    return any(part(p, q) for p, q in zip(a, b, strict=True))


def steps_back(read: Key, written: Key, count: int) -> int | None:
    """How many steps ago the one key meant the place that the other means now: `NEVER`, if so; None if nobody knows."""
    found: set[int] = set()
    unknown = False
    for p, q in zip(read, written, strict=True):
        if p.rest != q.rest:
            unknown = True
        elif p.move != q.move:
            if not _meet(p, q, count):
                return NEVER
            unknown = True
        elif p.move == 0:
            if p.offset != q.offset:
                return NEVER
        else:
            back, odd = divmod(q.offset - p.offset, p.move)
            if odd or not 1 <= back < count:
                return NEVER
            found.add(back)
    if len(found) > 1:
        return NEVER
    return None if unknown else next(iter(found), 1)


def as_slice(places: range) -> slice:
    """The slice that reads these places."""
    return slice(places.start, places.stop if places.stop >= 0 else None, places.step)


def in_order_of_writing(key: Key) -> list[int]:
    """Sorts keys that move alike: one place is written by one after the other."""
    return [-p.offset if p.move > 0 else p.offset for p in key]
