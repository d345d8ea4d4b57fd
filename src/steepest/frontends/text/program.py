"""A formula once its shapes are known: steps for a stack, each a value or a function of the latest values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from steepest.frontends.numpy.recording import current
from steepest.frontends.numpy.tracer import create


@dataclass(frozen=True, slots=True)
class Argument:
    """One of the variables."""

    position: int


@dataclass(frozen=True, slots=True)
class Literal:
    value: int | float


@dataclass(frozen=True, slots=True)
class Length:
    """The length of an axis of a variable, as a number."""

    position: int
    axis: int


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity matrix; its size is fixed, or the length of an axis of a variable."""

    size: int | Length


@dataclass(frozen=True, slots=True)
class Applied:
    """A function of the last `count` values, which it replaces."""

    compute: Callable[..., Any]
    count: int


Step: TypeAlias = Argument | Literal | Length | Identity | Applied


def run(steps: Sequence[Step], arguments: Sequence[Any]) -> Any:
    """The value of the formula; a long sum costs no depth of Python's stack."""
    stack: list[Any] = []
    for step in steps:
        match step:
            case Applied(compute, count):
                values = stack[len(stack) - count :]
                del stack[len(stack) - count :]
                stack.append(compute(*values))
            case Argument(position):
                stack.append(arguments[position])
            case Literal(value):
                stack.append(value)
            case Length(position, axis):
                stack.append(arguments[position].shape[axis] / 1)  # where it is traced, this makes it a traced number
            case Identity(size):
                stack.append(_identity(size, arguments))
    (result,) = stack
    return result


def _identity(size: int | Length, arguments: Sequence[Any]) -> Any:
    n = size if isinstance(size, int) else arguments[size.position].shape[size.axis]
    recording = current()
    return np.eye(n) if recording is None else create(np.eye, (n,), {}, recording)
