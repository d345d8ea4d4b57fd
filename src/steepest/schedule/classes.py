"""Classes of things that are the same, found by saying of two at a time that they are."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Member = TypeVar("Member", bound=Hashable)


class Classes(Generic[Member]):
    """Disjoint sets; a thing is alone in its own until it is joined to another."""

    def __init__(self) -> None:
        self._above: dict[Member, Member] = {}

    def of(self, x: Member) -> Member:
        """The one that stands for all in the class of x."""
        while (above := self._above.setdefault(x, x)) != x:
            self._above[x] = x = self._above.setdefault(above, above)
        return x

    def join(self, x: Member, y: Member) -> None:
        self._above[self.of(x)] = self.of(y)
