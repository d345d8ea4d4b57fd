"""The two floating point formats the library is written for, and the constants every family needs of them."""

from __future__ import annotations

import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """IEEE 754 binary64 or binary32: widths, biases, and the constants that tricks with bits use."""

    element: str  # LLVM's name of the type
    suffix: str  # in the names of intrinsics
    word: str  # the integer type of the same width
    mantissa: int  # explicit bits of the significand
    bias: int  # of the exponent

    @property
    def width(self) -> int:
        return int(self.word[1:])

    @property
    def rounder(self) -> float:
        """Added to a number below 2^(mantissa - 1), leaves its nearest integer in the low bits of the sum."""
        return 1.5 * 2.0**self.mantissa

    @property
    def smallest_normal(self) -> float:
        return 2.0 ** (1 - self.bias)

    @property
    def largest(self) -> float:
        return (2.0 - 2.0**-self.mantissa) * 2.0**self.bias

    @property
    def one(self) -> int:
        """The bits of 1.0."""
        return self.bias << self.mantissa

    @property
    def sign(self) -> int:
        """The sign bit alone."""
        return 1 << (self.width - 1)

    def rounded(self, x: float) -> float:
        """The nearest number of the format."""
        return x if self.element == "double" else struct.unpack("<f", struct.pack("<f", x))[0]

    def bits(self, x: float) -> int:
        """The bits of a number of the format."""
        real, word = ("<d", "<Q") if self.element == "double" else ("<f", "<I")
        return struct.unpack(word, struct.pack(real, x))[0]

    def literal(self, x: float) -> str:
        """A number as LLVM's assembly spells it: the bits of a double, for either format."""
        return f"0x{struct.unpack('<Q', struct.pack('<d', self.rounded(x)))[0]:016X}"


DOUBLE = Format("double", "f64", "i64", 52, 1023)
FLOAT = Format("float", "f32", "i32", 23, 127)
FORMATS = {f.element: f for f in (DOUBLE, FLOAT)}
