"""The local variables of a Python function that is running: read and, between two of its steps, replaced.

Debuggers do the same: PEP 667 (Python 3.13) made the mapping write through; before, `PyFrame_LocalsToFast` does it.
"""

from __future__ import annotations

import ctypes
import dis
import functools
import inspect
import itertools
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

UNUSUAL = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
FOR_ITER = dis.opmap["FOR_ITER"]
GET_ITER = dis.opmap["GET_ITER"]
BACKWARD = frozenset(code for name, code in dis.opmap.items() if "JUMP_BACKWARD" in name)
PUTS_INTO_A_COMPREHENSION = ("LIST_APPEND", "SET_ADD", "MAP_ADD")


def begins_loop(frame: FrameType) -> bool:
    """Whether a frame asks for an iterator for a loop of its own."""
    return frame.f_code.co_code[frame.f_lasti] == GET_ITER


def has_loops(code: CodeType) -> bool:
    """Whether there is a loop in the code, or in that of functions inside it."""
    goes_back = not BACKWARD.isdisjoint(code.co_code[::2])
    return goes_back or any(has_loops(c) for c in code.co_consts if isinstance(c, CodeType))


def is_at_for_loop(frame: FrameType) -> bool:
    """Whether a frame is at the head of a ``for`` statement of a plain function, asking for the next item."""
    code = frame.f_code
    if code.co_flags & UNUSUAL or not code.co_flags & inspect.CO_OPTIMIZED:
        return False
    return code.co_code[frame.f_lasti] == FOR_ITER and frame.f_lasti not in _comprehensions(code)


@functools.lru_cache(maxsize=1024)
def _comprehensions(code: CodeType) -> frozenset[int]:
    """Where in the code the heads of comprehensions are; since Python 3.12 they are part of the function around."""
    instructions = list(dis.get_instructions(code))
    head = 0
    heads = {}  # by where a jump to the head goes: long loops have a prefix there
    for i in reversed(instructions):
        head = i.offset if i.opname != "EXTENDED_ARG" else head
        heads[i.offset] = head
    pairs = itertools.pairwise(i for i in instructions if i.opname != "EXTENDED_ARG")
    return frozenset(
        heads[jump.argval]
        for before, jump in pairs
        if before.opname in PUTS_INTO_A_COMPREHENSION and jump.opname.startswith("JUMP_BACKWARD")
    )


def local_variables(frame: FrameType) -> dict[str, Any]:
    """The local variables by name, as they are now; those of a function around it are among them."""
    return dict(frame.f_locals)


def set_local_variables(frame: FrameType, values: Mapping[str, Any]) -> None:
    """Give local variables other values."""
    found = frame.f_locals
    for name, value in values.items():
        found[name] = value
    if sys.version_info < (3, 13):
        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))


@dataclass(frozen=True)
class OfFrame:
    """What a step of a ``for`` statement may change: the local variables of the frame it is in."""

    frame: FrameType

    @property
    def loop(self) -> tuple[CodeType, int]:
        """The statement: the code it is in, and where there."""
        return self.frame.f_code, self.frame.f_lasti

    def is_at_its_head(self) -> bool:
        return is_at_for_loop(self.frame)

    def variables(self) -> dict[str, Any]:
        return local_variables(self.frame)

    def set_variables(self, values: Mapping[str, Any]) -> None:
        set_local_variables(self.frame, values)
