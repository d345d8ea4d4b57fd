"""A formula once its shapes are known: steps for a stack, each a value or a function of the latest values."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from steepest.frontends.tracing.recording import current
from steepest.frontends.tracing.tracer import create

from .sizes import Size, length


@dataclass(frozen=True, slots=True)
class Argument:
    """One of the variables."""

    position: int


@dataclass(frozen=True, slots=True)
class Literal:
    value: int | float | complex


@dataclass(frozen=True, slots=True)
class Length:
    """A size, as a number."""

    size: Size


@dataclass(frozen=True, slots=True)
class Made:
    """An array that its sizes determine: the identity, ones; or one row of it."""

    make: Callable[..., Any]
    sizes: tuple[Size, ...]
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """A function of the last `count` values, which it replaces."""

    compute: Callable[..., Any]
    count: int


@dataclass(frozen=True, slots=True)
class Keep:
    """The last value gets a name."""

    name: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The value of a name."""

    name: str


Step: TypeAlias = Argument | Literal | Length | Made | Applied | Keep | Kept


@dataclass(frozen=True)
class Program:
    """Steps, and where the named sizes are found: the position of an argument, and its axis."""

    steps: tuple[Step, ...]
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def run(self, arguments: Sequence[Any]) -> Any:
        """The value of the formula; a long sum costs no depth of Python's stack."""
        lengths = {name: arguments[position].shape[axis] for name, (position, axis) in self.places.items()}
        stack: list[Any] = []
        kept: dict[str, Any] = {}
        for step in self.steps:
            match step:
                case Applied(compute, count):
                    values = stack[len(stack) - count :]
                    del stack[len(stack) - count :]
                    stack.append(compute(*values))
                case Argument(position):
                    stack.append(arguments[position])
                case Literal(value):
                    stack.append(value)
                case Length(size):
                    stack.append(length(size, lengths) / 1)  # where it is traced, this makes it a traced number
                case Made(make, sizes, row):
                    stack.append(_made(make, [length(size, lengths) for size in sizes], row))
                case Keep(name):
                    kept[name] = stack.pop()
                case Kept(name):
                    stack.append(kept[name])
        (result,) = stack
        return result


def _made(make: Callable[..., Any], sizes: Sequence[int], row: int | None) -> Any:
    recording = current()
    array = make(*sizes) if recording is None else create(make, tuple(sizes), {}, recording)
    return array if row is None else operator.getitem(array, row)
