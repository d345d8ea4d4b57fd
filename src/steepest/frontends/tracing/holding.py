"""What local variables hold, as far as it can be written into: to see whether anything in it has changed."""

from __future__ import annotations

import functools
import random
import types
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .mirroring import is_users, original_class
from .tracer import Tracer

MOST = 2_000  # things that are looked at


class Unseen(Exception):
    """A change in it could not be seen."""


@dataclass
class Contents:
    """Everything that is reached from something: things to be the same objects, and marks to be equal."""

    things: list[Any] = field(default_factory=list)
    marks: list[Any] = field(default_factory=list)

    @classmethod
    def of(cls, x: Any, variables: Mapping[str, Any]) -> Contents:
        """Without what functions read of these variables, which are looked at by themselves.

        Raises `Unseen` for what goes forward when it is read, and for what holds too much.
        """
        found = cls()
        waiting, met = [x], {id(x)}
        while waiting:
            held = found._enter(waiting.pop(), variables)
            found.things += held
            if len(found.things) > MOST:
                raise Unseen
            new = [y for y in held if id(y) not in met]
            met.update(map(id, new))
            waiting += new
        return found

    def is_same(self, other: Contents) -> bool:
        """Whether nothing was exchanged, and nothing written into."""
        return (
            len(self.things) == len(other.things)
            and all(a is b for a, b in zip(self.things, other.things, strict=True))
            and self.marks == other.marks
        )

    def _enter(self, x: Any, variables: Mapping[str, Any]) -> list[Any]:
        """What `x` itself holds."""
        match x:
            case Tracer():
                self.marks.append(x.version)
                return [x.expr]
            case np.ndarray():
                if x.flags.writeable:
                    self.marks.append(x.tobytes() if x.dtype != object else tuple(map(id, x.flat)))
                return []
            case np.random.Generator():
                self.marks.append(repr(x.bit_generator.state))
                return []
            case np.random.RandomState():
                self.marks.append(repr(x.get_state(legacy=False)))
                return []
            case random.Random():
                self.marks.append(x.getstate())
                return []
            case Iterator():
                raise Unseen
            case dict():
                return [*x.keys(), *x.values(), *_attributes(x)]
            case list() | tuple() | set() | frozenset() | deque():
                return [*x, *_attributes(x)]
            case types.FunctionType():
                cells = zip(x.__code__.co_freevars, x.__closure__ or (), strict=True)
                read = [y for name, cell in cells for y in _content(cell) if variables.get(name, cell) is not y]
                return [*read, *(x.__defaults__ or ()), *(x.__kwdefaults__ or {}).values(), *vars(x).values()]
            case types.MethodType():
                return [x.__self__, x.__func__]
            case functools.partial():
                return [x.func, *x.args, *x.keywords.values()]
        return _attributes(x)


def _attributes(x: Any) -> list[Any]:
    """What the attributes of an object or a class of the user's hold, for others nothing."""
    kind = x if isinstance(x, type) else type(x)
    if not is_users(original_class(kind)):
        return []
    if isinstance(x, type):
        return [y for base in x.__mro__ if is_users(original_class(base)) for y in vars(base).values()]
    names = [name for base in kind.__mro__ for name in _as_names(vars(base).get("__slots__", ()))]
    slots = [object.__getattribute__(x, n) for n in names if n not in ("__dict__", "__weakref__") and hasattr(x, n)]
    return [*slots, *getattr(x, "__dict__", {}).values(), kind]


def _as_names(slots: str | Iterable[str]) -> Iterable[str]:
    return (slots,) if isinstance(slots, str) else slots


def _content(cell: types.CellType) -> list[Any]:
    """What is in a cell, if anything."""
    try:
        return [cell.cell_contents]
    except ValueError:
        return []
