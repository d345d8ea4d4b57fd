"""Where the interpreter and NumPy keep what the call reads, found out by looking at objects that are known.

Offsets in bytes, for CPython with the GIL on 64-bit machines (Include/cpython/*.h, numpy/ndarraytypes.h). They have
not moved from Python 3.11 to 3.14; where reading a known object shows otherwise, calls stay in Python.
"""

from __future__ import annotations

import ctypes
import functools
import sys
import sysconfig
from typing import Any

import numpy as np

HEAD = 16  # of every object: its reference count, its type
TYPE = 8
DATA, NDIM, SHAPE, DTYPE, FLAGS = 16, 24, 32, 56, 64  # of an array
VALUE = HEAD  # of a float, and of a NumPy scalar
CODE, DEFAULTS, KEYWORD_DEFAULTS = 48, 56, 64  # of a function
CONTENT = HEAD  # of a closure cell
ITEMS = tuple.__basicsize__  # of a tuple: they follow its fields
TYPE_FLAGS = 168  # of a type
DICT_VERSION = 24  # of a dict: another number after each change (PEP 509; withdrawn by PEP 699)


def pointer(address: int) -> int:
    """The machine word at an address; 0 for null."""
    return ctypes.c_void_p.from_address(address).value or 0


@functools.cache
def unknown() -> str | None:
    """What is not known of the layout here; None if everything is."""
    if sys.implementation.name != "cpython":
        return f"this Python is {sys.implementation.name}"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "this Python is built without the GIL"
    if sys.maxsize != 2**63 - 1 or sys.byteorder != "little":
        return "this is no 64-bit little-endian machine"
    strange = [what for what, is_known in _PROBES.items() if not is_known()]
    return f"the layout of {strange[0]} is not known" if strange else None


def _array() -> bool:
    sample = np.zeros((2, 3))
    at = id(sample)
    return (
        pointer(at + TYPE) == id(np.ndarray)
        and pointer(at + DATA) == sample.__array_interface__["data"][0]
        and ctypes.c_int32.from_address(at + NDIM).value == 2
        and (ctypes.c_int64 * 2).from_address(pointer(at + SHAPE))[:] == [2, 3]
        and pointer(at + DTYPE) == id(sample.dtype) == id(np.dtype(np.float64))
        and ctypes.c_int32.from_address(at + FLAGS).value == sample.flags.num
    )


def _scalar() -> bool:
    kinds: tuple[tuple[Any, Any], ...] = (
        (2.5, ctypes.c_double), (np.float64(2.5), ctypes.c_double), (np.float32(2.5), ctypes.c_float),
    )  # fmt: skip
    return all(
        pointer(id(x) + TYPE) == id(type(x)) and kind.from_address(id(x) + VALUE).value == 2.5 for x, kind in kinds
    )


def _function() -> bool:
    def sample(x: int = 3, *, y: int = 4) -> int:
        return x + y

    at = id(sample)
    return (
        pointer(at + CODE) == id(sample.__code__)
        and pointer(at + DEFAULTS) == id(sample.__defaults__)
        and pointer(at + KEYWORD_DEFAULTS) == id(sample.__kwdefaults__)
    )


def _cell() -> bool:
    content = object()
    cell = (lambda: content).__closure__[0]  # type: ignore[index]
    return pointer(id(cell) + CONTENT) == id(content)


def _tuple() -> bool:
    items = object(), object()
    return [pointer(id(items) + ITEMS + 8 * k) for k in range(2)] == [id(item) for item in items]


def _type() -> bool:
    return pointer(id(np.ndarray) + TYPE_FLAGS) == np.ndarray.__flags__


@functools.cache
def dicts_have_versions() -> bool:
    """Whether a dict can be seen to be unchanged without looking anything up."""
    if sys.version_info >= (3, 12):
        return False
    sample: dict[str, int] = {"a": 1}
    versions = [_version(sample)]
    for change in (lambda: sample.update(a=2), lambda: sample.update(b=2), lambda: sample.pop("b"), sample.clear):
        change()
        versions.append(_version(sample))
    return 0 not in versions and len(set(versions)) == len(versions) and _version(sample) == versions[-1]


def tuples_know_their_hash() -> bool:
    """Whether a tuple keeps its hash, so that what is in it must not change (from Python 3.14 on)."""
    return HEAD + ctypes.sizeof(ctypes.c_ssize_t) != ITEMS


def _version(item: dict[str, int]) -> int:
    return ctypes.c_uint64.from_address(id(item) + DICT_VERSION).value


_PROBES = {
    "arrays": _array,
    "scalars": _scalar,
    "functions": _function,
    "closure cells": _cell,
    "tuples": _tuple,
    "types": _type,
}
