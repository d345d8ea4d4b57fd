"""The compiled loops inside NumPy's and SciPy's entrywise functions, read from the ufunc object's own tables.

A loop is ``void (char **arrays, npy_intp const *count, npy_intp const *strides, void *data)``: operands first, then
results, strides in bytes. It needs no interpreter lock, except to report what `scipy.special.errstate` asks for.

The fields are those of ``PyUFuncObject`` in NumPy's ``ufuncobject.h``, unchanged since 2006. They are compared with
what Python sees of the same function before any of them is believed.
"""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import NamedTuple

import numpy as np


class _UFunc(ctypes.Structure):
    """``PyUFuncObject``, as far as the table of loops."""

    _fields_ = (
        ("head", ctypes.c_char * object.__basicsize__),
        ("nin", ctypes.c_int),
        ("nout", ctypes.c_int),
        ("nargs", ctypes.c_int),
        ("identity", ctypes.c_int),
        ("functions", ctypes.POINTER(ctypes.c_void_p)),
        ("data", ctypes.POINTER(ctypes.c_void_p)),
        ("ntypes", ctypes.c_int),
        ("reserved", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("types", ctypes.POINTER(ctypes.c_char)),
    )


class Loop(NamedTuple):
    """A compiled loop and its last argument."""

    address: int
    data: int


@lru_cache(maxsize=1024)
def loop(function: np.ufunc, types: str) -> Loop:
    """The loop of a ufunc for one row of its `types`: ``loop(scipy.special.jv, "dd->d")``.

    Raises:
        LookupError: if the function has no such loop, or is not laid out as known.
    """
    fields = _fields(function)
    if types not in function.types:
        raise LookupError(f"{function.__name__} has no loop {types!r}, only {', '.join(function.types)}")
    row = function.types.index(types)
    address = fields.functions[row]
    if not address:
        raise LookupError(f"{function.__name__} has an empty loop {types!r}")
    return Loop(address, (fields.data[row] or 0) if fields.data else 0)


def _fields(function: np.ufunc) -> _UFunc:
    """The object's fields, once the harmless ones agree with what Python says of it, and after them the pointers."""
    fields = _UFunc.from_address(id(function))
    seen = (fields.nin, fields.nout, fields.nargs, fields.ntypes)
    if seen == (function.nin, function.nout, function.nargs, len(function.types)) and fields.functions and fields.types:
        codes = fields.types[: fields.nargs * fields.ntypes]
        expected = b"".join(_type_numbers(row) for row in function.types)
        if codes == expected and fields.name == function.__name__.encode():
            return fields
    raise LookupError(f"this NumPy ({np.__version__}) lays out {function.__name__} in an unknown way")


def _type_numbers(types: str) -> bytes:
    """A row of types as NumPy stores it: a byte for each operand and result."""
    return bytes(np.dtype(code).num for code in types.replace("->", ""))
