"""What a function that was made while tracing reads besides its arguments.

It is not copied when it is traced itself, so its cells and globals, which may change from one call to the next in
the same trace, are looked up here.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Sequence
from typing import Any

import numpy as np

from .dependency import Dependencies, immutable
from .rebinding import LIBRARIES, MARK, globals_used, is_library_function
from .stand_ins import UfuncStandIn
from .tracer import Tracer

PLAIN_CONTAINERS = (list, tuple, dict)


def surroundings(function: Any, settings: Sequence[Any]) -> Dependencies | None:
    """What a function and its settings read that were made while tracing, of others nothing; None if that is not clear.

    These are the business of the trace around it: what is its own there may change without being an effect.
    """
    found = Dependencies()
    reader = _Reader(found)
    while not isinstance(function, types.FunctionType) and type(function).__module__.partition(".")[0] == "steepest":
        function = getattr(function, "__wrapped__", None)  # a derivative of a derivative
    if not isinstance(function, types.FunctionType) or not all(map(reader.reads_plain, settings)):
        return None
    if MARK in function.__globals__ and not reader.reads_plain(function):
        return None
    return found


class _Reader:
    def __init__(self, dependencies: Dependencies) -> None:
        self.dependencies = dependencies
        self.met: set[int] = set()

    def reads_plain(self, item: Any) -> bool:
        """Whether an item is data, belongs to a library, or is a function that reads such things alone."""
        if id(item) in self.met:
            return True
        self.met.add(id(item))
        match item:
            case Tracer():
                return False
            case types.ModuleType():
                top = item.__name__.split(".")[0]
                return top in LIBRARIES or top in sys.stdlib_module_names
            case UfuncStandIn() | types.BuiltinFunctionType():
                return True
            case functools.partial() | types.FunctionType() if is_library_function(item):
                return True
            case types.FunctionType():
                return MARK in item.__globals__ and self._function(item)
            case np.ndarray():
                self.dependencies.content(item)
                return not item.dtype.hasobject
            case _ if type(item) in PLAIN_CONTAINERS:
                return all(map(self.reads_plain, item.values() if isinstance(item, dict) else item))
        return item is None or immutable(item)

    def _function(self, function: types.FunctionType) -> bool:
        used = [name for name in globals_used(function.__code__) if name in function.__globals__]
        if "range" in globals_used(function.__code__) or function.__defaults__ or function.__kwdefaults__:
            return False  # a long one belongs to the trace around it
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        try:
            read = [cell.cell_contents for cell in cells.values()]
        except ValueError:  # a cell that has no value yet
            return False
        self.dependencies.function(function)
        for name, cell in cells.items():
            self.dependencies.cell(cell, name)
        for name in used:
            self.dependencies.name(function.__globals__, name)
        return all(map(self.reads_plain, [*read, *(function.__globals__[name] for name in used)]))
