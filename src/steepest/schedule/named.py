"""Numbers that code reads from a table, so that it is the same code for another length of the longest axis.

While code is written such a number is known like any other, and decides whatever it decides. Only in the text its name
stands. So a text is right for the table that was made with it; and where it is equal for another length, because all
decisions are, it is compiled once for both.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self, SupportsIndex

import numpy as np

PACKED = {"i64": "<q", "i32": "<iI", "double": "<d", "float": "<fI"}  # in eight bytes; of LLVM's types
SMALL, QUARTERS = 16, 4  # a constant that is so small, and a multiple of a quarter, is part of a formula


class Names:
    """The table, and which number has which place in it. Equal formulas have one."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], int] = {}
        self._numbers: list[bytes] = []
        self.words: list[str] = []  # LLVM's types
        self.writing = False

    def __bool__(self) -> bool:
        return bool(self.words)

    @contextmanager
    def in_text(self) -> Iterator[None]:
        """While this lasts, numbers are written by their names."""
        before, self.writing = self.writing, True
        try:
            yield
        finally:
            self.writing = before

    def name(self, formula: str, word: str, value: int | float) -> str:
        """What a number of one of LLVM's types is called."""
        place = self._places.setdefault((formula, word), len(self.words))
        if place == len(self.words):
            self.words.append(word)
            self._numbers.append(_packed(word, value))
        return f"%n{place}"

    def table(self) -> np.ndarray:
        """All numbers, eight bytes each."""
        return np.frombuffer(b"".join(self._numbers), np.int64)

    def constant(self, value: bool | int | float, formula: str) -> bool | int | float:
        """A constant of a program, by name unless it is a small one, as in ``x**2 / 2``."""
        if isinstance(value, bool) or not math.isfinite(value) or (abs(value) <= SMALL and value * QUARTERS % 1 == 0):
            return value
        return Extent(value, formula, self) if isinstance(value, int) else Constant(value, formula, self)


def _packed(word: str, value: int | float) -> bytes:
    form = PACKED[word]
    number = np.float32(value) if word == "float" else float(value) if word == "double" else int(value)
    return struct.pack(form, number, *[0] * (len(form) - 2))


def _arithmetic(sign: str, compute: Callable[[int, int], int], idle: int | None) -> tuple[Any, Any]:
    """The operator and its reflection; a right operand of `idle` changes nothing."""

    def forward(self: Extent, other: Any) -> Any:
        if not isinstance(other, int):
            return NotImplemented
        if idle is not None and type(other) is int and other == idle:
            return self
        return Extent(compute(int(self), int(other)), f"({self.formula}{sign}{_formula(other)})", self.names)

    def reflected(self: Extent, other: Any) -> Any:
        if not isinstance(other, int):
            return NotImplemented
        if idle is not None and sign in "+*" and other == idle:
            return self
        return Extent(compute(int(other), int(self)), f"({_formula(other)}{sign}{self.formula})", self.names)

    return forward, reflected


def _formula(x: SupportsIndex) -> str:
    return x.formula if isinstance(x, Extent) else int.__repr__(int(x))


class Named:
    """What a number has besides its value: the formula that gives it, and the table it stands in."""

    formula: str
    names: Names
    word: ClassVar[str]  # the type of LLVM's that it has by itself

    def __new__(cls, value: int | float, formula: str, names: Names) -> Self:
        found = super().__new__(cls, value)  # type: ignore[call-arg]
        found.formula, found.names = formula, names
        return found

    def named(self, word: str = "") -> str:
        return self.names.name(self.formula, word or self.word, self)  # type: ignore[arg-type]


class Extent(Named, int):
    """A whole number with a name, as a length is, and what is computed from it."""

    word = "i64"

    def __str__(self) -> str:
        return self.named() if self.names.writing else int.__repr__(self)

    def __format__(self, spec: str) -> str:
        return str(self) if self.names.writing else format(int(self), spec)

    def __neg__(self) -> Extent:
        return Extent(-int(self), f"-{self.formula}", self.names)

    __add__, __radd__ = _arithmetic("+", int.__add__, 0)
    __sub__, __rsub__ = _arithmetic("-", int.__sub__, 0)
    __mul__, __rmul__ = _arithmetic("*", int.__mul__, 1)
    __floordiv__, __rfloordiv__ = _arithmetic("/", int.__floordiv__, 1)
    __mod__, __rmod__ = _arithmetic("%", int.__mod__, None)


class Constant(Named, float):
    """A number of a program with a name."""

    word = "double"

    def __neg__(self) -> Constant:
        return Constant(-float(self), f"-{self.formula}", self.names)

    def __mul__(self, other: Any) -> Any:
        """With a number without a name; ``1 * x`` is x."""
        if type(other) not in (int, float):
            return super().__mul__(other)
        return self if other == 1 else Constant(float(self) * other, f"({self.formula}*{other!r})", self.names)

    __rmul__ = __mul__
