"""A table from objects to what is known of them, by identity, that keeps none of them alive."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar

V = TypeVar("V")


class ByIdentity(Generic[V]):
    """As a WeakKeyDictionary, but equal objects are not confused, and objects need not be hashable."""

    def __init__(self) -> None:
        self._entries: dict[int, tuple[weakref.ref[Any], V]] = {}
        self._lock = threading.RLock()  # a finaliser may run while the lock is held

    def setdefault(self, item: Any, make: Callable[[], V]) -> V:
        """What is known of `item`, made now if nothing is. TypeError if it cannot be referred to weakly."""
        entry = self._entries.get(id(item))
        if entry is not None and entry[0]() is item:
            return entry[1]
        with self._lock:
            entry = self._entries.get(id(item))
            if entry is None or entry[0]() is not item:
                entry = (weakref.ref(item, self._forget(id(item))), make())
                self._entries[id(item)] = entry
            return entry[1]

    def __len__(self) -> int:
        return len(self._entries)

    def _forget(self, key: int) -> Callable[[weakref.ref[Any]], None]:
        def gone(reference: weakref.ref[Any]) -> None:
            with self._lock:
                entry = self._entries.get(key)
                if entry is not None and entry[0] is reference:
                    del self._entries[key]

        return gone
