"""The arrays that a plain function is called with near its values, without a copy of what is large at every call."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Places: TypeAlias = NDArray[np.intp] | slice  # in a flat array
Move: TypeAlias = tuple[Places, Array] | None  # what is added to the entries at these places; None: nothing, anywhere

LARGE = 1 << 16  # entries; smaller arrays are copied each time
EVERYWHERE = slice(None)


class Lending(enum.Enum):
    """What a function may do with the large arrays it is given."""

    READ_ONLY = enum.auto()
    WRITABLE = enum.auto()  # they are copies


class Lender:
    """Hands out x + step, for values x that stay as they are. What it gave before may not be used any more."""

    def __init__(self, values: Sequence[Array]) -> None:
        self.values = values
        self.has_large = any(v.size > LARGE for v in values)
        self._rooms: dict[int, tuple[Array, Places | None]] = {}  # a copy of a large value, and where it is none

    def arrays(self, moves: Sequence[Move], lending: Lending) -> list[Array]:
        return [self._array(k, move, lending) for k, move in enumerate(moves)]

    def _array(self, k: int, move: Move, lending: Lending) -> Array:
        value = self.values[k]
        read_only = lending is Lending.READ_ONLY
        if value.size <= LARGE:
            small = value.copy()
            _add(small, move)
            return small
        if read_only and move is None and value.flags.c_contiguous:
            return only_read(value)
        room = self._restored(k)
        _add(room, move)
        self._rooms[k] = room, EVERYWHERE if not read_only else None if move is None else move[0]
        return only_read(room) if read_only else room

    def _restored(self, k: int) -> Array:
        value = self.values[k]
        if k not in self._rooms:
            return value.copy()
        room, changed = self._rooms[k]
        if isinstance(changed, slice):
            np.copyto(room, value)
        elif changed is not None:
            room.reshape(-1)[changed] = value.reshape(-1)[changed]
        return room


def _add(array: Array, move: Move) -> None:
    if move is not None:
        places, step = move
        array.reshape(-1)[places] += step


def only_read(a: Array) -> Array:
    """The same array, which whoever gets it cannot write to."""
    view = a.view()
    view.flags.writeable = False
    return view
