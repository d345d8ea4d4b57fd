"""Positions of entries by their order, as steps: where rows are largest or smallest, how they are sorted. Data only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steepest.expr.dtype import FLOAT32, FLOAT64, INT
from steepest.lower.program import Call, Instruction, Program, Register
from steepest.ops.gather import insertion
from steepest.ops.operation import Operation
from steepest.ops.selection import argmax, argmin, argsort, running_argmax, running_argmin

BY_ORDER = (argmax, argmin, argsort, running_argmax, running_argmin, insertion)
ORDERED: tuple[np.dtype, ...] = (FLOAT64, FLOAT32, INT)  # types that are compared


@dataclass(frozen=True, slots=True)
class Positions:
    """What an operation finds along the last axis; an insertion looks its second operand up in the first."""

    target: Register
    op: Operation
    operands: tuple[Register, ...]
    side: str  # of equal entries, that something would be inserted at

    @property
    def reads(self) -> tuple[Register, ...]:
        return self.operands


def is_by_order(i: Instruction, program: Program) -> bool:
    """Whether an instruction finds positions in arrays of one type that has an order."""
    if not isinstance(i, Call) or i.op not in BY_ORDER:
        return False
    types = {program.registers[r].dtype for r in i.operands}
    return len(types) == 1 and types <= set(ORDERED) and program.registers[i.target].dtype == INT


def positions(i: Call) -> Positions:
    """The step of such an instruction."""
    return Positions(i.target, i.op, i.operands, dict(i.params).get("side", "left"))
