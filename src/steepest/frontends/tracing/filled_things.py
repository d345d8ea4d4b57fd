"""The arrays that the steps of a loop fill place by place, and the lists that they append to or read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from steepest.expr.node import Expr, Variable
from steepest.expr.traversal import toposort
from steepest.frontends.trees import flatten

from .holding import LOCALS, Held, Place
from .memories import Cell, Needed, StepsDiffer, numbers_of
from .moving_arrays import MovingArray
from .positions import Key
from .python_numbers import is_pythons
from .stepped_lists import SteppedList
from .tracer import Tracer


@dataclass(frozen=True)
class FilledThings:
    """Those of one loop, while one of its steps is run with symbols."""

    arrays: list[MovingArray]
    lists: dict[int, SteppedList]  # by the identity of what they stand for

    def all(self) -> list[MovingArray | SteppedList]:
        return [*self.arrays, *self.lists.values()]

    def written(self) -> Iterator[tuple[MovingArray | SteppedList, Key, Cell]]:
        """What the step wrote, and where."""
        for x in self.all():
            if x.memory is not None:
                yield from ((x, key, cell) for key, cell in x.memory.written.items())

    def needed(self, roots: Sequence[Expr], fresh: Callable[[Variable], Variable]) -> Needed:
        """What else the loop needs for what is read of them."""
        used = {n for n in toposort(roots) if isinstance(n, Variable)}
        found = Needed()
        for x in self.all():
            if x.memory is not None:
                if isinstance(x, MovingArray) and not used.isdisjoint(x.known):
                    raise StepsDiffer("a step reads all of an array that it fills")
                needed = x.memory.needs(used, fresh)
                found.states |= needed.states
                found.sequences |= needed.sequences
                found.settled |= needed.settled
        return found

    def put(self, stacks: Sequence[Tracer], emitted: Sequence[Expr], known: Collection[Variable]) -> None:
        """What all steps wrote, in its places: plain numbers, where all that they are made of is `known`."""
        left = iter(zip(stacks, emitted, strict=True))
        for x, key, cell in self.written():
            rows: list[Any] = []
            for leaf in numbers_of(cell.after):
                stack, e = next(left)
                is_plain = is_pythons(leaf) and all(n in known for n in toposort([e]) if isinstance(n, Variable))
                rows.append(stack.value.tolist() if is_plain and isinstance(x, SteppedList) else stack)
            x.put(key, cell, rows)

    # --- what lists hold --------------------------------------------------------------------------------

    def entries_in(self, variables: Iterator[tuple[Place, Any]]) -> dict[Place, tuple[SteppedList, Key]]:
        """The variables that hold a container which the step put into a list."""
        entries = {
            id(cell.after): (x, key)
            for x, key, cell in self.written()
            if isinstance(x, SteppedList) and not flatten(cell.after)[1].is_leaf()
        }
        return {p: entries[id(x)] for p, x in variables if p.holder == LOCALS and id(x) in entries}

    def require_finished(self, before: Held, now: Held, named: Collection[Place]) -> None:
        """Raises `StepsDiffer` if lists have not become what they will in other steps; `named` variables hold entries.

        A list gets another container in each step, which nothing else holds; what is no container, the same.
        """
        arrays = {id(a.array) for a in self.arrays}
        for stepped in self.lists.values():
            stepped.require_finished(arrays)
        variables = {str(p.key): x for p, x in now.things.items() if p.holder == LOCALS and p not in named}
        known, taken = ({id(x) for x in held.alive} for held in (before, Held.of(variables)))
        for stepped in self.lists.values():
            for x in stepped.things_put_in():
                is_container = not flatten(x)[1].is_leaf()
                if is_container == (id(x) in known) or (is_container and id(x) in taken):
                    raise StepsDiffer("a step puts into a list what something else holds too")
                if is_container:
                    taken.add(id(x))
