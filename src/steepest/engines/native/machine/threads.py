"""The threads of this process that kernels share their work among.

Kernels reach them by name (``threads:run``, ``threads:run_short``, ``threads:count``). They are started when first
needed, sleep when there is nothing to do, and are never ended: the process may end with them asleep. In a forked child
they start anew.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator
from dataclasses import dataclass

from .building import build
from .cores import thread_limit
from .failure import NativeCodeError
from .hold import for_good
from .linking import Code
from .llvm import alone
from .pool import INLINE, pool
from .target import host

ROUTINES = ("run", "run_short", "count")
_NAMES = (*ROUTINES, "allow", "reset", "started")


@dataclass(frozen=True)
class _Pool:
    """The pool's code."""

    code: Code

    def call(self, name: str, *arguments: int) -> int:
        prototype = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_int32] * len(arguments))
        return prototype(self.code.address(name))(*arguments)


def address(name: str) -> int:
    """Where a routine of the pool is, for kernels.

    ``run``: ``void run(void (*function)(void *context, int64 part), void *context, int64 parts)`` calls the function
    for the parts 0, 1, …, of which several may run at once, and returns when all are done. From inside a part, while
    another thread uses the pool, or for more than 65535 parts, it does all of them itself, in order. ``run_short`` does
    so too where it would have to wake threads, unless short jobs follow one another densely. ``count``: ``int64
    count()`` is the number of threads it may use.

    Raises:
        LookupError: for another name.
    """
    if name not in ROUTINES:
        raise LookupError(f"the threads have no routine {name!r}, only {', '.join(ROUTINES)}")
    return _pool().code.address(name)


def thread_count() -> int:
    """How many threads a kernel may use, with its caller's: what was asked for, or the usable cores."""
    return _pool().call("count")


@contextlib.contextmanager
def at_most(count: int) -> Iterator[None]:
    """While this lasts, kernels use at most `count` threads, in the whole process. With 1 they start none."""
    pool, before = _pool(), thread_count()
    pool.call("allow", min(max(count, 1), before) - 1)
    try:
        yield
    finally:
        pool.call("allow", before - 1)


_made: list[_Pool] = []  # none or one


def _pool() -> _Pool:
    if not _made:
        with alone():  # of several threads that are the first to ask, one makes it
            if not _made:
                _made.append(_make())
    return _made[0]


def _make() -> _Pool:
    text = pool(host().triple)
    try:
        code = build(text or INLINE, *_NAMES).code
    except NativeCodeError:  # the platform's threads are not what the pool is written for
        code = build(INLINE, *_NAMES).code
    for_good(code)  # threads run in it until the process ends
    made = _Pool(code)
    made.call("reset")
    made.call("allow", thread_limit() - 1)
    return made


def _after_fork() -> None:
    for made in _made:
        made.call("reset")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
