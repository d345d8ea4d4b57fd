"""Axes that stand beside each other in every array are one: entries are gone through as they lie in memory.

Where an array of m rows is only computed with entry by entry, and summed whole, nothing depends on where a row ends. As
a vector it is read in order, in whole registers; as rows, its blocks would be turned, or the ends of rows masked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import TypeAlias

import numpy as np

from steepest.expr.dimension import Shape
from steepest.lower.program import (
    Arithmetic,
    ArrayType,
    Call,
    Contraction,
    Convert,
    Fill,
    Fold,
    Instruction,
    Matmul,
    Negative,
    Program,
    Rearrange,
    Register,
    Reshape,
    Select,
    Sum,
    Tensordot,
    operands,
    targets,
)

from .classes import Classes
from .reading import FIRST, Reading, reading

Axis: TypeAlias = tuple[Register, int]
Pair: TypeAlias = tuple[Axis, Axis]

NAMING = (Rearrange, Sum, Contraction, Tensordot)  # axes by their numbers
BY_ALIGNMENT = (Arithmetic, Negative, Select, Convert, Fill)  # of axes, at the last
BY_POSITION = (Fold, Matmul, Reshape)


def with_joined_axes(program: Program) -> Program:
    """The same program, in which axes that always follow one another are one. Arrays lie in memory as before."""
    joined = _Joined(program)
    if not joined.pairs:
        return program
    named = zip(program.inputs, program.names, strict=True)
    fixed = {r: v.reshape(joined.shape(r)) if isinstance(v, np.ndarray) else v for r, v in program.constants.items()}
    return replace(
        program,
        names=tuple(joined.name(r, name) for r, name in named),
        constants=fixed,
        instructions=tuple(map(joined.rewritten, program.instructions)),
        registers=tuple(ArrayType(joined.shape(r), t.dtype) for r, t in enumerate(program.registers)),
    )


class _Joined:
    """Pairs of axes of which the second always stands behind the first; an axis stands for all that run in step."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.readings = [(i, _reading(i, program)) for i in program.instructions]
        in_step = Classes[Axis]()  # axes of registers, and labels of instructions
        for i, how in self.readings:
            for read in how.reads if how is not None else ():
                for axis, label in enumerate(read.labels):
                    if label >= 0:
                        in_step.join((read.register, axis), (i.target, label))
        self.of = in_step.of
        self.rows = [[self.of((r, k)) for k in range(len(t.shape))] for r, t in enumerate(program.registers)]
        self.pairs = self._together(self._adjacent() - set(self._apart()))
        self.behind = {q for _, q in self.pairs}

    def _adjacent(self) -> set[Pair]:
        """Those that never stand without one another."""
        after: dict[Axis | None, set[Axis | None]] = {}
        before: dict[Axis | None, set[Axis | None]] = {}
        for row in self.rows:
            for p, q in pairwise([None, *row, None]):
                after.setdefault(p, set()).add(q)
                before.setdefault(q, set()).add(p)
        pairs = ((p, *qs) for p, qs in after.items() if len(qs) == 1)
        return {(p, q) for p, q in pairs if p is not None and q is not None and before[q] == {p}}

    def _apart(self) -> Iterator[Pair]:
        """Those that an instruction needs for themselves: it does something else with one than with the other, or it
        takes arrays as they are, or has two labels for one of them."""
        for i, how in self.readings:
            if how is None:
                for r in (*targets(i), *operands(i)):
                    yield from pairwise(self.rows[r])
                continue
            labels = {label for read in how.reads for label in read.labels if label >= 0}
            several = Counter(self.of((i.target, label)) for label in labels)
            for read in how.reads:
                for (one, p), (other, q) in pairwise(zip(read.labels, self.rows[read.register], strict=True)):
                    if (one in how.folded) != (other in how.folded) or max(several[p], several[q]) > 1:
                        yield p, q

    def _together(self, pairs: set[Pair]) -> set[Pair]:
        """Without those that are stretched beside others that stay two, and those beside which others are stretched."""
        beside = list(self._stretched())
        while wrong := {pair for both in beside if len(pairs.intersection(both)) == 1 for pair in both} & pairs:
            pairs = pairs - wrong
        return pairs

    def _stretched(self) -> Iterator[tuple[Pair, Pair]]:
        """Pairs of axes of length 1, and the pair of the target each stands beside."""
        for i, how in self.readings:
            if not isinstance(i, (*BY_ALIGNMENT, Call)):
                continue
            for read in how.reads if how is not None else ():
                own, target = self.rows[read.register], self.rows[i.target]
                for k in range(1, len(own)):
                    if read.labels[k - 1] == read.labels[k] == FIRST:
                        yield (own[k - 1], own[k]), (target[k - 1 - len(own)], target[k - len(own)])

    # --- the program with them -----------------------------------------------------------------------------

    def _stays(self, r: Register, axis: int) -> bool:
        return self.rows[r][axis] not in self.behind

    def shape(self, r: Register) -> Shape:
        lengths: list[int] = []
        for k, n in enumerate(self.program.registers[r].shape):
            if self._stays(r, k):
                lengths.append(int(n))
            else:
                lengths[-1] *= int(n)
        return tuple(lengths)

    def name(self, r: Register, name: str) -> str:
        """What an input is called whose axes are joined, as NumPy would say it."""
        shape = self.shape(r)
        if len(shape) == len(self.rows[r]):
            return name
        return f"{name}.ravel()" if len(shape) == 1 else f"{name}.reshape{shape}"

    def _axes(self, r: Register, axes: Sequence[int]) -> tuple[int, ...]:
        """The same axes by their new numbers."""
        number = list(accumulate((self._stays(r, k) for k in range(len(self.rows[r]))), initial=-1))[1:]
        return tuple(number[k] for k in axes if self._stays(r, k))

    def rewritten(self, i: Instruction) -> Instruction:
        match i:
            case Sum(source=source, axes=axes):
                return replace(i, axes=self._axes(source, axes))
            case Rearrange(target=target, source=source, axes=axes):
                kept = [k for j, k in enumerate(axes) if self._stays(target, j)]
                return replace(i, axes=tuple(None if k is None else self._axes(source, [k])[0] for k in kept))
            case Tensordot(left=left, right=right, left_axes=ls, right_axes=rs):
                return replace(i, left_axes=self._axes(left, ls), right_axes=self._axes(right, rs))
            case Contraction(target=target, operands=sources, labels=labels, out=out):
                inside = tuple(self._labels(r, ls) for r, ls in zip(sources, labels, strict=True))
                return replace(i, labels=inside, out=self._labels(target, out))
            case _:
                return i

    def _labels(self, r: Register, labels: Sequence[int]) -> tuple[int, ...]:
        return tuple(label for k, label in enumerate(labels) if self._stays(r, k))


def _reading(i: Instruction, program: Program) -> Reading | None:
    """How an instruction reads that can as well have several axes as one."""
    known = isinstance(i, (*NAMING, *BY_ALIGNMENT, *BY_POSITION)) or (isinstance(i, Call) and i.op.elementwise)
    return reading(i, program) if known else None
