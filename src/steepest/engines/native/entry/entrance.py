"""What a way into a kernel is: which calls it answers, while what holds, and what it returns.

Data, made by those who know the captured function; `entry.py` lays it out for the machine.
"""

from __future__ import annotations

import enum
import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

# --- what is passed ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class ArrayArgument:
    """A plain `np.ndarray`, C-contiguous and aligned, of this shape and native element type."""

    shape: tuple[int, ...]
    dtype: np.dtype


@dataclass(frozen=True)
class NumberArgument:
    """A NumPy scalar of this type, or for float64 a Python float."""

    dtype: np.dtype


@dataclass(frozen=True)
class FixedArgument:
    """This very object: a setting, which must be immutable."""

    value: Any


@dataclass(frozen=True)
class ContainerArgument:
    """A container of exactly this type with just these items: by position, or under `keys`, which may be attributes.

    `order` is that of the keys in a dict, if it is another: a function may go by it.
    """

    kind: type
    items: tuple[Argument, ...]
    keys: tuple[Any, ...] = ()
    order: tuple[Any, ...] = ()


Argument: TypeAlias = ArrayArgument | NumberArgument | FixedArgument | ContainerArgument

# --- what must still hold ---------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class InDict:
    """The value is what `namespace` has under `name`."""

    namespace: dict[str, Any]
    name: str
    value: Any


@dataclass(frozen=True, eq=False)
class InCell:
    """The value is what a closure cell holds."""

    cell: types.CellType
    value: Any


@dataclass(frozen=True, eq=False)
class Unchanged:
    """A function has this code, and these objects as its defaults."""

    function: types.FunctionType
    code: types.CodeType
    defaults: tuple[Any, ...] | None
    keyword_defaults: dict[str, Any] | None

    def fields(self) -> tuple[Any, ...]:
        return self.code, self.defaults, self.keyword_defaults


@dataclass(frozen=True, eq=False)
class Content:
    """What is in a plain array, C-contiguous and aligned, is what is in its copy, bit by bit."""

    array: np.ndarray
    copy: np.ndarray


Condition: TypeAlias = InDict | InCell | Unchanged | Content

# --- what is returned -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Output:
    """Output number `k` of the kernel, guards not counted: a new array, or a NumPy scalar if its shape is ()."""

    k: int


@dataclass(frozen=True)
class Fixed:
    """This very object."""

    value: Any


@dataclass(frozen=True)
class Container:
    """A new tuple or list."""

    kind: type[tuple[Any, ...]] | type[list[Any]]
    items: tuple[Result, ...]


@dataclass(frozen=True)
class Mapping:
    """A new dict."""

    keys: tuple[Any, ...]
    items: tuple[Result, ...]


@dataclass(frozen=True)
class Made:
    """What a class makes of the items of a tuple in their positions, or of a dict by their names."""

    kind: type
    of: Container | Mapping


Result: TypeAlias = Output | Fixed | Container | Mapping | Made


class Threads(enum.Enum):
    """What other Python threads do while the kernel runs."""

    WAIT = 0  # for a kernel of some microseconds
    RUN = 1  # the GIL is let go


@dataclass(frozen=True)
class Entrance:
    """One way in. `guards` are what the first outputs must be for the others to be the result.

    Arguments after the first `nameless` may be given by their names, as long as they come in their order.
    """

    arguments: tuple[Argument, ...]
    conditions: Sequence[Condition]
    guards: tuple[np.ndarray, ...]
    result: Result
    declining: int  # status bits of the kernel on which the call is left to Python
    threads: Threads
    names: tuple[str, ...] = ()
    nameless: int = 0
