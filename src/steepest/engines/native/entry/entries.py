"""The ways into machine code that one callable has.

The callable points at their tables, in memory that belongs to Python objects. So those objects stay as long as a call
may be reading them, and the pointers are taken back before they go: when the callable's weak references are cleared,
which comes before its attributes are.
"""

from __future__ import annotations

import ctypes
import functools
import threading
import weakref
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from steepest.on_demand import on_first_call

from .callable import Callable, row_of
from .code import text
from .entry import Entry
from .layout import HEAD
from .tables import CallableRow

if TYPE_CHECKING:
    from steepest.engines.native.machine.building import Built

build = on_first_call("steepest.engines.native.machine.building", "build")

MOST = 32  # entries of one callable: each that does not fit costs a call some nanoseconds
METHOD = "__call__"  # what answers the calls that no entry does


@functools.cache
def answering_code() -> Built:
    """The code that answers calls, the same for all callables: compiled once, then read from disk."""
    return build(text(), "call")


class Entries:
    """The entries of `owner`. None is tried while `traces` is not 0: how many traces are under way."""

    def __init__(self, owner: Callable, traces: ctypes.c_int64):
        self._guard = _guarded(owner)
        self._traces = traces
        self._entries: dict[Hashable, Entry] = {}
        self._retired: list[Entry] = []
        self._answered = 0  # by entries that are gone
        self._lock = threading.RLock()
        self._code = answering_code()

    def answered(self) -> int:
        """How many calls have been answered without the interpreter."""
        return self._answered + sum(e.answered for e in (*self._entries.values(), *self._retired))

    def put(self, key: Hashable, entry: Entry) -> None:
        """From now on calls that fit go in by this entry."""
        with self._lock:
            self._retire(key)
            self._entries[key] = entry
            if len(self._entries) > MOST:
                self._retire(next(iter(self._entries)))
            self._link()

    def _retire(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._retired.append(entry)

    def _link(self) -> None:
        owner = self._guard()
        if owner is None:  # it is being taken apart: its pointers stay null
            return
        following = None
        for entry in list(self._entries.values()):
            entry.row.method, entry.row.tracing = id(METHOD), ctypes.addressof(self._traces)
            entry.row.next = following
            following = ctypes.addressof(entry.row)
        row = row_of(owner)
        row.first = following
        row.code = None if following is None else self._code.code.address("call")
        if row.under_way == 0:
            self._answered += sum(e.answered for e in self._retired)
            self._retired.clear()


_guards: set[weakref.ref[Any]] = set()


def _guarded(owner: Callable) -> weakref.ref[Callable]:
    """A weak reference that takes the pointers back when the callable goes."""
    address = id(owner) + HEAD

    def close(guard: weakref.ref[Any], row_at: Any = CallableRow.from_address, guards: Any = _guards) -> None:
        row = row_at(address)
        row.code = row.first = None
        guards.discard(guard)

    guard = weakref.ref(owner, close)
    _guards.add(guard)
    return guard
