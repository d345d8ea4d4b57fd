"""The local variables of a Python function that is running: read and, between two of its steps, replaced.

Debuggers do the same: PEP 667 (Python 3.13) made the mapping write through; before, `PyFrame_LocalsToFast` does it.
"""

from __future__ import annotations

import ctypes
import dis
import inspect
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any

UNUSUAL = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
FOR_ITER = dis.opmap["FOR_ITER"]


def is_at_for_loop(frame: FrameType) -> bool:
    """Whether a frame is at the head of a ``for`` statement of a plain function, asking for the next item."""
    code = frame.f_code
    if code.co_flags & UNUSUAL or not code.co_flags & inspect.CO_OPTIMIZED or code.co_name.startswith("<listcomp"):
        return False
    return code.co_code[frame.f_lasti] == FOR_ITER


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
