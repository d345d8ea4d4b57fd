"""What a captured function read besides its arguments, and whether it is still the same.

A capture is used again for as long as the globals, closure cells, defaults and attributes it saw have not
changed. Numbers and small containers are compared by value, arrays by identity and a sample of their entries
(small ones whole), other objects by identity and their attributes.
"""

from __future__ import annotations

import types
from typing import Any

import numpy as np

SAMPLE = 1024  # arrays up to this size are compared whole, larger ones at as many places
NESTING = 3
ITEMS = 64


_BY_IDENTITY = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, np.ufunc, type)


class Dependencies:
    """Everything one capture depends on, with what it looked like."""

    def __init__(self) -> None:
        self._fixed: list[tuple[dict[str, Any], str, Any]] = []  # modules, functions, classes: the same object
        self._names: list[tuple[dict[str, Any], str, Any]] = []
        self._cells: list[tuple[types.CellType, Any]] = []
        self._objects: list[tuple[Any, Any]] = []

    def name(self, namespace: dict[str, Any], name: str) -> None:
        value = namespace[name]
        if isinstance(value, _BY_IDENTITY):
            self._fixed.append((namespace, name, value))
        else:
            self._names.append((namespace, name, snapshot(value)))

    def cell(self, cell: types.CellType) -> None:
        self._cells.append((cell, snapshot(cell.cell_contents)))

    def object(self, item: Any) -> None:
        if item is not None:
            self._objects.append((item, snapshot(item)))

    def unchanged(self) -> bool:
        try:
            for namespace, name, value in self._fixed:
                if namespace[name] is not value:
                    return False
            if not (self._names or self._cells or self._objects):
                return True
            return (
                all(snapshot(namespace[name]) == seen for namespace, name, seen in self._names)
                and all(snapshot(cell.cell_contents) == seen for cell, seen in self._cells)
                and all(snapshot(item) == seen for item, seen in self._objects)
            )
        except (KeyError, ValueError):  # a name was deleted, a cell emptied
            return False


def snapshot(item: Any, depth: int = 0) -> Any:
    """Something comparable that changes when the item does."""
    if item is None or isinstance(item, (bool, int, float, complex, str, bytes, np.generic)):
        return (type(item), repr(item))
    if isinstance(item, np.ndarray):
        flat = item.reshape(-1) if item.flags.c_contiguous else item.ravel()
        step = max(1, item.size // SAMPLE)
        return (id(item), item.shape, item.dtype.str, flat[::step].tobytes() if item.dtype != object else b"")
    if isinstance(item, _BY_IDENTITY):
        return id(item)
    if depth < NESTING:
        if isinstance(item, (list, tuple)) and len(item) <= ITEMS:
            return (id(type(item)), [snapshot(x, depth + 1) for x in item])
        if isinstance(item, dict) and len(item) <= ITEMS:
            return (id(type(item)), [(key, snapshot(x, depth + 1)) for key, x in item.items()])
        attributes = getattr(item, "__dict__", None)
        if isinstance(attributes, dict) and len(attributes) <= ITEMS:
            return (id(item), [(key, snapshot(x, depth + 1)) for key, x in attributes.items()])
    return id(item)
