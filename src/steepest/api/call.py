"""One call of a transformed function, taken apart."""

from __future__ import annotations

import functools
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from .arguments import Leaf


@dataclass(frozen=True)
class Call:
    """The leaves of a call's arguments, and how to put them together again."""

    leaves: tuple[Leaf, ...]
    tree: Any
    argument_trees: tuple[Any, ...]  # the structure of each positional argument
    argument_leaves: tuple[range, ...]  # which leaves belong to it
    names: tuple[str, ...]
    active: tuple[int, ...]  # the positional arguments to differentiate by
    varying: tuple[int, ...]  # the leaves that are inputs of a capture, whatever their values
    orders: Hashable  # of the keys in the dicts among the arguments
    many: bool  # whether several were asked for, so that the result is a tuple

    @functools.cached_property
    def single(self) -> bool:
        """Whether the one thing asked for is a plain array or number."""
        return not self.many and bool(self.argument_trees[self.active[0]].is_leaf())

    def active_places(self) -> list[list[int]]:
        """For each active argument, its leaves."""
        return [list(self.argument_leaves[a]) for a in self.active]
