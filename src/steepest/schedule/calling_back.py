"""Steps for instructions that neither loops nor compiled routines do: array operations are called for them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

from steepest.lower.program import Call, Instruction, Program, Register, operands, targets
from steepest.ops.joint import Part

from .called_back import CalledBack


def by_call(instructions: Iterable[Instruction]) -> Mapping[Register, Sequence[Instruction]]:
    """For the first result of each instruction all instructions that are one call, such as the triangles of LU."""
    calls: dict[Hashable, list[Instruction]] = {}
    for i in instructions:
        joint = isinstance(i, Call) and isinstance(i.op.numpy, Part)
        key = (i.op.numpy.function, i.operands, repr(i.params)) if joint else i.target  # type: ignore[union-attr]
        calls.setdefault(key, []).append(i)
    return {i.target: together for together in calls.values() for i in together}


def called_back(program: Program, instructions: Sequence[Instruction]) -> CalledBack:
    """The step of instructions that are one call. What is constant is part of its program."""
    read = dict.fromkeys(r for i in instructions for r in operands(i))
    given = tuple(r for r in read if r not in program.constants)
    constants = {r: program.constants[r] for r in read if r in program.constants}
    made = tuple(r for i in instructions for r in targets(i))
    part = Program(tuple(f"x{r}" for r in given), given, made, constants, tuple(instructions), program.registers)
    return CalledBack(made[0], part)
