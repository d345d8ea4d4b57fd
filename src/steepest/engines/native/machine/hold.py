"""Memory that Python knows nothing of, given back when what stands for it is really gone.

A finaliser of its owner would be too early: in a garbage collection all finalisers and callbacks of what goes run
before anything is taken apart, and one that comes later may still call the code that an earlier one has freed.
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np


def hold(release: Callable[[], None]) -> Any:
    """An object at whose end `release` is called; what that needs is kept alive until then.

    It is an array, which takes no part in garbage collections: its callback runs when nothing refers to it any more,
    not before. At the end of the interpreter nothing is released: the process gives everything back.
    """
    token = np.empty(0, np.uint8)
    weakref.finalize(token, release).atexit = False
    return token


def for_good(item: Any) -> None:
    """Keep it until the process ends: no interpreter may free it at its own end."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(item))
