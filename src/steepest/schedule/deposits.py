"""Large arrays that are mostly zero: filled once, then each piece put where it belongs.

Computing such an array entry by entry would ask of every entry whether a piece is there. Pieces that overlap are
added, others stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TypeAlias

from steepest.lower.program import ArrayType, Embed, Instruction, Piece, Program, Register, Window

from .factors import Routine
from .reciprocal import Reciprocal

LARGE = 1024  # entries; smaller arrays are computed entry by entry
SPARSE = 0.5  # of the entries, at most so many come from pieces


@dataclass(frozen=True, slots=True)
class Deposit:
    """A piece under way to its place in another array. Its axes are the distinct labels of the piece's windows."""

    target: Register
    source: Register
    piece: Piece
    into: Register
    adds: bool  # whether another piece may be there too, before or after

    @property
    def axes(self) -> tuple[int, ...]:
        """The labels of the piece, one for each axis of the deposit."""
        return tuple(dict.fromkeys(self.piece.follows))


@dataclass(frozen=True, slots=True)
class Collect:
    """Zeros, to which the deposits have been made."""

    target: Register
    deposits: tuple[Register, ...]


Step: TypeAlias = Instruction | Deposit | Collect | Reciprocal | Routine


def with_deposits(program: Program) -> tuple[Program, tuple[Step, ...]]:
    """The program's steps with its large sparse arrays made by deposits, and the program with registers for those."""
    registers = list(program.registers)
    instructions: list[Step] = []
    for i in program.instructions:
        if not isinstance(i, Embed) or not _pays(i, program):
            instructions.append(i)
            continue
        deposits = []
        for k, piece in enumerate(i.pieces):
            adds = any(_overlap(piece, other) for j, other in enumerate(i.pieces) if j != k)
            registers.append(ArrayType(_shape(piece), program.registers[i.target].dtype))
            deposit = Deposit(len(registers) - 1, piece.source, piece, i.target, adds)
            instructions.append(deposit)
            deposits.append(deposit.target)
        instructions.append(Collect(i.target, tuple(deposits)))
    return replace(program, registers=tuple(registers)), tuple(instructions)


def _pays(i: Embed, program: Program) -> bool:
    """Whether the array is large and sparse, not counting axes that every piece fills: those may be loops."""
    shape = tuple(map(int, program.registers[i.target].shape))
    filled = prod(n for axis, n in enumerate(shape) if all(_fills(p, axis, n) for p in i.pieces))
    size = prod(shape) // max(filled, 1)
    return size >= LARGE and sum(prod(_shape(p)) for p in i.pieces) <= SPARSE * size * filled


def _fills(piece: Piece, axis: int, size: int) -> bool:
    """Whether a piece stands at every place of an axis, wherever it stands in the others."""
    place = piece.places[axis]
    if not isinstance(place, Window) or not place.covers(size):
        return False
    label = piece.follows[sum(isinstance(p, Window) for p in piece.places[:axis])]
    return piece.follows.count(label) == 1


def _windows(piece: Piece) -> list[Window]:
    return [place for place in piece.places if isinstance(place, Window)]


def _shape(piece: Piece) -> tuple[int, ...]:
    counts: dict[int, int] = {}
    for label, window in zip(piece.follows, _windows(piece), strict=True):
        counts.setdefault(label, int(window.count))
    return tuple(counts.values())


def _overlap(a: Piece, b: Piece) -> bool:
    """Whether two pieces may share an entry: their bounding boxes do."""
    return all(_meet(_ends(p), _ends(q)) for p, q in zip(a.places, b.places, strict=True))


def _ends(place: Window | int) -> tuple[int, int]:
    if isinstance(place, int):
        return place, place
    last = place.start + place.step * (place.count - 1)
    return min(place.start, last), max(place.start, last)


def _meet(a: Sequence[int], b: Sequence[int]) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]
