"""Lists that a loop appends to or goes through, while one of its steps is run with symbols."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn

import numpy as np

from steepest.expr.node import Variable

from .extent import Extent
from .lifting import lift
from .memories import At, Cell, Memory, StepsDiffer, is_number, leaves_like, numbers_of, with_numbers
from .moving_arrays import Symbols, within
from .positions import Key, Position, distance, position_of
from .python_numbers import is_pythons
from .recording import Recording
from .stack_entries import StackEntry, stacked_entries
from .tracer import Tracer, as_expr, to_values


class SteppedList(list[Any]):
    """What stands for a list that grows by so many entries in each step.

    It has no entries of its own: what goes past its methods finds none.
    """

    def __init__(
        self, original: list[Any], growth: int, recording: Recording, number: Tracer, extent: Extent, symbols: Symbols
    ):
        super().__init__()
        self.original, self.growth = original, growth
        self.recording, self.number, self.extent = recording, number, extent
        self.memory = Memory(ListContents(original, recording), symbols, extent)
        self.added: list[Any] = []  # in this step
        self.kept: list[tuple[Tracer, int]] = []  # arrays that were put in, with what had been written to them by then

    # --- reading ----------------------------------------------------------------------------------------

    def __len__(self) -> int:
        if self.growth:
            raise StepsDiffer("a step asks how long a list is that grows")
        return len(self.original)

    def __bool__(self) -> bool:
        return bool(self.original or self.added)

    def length(self) -> Any:
        """How long it is, as a function of the step."""
        length = len(self.original) + len(self.added)
        if not self.growth:
            return length
        first, step = self.extent.start, self.extent.step
        gone = {1: lambda: self.number - first, -1: lambda: first - self.number}
        steps = gone.get(step, lambda: (self.number - first) // step)()
        return steps * self.growth + length

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return self._part(key)
        return self.memory.read(*self._place(key))

    def _part(self, key: slice) -> list[Any]:
        if isinstance(key.start, Tracer):
            return [self[key.start + k] for k in range(self._length(key))]
        if not self.growth:
            return list(self)[key]
        ends = [key.start or 0, -1 if key.stop is None else key.stop]
        if key.step is not None or key.start is None or not all(type(k) is int and k < 0 for k in ends):
            raise StepsDiffer("a step reads a part of a list that grows")
        return [self[k] for k in range(key.start, 0 if key.stop is None else key.stop)]

    def _length(self, key: slice) -> int:
        """That of a slice which moves."""
        found = position_of(key.start.expr, _variable(self.number), self.extent)
        length = None if key.stop is None else distance(key.start.expr, as_expr(key.stop))
        ends = [] if found is None or found.rest else [found.at(0), found.at(len(self.extent) - 1)]
        if not ends or min(ends) < 0 or length is None or key.step not in (None, 1):
            raise StepsDiffer("a step reads a part of a list that does not move evenly")
        return length

    def __iter__(self) -> Iterator[Any]:
        if self.growth:
            raise StepsDiffer("a step goes through a list that grows")
        return iter([self[k] for k in range(len(self.original))])

    def __contains__(self, item: object) -> bool:
        return any(item is x or item == x for x in self)

    def __eq__(self, other: object) -> bool:
        return list(self) == (list(other) if type(other) is SteppedList else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None

    def __add__(self, other: Any) -> list[Any]:
        return list(self) + list(other)

    def __radd__(self, other: Any) -> list[Any]:
        return list(other) + list(self)

    def copy(self) -> list[Any]:
        """All of it."""
        return list(self)

    # --- writing ----------------------------------------------------------------------------------------

    def append(self, item: Any) -> None:
        """One entry more."""
        count = len(self.original) + len(self.added)
        self.added.append(item)
        self._write((Position(count, self.growth),), (count,), item)

    def extend(self, items: Iterable[Any]) -> None:
        """Some entries more."""
        for item in list(items):
            self.append(item)

    def __iadd__(self, items: Iterable[Any]) -> SteppedList:  # type: ignore[misc]
        self.extend(items)
        return self

    def __setitem__(self, key: Any, item: Any) -> None:
        if isinstance(key, slice):
            raise StepsDiffer("a step writes a part of a list")
        self._write(*self._place(key), item)

    def _write(self, key: Key, at: At, item: Any) -> None:
        for x in numbers_of(item):
            if isinstance(x, (Tracer, np.ndarray)) and np.ndim(to_values(x)):
                self._keep(x)
        self.memory.write(key, at, item)

    def _keep(self, x: Any) -> None:
        if not isinstance(x, Tracer):
            raise StepsDiffer("a step puts a plain array into a list")
        while x.base is not None:
            x = x.base
        self.kept.append((x, x.version))

    def _place(self, key: Any) -> tuple[Key, At]:
        here = len(self.original) + len(self.added)
        if isinstance(key, Tracer):
            found = position_of(key.expr, _variable(self.number), self.extent)
            if found is None or found.rest:
                raise StepsDiffer("a step reads a list at places that do not move evenly")
            k = operator.index(to_values(key))
        else:
            k = operator.index(key)
            found = Position(k)
        if k < 0:
            found = Position(found.offset + here, found.move + self.growth)
            k += here
        if self.growth:
            _require_inside(found, self.growth, here, len(self.extent))
        else:
            found = within(found, self.extent, here)
        return (found,), (k,)

    def _refused(self, *_: Any, **__: Any) -> NoReturn:
        raise StepsDiffer("a step changes a list otherwise than at its end")

    insert = pop = remove = clear = sort = reverse = __delitem__ = __imul__ = _refused
    __mul__ = __rmul__ = index = count = __reversed__ = __reduce_ex__ = _refused
    __lt__ = __le__ = __gt__ = __ge__ = _refused

    # --- the end of the step ----------------------------------------------------------------------------

    def mark(self) -> Any:
        """What is another after it has been written to."""
        return len(self.added), tuple(id(cell.after) for cell in self.memory.written.values())

    def require_finished(self, written: Collection[int]) -> None:
        """Raises `StepsDiffer` if the step did not do to the list what others will; steps write to arrays `written`."""
        if len(self.added) != self.growth or list.__len__(self):
            raise StepsDiffer("a step changes a list otherwise than the one before")
        if any(id(x) in written or x.version != version for x, version in self.kept):
            raise StepsDiffer("a step writes into an array that it put into a list")

    def things_put_in(self) -> Iterator[Any]:
        """What the step wrote besides numbers and their arrays: containers, and what they hold."""
        waiting = [cell.after for cell in self.memory.written.values()]
        while waiting:
            x = waiting.pop()
            if is_number(x) or isinstance(x, FREE):
                continue
            if not isinstance(x, tuple):
                yield x
            waiting += x.values() if isinstance(x, dict) else x if isinstance(x, (list, tuple)) else _fields(x)

    def put(self, key: Key, cell: Cell, stacks: Sequence[Any]) -> None:
        """Enter what all steps put at a place."""
        count, content, (p,) = len(self.extent), cell.after, key
        models = numbers_of(content)
        for step in range(count) if p.move else [count - 1]:
            entry = with_numbers(content, [_entry(x, s, step) for x, s in zip(models, stacks, strict=True)])
            place = p.at(step)
            if place >= len(self.original):
                self.original += [None] * (place + 1 - len(self.original))
            self.original[place] = entry


FREE = (str, bytes, type(None), Enum)  # one for all steps is as good as one for each


def _fields(x: Any) -> list[Any]:
    is_container = dataclasses.is_dataclass(x) and not isinstance(x, type)
    return [getattr(x, f.name) for f in dataclasses.fields(x)] if is_container else []


class LentList(SteppedList):
    """What stands for a list that no step changes: entries may be read at places that move."""

    def __getitem__(self, key: Any) -> Any:
        return self.original[key] if isinstance(key, int) else super().__getitem__(key)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.original)

    def _write(self, key: Key, at: At, item: Any) -> None:
        raise StepsDiffer("a step changes another list than the one before")


def _variable(index: Tracer) -> Variable:
    assert isinstance(index.expr, Variable)
    return index.expr


def _require_inside(p: Position, growth: int, length: int, count: int) -> None:
    """A list is at least as long in each step as it was before, and longer by what it has grown."""
    for step in (0, count - 1):
        if not 0 <= p.at(step) < length + step * growth:
            raise StepsDiffer("a step reads beyond the ends of a list")


def _entry(model: Any, stack: Any, step: int) -> Any:
    if not isinstance(stack, Tracer):
        return stack[step]
    found = StackEntry(stack, step)
    found.of_python = is_pythons(model)
    return found


@dataclass(frozen=True)
class ListContents:
    """What was in a list before a step."""

    original: list[Any]
    recording: Recording
    are_alike = False

    def now(self, at: At) -> Any:
        return self.original[at[0]]

    def before(self, key: Key, at: At, step: int) -> Any:
        place = key[0].at(step)
        if not 0 <= place < len(self.original):
            raise StepsDiffer("a step reads what was before the list")
        return self.original[place]

    def along(self, key: Key, at: At, count: int) -> Any:
        entries = [self.original[k] for k in key[0].over(count)]
        columns = [leaves_like(x, entries[0]) for x in entries]
        kinds = [[is_pythons(x) for x in column] for column in columns]
        if any(k != kinds[0] for k in kinds):
            raise StepsDiffer("a list holds numbers of Python's and of NumPy's")
        stacks = [self._stacked(column) for column in zip(*columns, strict=True)]
        return with_numbers(entries[0], stacks)

    def _stacked(self, items: tuple[Any, ...]) -> Tracer:
        values = np.stack([np.asarray(to_values(x)) for x in items])
        if not any(issubclass(type(x), Tracer) for x in items):
            return Tracer(self.recording, lift(values), values)
        stretches = stacked_entries(list(items))
        return Tracer(self.recording, lift([as_expr(x) for x in items]) if stretches is None else stretches, values)
