"""LLVM in this process: set up once, used by one thread at a time, whole again in a forked child.

llvmlite guards single calls. What is guarded here is a piece of work of several calls, so that a fork waits for the
end of a compilation that another thread is at, and the child does not inherit a lock that nobody will open.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache

import llvmlite
import llvmlite.binding as llvm

VERSIONS = f"llvmlite {llvmlite.__version__}, LLVM {'.'.join(map(str, llvm.llvm_version_info))}"

_lock = threading.RLock()
_dropped: deque[Callable[[], None]] = deque()  # what could not be freed where it was dropped


@lru_cache(maxsize=1)
def _set_up() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.check_jit_execution()


@contextmanager
def alone() -> Iterator[None]:
    """While this lasts, no other thread of ours is in LLVM.

    Raises:
        OSError: if the system does not let a process run code that it made.
    """
    with _lock:
        _set_up()
        _free_dropped()
        yield


def free(release: Callable[[], None]) -> None:
    """Run what gives memory of LLVM back, now or when LLVM is next used.

    A garbage collection can happen in any thread at any time: it must not wait for a compilation in another one.
    """
    if sys.is_finalizing():
        return  # the process is about to end, and what this needs may be gone
    _dropped.append(release)
    if _lock.acquire(blocking=False):
        try:
            _free_dropped()
        finally:
            _lock.release()


def _free_dropped() -> None:
    while _dropped:
        _dropped.popleft()()


class _Fork:
    """Holds the lock while a process forks.

    This module may be imported by another thread while a fork is already waiting for that: then it was never asked to
    take the lock, and has none to release.
    """

    def __init__(self) -> None:
        self.held = False

    def before(self) -> None:
        _lock.acquire()
        self.held = True

    def after_in_parent(self) -> None:
        if self.held:
            self.held = False
            _lock.release()

    def after_in_child(self) -> None:
        global _lock
        _lock, self.held = threading.RLock(), False


if hasattr(os, "register_at_fork"):
    _fork = _Fork()
    os.register_at_fork(before=_fork.before, after_in_parent=_fork.after_in_parent, after_in_child=_fork.after_in_child)
