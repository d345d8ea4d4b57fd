"""Writes steps of linear algebra: arrays in the type that LAPACK is to compute in, views of what has been made.

As NumPy does, LAPACK computes in binary64 whatever the type of the arrays is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from steepest.expr.dtype import BOOL, INT
from steepest.expr.node import Number
from steepest.expr.pattern import Pattern
from steepest.lower.program import ArrayType, Call, Convert, Fill, Program, Rearrange, Register, Slice, Window, targets
from steepest.lower.triangles import swaps
from steepest.ops.operation import Operation

from .deposits import Step

COMPUTED = np.dtype(np.float64)
REAL = (COMPUTED, np.dtype(np.float32), INT, BOOL)  # of arrays that are converted for it, and back


def real(program: Program, *registers: Register) -> bool:
    types = [program.registers[r].dtype for r in registers]
    return all(t in REAL for t in types)


class StepWriter:
    """Steps under construction, and what has been made of what."""

    def __init__(self, program: Program) -> None:
        self.made: dict[Register, Step] = {r: i for i in program.instructions for r in targets(i)}
        self.registers = list(program.registers)
        self.constants: dict[Register, np.ndarray | Number | Pattern] = dict(program.constants)
        self.steps: list[Step] = []
        self.found: dict[object, Register] = {}

    def shape(self, r: Register) -> tuple[int, ...]:
        return tuple(self.registers[r].shape)

    def new(self, shape: Sequence[int]) -> Register:
        self.registers.append(ArrayType(tuple(shape), COMPUTED))
        return len(self.registers) - 1

    def fixed(self, value: np.ndarray) -> Register:
        """A constant array."""
        self.registers.append(ArrayType(value.shape, value.dtype))
        self.constants[len(self.registers) - 1] = value
        return len(self.registers) - 1

    def part(self, source: Register, *places: Window | int) -> Register:
        """Of each matrix of a stack so many rows and columns, or one."""
        lead = self.shape(source)[:-2]
        r = self.new((*lead, *(w.count for w in places if isinstance(w, Window))))
        self.steps.append(Slice(r, source, (*(Window(0, 1, n) for n in lead), *places)))
        return r

    def entrywise(self, op: Operation, source: Register) -> Register:
        r = self.new(self.shape(source))
        self.steps.append(Call(r, op, (source,), ()))
        return r

    def computed(self, r: Register) -> Register:
        """An array in the type that is computed in."""
        if self.registers[r].dtype == COMPUTED:
            return r
        key = ("computed", r)
        if key not in self.found:
            self.found[key] = converted = self.new(self.shape(r))
            self.steps.append(Convert(converted, r))
        return self.found[key]

    def unturned(self, r: Register) -> tuple[Register, bool]:
        """The array behind transpositions, and whether it is the transpose."""
        turned = False
        while isinstance(made := self.made.get(r), Rearrange) and swaps(made.axes):
            r, turned = made.source, not turned
        return r, turned

    def own(self, key: object, target: Register, turned: bool = False) -> Register | None:
        """Where to make something of which `target` is a view, unless it has been made: in itself if it can be."""
        if key in self.found:
            return None
        if self.registers[target].dtype == COMPUTED and not turned:
            self.found[key] = target
        else:
            self.found[key] = self.new(_exchanged(self.shape(target)) if turned else self.shape(target))
        return self.found[key]

    def seen_as(self, target: Register, source: Register, turned: bool = False) -> None:
        """An array under another name, its transpose, or either in the type of the target."""
        if turned:
            n = len(self.shape(source))
            same = self.registers[target].dtype == COMPUTED
            view = target if same else self.new(self.shape(target))
            self.made[view] = turn = Rearrange(view, source, (*range(n - 2), n - 1, n - 2))
            self.steps.append(turn)
            source = view
        if target != source:
            same = self.registers[target].dtype == COMPUTED
            self.steps.append(Fill(target, source) if same else Convert(target, source))


def _exchanged(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape[:-2], shape[-1], shape[-2])
