"""What a run of a function changed outside itself: globals, variables of enclosing functions, attributes, containers.

The run works on copies of the user's functions and objects (`rebinding.py`), so that most changes stay in the copies;
here they are found by comparison.
"""

from __future__ import annotations

import dis
import functools
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from steepest.errors import place_in

from .dependency import Dependencies
from .keeping import is_kept, keep

_ABSENT = object()
Places = dict[str, str]  # names, and the lines they are assigned on


@dataclass
class Effects:
    """What is watched in one run."""

    dependencies: Dependencies
    names: list[tuple[dict[str, Any], str, Any, str]] = field(default_factory=list)  # with the value, and the line
    cells: list[tuple[types.CellType, str, Any, str]] = field(default_factory=list)
    objects: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)  # copies, and what they held

    def function(self, original: types.FunctionType, copied: types.FunctionType) -> None:
        """What this function assigns to, beyond variables of its own. Its copy is complete."""
        for name, line in _stored(original.__code__, "STORE_GLOBAL", "DELETE_GLOBAL").items():
            namespace = copied.__globals__
            self.names.append((namespace, name, namespace.get(name, _ABSENT), line))
        stored = _stored(original.__code__, "STORE_DEREF", "DELETE_DEREF")
        for name, cell in zip(original.__code__.co_freevars, copied.__closure__ or (), strict=True):
            if name in stored:
                self.cells.append((cell, name, _content(cell), stored[name]))

    def object(self, copied: Any) -> None:
        if hasattr(copied, "__dict__"):
            self.objects.append((copied, dict(copied.__dict__)))

    def found(self) -> tuple[str, ...]:
        """Each change in words."""
        return tuple(dict.fromkeys([*self._assigned(), *self._attributes(), *self.dependencies.changed(keep)]))

    def _assigned(self) -> Iterator[str]:
        for namespace, name, before, line in self.names:
            now = namespace.get(name, _ABSENT)
            if now is not before and not _is_filled(before, now):
                yield f"the global {name!r} ({line})"
        for cell, name, before, line in self.cells:
            now = _content(cell)
            if now is not before and not _is_filled(before, now):
                yield f"the variable {name!r} of the function around it ({line})"

    def _attributes(self) -> Iterator[str]:
        for item, before in self.objects:
            for name, value in item.__dict__.items():
                was = before.get(name, _ABSENT)
                if was is not value and not _is_cached(type(item), name) and not _is_filled(was, value):
                    yield f"the attribute {name!r} of an object of type {type(item).__name__}"


def _is_filled(before: Any, now: Any) -> bool:
    """Whether a place that was empty now keeps what is the same at every call."""
    return (before is _ABSENT or before is None) and is_kept(now)


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return _ABSENT


def _is_cached(kind: type, name: str) -> bool:
    """Whether an attribute is a cached property, which is the same whenever it is asked for."""
    return isinstance(getattr(kind, name, None), functools.cached_property)


@functools.lru_cache(maxsize=1024)
def _stored(code: types.CodeType, *operations: str) -> Places:
    """The names that such instructions of the code, and of functions inside it, assign to."""
    found: Places = {}
    line = code.co_firstlineno
    for instruction in dis.get_instructions(code):
        line = (instruction.positions and instruction.positions.lineno) or line
        if instruction.opname in operations:
            found.setdefault(instruction.argval, place_in(code.co_filename, line))
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found = _stored(constant, *operations) | found
    return found
