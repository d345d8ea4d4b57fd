"""What a step of a loop reads of an array or list, and writes into it, place by place.

While a step is run with symbols, a place that moves with the loop is a *cell*: a symbol for what is there before the
step, and what is there after it. A cell that is read was written some steps ago, and is a state of the loop; or
by none of its steps, and holds what was there before the loop. What is written is a stack, put in after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from steepest.errors import CaptureError
from steepest.expr.node import Expr, Variable
from steepest.frontends.trees import flatten, unflatten

from .extent import Extent
from .positions import NEVER, Key, are_apart, are_apart_in_a_step, in_order_of_writing, steps_back
from .tracer import Tracer, as_expr

MOST_BACK = 64  # steps back that a step may read
MOST_CELLS = 128


At = tuple[int, ...]  # where a key points in the first step


class StepsDiffer(CaptureError):
    """The steps of a loop do not do the same: they are recorded one by one."""


class Contents(Protocol):
    """The array or list as it is before the steps that are made a loop."""

    @property
    def are_alike(self) -> bool:
        """Whether what is at one place is of the kind of what is at another, and numbers alone."""
        ...

    def now(self, at: At) -> Any:
        """What is at a place."""
        ...

    def before(self, key: Key, at: At, step: int) -> Any:
        """What was at the place of a step before the loop; raises `StepsDiffer` if there was none."""
        ...

    def along(self, key: Key, at: At, count: int) -> Any:
        """What was at the places of all steps, stacked, in the structure of what is at one."""
        ...


@dataclass
class Cell:
    """What is at one place before the step, and after it."""

    at: At
    before: Any
    after: Any
    symbols: list[Variable]
    is_read: bool = False
    is_written: bool = False


@dataclass
class Needed:
    """What cells need of the loop besides its states: further states, sequences, what is the same in all steps."""

    states: dict[Variable, tuple[Any, Expr]] = field(default_factory=dict)  # at first, and after the step
    sequences: dict[Variable, Tracer] = field(default_factory=dict)
    settled: dict[Variable, Expr] = field(default_factory=dict)


@dataclass
class Memory:
    """The places of one array or list that a step has read or written; `symbols` makes symbols of what is there."""

    contents: Contents
    symbols: Callable[[Any], tuple[Any, list[Variable]]]
    extent: Extent
    cells: dict[Key, Cell] = field(default_factory=dict)

    def read(self, key: Key, at: At) -> Any:
        """What is at a place."""
        if key not in self.cells:
            self._require_apart(key)
            content, symbols = self.symbols(self.contents.now(at))
            self.cells[key] = Cell(at, content, content, symbols, is_read=True)
        return self.cells[key].after

    def write(self, key: Key, at: At, content: Any) -> None:
        """Have something else there."""
        if key not in self.cells:
            self._require_apart(key)
            self.cells[key] = Cell(at, None, content, [])
        cell = self.cells[key]
        cell.after, cell.is_written = content, True

    def _require_apart(self, key: Key) -> None:
        if len(self.cells) > MOST_CELLS:
            raise StepsDiffer("a step of a loop reads too many places")
        count = len(self.extent)
        if not all(are_apart_in_a_step(key, other, count) for other in self.cells):
            raise StepsDiffer("nobody knows whether two places that a step reads are one")

    @property
    def written(self) -> dict[Key, Cell]:
        """In the order in which they come to one place."""
        keys = [key for key, cell in self.cells.items() if cell.is_written]
        return {key: self.cells[key] for key in sorted(keys, key=in_order_of_writing)}

    def needs(self, used: Iterable[Variable], fresh: Callable[[Variable], Variable]) -> Needed:
        """What the symbols that are `used` stand for; raises `StepsDiffer` if nobody knows.

        Of a list that holds more than numbers of one kind, all that is read counts: a step may go by the rest.
        """
        self._require_order()
        used, found = set(used), Needed()
        back: dict[Key, dict[int, Cell]] = {}
        for key, cell in self.cells.items():
            if used.isdisjoint(cell.symbols) and (self.contents.are_alike or not cell.is_read):
                continue
            source, steps = self._written_last(key)
            if steps == NEVER:
                self._enter_contents(key, cell, found)
            else:
                back.setdefault(source, {})[steps] = cell
        for key, cells in back.items():
            self._enter_states(key, cells, found, fresh)
        return found

    def _require_order(self) -> None:
        keys = list(self.written)
        for k, a in enumerate(keys):
            for b in keys[k + 1 :]:
                alike = all(p.move == q.move and p.rest == q.rest for p, q in zip(a, b, strict=True))
                if not alike and not are_apart(a, b, len(self.extent)):
                    raise StepsDiffer("nobody knows which of two steps writes a place last")

    def _written_last(self, key: Key) -> tuple[Key, int]:
        """Which key wrote last what is read at this one, and how many steps ago."""
        found: tuple[Key, int] = key, NEVER
        for other in self.written:
            back = steps_back(key, other, len(self.extent))
            if back is None or back > MOST_BACK:
                raise StepsDiffer("nobody knows which step wrote what is read")
            if back != NEVER and (found[1] == NEVER or back < found[1]):
                found = other, back
        return found

    def _enter_contents(self, key: Key, cell: Cell, found: Needed) -> None:
        if all(p.move == 0 for p in key):
            leaves = leaves_like(self.contents.before(key, cell.at, 0), cell.before)
            found.settled |= dict(zip(cell.symbols, map(as_expr, leaves), strict=True))
        else:
            rows = numbers_of(self.contents.along(key, cell.at, len(self.extent)))
            found.sequences |= dict(zip(cell.symbols, rows, strict=True))

    def _enter_states(
        self, key: Key, cells: dict[int, Cell], found: Needed, fresh: Callable[[Variable], Variable]
    ) -> None:
        """The cells that one key wrote, by how many steps ago it did."""
        written = self.cells[key]
        some = next(iter(cells.values()))
        following = [as_expr(x) for x in leaves_like(written.after, some.before)]
        for back in range(1, max(cells) + 1):
            cell = cells.get(back)
            symbols = [fresh(v) for v in some.symbols] if cell is None else cell.symbols
            if cell is not None:
                leaves_like(cell.before, some.before)
            start = leaves_like(self.contents.before(key, written.at, -back), some.before)
            found.states |= {v: (x, e) for v, x, e in zip(symbols, start, following, strict=True)}
            following = list(symbols)


def numbers_of(content: Any) -> list[Any]:
    """The numbers in what is at a place."""
    return [x for x in flatten(content)[0] if is_number(x)]


def with_numbers(content: Any, numbers: Sequence[Any]) -> Any:
    """The same with other numbers in it."""
    if is_number(content):
        return numbers[0]
    leaves, tree = flatten(content)
    left = iter(numbers)
    return unflatten(tree, [next(left) if is_number(x) else x for x in leaves])


def leaves_like(content: Any, model: Any) -> list[Any]:
    """The numbers of a content that is of the same kind as another; raises `StepsDiffer` if it is not."""
    (found, tree), (expected, its_tree) = flatten(content), flatten(model)
    if tree != its_tree or not all(map(_is_like, found, expected)):
        raise StepsDiffer("the steps of a loop leave things of other kinds")
    return [x for x in found if is_number(x)]


def _is_like(x: Any, y: Any) -> bool:
    if is_number(x) and is_number(y):
        return kind_of(x) == kind_of(y)
    return x is y or (type(x) is type(y) is str and x == y)


def kind_of(x: Any) -> tuple[Any, ...]:
    """Shape and type of a number or an array."""
    example = np.asarray(x.value if isinstance(x, Tracer) else x)
    return example.shape, example.dtype


def is_number(x: Any) -> bool:
    """Whether a leaf is a number or an array of numbers, traced or not."""
    if not isinstance(x, (Tracer, np.ndarray, np.generic, *NUMBERS)):
        return False
    return np.asarray(x.value if isinstance(x, Tracer) else x).dtype.kind in "biufc"


NUMBERS = (bool, int, float, complex)
