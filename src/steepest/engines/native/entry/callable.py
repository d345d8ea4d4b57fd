"""The base class of callables that machine code may answer.

A callable has room for the address of code that the interpreter calls directly (the vectorcall protocol, PEP 590).
While that is null, calls go to the Python method ``__call__`` as always.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, TypeVar

from . import layout
from .layout import HEAD, TYPE_FLAGS
from .tables import CallableRow

DEFAULT, BASE, VECTORCALL = 1 << 18, 1 << 10, 1 << 11  # Py_TPFLAGS_…: HAVE_VERSION_TAG, BASETYPE, HAVE_VECTORCALL
CALL, MEMBERS = 50, 72  # Py_tp_call, Py_tp_members (typeslots.h, stable ABI)
SIZE, READ_ONLY = 19, 1  # T_PYSSIZET, READONLY

C = TypeVar("C", bound=type)


class _Member(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_int),
        ("offset", ctypes.c_ssize_t),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class _Slot(ctypes.Structure):
    _fields_ = (("slot", ctypes.c_int), ("value", ctypes.c_void_p))


class _Spec(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("basicsize", ctypes.c_int),
        ("itemsize", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("slots", ctypes.POINTER(_Slot)),
    )


def _native_base() -> type:
    """A type like `object` whose instances have the fields of `CallableRow`, null at first; else `object` itself."""
    members = (_Member * 2)(_Member(b"__vectorcalloffset__", SIZE, HEAD + CallableRow.code.offset, READ_ONLY, None))
    call = ctypes.cast(ctypes.pythonapi.PyVectorcall_Call, ctypes.c_void_p).value
    slots = (_Slot * 3)(_Slot(CALL, call), _Slot(MEMBERS, ctypes.addressof(members)))
    name = f"{__name__}.Callable".encode()
    spec = _Spec(name, HEAD + ctypes.sizeof(CallableRow), 0, DEFAULT | BASE | VECTORCALL, slots)
    create = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p)(("PyType_FromSpec", ctypes.pythonapi))
    _kept.extend((members, slots, name, spec))  # before Python 3.12 a type keeps pointers into what it was made of
    try:
        return create(ctypes.addressof(spec))
    except (SystemError, TypeError, ValueError):
        return object


_kept: list[Any] = []

if TYPE_CHECKING:

    class Callable:
        """The base class of callables that machine code may answer."""

else:
    Callable = _native_base() if layout.unknown() is None else object


def reason_against() -> str | None:
    """Why no callable is answered by machine code here; None if they can be."""
    if Callable is object:
        return layout.unknown() or "this Python does not make such a type"
    return None


def answered_by_code(kind: C) -> C:
    """The class, whose instances may have code of their own to be called instead of ``__call__``.

    A class with a ``__call__`` in Python does not take over from its base that there may be such code. It is said
    here; classes derived from it answer by their ``__call__`` where Python does not hand it on.
    """
    if reason_against() is None:
        flags = ctypes.c_uint32.from_address(id(kind) + TYPE_FLAGS)
        flags.value |= VECTORCALL
    return kind


def row_of(item: Callable) -> CallableRow:
    """The fields of a callable, as they are in memory while it lives."""
    return CallableRow.from_address(id(item) + HEAD)
