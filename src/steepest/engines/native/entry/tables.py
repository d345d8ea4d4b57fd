"""The tables that the machine code reads: each class here is the type of its name in `tables.ll`."""

from __future__ import annotations

import ctypes
import enum

Address = ctypes.c_void_p


class ArgumentKind(enum.IntEnum):
    ARRAY = 0
    NUMBER = 1  # a float or NumPy scalar
    FIXED = 2  # one certain object


class PartKind(enum.IntEnum):
    """How the items of a container are found."""

    BY_POSITION = 0
    BY_KEY = 1
    BY_ATTRIBUTE = 2


class ConditionKind(enum.IntEnum):
    PLACE = 0  # a place in memory holds a certain object
    ENTRY = 1  # a dict does, under a certain key
    ENTRY_OF_VERSION = 2  # the same; and while the dict has the version it had, it need not be looked up
    CONTENT = 3  # an array has a certain type, shape and content


class OutputKind(enum.IntEnum):
    ARRAY = 0
    SCALAR = 1
    GUARD_OF_BYTES = 2  # compared byte by byte; the others as the numbers they are
    GUARD_OF_DOUBLES = 3
    GUARD_OF_FLOATS = 4
    ZEROED_ARRAY = 5
    FLOAT64 = 6  # a scalar, made without NumPy's help
    IN_NUMBERS = 7  # the same, where a step `NUMBERS` makes it
    LARGE_ARRAY = 8  # in memory that is kept
    LARGE_ZEROED_ARRAY = 9


class StepKind(enum.IntEnum):
    OUTPUT = 0
    FIXED = 1
    TUPLE = 2
    LIST = 3
    LAST_OUTPUT = 4  # as OUTPUT, where it is not used again
    DICT = 5
    CALL_BY_POSITION = 6  # an object called with the tuple on top
    CALL_BY_NAME = 7  # with the dict on top
    NUMBERS = 8  # a tuple of float64 numbers


class Argument(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_int64),
        ("type", Address),  # or the object itself
        ("other_type", Address),
        ("dtype", Address),
        ("ndim", ctypes.c_int64),
        ("shape", Address),
        ("source", ctypes.c_int64),  # its number among the objects
    )


class Part(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_int64),
        ("type", Address),
        ("source", ctypes.c_int64),
        ("items", ctypes.c_int64),
        ("keys", Address),  # and of a dict once more, in their order there
        ("size", Address),  # routines
        ("item", Address),
    )


class Condition(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_int64),
        ("place", Address),  # or the array
        ("key", Address),  # or an `Argument` that the array fits
        ("expected", Address),  # or the bytes that are in it
        ("version_at", Address),
        ("version", ctypes.c_uint64),  # at the last look; no dict has 0. Or how many bytes
    )


class Output(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_int64),
        ("dtype", Address),  # or the type of the scalar
        ("ndim", ctypes.c_int64),
        ("shape", Address),
        ("offset", ctypes.c_int64),  # in the scratch memory
        ("seen", Address),  # or what makes an object of the type, or the memory it takes
        ("items", ctypes.c_int64),  # or the object of the last call
    )


class Step(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_int64), ("number", ctypes.c_int64), ("object", Address))  # or keys


class Numbers(ctypes.Structure):
    """What a step `NUMBERS` knows."""

    _fields_ = (
        ("last", Address),  # the tuple of the last call
        ("type", Address),
        ("maker", Address),
        ("offsets", Address),  # of each number, in the scratch memory
    )


class Table(ctypes.Structure):
    _fields_ = (("rows", ctypes.c_int64), ("at", Address))


class KernelRow(ctypes.Structure):
    _fields_ = (
        ("code", Address),
        ("externals", Address),
        ("declining", ctypes.c_int64),  # status bits
        ("scratch", ctypes.c_int64),  # bytes
        ("workspace", ctypes.c_int64),  # bytes
        ("spare", Address),  # a workspace kept for the next call
        ("lets_go", ctypes.c_int64),  # whether other threads may run meanwhile
        ("may_raise", ctypes.c_int64),  # whether it calls what may set an exception
        ("guards", ctypes.c_int64),  # how many outputs are guards
    )


class EntryRow(ctypes.Structure):
    pass


EntryRow._fields_ = (
    ("next", Address),
    ("answered", ctypes.c_int64),
    ("tracing", Address),
    ("method", Address),
    ("routines", Address),
    ("arguments", Table),
    ("conditions", Table),
    ("constants", Table),
    ("outputs", Table),
    ("steps", Table),
    ("kernel", KernelRow),
    ("parts", Table),
    ("arity", ctypes.c_int64),
    ("objects", ctypes.c_int64),
    ("names", Table),
    ("nameless", ctypes.c_int64),
)


class CallableRow(ctypes.Structure):
    """The fields of a callable object behind its head."""

    _fields_ = (("code", Address), ("first", Address), ("under_way", ctypes.c_int64))
