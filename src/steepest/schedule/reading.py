"""How an instruction reads its operands: which axes run in step with which.

An entry of the target is named by labels, one for each axis; labels that are not the target's are summed over
(or folded). Each operand is read at labels. That is all that fusion and loops need to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from steepest.lower.program import (
    Arithmetic,
    Call,
    Contraction,
    Convert,
    Diagonal,
    Embed,
    Fill,
    Fold,
    Gather,
    Matmul,
    Negative,
    Piece,
    Program,
    Rearrange,
    Register,
    Reshape,
    Scatter,
    Select,
    Slice,
    Sum,
    Tensordot,
    Window,
    Windows,
)
from steepest.ops.gather import within
from steepest.ops.selection import one_hot_op

from .deposits import Collect, Deposit, Step
from .reciprocal import Reciprocal

FIRST = -1  # an axis of length 1 that is stretched: always read at 0
ELSEWHERE = -2  # read at a place of its own: shifted, strided, picked, reshaped


@dataclass(frozen=True, slots=True)
class Read:
    """An operand with the label, `FIRST` or `ELSEWHERE` of each of its axes.

    `near` also gives the label of axes that are only shifted or strided: which loop goes along them.
    """

    register: Register
    labels: tuple[int, ...]
    shifted: tuple[int, ...] = ()

    @property
    def near(self) -> tuple[int, ...]:
        return self.shifted or self.labels


@dataclass(frozen=True, slots=True)
class Reading:
    """One entry of the target from entries of operands. Labels below the target's rank are its axes."""

    reads: tuple[Read, ...]
    folded: tuple[int, ...] = ()  # labels that are summed, or folded by the operation
    pieces: tuple[Read, ...] = ()  # the operands of `Embed`: 0 where they are not

    @property
    def all(self) -> tuple[Read, ...]:
        return self.reads + self.pieces


def reading(instruction: Step, program: Program) -> Reading | None:
    """How `instruction` reads, or None if it works on whole arrays only."""

    def shape(r: Register) -> tuple[int, ...]:
        return tuple(program.registers[r].shape)

    out = shape(instruction.target)
    match instruction:
        case Arithmetic(left=left, right=right):
            return Reading((stretched(left, shape(left), out), stretched(right, shape(right), out)))
        case Select(mask=mask, source=source):
            return Reading((stretched(mask, shape(mask), out), stretched(source, shape(source), out)))
        case Negative(source=source) | Convert(source=source) | Fill(source=source) | Reciprocal(source=source):
            return Reading((stretched(source, shape(source), out),))
        case Call(op=op, operands=operands) if op.elementwise or op is within:
            return Reading(tuple(stretched(r, shape(r), out) for r in operands))
        case Call(op=op, operands=(source,)) if op is one_hot_op:
            return Reading((Read(source, tuple(range(len(out) - 1))),))
        case Fold(source=source) | Call(operands=(source,)) if shape(source)[:-1] == out:
            return Reading((Read(source, tuple(range(len(out) + 1))),), (len(out),))
        case Rearrange(source=source, axes=axes):
            return Reading(
                (Read(source, tuple(axes.index(k) if k in axes else FIRST for k in range(len(shape(source))))),)
            )
        case Slice(source=source, places=places):
            return Reading((_sliced(source, places, shape(source)),))
        case Diagonal(source=source, labels=labels, out=kept):
            return Reading((_on_diagonal(source, [kept.index(i) for i in labels]),))
        case Windows(source=source):
            inner = len(shape(source)) - 1
            return Reading((), (), (Read(source, (*range(inner), ELSEWHERE)),))
        case Reshape(source=source):
            return Reading((Read(source, _reshaped(shape(source), out)),))
        case Embed(pieces=pieces):
            return Reading((), (), tuple(_piece(p, out) for p in pieces))
        case Gather(source=source, index=index, shared=shared):
            return _gathered(source, index, shared, len(shape(source)), len(shape(index)))
        case Sum(source=source, axes=axes):
            return _summed(source, axes, len(shape(source)))
        case Matmul(left=left, right=right):
            return _matmul(left, right, len(shape(left)), len(shape(right)))
        case Tensordot(left=left, right=right, left_axes=left_axes, right_axes=right_axes):
            return _tensordot(left, right, left_axes, right_axes, len(shape(left)), len(shape(right)))
        case Contraction(operands=operands, labels=labels, out=names):
            return _contraction(operands, labels, names)
        case Deposit(source=source, piece=piece, axes=axes):
            return Reading((Read(source, tuple(axes.index(i) for i in piece.carried)),))
        case Collect(deposits=deposits):
            return Reading(tuple(Read(d, (ELSEWHERE,) * len(shape(d))) for d in deposits))
        case Scatter(source=source, index=index, shared=shared):
            return _scattered(source, index, shared, len(shape(source)), len(shape(index)))
        case _:
            return None


def stretched(r: Register, shape: Sequence[int], out: Sequence[int]) -> Read:
    """An operand of an entrywise instruction: axes aligned at the last."""
    skipped = len(out) - len(shape)
    return Read(r, tuple(FIRST if n == 1 and out[skipped + k] != 1 else skipped + k for k, n in enumerate(shape)))


def _sliced(source: Register, places: Sequence[Window | int], shape: Sequence[int]) -> Read:
    labels, near, axis = [], [], 0
    for place, n in zip(places, shape, strict=True):
        if isinstance(place, Window):
            labels.append(axis if place.covers(n) else ELSEWHERE)
            near.append(axis)
            axis += 1
        else:
            labels.append(ELSEWHERE)
            near.append(ELSEWHERE)
    return Read(source, tuple(labels), tuple(near))


def _on_diagonal(source: Register, near: Sequence[int]) -> Read:
    """Axes that are alike here need not run in step where the array is made."""
    labels = tuple(ELSEWHERE if near.count(label) > 1 else label for label in near)
    return Read(source, labels, tuple(near))


def _reshaped(source: Sequence[int], out: Sequence[int]) -> tuple[int, ...]:
    """Leading axes that stay as they are run in step; the others are read elsewhere."""
    alike = 0
    while alike < min(len(source), len(out)) and source[alike] == out[alike]:
        alike += 1
    return (*range(alike), *[ELSEWHERE] * (len(source) - alike))


def _piece(p: Piece, out: Sequence[int]) -> Read:
    """The axes of a piece that cover an axis of the target run in step with it."""
    windows = [k for k, place in enumerate(p.places) if isinstance(place, Window)]
    whole: dict[int, int] = {}
    near: dict[int, int] = {}
    for axis, label in zip(windows, p.follows, strict=True):
        place = p.places[axis]
        near.setdefault(label, axis)
        if isinstance(place, Window) and place.covers(out[axis]):
            whole.setdefault(label, axis)
    return Read(
        p.source,
        tuple(whole.get(label, ELSEWHERE) for label in p.carried),
        tuple(near.get(label, ELSEWHERE) for label in p.carried),
    )


def _gathered(source: Register, index: Register, shared: Sequence[int], rank: int, index_rank: int) -> Reading:
    others = range(index_rank, index_rank + rank - len(shared) - 1)
    return Reading((Read(index, tuple(range(index_rank))), Read(source, (*shared, ELSEWHERE, *others))))


def _scattered(source: Register, index: Register, shared: Sequence[int], rank: int, index_rank: int) -> Reading:
    """Labels of the target: the shared axes, the one that is picked, the others; then those of the index."""
    target_rank = len(shared) + 1 + rank - index_rank
    names = {axis: k for k, axis in enumerate(shared)}
    for axis in range(index_rank):
        names.setdefault(axis, target_rank + axis)
    own = tuple(names[axis] for axis in range(index_rank))
    others = range(len(shared) + 1, target_rank)
    folded = tuple(i for i in own if i >= target_rank)
    return Reading((Read(index, own), Read(source, (*own, *others))), folded)


def _summed(source: Register, axes: Sequence[int], rank: int) -> Reading:
    kept = [k for k in range(rank) if k not in axes]
    names = {k: j for j, k in enumerate(kept)} | {k: len(kept) + j for j, k in enumerate(axes)}
    labels = tuple(names[k] for k in range(rank))
    return Reading((Read(source, labels),), tuple(range(len(kept), rank)))


def _matmul(left: Register, right: Register, a: int, b: int) -> Reading:
    """The labels of ``left @ right``: leading axes in step, then rows, then columns."""
    lead = max(a, b) - 2 if max(a, b) > 2 else 0
    rows, columns = a > 1, b > 1
    rank = lead + rows + columns
    batch = tuple(range(lead))
    ahead = (*batch[lead - (a - 2) :],) if a > 2 else ()
    beside = (*batch[lead - (b - 2) :],) if b > 2 else ()
    x = (*ahead, *([lead] if rows else []), rank)
    y = (*beside, rank, *([rank - 1] if columns else []))
    return Reading((Read(left, x), Read(right, y)), (rank,))


def _tensordot(left: Register, right: Register, ls: Sequence[int], rs: Sequence[int], a: int, b: int) -> Reading:
    rank = a + b - 2 * len(ls)
    summed = tuple(range(rank, rank + len(ls)))
    free = iter(range(rank))
    x = tuple(summed[ls.index(k)] if k in ls else next(free) for k in range(a))
    y = tuple(summed[rs.index(k)] if k in rs else next(free) for k in range(b))
    return Reading((Read(left, x), Read(right, y)), summed)


def _contraction(operands: Sequence[Register], labels: Sequence[Sequence[int]], out: Sequence[int]) -> Reading:
    names = {i: k for k, i in enumerate(out)}
    for i in (i for ls in labels for i in ls):
        names.setdefault(i, len(names))
    reads = tuple(Read(r, tuple(names[i] for i in ls)) for r, ls in zip(operands, labels, strict=True))
    return Reading(reads, tuple(range(len(out), len(names))))
