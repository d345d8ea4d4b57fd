"""Arrays that a loop fills place by place: ``y[t + 1] = f(y[t])``, while one of its steps is run with symbols."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steepest.expr.build import add, multiply, variable
from steepest.expr.dtype import INT
from steepest.expr.node import Expr, Variable
from steepest.expr.number import constant
from steepest.ops.complex_parts import cast

from .extent import Extent
from .memories import At, Cell, Memory, StepsDiffer
from .positions import Key, Position, as_slice, position_of
from .tracer import Tracer

Part = Any  # of a key, for one axis of the array: an entry, a range of entries, a traced position
Symbols = Callable[[Any], tuple[Any, list[Variable]]]


@dataclass
class MovingArray:
    """An array in the place of which there is a symbol, a new one after each write to a place that moves."""

    array: Tracer
    start: Tracer  # as it was before the step
    index: Variable
    extent: Extent
    symbols: Symbols
    axes: tuple[int, ...] = ()  # which the places are counted on
    memory: Memory | None = None
    known: list[Variable] = field(default_factory=list)  # the symbols for it, the latest one last

    def begin(self, symbol: Variable) -> None:
        """From here on the array is a symbol."""
        self.known.append(symbol)
        self.array.recording.moving[symbol] = self
        self.array.become(Tracer(self.start.recording, symbol, self.start.value))
        self.array.version += 1

    def end(self) -> None:
        """The array is again what it was before the step."""
        for symbol in self.known:
            del self.array.recording.moving[symbol]
        self.array.become(self.start)
        self.array.version += 1

    def row(self, x: Expr, parts: Sequence[Part], at: Sequence[Any]) -> tuple[Tracer, tuple[Any, ...]] | None:
        """What is at the place that a key of these parts means, and the rest of the key, for the axes of that.

        None if it means no place that moves.
        """
        found = self._key(x, parts, at)
        if found is None:
            return None
        memory, key, place = found
        rest = [(p, k) for axis, (p, k) in enumerate(zip(parts, at, strict=True)) if axis not in self.axes]
        return memory.read(key, place), tuple(self._item(p, k) for p, k in rest)

    def _item(self, part: Part, at: Any) -> Any:
        if isinstance(part, Expr):
            return Tracer(self.array.recording, part, at[()])
        return as_slice(part) if isinstance(part, range) else part

    def write(self, x: Expr, parts: Sequence[Part], at: Sequence[Any], row: Tracer) -> Expr:
        """The array with another row at a place."""
        found = self._key(x, parts, at)
        assert found is not None
        memory, key, place = found
        memory.write(key, place, row)
        symbol = variable(f"{self.known[0].name}w{len(self.known)}", x.shape, x.dtype, self.known[0].tag)
        self.known.append(symbol)
        self.array.recording.moving[symbol] = self
        return symbol

    def _key(self, x: Expr, parts: Sequence[Part], at: Sequence[Any]) -> tuple[Memory, Key, At] | None:
        axes = tuple(axis for axis, p in enumerate(parts) if isinstance(p, Expr))
        if self.memory is None:
            if not axes or any(p is None for p in parts) or any(np.ndim(at[axis]) for axis in axes):
                return None
            self.axes = axes
            self.memory = Memory(_ArrayContents(self.start, axes), self.symbols, self.extent)
        if x is not self.known[-1]:
            raise StepsDiffer("a step reads an array as it was before it wrote into it")
        if len(parts) != x.ndim or not all(np.ndim(at[axis]) == 0 for axis in self.axes):
            raise StepsDiffer("a step reads one place of an array and many")
        key = tuple(self._position(parts[axis], int(at[axis]), int(x.shape[axis])) for axis in self.axes)
        return self.memory, key, tuple(int(at[axis]) % int(x.shape[axis]) for axis in self.axes)

    def _position(self, part: Part, at: int, size: int) -> Position:
        if isinstance(part, range):
            raise StepsDiffer("a step reads one place of an array and many")
        found = position_of(part, self.index, self.extent) if isinstance(part, Expr) else Position(int(part))
        if found is None or (found.rest and (found.move or at < 0)):
            raise StepsDiffer("a step reads an array at places that do not move evenly")
        return found if found.rest else within(found, self.extent, size)

    def put(self, key: Key, cell: Cell, stacks: Sequence[Tracer]) -> None:
        """Write what all steps wrote at a place."""
        rows: Any = stacks[0]
        contents = _ArrayContents(self.array, self.axes)
        if all(p.move == 0 for p in key):
            self.array[contents.places(key, cell.at, 0)] = rows[-1]
            return
        places, axis = contents.all_places(key, cell.at, len(self.extent))
        self.array[places] = np.moveaxis(rows, 0, axis) if axis else rows


def within(p: Position, extent: Extent, size: int) -> Position:
    """A position that is in an array, counted from its front, in all steps that are to be made one."""
    if p.move and 0 <= p.at(0) < size:
        extent.shorten(len(range(p.at(0), size if p.move > 0 else -1, p.move)))
    ends = (p.at(0), p.at(len(extent) - 1))
    if all(-size <= k < 0 for k in ends):
        return Position(p.offset + size, p.move)
    if not all(0 <= k < size for k in ends):
        raise StepsDiffer("a step reads beyond the ends of an array")
    return p


@dataclass(frozen=True)
class _ArrayContents:
    """What was in an array before a step."""

    array: Tracer
    axes: tuple[int, ...]
    are_alike = True

    def now(self, at: At) -> Any:
        """The example alone: symbols stand for it."""
        value = self.array.value[self._spread(at)]
        return value.copy() if isinstance(value, np.ndarray) else value

    def before(self, key: Key, at: At, step: int) -> Any:
        for p, k in zip(key, at, strict=True):
            if k + step * p.move < 0:
                raise StepsDiffer("a step reads what was before the array")
        return self.array[self.places(key, at, step)]

    def along(self, key: Key, at: At, count: int) -> Any:
        places, axis = self.all_places(key, at, count)
        found: Any = self.array[places]
        return np.moveaxis(found, axis, 0) if axis else found

    def places(self, key: Key, at: At, step: int) -> tuple[Any, ...]:
        """The key of NumPy's for the place of one step."""
        return self._spread([self._one(p, k, step) for p, k in zip(key, at, strict=True)])

    def all_places(self, key: Key, at: At, count: int) -> tuple[tuple[Any, ...], int]:
        """The key for the places of all steps, and the axis of what it reads that goes with the steps."""
        moving = [k for k, p in enumerate(key) if p.move]
        found = [self._one(p, k, 0) for p, k in zip(key, at, strict=True)]
        if len(moving) > 1:  # along a diagonal
            for m in moving:
                found[m] = np.asarray(key[m].over(count))
            first, last = self.axes[0], self.axes[-1]
            return self._spread(found), first if last - first < len(self.axes) else 0
        (m,) = moving
        found[m] = as_slice(key[m].over(count))
        return self._spread(found), self.axes[m] - sum(axis < self.axes[m] for axis in self.axes)

    def _one(self, p: Position, at: int, step: int) -> Any:
        if not p.rest:
            return p.at(step)
        terms = [multiply(constant(n), e) if n != 1 else e for e, n in sorted(p.rest, key=lambda term: id(term[0]))]
        expr = cast(add(constant(p.at(step)), *terms), INT)
        return Tracer(self.array.recording, expr, np.int64(at + step * p.move))

    def _spread(self, items: Sequence[Any]) -> tuple[Any, ...]:
        of_axis = dict(zip(self.axes, items, strict=True))
        return tuple(of_axis.get(axis, slice(None)) for axis in range(max(self.axes) + 1))
