"""The sizes of axes, as far as they are known: names, numbers, and unknowns that operations make equal."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Unknown:
    """The size of one axis of something whose shape was not declared."""

    of: str
    axis: int

    def __str__(self) -> str:
        return "?"


Size: TypeAlias = "str | int | Unknown"


class Misfit(Exception):
    """Shapes that do not fit. Whoever knows the place in the text makes a message of it."""


class Sizes:
    """Which sizes are equal: a union-find with one known size, at most, in each class."""

    def __init__(self) -> None:
        self._equal: dict[Unknown, Size] = {}

    def find(self, size: Size) -> Size:
        while isinstance(size, Unknown) and size in self._equal:
            size = self._equal[size]
        return size

    def equate(self, a: Size, b: Size) -> bool:
        """Make two sizes one; False if they are known to differ."""
        a, b = self.find(a), self.find(b)
        if isinstance(a, Unknown):
            if a != b:
                self._equal[a] = b
        elif isinstance(b, Unknown):
            self._equal[b] = a
        else:
            return a == b
        return True

    def settle(self, unknowns: Sequence[Unknown], taken: Collection[str]) -> None:
        """Name the classes that have no known size: n if it is one, else m, n, k, … in the order given."""
        free = list(dict.fromkeys(root for u in unknowns if isinstance(root := self.find(u), Unknown)))
        letters = itertools.chain("n" if len(free) == 1 else "mnkpqrsdl", (f"n{k}" for k in itertools.count(1)))
        unused = (letter for letter in letters if letter not in taken)
        self._equal.update(zip(free, unused, strict=False))
