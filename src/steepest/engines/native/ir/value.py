"""Values under construction: numbers known now, or LLVM registers."""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np


class Kind(enum.Enum):
    """Element types; the text is LLVM's. Truth values are ``i1`` in registers and bytes in memory."""

    DOUBLE = "double"
    FLOAT = "float"
    INT = "i64"
    TRUTH = "i1"

    @property
    def floating(self) -> bool:
        return self in (Kind.DOUBLE, Kind.FLOAT)

    @property
    def stored(self) -> str:
        """The type in memory."""
        return "i8" if self is Kind.TRUTH else self.value

    @property
    def bytes(self) -> int:
        return {Kind.DOUBLE: 8, Kind.FLOAT: 4, Kind.INT: 8, Kind.TRUTH: 1}[self]


@dataclass(frozen=True, slots=True)
class Narrow:
    """Whole numbers of fewer bits than the ``i64`` that they are in registers."""

    stored: str  # LLVM's type in memory
    bytes: int
    word: str  # what makes an ``i64`` of one

    def wrapped(self, x: int) -> int:
        """The number of this type that has the same last bits."""
        bits = 8 * self.bytes
        low = 1 << (bits - 1) if self.word == "sext" else 0
        return (x + low) % (1 << bits) - low


NARROW: dict[np.dtype[Any], Narrow] = {
    np.dtype(np.int32): Narrow("i32", 4, "sext"),
    np.dtype(np.int16): Narrow("i16", 2, "sext"),
    np.dtype(np.int8): Narrow("i8", 1, "sext"),
    np.dtype(np.uint32): Narrow("i32", 4, "zext"),
    np.dtype(np.uint16): Narrow("i16", 2, "zext"),
    np.dtype(np.uint8): Narrow("i8", 1, "zext"),
}

KINDS: dict[np.dtype[Any], Kind] = {
    np.dtype(np.float64): Kind.DOUBLE,
    np.dtype(np.float32): Kind.FLOAT,
    np.dtype(np.int64): Kind.INT,
    np.dtype(np.bool_): Kind.TRUTH,
    **dict.fromkeys(NARROW, Kind.INT),
}


CONVERSIONS = {  # by LLVM's instruction
    (Kind.DOUBLE, Kind.FLOAT): "fptrunc",
    (Kind.FLOAT, Kind.DOUBLE): "fpext",
    (Kind.DOUBLE, Kind.INT): "fptosi",
    (Kind.FLOAT, Kind.INT): "fptosi",
    (Kind.INT, Kind.DOUBLE): "sitofp",
    (Kind.INT, Kind.FLOAT): "sitofp",
    (Kind.TRUTH, Kind.DOUBLE): "uitofp",
    (Kind.TRUTH, Kind.FLOAT): "uitofp",
    (Kind.TRUTH, Kind.INT): "zext",
}


@dataclass(frozen=True, slots=True)
class Val:
    """One entry, or one entry a lane: then `parts` are whole machine registers, in the order of the lanes."""

    kind: Kind
    parts: tuple[str, ...]
    vector: bool

    @property
    def name(self) -> str:
        """The register of a single entry."""
        (name,) = self.parts
        return name


Known: TypeAlias = bool | int | float  # takes the kind of what it meets
Value: TypeAlias = Known | Val


def literal(value: Known, kind: Kind) -> str:
    """A number in LLVM's notation: floating-point ones by their bits, since decimals are not always exact."""
    match kind:
        case Kind.TRUTH:
            return "true" if value else "false"
        case Kind.INT:
            return str(int(value))
        case Kind.FLOAT:
            value = struct.unpack("<f", struct.pack("<f", np.float32(value)))[0]
    return f"0x{struct.unpack('<Q', struct.pack('<d', float(value)))[0]:016X}"


def same(a: Value, b: Value) -> bool:
    """Whether two values are certainly one; NaN is itself here, and 0 is not -0."""
    if isinstance(a, Val) or isinstance(b, Val):
        return a is b or (isinstance(a, Val) and a == b)
    return type(a) is type(b) and struct.pack("<d", a) == struct.pack("<d", b)
