"""Writes a program of real arrays in place of one of complex ones.

A complex array is a pair of real arrays. In memory, where an input, a result or a loop has it, it is one array with an
axis of two behind its own: that is how NumPy stores it. The register of a complex array becomes that of this array,
which is only made where somebody reads it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from steepest.expr.dtype import BOOL, COMPLEX64, FLOAT32, FLOAT64, DType
from steepest.expr.node import Number
from steepest.expr.pattern import Pattern
from steepest.lower.program import (
    Arithmetic,
    ArrayType,
    Call,
    Convert,
    Embed,
    Fill,
    Instruction,
    Negative,
    Piece,
    Program,
    Register,
    Select,
    Slice,
    Window,
)
from steepest.ops.logic import logical_not
from steepest.ops.operation import Operation

PARTS: Mapping[DType, np.dtype] = {np.dtype(np.complex128): FLOAT64, COMPLEX64: FLOAT32}
ON_NUMBERS: Mapping[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


class Pair(NamedTuple):
    """Real and imaginary part; an imaginary part of None is 0 everywhere."""

    real: Register
    imaginary: Register | None


class Writer:
    """The program so far; registers of the one it replaces keep their numbers."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.registers = [in_memory(t) for t in program.registers]
        self.constants: dict[Register, np.ndarray | Number | Pattern] = dict(program.constants)
        self.instructions: list[Instruction] = []
        self._pairs: dict[Register, Pair] = {}
        self._together = set(program.inputs)  # complex arrays that are in memory

    # --- registers -----------------------------------------------------------------------------------

    def is_complex(self, r: Register) -> bool:
        dtype = self.program.registers[r].dtype
        return isinstance(self.program.constants.get(r), complex) if dtype is None else dtype in PARTS

    def shape_of(self, r: Register) -> tuple[int, ...]:
        """The shape of a register of the program that is replaced."""
        return tuple(map(int, self.program.registers[r].shape))

    def shape(self, r: Register) -> tuple[int, ...]:
        return tuple(map(int, self.registers[r].shape))

    def dtype(self, r: Register) -> DType:
        return self.registers[r].dtype

    def new(self, shape: tuple[int, ...], dtype: DType) -> Register:
        self.registers.append(ArrayType(shape, dtype))
        return len(self.registers) - 1

    def constant(self, value: np.ndarray | Number) -> Register:
        held = (value.shape, value.dtype) if isinstance(value, np.ndarray) else ((), None)
        r = self.new(*held)
        self.constants[r] = value
        return r

    def number(self, r: Register) -> Number | None:
        """The value of a plain number."""
        return self.constants[r] if self.dtype(r) is None else None  # type: ignore[return-value]

    # --- complex arrays ------------------------------------------------------------------------------

    def pair(self, r: Register) -> Pair:
        """The parts of an array; one that is real is its own."""
        if not self.is_complex(r):
            return Pair(r, None)
        if r not in self._pairs:
            self._pairs[r] = self._constant(self.constants[r]) if r in self.constants else self._apart(r)
        return self._pairs[r]

    def _constant(self, value: Any) -> Pair:
        if isinstance(value, complex):
            return Pair(self.constant(value.real), self.constant(value.imag) if value.imag else None)
        real, imaginary = (np.ascontiguousarray(part).reshape(value.shape) for part in (value.real, value.imag))
        return Pair(self.constant(real), self.constant(imaginary) if np.any(imaginary) else None)

    def _apart(self, r: Register) -> Pair:
        return Pair(*(self._slice(r, k) for k in range(2)))

    def _slice(self, r: Register, k: int) -> Register:
        *shape, _ = self.shape(r)
        part = self.new(tuple(shape), self.dtype(r))
        self.instructions.append(Slice(part, r, (*(Window(0, 1, n) for n in shape), k)))
        return part

    def define(self, r: Register, pair: Pair) -> None:
        """A complex array by its parts, each of its shape and type."""
        shape, dtype = self.shape(r)[:-1], self.dtype(r)
        self._pairs[r] = Pair(*(None if p is None else self.filled(p, shape, dtype) for p in pair))  # type: ignore[arg-type]

    def define_together(self, r: Register) -> None:
        """A complex array that an instruction writes as it is in memory."""
        self._together.add(r)

    def together(self, r: Register) -> Register:
        """An array as it is in memory: the register itself, once something writes it."""
        if not self.is_complex(r) or r in self._together:
            return r
        if r in self.constants:
            held = self.program.registers[r].dtype
            return self.joined(self.pair(r), self.shape_of(r), FLOAT64 if held is None else PARTS[held])
        self._join(r, self.pair(r))
        self._together.add(r)
        return r

    def joined(self, pair: Pair, shape: tuple[int, ...], dtype: DType) -> Register:
        """A new array of the parts, as it is in memory."""
        r = self.new((*shape, 2), dtype)
        self._join(r, pair)
        return r

    def _join(self, r: Register, pair: Pair) -> None:
        *shape, _ = self.shape(r)
        labels, windows = tuple(range(len(shape))), tuple(Window(0, 1, n) for n in shape)
        parts = [None if p is None else self.filled(p, tuple(shape), self.dtype(r)) for p in pair]
        pieces = (Piece(p, (*windows, k), labels, labels) for k, p in enumerate(parts) if p is not None)
        self.instructions.append(Embed(r, tuple(pieces)))

    # --- instructions on real arrays -------------------------------------------------------------------

    def filled(self, r: Register, shape: tuple[int, ...], dtype: DType) -> Register:
        """An array in a larger shape and a type, where it has not got them."""
        r = self.converted(r, dtype)
        if self.shape(r) == shape and self.dtype(r) is not None:
            return r
        target = self.new(shape, dtype)
        self.instructions.append(Fill(target, r))
        return target

    def converted(self, r: Register, dtype: DType) -> Register:
        """An array in a type; plain numbers adapt anyway."""
        if self.dtype(r) is None or self.dtype(r) == dtype:
            return r
        target = self.new(self.shape(r), dtype)
        self.instructions.append(Convert(target, r))
        return target

    def arithmetic(self, sign: Any, a: Register, b: Register) -> Register:
        x, y = self.number(a), self.number(b)
        if x is not None and y is not None and sign in ON_NUMBERS:
            return self.constant(ON_NUMBERS[sign](x, y))
        target = self.new(self._common(a, b), self._type(a, b))
        self.instructions.append(Arithmetic(target, sign, a, b))
        return target

    def negative(self, a: Register) -> Register:
        if (x := self.number(a)) is not None:
            return self.constant(-x)
        target = self.new(self.shape(a), self.dtype(a))
        self.instructions.append(Negative(target, a))
        return target

    def call(self, op: Operation, *xs: Register) -> Register:
        """A function of real numbers."""
        return self._called(op, xs, self._type(*xs))

    def holds(self, op: Operation, *xs: Register) -> Register:
        """A comparison."""
        return self._called(op, xs, BOOL)

    def _called(self, op: Operation, xs: tuple[Register, ...], dtype: DType) -> Register:
        target = self.new(self._common(*xs), dtype)
        self.instructions.append(Call(target, op, xs, ()))
        return target

    def where(self, mask: Register, a: Register, b: Register) -> Register:
        """One array where the mask holds, the other elsewhere."""
        chosen = [self._selected(m, x) for m, x in ((mask, a), (self.holds(logical_not, mask), b))]
        return self.arithmetic("+", *chosen)

    def _selected(self, mask: Register, x: Register) -> Register:
        target = self.new(self._common(mask, x), self._type(x))
        self.instructions.append(Select(target, mask, x))
        return target

    def _common(self, *xs: Register) -> tuple[int, ...]:
        return np.broadcast_shapes(*map(self.shape, xs))

    def _type(self, *xs: Register) -> np.dtype:
        types = [t for x in xs if (t := self.dtype(x)) is not None]
        return np.result_type(*types) if types else np.dtype(np.float64)


def in_memory(held: ArrayType) -> ArrayType:
    """How an array is stored: a complex one with an axis of two more."""
    return ArrayType((*held.shape, 2), PARTS[held.dtype]) if held.dtype in PARTS else held
