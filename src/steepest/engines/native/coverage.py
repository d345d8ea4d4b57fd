"""Which instructions are written as machine code. For the others a kernel calls array operations, if it can have their
operands and results; else the program is cut before and after them: see `segments`."""

from __future__ import annotations

from steepest.lower.program import (
    VIEWS,
    Call,
    Convert,
    Fold,
    Instruction,
    Loop,
    Program,
    Register,
    RunningSum,
    Scatter,
    operands,
    targets,
)
from steepest.ops.selection import one_hot_op
from steepest.schedule.reading import reading
from steepest.schedule.routines import is_routine

from .complex_numbers.writer import PARTS
from .emit.folding import start
from .entrywise.signature import Type, number_type
from .entrywise.table import supported
from .ir.value import KINDS, NARROW
from .unsupported import Unsupported


def unknown_arrays(instruction: Instruction, program: Program) -> str | None:
    """Why a kernel cannot have the operands or results of an instruction; None if it can."""
    reasons = (_array(r, program) for r in (*targets(instruction), *operands(instruction)))
    return next((reason for reason in reasons if reason is not None), None)


def left_to_array_operations(program: Program) -> frozenset[Register]:
    """The first results of the instructions of known arrays that no machine code is written for."""
    known = (i for i in program.instructions if unknown_arrays(i, program) is None)
    return frozenset(i.target for i in known if not _is_written(i, program))


def _is_written(instruction: Instruction, program: Program) -> bool:
    if isinstance(instruction, Loop):
        return all(unknown_arrays(i, instruction.body) is None for i in instruction.body.instructions)
    if is_routine(instruction, program) or isinstance(instruction, RunningSum):
        return True
    how = reading(instruction, program)
    if how is None or ((how.folded or isinstance(instruction, Convert)) and _is_narrow(instruction, program)):
        return False
    if how.folded and not isinstance(instruction, Scatter):
        return _is_folded(instruction, program)
    if isinstance(instruction, Call) and instruction.op is not one_hot_op:
        return supported(instruction.op, [_type(r, program) for r in instruction.operands])
    return True


def _array(r: Register, program: Program) -> str | None:
    held = program.registers[r]
    if 0 in held.shape:
        return "arrays without entries"
    if r in program.constants and not held.shape:
        number = program.constants[r]
        known = isinstance(getattr(number, "item", lambda: number)(), (bool, int, float, complex))
        return None if known else f"the number {number!r}"
    known = held.dtype is not None and (held.dtype in KINDS or held.dtype in PARTS)
    return None if known else f"arrays of type {held.dtype}"


def _is_narrow(instruction: Instruction, program: Program) -> bool:
    """Whether a result has fewer bits than what is written: sums have 64, and what is out of range has no one value."""
    dtype = program.registers[instruction.target].dtype
    if dtype not in NARROW or isinstance(instruction, (Fold, *VIEWS)):
        return False
    if not isinstance(instruction, Convert):
        return True
    given = program.registers[instruction.source].dtype
    return given is None or KINDS[given].floating


def _is_folded(instruction: Instruction, program: Program) -> bool:
    dtype = program.registers[instruction.target].dtype
    assert dtype is not None
    try:
        start(instruction, KINDS[dtype])
    except Unsupported:
        return False
    return True


def _type(r: Register, program: Program) -> Type:
    dtype = program.registers[r].dtype
    return number_type(program.constants[r]) if dtype is None else dtype  # type: ignore[arg-type]
