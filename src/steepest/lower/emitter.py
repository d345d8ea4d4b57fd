"""Writing a program: one method an instruction, which works out shape and element type of the result.

Equal instructions share their register, plain numbers are computed at once, and what changes nothing is not
written.
"""

from __future__ import annotations

import cmath
import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from steepest.expr.dimension import Dim, Shape, dim_names, prefer_named
from steepest.expr.dtype import BOOL, COMPLEX64, FLOAT64, INT, DType, inexact
from steepest.expr.node import Direction, Number
from steepest.expr.number import Reciprocal, kind_of
from steepest.expr.pattern import Pattern, dense
from steepest.ops.operation import Operation

from .embedding import permuted, within
from .program import (
    Arithmetic,
    ArrayType,
    Axes,
    Call,
    Contraction,
    Convert,
    Convolve,
    Diagonal,
    Embed,
    Fill,
    Fold,
    FourierTransform,
    Gather,
    Instruction,
    LinearSolution,
    Loop,
    Matmul,
    Negative,
    Piece,
    Place,
    Program,
    Rearrange,
    Register,
    Reshape,
    RunningSum,
    Scatter,
    Select,
    Slice,
    Sum,
    Tensordot,
    Window,
    Windows,
)

Sign = Literal["+", "-", "*", "/", "&", "|"]
ON_NUMBERS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "&": operator.and_, "|": operator.or_,
}  # fmt: skip


MOST_PIECES = 16  # an array of more is an array like any other: pieces of pieces of pieces would be without end


class Emitter:
    """The program so far."""

    def __init__(self) -> None:
        self.registers: list[ArrayType] = []
        self.instructions: list[Instruction] = []
        self.constants: dict[Register, np.ndarray | Number | Pattern] = {}
        self.embedded: dict[Register, tuple[Piece, ...]] = {}  # the arrays that are zeros but for some pieces
        self.reshaped: dict[Register, Register] = {}
        self.extremes: dict[Register, tuple[Register, Register]] = {}  # a place, whose it is, what stands there
        self.rearranged: dict[Register, tuple[Register, tuple[int | None, ...]]] = {}
        self._known: dict[tuple[Any, ...], Register] = {}

    # --- registers ---------------------------------------------------------------------------------

    def shape(self, r: Register) -> Shape:
        return self.registers[r].shape

    def dtype(self, r: Register) -> DType:
        return self.registers[r].dtype

    def size(self, r: Register) -> int:
        return count(self.shape(r))

    def number(self, r: Register) -> Number | None:
        """The value of a register that holds a plain number."""
        return self.constants[r] if self.dtype(r) is None else None  # type: ignore[return-value]

    def new(self, shape: Shape, dtype: DType) -> Register:
        self.registers.append(ArrayType(shape, dtype))
        return len(self.registers) - 1

    def literal(self, value: Number) -> Register:
        key = ("literal", type(value), repr(value), getattr(value, "below", None))
        if key not in self._known:
            self._known[key] = r = self.new((), None)
            self.constants[r] = value
        return self._known[key]

    def array(self, value: np.ndarray) -> Register:
        key = ("array", id(value))  # kept alive by the constants below
        if key not in self._known:
            self._known[key] = r = self.new(value.shape, value.dtype)
            self.constants[r] = value
        return self._known[key]

    def length(self, size: int) -> Register:
        """The length of an axis as a factor; one with a name stays a name."""
        if not isinstance(size, Dim):
            return self.literal(size)
        key = ("length", size.name)
        if key not in self._known:
            self._known[key] = r = self.new((), FLOAT64)
            self.constants[r] = size
        return self._known[key]

    def patterned(self, pattern: Pattern, shape: Shape, dtype: np.dtype | None = None) -> Register:
        """A constant array given by a rule; where sizes have names, the rule itself."""
        if dim_names(shape) is None:
            value = dense(pattern, shape)
            return self.array(value if dtype is None else value.astype(dtype))
        key = ("pattern", pattern, shape, dim_names(shape))
        if key not in self._known:
            self._known[key] = r = self.new(shape, FLOAT64 if dtype is None else dtype)
            self.constants[r] = pattern
        return self._known[key]

    def _emit(self, kind: type, shape: Shape, dtype: DType, *fields: Any) -> Register:
        key: tuple[Any, ...] = (kind, shape, dim_names(shape), dtype, fields)
        try:
            found = self._known.get(key)
        except TypeError:  # a setting that cannot be hashed
            key, found = (object(),), None
        if found is None:
            found = self._known[key] = self.new(shape, dtype)
            self.instructions.append(kind(found, *fields))
        return found

    # --- entry by entry ----------------------------------------------------------------------------

    def arithmetic(self, sign: Sign, left: Register, right: Register) -> Register:
        """`left` and `right` under one arithmetic sign, broadcast."""
        a, b = self.number(left), self.number(right)
        if a is not None and b is not None:
            return self.literal(quotient(a, b) if sign == "/" else ON_NUMBERS[sign](a, b))
        if sign == "*" and b is not None:
            left, right, a, b = right, left, b, a
        if sign == "*" and a is not None and self.dtype(right) != BOOL:
            if _is_one(a):
                return right
            if right in self.embedded and cmath.isfinite(a):
                pieces = [replace(p, source=self.arithmetic("*", left, p.source)) for p in self.embedded[right]]
                return self.embed(pieces, self.shape(right))
            if a == -1 and not isinstance(a, complex):
                return self.negative(right)
            if isinstance(a, Reciprocal):
                return self.arithmetic("/", right, self.literal(a.below))
        if sign in "+-" and b == 0 and self.dtype(left) != BOOL:
            return left
        shape = common_shape(self.shape(left), self.shape(right))
        dtype = arithmetic_type(sign, _type_key(self.dtype(left), a), _type_key(self.dtype(right), b))
        return self._emit(Arithmetic, shape, dtype, sign, left, right)

    def negative(self, source: Register) -> Register:
        value = self.number(source)
        if value is not None:
            return self.literal(-value)
        return self._emit(Negative, self.shape(source), self.dtype(source), source)

    def select(self, mask: Register, source: Register) -> Register:
        chosen = self.number(mask)
        if chosen is not None:
            return source if chosen else self.literal(0)
        shape = common_shape(self.shape(mask), self.shape(source))
        return self._emit(Select, shape, self._own_type(source), mask, source)

    def convert(self, source: Register, dtype: np.dtype) -> Register:
        if self.number(source) is not None:  # it has no type, which NumPy would take for float64
            return self.fill(source, (), dtype)
        if self.dtype(source) == dtype:
            return source
        if source in self.embedded:
            pieces = [replace(p, source=self.convert(p.source, dtype)) for p in self.embedded[source]]
            return self.embed(pieces, self.shape(source))
        return self._emit(Convert, self.shape(source), dtype, source)

    def call(self, op: Operation, operands: Sequence[Register], params: tuple[tuple[str, Any], ...], shape: Shape,
             dtype: DType) -> Register:  # fmt: skip
        return self._emit(Call, shape, dtype, op, tuple(operands), params)

    # --- rearrangement -----------------------------------------------------------------------------

    def rearrange(self, source: Register, axes: Sequence[int | None]) -> Register:
        while axes and axes[0] is None:  # axes in front come by broadcasting
            axes = axes[1:]
        if source in self.rearranged:  # two rearrangements are one
            source, first = self.rearranged[source]
            axes = [None if k is None else first[k] for k in axes]
        if source in self.embedded and None not in axes:
            order = [k for k in axes if k is not None]
            pieces = [permuted(p, order) for p in self.embedded[source]]
            return self.embed(pieces, tuple(self.shape(source)[k] for k in order))
        if tuple(axes) == tuple(range(len(self.shape(source)))):
            return source
        shape = tuple(1 if k is None else self.shape(source)[k] for k in axes)
        register = self._emit(Rearrange, shape, self.dtype(source), source, tuple(axes))
        self.rearranged[register] = source, tuple(axes)
        return register

    def slice(self, source: Register, places: Sequence[Place]) -> Register:
        if all(isinstance(p, Window) and p.covers(n) for p, n in zip(places, self.shape(source), strict=True)):
            return source
        shape = tuple(p.count for p in places if isinstance(p, Window))
        return self._emit(Slice, shape, self.dtype(source), source, tuple(places))

    def diagonal(self, source: Register, labels: Axes, out: Axes) -> Register:
        sizes = dict(zip(labels, self.shape(source), strict=True))
        return self._emit(Diagonal, tuple(sizes[i] for i in out), self.dtype(source), source, labels, out)

    def reshape(self, source: Register, shape: Shape) -> Register:
        source = self.reshaped.get(source, source)  # two reshapes are one
        if self.shape(source) == shape:
            return source
        register = self._emit(Reshape, shape, self.dtype(source), source)
        self.reshaped[register] = source
        return register

    def windows(self, source: Register, start: int, steps: tuple[int, ...], counts: Shape) -> Register:
        shape = (*self.shape(source)[:-1], *counts)
        return self._emit(Windows, shape, self.dtype(source), source, start, steps)

    def fill(self, source: Register, shape: Shape, dtype: DType = None) -> Register:
        return self._emit(Fill, shape, self._own_type(source) if dtype is None else dtype, source)

    def copy(self, source: Register) -> Register:
        register = self.new(self.shape(source), self.dtype(source))
        self.instructions.append(Fill(register, source))
        return register

    def embed(self, pieces: Sequence[Piece], shape: Shape) -> Register:
        dtype = np.result_type(*(self._own_type(p.source) for p in pieces))
        pieces = [within(p, q) if q else p for p in pieces for q in self.embedded.get(p.source, (None,))]
        register = self._emit(Embed, shape, dtype, tuple(pieces))
        if len(pieces) <= MOST_PIECES:
            self.embedded[register] = tuple(pieces)
        return register

    def gather(self, source: Register, index: Register, shared: Axes, outside: Literal[0, -1] = 0) -> Register:
        extreme, found = self.extremes.get(index, (None, index))
        if source == extreme and shared == tuple(range(len(self.shape(index)))):
            return found
        shape = (*self.shape(index), *self.shape(source)[len(shared) + 1 :])
        return self._emit(Gather, shape, self.dtype(source), source, index, shared, outside)

    def scatter(self, source: Register, index: Register, shared: Axes, size: int, dtype: DType = None) -> Register:
        """Sums by index; of a type they are to be computed in, or else of the source's."""
        kept = tuple(self.shape(index)[k] for k in shared)
        shape = (*kept, size, *self.shape(source)[len(self.shape(index)) :])
        dtype = summed_type(self.dtype(source)) if dtype is None else dtype
        return self._emit(Scatter, shape, dtype, source, index, shared)

    # --- sums and products -------------------------------------------------------------------------

    def sum(self, source: Register, axes: Sequence[int]) -> Register:
        if not axes:
            return source
        shape = tuple(n for k, n in enumerate(self.shape(source)) if k not in axes)
        return self._emit(Sum, shape, summed_type(self.dtype(source)), source, tuple(axes))

    def fold(self, op: Operation, source: Register) -> Register:
        """The last axis folded by an operation of two operands."""
        return self._emit(Fold, self.shape(source)[:-1], self.dtype(source), source, op)

    def matmul(self, left: Register, right: Register) -> Register:
        a, b = self.shape(left), self.shape(right)
        batch = common_shape(a[:-2], b[:-2])
        shape = (*batch, *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))
        return self._emit(Matmul, shape, self._product_type(left, right), left, right)

    def tensordot(self, left: Register, right: Register, left_axes: Axes, right_axes: Axes) -> Register:
        shape = tuple(n for k, n in enumerate(self.shape(left)) if k not in left_axes)
        shape += tuple(n for k, n in enumerate(self.shape(right)) if k not in right_axes)
        return self._emit(Tensordot, shape, self._product_type(left, right), left, right, left_axes, right_axes)

    def contraction(self, operands: Sequence[Register], labels: Sequence[Axes], out: Axes) -> Register:
        sizes: dict[int, int] = {}
        for r, axes in zip(operands, labels, strict=True):
            sizes.update(zip(axes, self.shape(r), strict=True))
        shape = tuple(sizes[i] for i in out)
        return self._emit(Contraction, shape, self._product_type(*operands), tuple(operands), tuple(labels), out)

    def running_sum(self, source: Register, offset: int, direction: str, count: int) -> Register:
        shape = (*self.shape(source)[:-1], count)
        return self._emit(RunningSum, shape, summed_type(self.dtype(source)), source, offset, direction)

    def convolve(self, left: Register, right: Register, offset: int, count: int) -> Register:
        return self._emit(Convolve, (count,), self._product_type(left, right), left, right, offset)

    def fourier(self, source: Register, sign: int) -> Register:
        dtype = np.result_type(self.dtype(source), COMPLEX64)
        return self._emit(FourierTransform, self.shape(source), dtype, source, sign)

    def linear_solution(self, matrix: Register, right: Register) -> Register:
        dtype = inexact(self._product_type(matrix, right))
        return self._emit(LinearSolution, self.shape(right), dtype, matrix, right)

    def loop(self, body: Program, operands: Sequence[Register], counts: tuple[int, int], length: int,
             direction: Direction) -> tuple[Register, ...]:  # fmt: skip
        """The results of a loop whose first operands, as `counts` says, are the starts and the sequences."""
        states, before_fixed = counts[0], sum(counts)
        kinds = [body.registers[r] for r in body.outputs]
        if kinds[:states] != [body.registers[r] for r in body.inputs[:states]]:
            raise TypeError(f"the states of a loop change their kind: {kinds[:states]}")
        results = [self.new(k.shape if j < states else (length, *k.shape), k.dtype) for j, k in enumerate(kinds)]
        parts = tuple(operands[:states]), tuple(operands[states:before_fixed]), tuple(operands[before_fixed:])
        self.instructions.append(Loop(tuple(results), body, *parts, length, direction))
        return tuple(results)

    def inexact_type(self, r: Register) -> tuple[Shape, DType]:
        return self.shape(r), inexact(self.dtype(r))

    def _own_type(self, r: Register) -> np.dtype:
        """The element type of an array made of this alone."""
        value, dtype = self.number(r), self.dtype(r)
        return np.result_type(kind_of(value)) if dtype is None else dtype

    def _product_type(self, *operands: Register) -> DType:
        return np.result_type(*(self.dtype(r) for r in operands))


def count(shape: Shape) -> int:
    total = 1
    for n in shape:
        total *= n
    return total


def joined(sizes: Shape) -> int:
    """The length of several axes made one; if one of them has a name, so has their product."""
    if dim_names(sizes) is None:
        return count(sizes)
    return Dim(count(sizes), "*".join(n.name if isinstance(n, Dim) else str(n) for n in sizes if n != 1))


def common_shape(a: Shape, b: Shape) -> Shape:
    """What two shapes broadcast to."""
    if a == b or not b:
        return a
    if not a:
        return b
    np.broadcast_shapes(a, b)  # raises if they do not fit
    short, long = sorted((a, b), key=len)
    paired = zip((1,) * (len(long) - len(short)) + short, long, strict=True)
    return tuple(n if m == 1 else m if n == 1 else prefer_named(m, n) for m, n in paired)


def quotient(a: Number, b: Number) -> Number:
    """``a / b`` with NumPy's answer where b is 0."""
    if b == 0:
        with np.errstate(all="ignore"):
            return np.true_divide(a, b).item()
    return a / b


def summed_type(dtype: DType) -> DType:
    """NumPy adds up booleans and small integers as int64."""
    if dtype is not None and dtype.kind in "bi":
        return INT
    return np.dtype(np.uint64) if dtype is not None and dtype.kind == "u" else dtype


@lru_cache(maxsize=4096)
def arithmetic_type(sign: str, left: np.dtype | type, right: np.dtype | type) -> np.dtype:
    """NumPy's promotion; plain numbers give their kind only."""
    one, other = (k() if isinstance(k, type) else k for k in (left, right))
    dtype = np.result_type(one, other)
    return np.result_type(dtype, np.float64) if sign == "/" and dtype.kind in "biu" else dtype


def _type_key(dtype: DType, value: Number | None) -> np.dtype | type:
    return kind_of(value) if dtype is None else dtype


def _is_one(value: Number) -> bool:
    return value == 1 and not isinstance(value, complex)
