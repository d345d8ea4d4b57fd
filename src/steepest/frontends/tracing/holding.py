"""What local variables hold, as far as it can be written into: to see what a step of a loop has changed in it."""

from __future__ import annotations

import functools
import random
import types
from collections import deque
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from steepest.expr.node import Expr
from steepest.frontends.trees import flatten

from .mirroring import is_users, original_class
from .stepped_lists import SteppedList
from .tracer import Tracer

MOST = 20_000  # things that are looked at
LOCALS = 0  # in the place of the identity of what holds the local variables

Write = Callable[[Any, Any], None]  # of a key, and what is to be there


class Unseen(Exception):
    """A change in it could not be seen."""


class Place(NamedTuple):
    """A local variable, an entry of a container, an attribute: by what holds it, and its name or number there."""

    holder: int
    key: Hashable


@dataclass
class Held:
    """Everything that is reached from the local variables.

    Functions are looked into too, without what they read of the local variables, which are looked at by themselves.
    """

    things: dict[Place, Any] = field(default_factory=dict)
    writers: dict[int, tuple[Write, Container[Any]]] = field(default_factory=dict)  # by holder, with the keys they take
    marks: dict[int, Any] = field(default_factory=dict)  # to be equal
    lists: dict[int, tuple[list[Any], tuple[Any, ...]]] = field(default_factory=dict)  # with their entries
    arrays: dict[int, tuple[Tracer, Expr]] = field(default_factory=dict)
    alive: list[Any] = field(default_factory=list)  # so that an identity is that of one thing

    @classmethod
    def of(cls, variables: Mapping[str, Any]) -> Held:
        """Raises `Unseen` for what goes forward when it is read, and for what holds too much."""
        found = cls({Place(LOCALS, name): x for name, x in variables.items()})
        waiting, met = list(variables.values()), set[int]()
        while waiting:
            x = waiting.pop()
            if id(x) in met:
                continue
            met.add(id(x))
            found.alive.append(x)
            held = {Place(id(x), key): y for key, y in found._enter(x, variables)}
            found.things |= held
            if len(found.things) > MOST:
                raise Unseen
            waiting += held.values()
        return found

    def can_replace(self, x: Any) -> bool:
        """Whether something else can be put in all the places where it is held."""
        return all(p.holder == LOCALS or self.can_write(p) for p in self._places.get(id(x), ()))

    @functools.cached_property
    def _places(self) -> dict[int, list[Place]]:
        """Where each thing is held, by its identity."""
        found: dict[int, list[Place]] = {}
        for place, x in self.things.items():
            found.setdefault(id(x), []).append(place)
        return found

    def can_write(self, place: Place) -> bool:
        """Whether something else can be put there; local variables are for others to set."""
        found = self.writers.get(place.holder)
        return found is not None and place.key in found[1]

    def replace(self, place: Place, x: Any) -> None:
        """Put something else there."""
        self.writers[place.holder][0](place.key, x)

    def long_lists(self, least: int, changes: Changes) -> list[tuple[list[Any], int]]:
        """The long lists that have not changed, and can be replaced; they have grown by nothing."""
        changed = [id(x) for x, _ in changes.lists]
        found = [x for x, _ in self.lists.values() if len(x) >= least and id(x) not in changed]
        return [(x, 0) for x in found if self.can_replace(x)]

    def _enter(self, x: Any, variables: Mapping[str, Any]) -> Iterable[tuple[Hashable, Any]]:
        """What `x` itself holds."""
        match x:
            case Tracer():
                if x.base is None and not isinstance(x.held, np.generic):  # what becomes of it is seen in its views
                    self.arrays[id(x)] = x, x.expr
                return ()
            case np.ndarray():
                if x.flags.writeable:
                    self.marks[id(x)] = x.tobytes() if x.dtype != object else tuple(map(id, x.flat))
                return ()
            case np.random.Generator():
                self.marks[id(x)] = repr(x.bit_generator.state)
                return ()
            case np.random.RandomState():
                self.marks[id(x)] = repr(x.get_state(legacy=False))
                return ()
            case random.Random():
                self.marks[id(x)] = x.getstate()
                return ()
            case Iterator():
                raise Unseen
            case SteppedList():  # of a loop around this one
                self.marks[id(x)] = x.mark()
                return ()
            case list() if type(x) is list:
                self.lists[id(x)] = x, tuple(y.original if issubclass(type(y), SteppedList) else y for y in x)
                self.writers[id(x)] = x.__setitem__, range(len(x))
                return [(k, y) for k, y in enumerate(x) if not _is_plain(y)]
            case dict():
                if type(x) is dict:
                    self.writers[id(x)] = x.__setitem__, frozenset(x)
                return [*x.items(), *((("key", k), key) for k, key in enumerate(x)), *self._attributes(x)]
            case list() | tuple() | set() | frozenset() | deque():
                return [*enumerate(x), *self._attributes(x)]
            case types.FunctionType():
                cells = zip(x.__code__.co_freevars, x.__closure__ or (), strict=True)
                read = [(name, y) for name, cell in cells for y in _content(cell) if variables.get(name, cell) is not y]
                defaults = [*(x.__defaults__ or ()), *(x.__kwdefaults__ or {}).values()]
                return [*read, *((("default", k), y) for k, y in enumerate(defaults)), *vars(x).items()]
            case types.MethodType():
                return [("self", x.__self__), ("function", x.__func__)]
            case types.BuiltinMethodType():
                return [("self", x.__self__)]
            case functools.partial():
                return [("function", x.func), *enumerate(x.args), *x.keywords.items()]
        return self._attributes(x)

    def _attributes(self, x: Any) -> list[tuple[Hashable, Any]]:
        """What the attributes of an object or a class of the user's hold, for others nothing."""
        kind = x if isinstance(x, type) else type(x)
        if not is_users(original_class(kind)):
            return []
        if isinstance(x, type):
            bases = [base for base in x.__mro__ if is_users(original_class(base))]
            return [((k, name), y) for k, base in enumerate(bases) for name, y in vars(base).items()]
        slots = [name for base in kind.__mro__ for name in _as_names(vars(base).get("__slots__", ()))]
        own = [n for n in slots if n not in ("__dict__", "__weakref__") and hasattr(x, n)]
        names = [*own, *getattr(x, "__dict__", {})]
        self.writers[id(x)] = functools.partial(object.__setattr__, x), frozenset(names)
        return [*((name, getattr(x, name)) for name in names), (("class",), kind)]


PLAIN: frozenset[type] = frozenset({int, float, complex, bool, str, type(None)})


def _is_plain(x: Any) -> bool:
    """Whether it cannot be written into, and holds nothing. This is asked of each entry of long lists."""
    kind = type(x)
    return (
        kind in PLAIN or issubclass(kind, np.generic) or (issubclass(kind, Tracer) and isinstance(x.held, np.generic))
    )


def is_traced(x: Any) -> bool:
    """Whether there is a traced number in it that may vary."""
    return any(isinstance(leaf, Tracer) and not leaf.is_fixed() for leaf in flatten(x)[0])


@dataclass
class Changes:
    """What is another than it was."""

    places: list[Place] = field(default_factory=list)
    lists: list[tuple[list[Any], int]] = field(default_factory=list)  # with how many entries they have grown by
    arrays: list[Tracer] = field(default_factory=list)

    def are_traced(self, now: Held) -> bool:
        """Whether there is a traced number in what has changed."""
        return (
            bool(self.arrays)
            or any(is_traced(now.things[p]) for p in self.places)
            or any(is_traced(y) for x, growth in self.lists for y in (x[-growth:] if growth else x))
        )

    @classmethod
    def between(cls, before: Held, now: Held) -> Changes | None:
        """None if something has changed in a way that goes on in no evident way."""
        both = {LOCALS, *map(id, before.alive)} & {LOCALS, *map(id, now.alive)}
        found = cls()
        for key in both & before.lists.keys() & now.lists.keys():
            (x, old), (_, new) = before.lists[key], now.lists[key]
            if len(new) < len(old):
                return None
            if any(a is not b for a, b in zip(old, new, strict=False)) or len(old) != len(new):
                if not now.can_replace(x):
                    return None
                found.lists.append((x, len(new) - len(old)))
        for place, x in now.things.items():
            if place.holder in both and place.holder not in now.lists and x is not before.things.get(place, found):
                if place not in before.things and place.holder != LOCALS:
                    return None
                if place.holder != LOCALS and not now.can_write(place):
                    return None
                found.places.append(place)
        gone = [p for p in before.things if p.holder in both and p not in now.things and p.holder not in now.lists]
        same = all(before.marks[k] == now.marks[k] for k in both & before.marks.keys() & now.marks.keys())
        if gone or not same:
            return None
        arrays = both & before.arrays.keys() & now.arrays.keys()
        found.arrays = [now.arrays[k][0] for k in arrays if now.arrays[k][1] is not before.arrays[k][1]]
        return found


def _as_names(slots: str | Iterable[str]) -> Iterable[str]:
    return (slots,) if isinstance(slots, str) else slots


def _content(cell: types.CellType) -> list[Any]:
    """What is in a cell, if anything."""
    try:
        return [cell.cell_contents]
    except ValueError:
        return []
