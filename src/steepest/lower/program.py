"""Programs: straight lines of array instructions over registers. Data only; an engine gives it life.

Registers are numbered; ``registers[r]`` gives shape and element type. Each is written once. Entrywise
instructions broadcast as NumPy does: axes are aligned at the last, length 1 stretches.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from steepest.expr.dimension import Shape
from steepest.expr.dtype import DType
from steepest.expr.node import Direction, Number
from steepest.expr.pattern import Pattern
from steepest.ops.operation import Operation

Register: TypeAlias = int
Axes: TypeAlias = tuple[int, ...]


class Composites(enum.Enum):
    """What a program makes of operations such as the softmax."""

    WHOLE = "one call each"
    EXPANDED = "their parts, for loops to share"


class Sizes(enum.Enum):
    """What a program makes of the sizes that have names."""

    FIXED = "lengths like any other: the program is for these sizes"
    NAMED = "names, in shapes and in numbers: the program is for all sizes"


@dataclass(frozen=True, slots=True)
class ArrayType:
    """Shape and element type of a register; the type ``None`` is that of a plain Python number."""

    shape: Shape
    dtype: DType


@dataclass(frozen=True, slots=True)
class Window:
    """The places ``start, start + step, …`` of an axis, `count` of them."""

    start: int
    step: int
    count: int

    def covers(self, size: int) -> bool:
        return (self.start, self.step, self.count) == (0, 1, size)

    def as_slice(self) -> slice:
        stop = self.start + self.step * self.count
        return slice(self.start, stop if stop >= 0 else None, self.step)


Place: TypeAlias = Window | int  # part of an axis, or one entry of it

# --- entry by entry ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``left sign right``; ``&`` and ``|`` on booleans only."""

    target: Register
    sign: Literal["+", "-", "*", "/", "&", "|"]
    left: Register
    right: Register


@dataclass(frozen=True, slots=True)
class Negative:
    target: Register
    source: Register


@dataclass(frozen=True, slots=True)
class Select:
    """`source` where the mask holds, else 0."""

    target: Register
    mask: Register
    source: Register


@dataclass(frozen=True, slots=True)
class Convert:
    """`source` in the element type of the target."""

    target: Register
    source: Register


@dataclass(frozen=True, slots=True)
class Call:
    """An operation of the table, on operands of full shape unless it works entry by entry."""

    target: Register
    op: Operation
    operands: tuple[Register, ...]
    params: tuple[tuple[str, Any], ...]


# --- the same entries in another place --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rearrange:
    """Axes in the order given; ``None`` is a new axis of length 1. A view."""

    target: Register
    source: Register
    axes: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """One window or place for each axis; a place drops the axis. A view."""

    target: Register
    source: Register
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Diagonal:
    """``labels`` name the axes of the source, some alike; `out` are the axes of the target. A view."""

    target: Register
    source: Register
    labels: Axes
    out: Axes


@dataclass(frozen=True, slots=True)
class Reshape:
    """The entries in row-major order under the target's shape; may be a view."""

    target: Register
    source: Register


@dataclass(frozen=True, slots=True)
class Windows:
    """The last axis read at ``start + Σ steps[k]·i_k``: one new axis for each step, 0 outside. May be a view."""

    target: Register
    source: Register
    start: int
    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fill:
    """A new array of the target's shape holding `source`, broadcast; also makes a copy of its own."""

    target: Register
    source: Register


@dataclass(frozen=True, slots=True)
class Piece:
    """Where in a larger array a source stands. The axes of the source carry the labels `carried`.

    `follows` are the labels of the windows, in order: two alike make a diagonal, one not carried repeats.
    """

    source: Register
    places: tuple[Place, ...]
    follows: Axes
    carried: Axes


@dataclass(frozen=True, slots=True)
class Embed:
    """Zeros, to which each piece is added at its places."""

    target: Register
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Gather:
    """Entries picked by an index array; `outside` where the index is.

    Axes of the source: the shared ones, the one picked from, others. ``shared`` says which axes of the index
    those are. Axes of the target: those of the index, then the others.
    """

    target: Register
    source: Register
    index: Register
    shared: Axes
    outside: Literal[0, -1]


@dataclass(frozen=True, slots=True)
class Scatter:
    """The transpose of `Gather`: sums of source entries by index, in the target's type.

    Axes of the source: the index's, others.
    """

    target: Register
    source: Register
    index: Register
    shared: Axes


# --- sums and products ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sum:
    target: Register
    source: Register
    axes: Axes


@dataclass(frozen=True, slots=True)
class Fold:
    """The last axis folded by an entrywise operation of two operands that has a ufunc, such as the maximum."""

    target: Register
    source: Register
    op: Operation


@dataclass(frozen=True, slots=True)
class Matmul:
    """The last axis of the left with the one before last of the right; leading axes in step. 1-d as in NumPy."""

    target: Register
    left: Register
    right: Register


@dataclass(frozen=True, slots=True)
class Tensordot:
    """Sums over pairs of axes; the target has the remaining ones, left before right."""

    target: Register
    left: Register
    right: Register
    left_axes: Axes
    right_axes: Axes


@dataclass(frozen=True, slots=True)
class Contraction:
    """Any contraction of two arrays, axes named by labels."""

    target: Register
    operands: tuple[Register, ...]
    labels: tuple[Axes, ...]
    out: Axes


@dataclass(frozen=True, slots=True)
class RunningSum:
    """Along the last axis: entry i is the sum of the entries j ≤ i + offset, or if reversed of j ≥ i − offset."""

    target: Register
    source: Register
    offset: int
    direction: Literal["forward", "backward"]


@dataclass(frozen=True, slots=True)
class Convolve:
    """Of two vectors: entry k is the sum of left_i right_j over i + j + offset = k."""

    target: Register
    left: Register
    right: Register
    offset: int


@dataclass(frozen=True, slots=True)
class FourierTransform:
    """Along the last axis, without a factor: the sum over j of ``exp(sign·2πi·jk/n)`` source_j."""

    target: Register
    source: Register
    sign: Literal[-1, 1]


@dataclass(frozen=True, slots=True)
class LinearSolution:
    """The solution of ``matrix · x = right``; a vector, or a matrix of columns, with leading axes in step."""

    target: Register
    matrix: Register
    right: Register


# --- again and again --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Loop:
    """`body` run `length` times. Its inputs: the state, one entry of each sequence, what is fixed.

    Its outputs: the next state, then one entry of each stack. The targets: the last state, then the stacks, all in
    memory of their own. Starts and fixed operands have the shapes and types of the body's inputs, sequences an axis of
    `length` in front. Backward begins at the last entry of the sequences and stacks. The last `sums` states begin
    with 0 and only have terms added to them, so that they may be added up in parts.
    """

    targets: tuple[Register, ...]
    body: Program
    starts: tuple[Register, ...]
    sequences: tuple[Register, ...]
    fixed: tuple[Register, ...]
    length: int
    direction: Direction
    sums: int = 0

    @property
    def target(self) -> Register:
        """What the instruction is known by: the first of its targets."""
        return self.targets[0]


Instruction: TypeAlias = (
    Arithmetic | Negative | Select | Convert | Call | Rearrange | Slice | Diagonal | Reshape | Windows | Fill
    | Embed | Gather | Scatter | Sum | Fold | Matmul | Tensordot | Contraction | RunningSum | Convolve
    | FourierTransform | LinearSolution | Loop
)  # fmt: skip

VIEWS = (Rearrange, Slice, Diagonal, Reshape, Windows)  # may share memory with their source


@dataclass(frozen=True, eq=False)
class Program:
    """Instructions in order; `constants` are registers that hold a fixed array or a plain number.

    Each output is an array of its own: it shares memory with no input, constant or other output. In a program for
    all sizes (`Sizes.NAMED`) a constant may also be a named size, or the rule of an array that such sizes give.
    """

    names: tuple[str, ...]  # what the inputs are called
    inputs: tuple[Register, ...]
    outputs: tuple[Register, ...]
    constants: Mapping[Register, np.ndarray | Number | Pattern]
    instructions: tuple[Instruction, ...]
    registers: tuple[ArrayType, ...]


def operands(instruction: Instruction) -> tuple[Register, ...]:
    """The registers an instruction reads."""
    match instruction:
        case Arithmetic() | Matmul() | Tensordot() | Convolve():
            return instruction.left, instruction.right
        case Call() | Contraction():
            return instruction.operands
        case Embed():
            return tuple(p.source for p in instruction.pieces)
        case LinearSolution():
            return instruction.matrix, instruction.right
        case Select():
            return instruction.mask, instruction.source
        case Gather() | Scatter():
            return instruction.source, instruction.index
        case Loop():
            return *instruction.starts, *instruction.sequences, *instruction.fixed
        case _:
            return (instruction.source,)


def targets(instruction: Instruction) -> tuple[Register, ...]:
    """The registers an instruction writes: one, but for loops."""
    return instruction.targets if isinstance(instruction, Loop) else (instruction.target,)


def without_unread(instructions: list[Instruction], outputs: tuple[Register, ...]) -> tuple[Instruction, ...]:
    """The instructions whose result reaches an output."""
    needed = set(outputs)
    kept: list[Instruction] = []
    for instruction in reversed(instructions):
        if not needed.isdisjoint(targets(instruction)):
            kept.append(instruction)
            needed.update(operands(instruction))
    return tuple(reversed(kept))
