"""Which instructions are written as machine code. What is not is run by array operations: see `segments`."""

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

from .emit.folding import start
from .entrywise.signature import Type, number_type
from .entrywise.table import supported
from .ir.value import KINDS, NARROW
from .unsupported import Unsupported


def uncovered(instruction: Instruction, program: Program) -> str | None:
    """Why an instruction is not written as machine code; None if it is."""
    for r in (*targets(instruction), *operands(instruction)):
        if (reason := _array(r, program)) is not None:
            return reason
    if isinstance(instruction, Loop):
        reasons = (uncovered(i, instruction.body) for i in instruction.body.instructions)
        return next((reason for reason in reasons if reason is not None), None)
    if is_routine(instruction, program):
        return None
    how = reading(instruction, program)
    if (how is None or how.folded or isinstance(instruction, Convert)) and (reason := _narrow(instruction, program)):
        return reason
    if how is None:
        if isinstance(instruction, RunningSum):
            return None
        name = instruction.op.name if isinstance(instruction, Call) else type(instruction).__name__
        return f"{name} works on whole arrays"
    if how.folded and not isinstance(instruction, Scatter):
        return _folding(instruction, program)
    if isinstance(instruction, Call) and instruction.op is not one_hot_op:
        types = [_type(r, program) for r in instruction.operands]
        return None if supported(instruction.op, types) else f"{instruction.op.name} of {', '.join(map(str, types))}"
    return None


def _array(r: Register, program: Program) -> str | None:
    held = program.registers[r]
    if 0 in held.shape:
        return "arrays without entries"
    if r in program.constants and not held.shape:
        number = program.constants[r]
        return (
            None
            if isinstance(getattr(number, "item", lambda: number)(), (bool, int, float))
            else f"the number {number!r}"
        )
    return None if held.dtype is not None and held.dtype in KINDS else f"arrays of type {held.dtype}"


def _narrow(instruction: Instruction, program: Program) -> str | None:
    """Why a result in fewer bits is not made: sums are written in 64, and what is out of range has no one value."""
    dtype = program.registers[instruction.target].dtype
    if dtype not in NARROW or isinstance(instruction, (Fold, *VIEWS)):
        return None
    if not isinstance(instruction, Convert):
        return f"sums of type {dtype}"
    given = program.registers[instruction.source].dtype
    return f"rounding to {dtype}" if given is None or KINDS[given].floating else None


def _folding(instruction: Instruction, program: Program) -> str | None:
    dtype = program.registers[instruction.target].dtype
    assert dtype is not None
    try:
        start(instruction, KINDS[dtype])
    except Unsupported as error:
        return str(error)
    return None


def _type(r: Register, program: Program) -> Type:
    dtype = program.registers[r].dtype
    return number_type(program.constants[r]) if dtype is None else dtype  # type: ignore[arg-type]
