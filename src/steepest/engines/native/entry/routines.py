"""The routines of Python and NumPy that the call uses, in one table of addresses."""

from __future__ import annotations

import ctypes
import functools
import importlib
from dataclasses import dataclass

import numpy as np

from .layout import ITEMS, pointer

NOTHING = ()  # the positional arguments of a call by names alone
ALLOC = 47  # Py_tp_alloc (typeslots.h, stable ABI)
# Positions in NumPy's table of C functions, fixed by its ABI (numpy/_core/code_generators/numpy_api.py).
PYARRAY_SCALAR, PYARRAY_NEW_FROM_DESCR, PYARRAY_ZEROS = 60, 94, 183
SET_HANDLER, GET_HANDLER, DEFAULT_HANDLER = 304, 305, 306  # PyDataMem_…: of memory; the last is a variable


@functools.cache
def routines() -> ctypes.Array[ctypes.c_void_p]:
    """The table that `tables.ll` calls ``%Api``: the order is its. Lives as long as the process."""
    numpy_functions = _numpy_functions()
    addresses = [
        _python("PyObject_VectorcallMethod"),
        _python("PyTuple_Size"),
        _python("PyMem_RawMalloc"),
        _python("PyMem_RawFree"),
        _python("PyErr_NoMemory"),
        _python("PyDict_GetItemWithError"),
        _python("PyErr_Clear"),
        numpy_functions[PYARRAY_SCALAR],
        id(np.ndarray),
        numpy_functions[PYARRAY_NEW_FROM_DESCR],
        _python("Py_IncRef"),
        _python("PyEval_SaveThread"),
        _python("PyEval_RestoreThread"),
        _python("PyTuple_New"),
        ITEMS,
        _python("PyList_New"),
        _python("PyList_SetItem"),
        _python("Py_DecRef"),
        numpy_functions[PYARRAY_ZEROS],
        _python("PyErr_Occurred"),
        _python("PyDict_New"),
        _python("PyDict_SetItem"),
        _python("PyObject_Call"),
        id(NOTHING),
        _python("PyTuple_GetItem"),
        _python("PyDict_Next"),
        _python("PyObject_RichCompareBool"),
        numpy_functions[SET_HANDLER],
        numpy_functions[GET_HANDLER],
        pointer(numpy_functions[DEFAULT_HANDLER] or 0),
    ]
    return (ctypes.c_void_p * len(addresses))(*addresses)


@dataclass(frozen=True)
class Access:
    """How to get at the items of a container: the routine for its size, null where it has none, and for one item."""

    size: int | None
    item: int | None


@functools.cache
def access(kind: type) -> Access:
    """For tuples and classes derived from them, lists and dicts; for all else by attributes."""
    for known, name, item in (
        (tuple, "Tuple", "GetItem"),
        (list, "List", "GetItem"),
        (dict, "Dict", "GetItemWithError"),
    ):
        if issubclass(kind, known):
            return Access(_python(f"Py{name}_Size"), _python(f"Py{name}_{item}"))
    return Access(None, _python("PyObject_GetAttr"))


@functools.cache
def maker_of_float64() -> int:
    """Where the function is that makes an `np.float64`, from the type and 0: its ``tp_alloc``."""
    get = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_int)(("PyType_GetSlot", ctypes.pythonapi))
    return int(get(np.float64, ALLOC) or 0)


def _python(name: str) -> int | None:
    return ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value


def _numpy_functions() -> ctypes.Array[ctypes.c_void_p]:
    """The table that NumPy publishes in a capsule."""
    capsule = importlib.import_module("numpy._core._multiarray_umath")._ARRAY_API
    prototype = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)
    get = prototype(("PyCapsule_GetPointer", ctypes.pythonapi))
    return (ctypes.c_void_p * (DEFAULT_HANDLER + 1)).from_address(get(capsule, None))
