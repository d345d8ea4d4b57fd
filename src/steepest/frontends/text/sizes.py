"""The sizes of axes, as far as they are known: names, numbers, and unknowns that operations make equal."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .tree import Slice


@dataclass(frozen=True, slots=True)
class Unknown:
    """The size of one axis of something whose shape was not declared."""

    of: str
    axis: int

    def __str__(self) -> str:
        return "?"


@dataclass(frozen=True, slots=True)
class Shifted:
    """``n − 1``: what is left of an axis."""

    of: str | Unknown
    by: int

    def __str__(self) -> str:
        return f"{self.of} {'+' if self.by > 0 else '−'} {abs(self.by)}"


@dataclass(frozen=True, slots=True)
class Times:
    """``m·n``: the number of entries of a matrix."""

    factors: tuple[str | int, ...]  # in order

    def __str__(self) -> str:
        return "·".join(map(str, self.factors))


Size: TypeAlias = "str | int | Unknown | Shifted | Times"


class Misfit(Exception):
    """Shapes that do not fit. Whoever knows the place in the text makes a message of it."""


def shifted(size: Size, by: int) -> Size:
    if isinstance(size, int):
        return size + by
    if isinstance(size, Times):
        raise Misfit(f"an axis of length {size} has no such part")
    of, by = (size.of, size.by + by) if isinstance(size, Shifted) else (size, by)
    return Shifted(of, by) if by else of


def sliced(size: Size, rows: Slice) -> Size | None:
    """The size of ``x[start:stop:step]``, of an axis that is long enough for it; None if it depends on the length."""
    if isinstance(size, int):
        return len(range(size)[rows.start : rows.stop : rows.step])
    step = rows.step or 1
    if abs(step) > 1:
        return None
    first = (0, 0) if step > 0 else (1, -1)  # as (how often the length, plus how many)
    last = (1, 0) if step > 0 else (0, -1)
    start = first if rows.start is None else (int(rows.start < 0), rows.start)
    stop = last if rows.stop is None else (int(rows.stop < 0), rows.stop)
    times, more = step * (stop[0] - start[0]), step * (stop[1] - start[1])
    if times == 0:
        return max(0, more)
    return shifted(size, more) if times == 1 else None


def length(size: Size, lengths: Mapping[str, int]) -> int:
    """The number a size is, where those of the names are given."""
    if isinstance(size, Shifted):
        return length(size.of, lengths) + size.by
    if isinstance(size, Times):
        return math.prod(length(factor, lengths) for factor in size.factors)
    assert not isinstance(size, Unknown)
    return size if isinstance(size, int) else lengths[size]


def _product(a: Size, b: Size) -> Size | None:
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    if isinstance(a, (str, int)) and isinstance(b, (str, int)):
        return Times(tuple(sorted((a, b), key=str)))
    return None


class Sizes:
    """Which sizes are equal: a union-find with one known size, at most, in each class."""

    def __init__(self) -> None:
        self._equal: dict[Unknown, Size] = {}
        self._later: list[tuple[Unknown, Callable[[], Size | None], tuple[Size, ...]]] = []

    # --- sizes that depend on others ------------------------------------------------------------------

    def product(self, a: Size, b: Size) -> Size:
        """The number of entries of a matrix; if a size is not known yet, it is looked at again later."""
        return self._perhaps_later(lambda: _product(self.find(a), self.find(b)), (a, b))

    def sliced(self, size: Size, rows: Slice) -> Size:
        return self._perhaps_later(lambda: sliced(self.find(size), rows), ())

    def _perhaps_later(self, found: Callable[[], Size | None], factors: tuple[Size, ...]) -> Size:
        size = found()
        if size is None:
            size = Unknown("an array", -len(self._later) - 1)
            self._later.append((size, found, factors))
        return size

    def settle_dependent(self) -> bool:
        """Find what became known since; False if something contradicts, or is not known in the end."""
        for _ in range(len(self._later) + 1):
            waiting = self._later
            self._later = []
            for size, found, factors in waiting:
                known = found()
                if known is not None:
                    if not self.equate(size, known):
                        return False
                elif not factors or not self._solved(self.find(size), [self.find(f) for f in factors]):
                    self._later.append((size, found, factors))
        return not self._later

    def _solved(self, product: Size, factors: list[Size]) -> bool:
        """Unknown factors of a number, as far as it leaves one choice: the other one is known, or both are the same."""
        known = [f for f in factors if isinstance(f, int)]
        unknown = {f for f in factors if isinstance(f, Unknown)}
        if not isinstance(product, int) or len(unknown) != 1:
            return False
        value = product // known[0] if known else math.isqrt(product)
        return self.equate(unknown.pop(), value) and product == value * (known[0] if known else value)

    # --- equality -------------------------------------------------------------------------------------

    def find(self, size: Size) -> Size:
        while isinstance(size, Unknown) and size in self._equal:
            size = self._equal[size]
        if isinstance(size, Shifted) and size.of in self._equal:
            return shifted(self.find(size.of), size.by)
        return size

    def equate(self, a: Size, b: Size) -> bool:
        """Make two sizes one; False if they are known to differ."""
        a, b = self.find(a), self.find(b)
        if isinstance(a, Unknown):
            return self._join(a, b)
        if isinstance(b, Unknown):
            return self._join(b, a)
        if isinstance(a, Shifted) and isinstance(a.of, Unknown):
            return self.equate(a.of, shifted(b, -a.by))
        if isinstance(b, Shifted) and isinstance(b.of, Unknown):
            return self.equate(b.of, shifted(a, -b.by))
        return a == b

    def _join(self, unknown: Unknown, size: Size) -> bool:
        if isinstance(size, Shifted) and size.of == unknown:
            return False
        if size != unknown:
            self._equal[unknown] = size
        return True

    def settle(self, unknowns: Sequence[Unknown], taken: Collection[str]) -> None:
        """Name the classes that have no known size: n if it is one, else m, n, k, … in the order given."""
        found = (self.find(u) for u in unknowns)
        roots = (root.of if isinstance(root, Shifted) else root for root in found)
        free = list(dict.fromkeys(root for root in roots if isinstance(root, Unknown)))
        letters = itertools.chain("n" if len(free) == 1 else "mnkpqrsdl", (f"n{k}" for k in itertools.count(1)))
        unused = (letter for letter in letters if letter not in taken)
        self._equal.update(zip(free, unused, strict=False))
