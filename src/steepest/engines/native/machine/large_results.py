"""The memory of large results, kept for the next ones: NumPy's arrays take it by the door of NEP 49.

Fresh memory costs a page fault for every few thousand bytes, which is more than most kernels cost that fill it. So what
an array lets go of is kept, up to a bound, for the next array of about the size. Arrays may outlive everything here:
the code and what it knows stay until the process ends.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import threads
from .blocks import blocks
from .building import build
from .failure import NativeCodeError
from .hold import for_good
from .linking import Code
from .llvm import alone
from .memory import memory_limit

MOST_KEPT = 2**27  # bytes
MOST_KEPT_OF_MEMORY = 32  # one part of so many

_NAMES = ("handler", "handler_kind", "keep_at_most", "kept", "share")


@dataclass(frozen=True)
class Keeping:
    """What keeps: the capsule that NumPy wants, where there is one, and how much is kept."""

    capsule: int
    most: int
    code: Code

    def kept(self) -> int:
        """How many bytes are kept that no array has."""
        return int(_routine(self.code, "kept", ctypes.c_int64)())

    def keep_at_most(self, size: int) -> None:
        """From now on; what is kept beyond goes back to the system."""
        _routine(self.code, "keep_at_most", None, ctypes.c_int64)(size)


def memory_for(size: int) -> Keeping | None:
    """What a large result of so many bytes is to lie in; None: where arrays lie anyway."""
    found = keeping()
    return found if found and size < found.most else None


def keeping() -> Keeping | None:
    """The one of this process, made when first asked for; None where the platform has no such memory."""
    if not _made:
        with alone():  # of several threads that are the first to ask, one makes it
            if not _made:
                _made.append(_make())
    return _made[0]


_made: list[Keeping | None] = []  # none or one


def _make() -> Keeping | None:
    text = blocks()
    if text is None:
        return None
    try:
        code = build(text, *_NAMES).code
    except NativeCodeError:  # the platform's memory is not what the code is written for
        return None
    for_good(code)
    new = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
    capsule = new(("PyCapsule_New", ctypes.pythonapi))(code.address("handler"), code.address("handler_kind"), None)
    made = Keeping(capsule, min(MOST_KEPT, memory_limit() // MOST_KEPT_OF_MEMORY), code)
    made.keep_at_most(made.most)
    _routine(code, "share", None, ctypes.c_void_p)(threads.address("run"))
    return made


def _routine(code: Code, name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    return ctypes.CFUNCTYPE(result, *arguments)(code.address(name))
