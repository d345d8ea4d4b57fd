"""What a captured function read besides its arguments, and whether it is still the same.

A capture is used again for as long as the globals, closure cells, defaults and attributes it saw have not
changed. Numbers, texts, containers and arrays are compared by what they hold, other objects by identity and
their attributes, `NESTING` levels deep. Nothing is kept alive for the comparison but containers and cells.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import sys
import types
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

NESTING = 5
CONTAINERS = 64  # levels of containers in containers that are looked into
WHOLE = 1024  # arrays with up to so many entries are compared entry by entry, larger ones by sums
COPIED = 1 << 24  # bytes of arrays that are copied, to be compared in full; beyond that, they are compared by sums
WIDTH = 1024  # of the table that a large array is summed in, by rows and by columns

_BY_IDENTITY = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, np.ufunc, type(np.sum), type)
_PLAIN = (bool, int, float, complex, str, bytes, np.generic)
_COMPARED = (type(None), *_PLAIN, np.ndarray, list, tuple, set, frozenset)  # as a whole
_IMMUTABLE = (type(None), bool, int, float, complex, str, bytes, range)
_MANY = 64  # lists of plain items longer than this are compared as they are, not item by item


Keep = Callable[[dict[Any, Any], Any], bool]  # of a dict and a key that it has got


@dataclass(frozen=True)
class Identities:
    """Which objects must be where they are for a capture to hold. They are kept alive: an id is then theirs alone."""

    names: list[tuple[Mapping[str, Any], str, Any]]
    cells: list[tuple[types.CellType, Any]]
    functions: list[tuple[types.FunctionType, types.CodeType]]  # their defaults are fixed
    arrays: list[tuple[np.ndarray, np.ndarray]]  # among those in names and cells, each with a copy: the content counts


class Dependencies:
    """Everything one capture depends on, with what it looked like."""

    def __init__(self) -> None:
        self._fixed: list[tuple[Mapping[str, Any], str, Same]] = []  # modules, functions, classes: the same object
        self._names: list[tuple[Mapping[str, Any], str, Any]] = []
        self._cells: list[tuple[types.CellType, Any, str]] = []
        self._functions: list[tuple[Callable[[], Any], types.CodeType, Any]] = []
        self._objects: list[tuple[Callable[[], Any], Any]] = []

    def name(self, namespace: Mapping[str, Any], name: str) -> None:
        """A global, or an attribute of a module or class."""
        value = namespace[name]
        if by_identity(value):
            self._fixed.append((namespace, name, Same(value)))
        else:
            self._names.append((namespace, name, snapshot(value)))

    def cell(self, cell: types.CellType, name: str) -> None:
        self._cells.append((cell, snapshot(cell.cell_contents), name))

    def function(self, function: types.FunctionType) -> None:
        """Its code, which a reload exchanges, and its defaults. A function that is gone is no longer called."""
        self._functions.append((reference(function), function.__code__, snapshot(_defaults(function))))

    def object(self, item: Any) -> None:
        if item is not None:
            self._objects.append((reference(item), snapshot(item)))

    def content(self, array: np.ndarray) -> None:
        """What an array holds, whoever may write into it."""
        plain = array.view(np.ndarray)
        self._objects.append((lambda: plain, snapshot(plain)))

    def include(self, other: Dependencies) -> None:
        """What another capture, which is part of this one, depends on."""
        self._fixed += other._fixed
        self._names += other._names
        self._cells += other._cells
        self._functions += other._functions
        self._objects += other._objects

    def look_again(self) -> None:
        """Take what things look like now for what they were: a function may count its calls, or keep a history."""
        self._names = [(namespace, name, snapshot(namespace[name])) for namespace, name, _ in self._names]
        self._cells = [(cell, snapshot(cell.cell_contents), name) for cell, _, name in self._cells]
        self._objects = [(get, snapshot(get())) for get, _ in self._objects]

    def changed(self, keep: Keep) -> Iterator[str]:
        """What has changed inside since it was read: lists, arrays, objects, in words."""
        for namespace, name, seen in self._names:
            if name in namespace and _is_changed(namespace[name], seen, keep):
                yield f"the {_kind(namespace[name])} {name!r}"
        for cell, seen, name in self._cells:
            if _is_changed(cell.cell_contents, seen, keep):
                yield f"the {_kind(cell.cell_contents)} {name!r} of the function around it"
        for get, seen in self._objects:
            if _is_changed(get(), seen, keep):
                yield f"what an object of type {_kind(get())} holds"

    def hold(self, kind: type) -> bool:
        """Whether what was read is, or holds, an object of this kind."""
        seen: list[Any] = [x for *_, x in (*self._fixed, *self._names, *self._functions, *self._objects)]
        return any(_holds(x, kind) for x in (*seen, *(x for _, x, _ in self._cells)))

    def identities(self) -> Identities | None:
        """What can be told by identity or byte by byte; None if more must be looked into, or has changed already."""
        try:
            names = {(id(space), name): (space, name, space[name]) for space, name, _ in (*self._fixed, *self._names)}
            cells = {id(cell): (cell, cell.cell_contents) for cell, *_ in self._cells}
        except (KeyError, ValueError):
            return None
        alive = {id(f): (f, code) for f, code in ((get(), code) for get, code, _ in self._functions) if f is not None}
        held: list[Any] = [entry[-1] for entry in (*names.values(), *cells.values())]
        arrays: dict[int, np.ndarray] = {id(x): x for x in held if _is_comparable(x)}
        if sum(x.nbytes for x in arrays.values()) > COPIED:
            return None
        copies = [(x, x.copy()) for x in arrays.values()]  # before it is asked whether they are as they were
        found = Identities(list(names.values()), list(cells.values()), list(alive.values()), copies)
        contents = [x for x in held if id(x) not in arrays] + [get() for get, _ in self._objects]
        fixed = all(map(is_fixed, contents))
        fixed &= all(is_fixed(f.__defaults__) and not f.__kwdefaults__ for f, _ in found.functions)
        return found if fixed and self.unchanged() else None

    def unchanged(self) -> bool:
        try:
            for namespace, name, value in self._fixed:
                if not value.is_still(namespace[name]):
                    return False
            for get, code, defaults in self._functions:
                found = get()
                if found is not None and (found.__code__ is not code or snapshot(_defaults(found)) != defaults):
                    return False
            if not (self._names or self._cells or self._objects):
                return True
            return (
                all(snapshot(namespace[name]) == seen for namespace, name, seen in self._names)
                and all(snapshot(cell.cell_contents) == seen for cell, seen, _ in self._cells)
                and all(snapshot(get()) == seen for get, seen in self._objects)
            )
        except (KeyError, ValueError):  # a name was deleted, a cell emptied
            return False


def _holds(seen: Any, kind: type) -> bool:
    """Whether a snapshot has an object of this kind in it."""
    if isinstance(seen, (list, tuple, frozenset)):
        return any(_holds(x, kind) for x in seen)
    return isinstance(seen.get() if isinstance(seen, Same) else seen, kind)


def _is_changed(item: Any, seen: Any, keep: Keep) -> bool:
    """Whether data changed, more than by entries of dicts that `keep` says are no effect."""
    if not _holds_data(item):
        return False
    added = _added(item, seen, snapshot(item))
    kept = [keep(entries, key) for entries, key in added or ()]
    return added is None or not all(kept)


def _added(item: Any, old: Any, new: Any) -> list[tuple[dict[Any, Any], Any]] | None:
    """The dicts in an item that have got entries, with their keys; None if its snapshots differ in other ways."""
    if old == new:
        return []
    is_dict = isinstance(item, dict)
    if not is_dict and (isinstance(item, _COMPARED) or by_identity(item)):
        return None
    if not (isinstance(old, tuple) and isinstance(new, tuple) and old[0] == new[0] and isinstance(old[1], list)):
        return None
    held = item if is_dict else attributes(item)
    keys, count = [key for key, _ in new[1]], len(old[1])
    if keys[:count] != [key for key, _ in old[1]] or (len(keys) > count and not is_dict):
        return None
    found = [(item, key) for key in keys[count:]]
    for (key, before), (_, now) in zip(old[1], new[1], strict=False):
        inner = _added(held[key], before, now)
        if inner is None:
            return None
        found += inner
    return found


def _holds_data(item: Any) -> bool:
    """Whether a change of an object is one of the user's data, not of a lock, a logger or another of Python's own."""
    own = type(item).__module__.partition(".")[0] in sys.stdlib_module_names
    return not own or isinstance(item, (list, dict, set, collections.deque, types.SimpleNamespace))


def _kind(item: Any) -> str:
    return type(item).__name__


def _is_comparable(item: Any) -> bool:
    """Whether it is an array that can be compared byte by byte."""
    if type(item) is not np.ndarray or not item.dtype.isnative:
        return False
    return item.dtype.char in "?bBhHiIlLqQefdFD" and item.flags.c_contiguous and item.flags.aligned


def _defaults(function: types.FunctionType) -> Any:
    plain, named = function.__defaults__, function.__kwdefaults__
    return (plain, named) if plain or named else None


def by_identity(item: Any) -> bool:
    """Whether an object is the same for as long as it is that object: our own, whose captures are asked themselves."""
    return isinstance(item, _BY_IDENTITY) or type(item).__module__.partition(".")[0] == "steepest"


def immutable(item: Any) -> bool:
    """Whether a plain value can never be another."""
    if type(item) is tuple:
        return all(map(immutable, item))
    return type(item) in _IMMUTABLE or isinstance(item, (np.number, np.bool_))


def is_fixed(item: Any, depth: int = 0) -> bool:
    """Whether `snapshot` gives the same for as long as it is given this object."""
    if by_identity(item) or immutable(item):
        return True
    if isinstance(item, (list, set, dict, np.ndarray, np.generic)):
        return False
    if isinstance(item, (staticmethod, classmethod)):
        return is_fixed(item.__func__, depth)
    if isinstance(item, (tuple, frozenset)):
        fixed = depth < CONTAINERS and not _may_have_attributes(type(item))
        return fixed and all(is_fixed(x, depth + 1) for x in item)
    if depth >= NESTING:
        return True
    held = attributes(item)
    if isinstance(item, functools.partial) or not _may_have_attributes(type(item)):
        return not held
    frozen = dataclasses.is_dataclass(item) and getattr(type(item), "__dataclass_params__").frozen  # noqa: B009
    return frozen and all(is_fixed(x, depth + 1) for x in held.values())


def _may_have_attributes(kind: type) -> bool:
    return any("__dict__" in vars(base) or vars(base).get("__slots__") for base in kind.__mro__)


class Same:
    """Equal to another of its kind only if both are of one object, which still lives."""

    __slots__ = ("get",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, item: Any):
        self.get = reference(item)

    def is_still(self, item: Any) -> bool:
        return self.get() is item

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.get() is not None and self.get() is other.get()


def reference(item: Any) -> Callable[[], Any]:
    """A call that gives the item, without keeping it alive where that can be: then None once it is gone."""
    try:
        return weakref.ref(item)
    except TypeError:
        return lambda: item


def snapshot(item: Any, depth: int = 0, met: dict[int, int] | None = None) -> Any:
    """Something comparable that changes when the item does. What is `met` again on the way is told by its number."""
    if item is None:
        return None
    if isinstance(item, _PLAIN):
        return (type(item), repr(item))
    if by_identity(item):  # a tracer says that it is an array
        return Same(item)
    if isinstance(item, np.ndarray):
        return (Same(item), item.shape, item.dtype.str, _content(item, depth))
    is_container = isinstance(item, (list, tuple, set, frozenset, dict))
    if depth >= (CONTAINERS if is_container else NESTING):
        return Same(item)
    met = {} if met is None else met
    if id(item) in met:
        return (Same, met[id(item)])
    met[id(item)] = len(met)
    if isinstance(item, (list, tuple)):
        return (type(item), _items(item, depth + 1, met))
    if isinstance(item, (set, frozenset)):
        return (type(item), frozenset(item))
    if isinstance(item, dict):
        return (type(item), [(key, snapshot(x, depth + 1, met)) for key, x in item.items()])
    return (Same(item), [(key, snapshot(x, depth + 1, met)) for key, x in attributes(item).items()])


def _items(items: list[Any] | tuple[Any, ...], depth: int, met: dict[int, int]) -> Any:
    if len(items) > _MANY and all(type(x) in (int, float, str, bool) for x in items):
        floats = np.array([x for x in items if type(x) is float])  # by its bytes, -0.0 is not 0.0
        return (tuple(items), tuple(map(type, items)), floats.tobytes())
    return [snapshot(x, depth, met) for x in items]


def attributes(item: Any) -> dict[str, Any]:
    """What an object holds, in its dict and its slots."""
    found: dict[str, Any] = {}
    for kind in type(item).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(item, name):
                found[name] = getattr(item, name)
    own = getattr(item, "__dict__", None)
    return found | own if isinstance(own, dict) else found


def _content(array: np.ndarray, depth: int) -> Any:
    """The entries, or for large arrays sums that no single change, and hardly any other, leaves as they were."""
    if array.dtype.hasobject:
        return _items(array.ravel().tolist(), depth + 1, {})
    if array.size <= WHOLE:
        return array.tobytes()
    raw = array.ravel(order="K").view(np.uint8)
    words = raw[: raw.size // 8 * 8].view(np.uint64)
    rows = words.size // WIDTH
    table = words[: rows * WIDTH].reshape(rows, WIDTH)
    rest = raw[table.nbytes :].tobytes()
    return (np.add.reduce(table, axis=0).tobytes(), np.add.reduce(table, axis=1).tobytes(), rest)
