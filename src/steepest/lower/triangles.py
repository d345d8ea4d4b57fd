"""Which matrices of a program are certainly triangular: zero on one side of the diagonal whatever the inputs are.

A product with zero does not count: it is NaN where the other factor is infinite.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from steepest.ops.linalg_factors import cholesky, triangular
from steepest.ops.linalg_inverse import inverse

from .program import (
    Arithmetic,
    Call,
    Convert,
    Embed,
    Instruction,
    Negative,
    Program,
    Rearrange,
    Register,
    Select,
    Window,
)

Sides = frozenset["Side"]


class Side(enum.Enum):
    """Where entries may be, beside the diagonal."""

    LOWER = "lower"
    UPPER = "upper"

    @property
    def other(self) -> Side:
        return Side.UPPER if self is Side.LOWER else Side.LOWER


NEITHER: Sides = frozenset()
DIAGONAL: Sides = frozenset(Side)


@dataclass(frozen=True, slots=True)
class Triangle:
    """One side of a matrix in memory, with the diagonal; the other is not read."""

    matrix: Register
    side: Side


class Triangles:
    """What is known of each register of a program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.sides: dict[Register, Sides] = {}
        self.whole: dict[Register, Triangle] = {}  # of what was cut out, diagonal included, where it was
        for i in program.instructions:
            if isinstance(i, READ):
                found = self._of(i)
                if found:
                    self.sides[i.target] = found

    def triangle(self, r: Register) -> Triangle | None:
        """Where a triangular matrix can be read."""
        sides = self.sides.get(r, NEITHER)
        if not sides:
            return None
        side = Side.LOWER if Side.LOWER in sides else Side.UPPER
        return self.whole.get(r, Triangle(r, side))

    def _of(self, i: Instruction) -> Sides:
        match i:
            case Call(op=op, operands=(source,)):
                return KNOWN[op] if op in KNOWN else self.sides.get(source, NEITHER) if op is inverse else NEITHER
            case Negative(source=source) | Convert(source=source):
                return self.sides.get(source, NEITHER)
            case Rearrange(source=source, axes=axes) if swaps(axes):
                return frozenset(side.other for side in self.sides.get(source, NEITHER))
            case Arithmetic(sign="+" | "-", left=left, right=right):
                alike = self._shape(left) == self._shape(right)
                return self.sides.get(left, NEITHER) & self.sides.get(right, NEITHER) if alike else NEITHER
            case Select(target=target, mask=mask, source=source):
                return self.sides.get(source, NEITHER) | self._cut(target, mask, source)
            case Embed(target=target):
                return DIAGONAL if is_diagonal(i, self._shape(target)) else NEITHER
        return NEITHER

    def _shape(self, r: Register) -> tuple[object, ...]:
        return tuple(self.program.registers[r].shape)

    def _cut(self, target: Register, mask: Register, source: Register) -> Sides:
        """The triangle that a fixed mask cuts out."""
        side = self.cut_out(mask)
        if side is None or self._shape(source) != self._shape(target):
            return NEITHER
        kept = self.program.constants[mask]
        if isinstance(kept, np.ndarray) and np.array_equal(kept, CUTS[side](np.ones_like(kept))):
            self.whole[target] = Triangle(source, side)  # this side: of a triangle cut out of the other, both are known
        return frozenset({side})

    def cut_out(self, mask: Register) -> Side | None:
        """The side that a fixed mask keeps, or a part of."""
        kept = self.program.constants.get(mask)
        if not isinstance(kept, np.ndarray) or kept.ndim < 2 or kept.shape[-1] != kept.shape[-2]:
            return None
        return next((side for side, cut in CUTS.items() if np.array_equal(kept, cut(kept))), None)


CUTS = {Side.LOWER: np.tril, Side.UPPER: np.triu}
READ = (Call, Negative, Convert, Rearrange, Arithmetic, Select, Embed)
KNOWN: Mapping[object, Sides] = {cholesky: frozenset({Side.LOWER}), triangular: frozenset({Side.UPPER})}


def swaps(axes: tuple[int | None, ...]) -> bool:
    """Whether axes are those of the source with the last two exchanged."""
    n = len(axes)
    return n >= 2 and axes == (*range(n - 2), n - 1, n - 2)


def is_diagonal(made: Embed, shape: tuple[object, ...]) -> bool:
    """Whether the last two axes of an array hold a diagonal and zeros."""
    if len(shape) < 2 or shape[-1] != shape[-2]:
        return False
    for piece in made.pieces:
        *_, row, column = piece.places
        if not isinstance(row, Window) or row != column or piece.follows[-1] != piece.follows[-2]:
            return False
    return True
