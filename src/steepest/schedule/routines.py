"""The linear algebra of a program in calls of routines on whole matrices, its loops, and what is left beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from steepest.lower.program import Call, Instruction, Loop, Program, targets

from .decomposing import Decomposing, is_decomposed
from .deposits import Step
from .factoring import Factoring, is_factored
from .looping import write_loop
from .positions import is_by_order, positions
from .step_writer import StepWriter


def is_routine(i: Instruction, program: Program) -> bool:
    """Whether an instruction is made of calls of routines."""
    return is_factored(i, program) or is_decomposed(i, program) or is_by_order(i, program)


def with_routines(program: Program, steps: Sequence[Step]) -> tuple[Program, tuple[Step, ...]]:
    """The steps with routines, and the program with registers for what these leave."""
    factored = {r for i in program.instructions if is_factored(i, program) for r in targets(i)}
    decomposed = {r for i in program.instructions if is_decomposed(i, program) for r in targets(i)}
    ordered = {r for i in program.instructions if is_by_order(i, program) for r in targets(i)}
    looped = any(isinstance(i, Loop) for i in program.instructions)
    if not (factored or decomposed or ordered or looped):
        return program, tuple(steps)
    writer = StepWriter(program)
    factoring, decomposing = Factoring(program, writer), Decomposing(program, writer)
    for step in steps:
        target = getattr(step, "target", None)
        if target in factored:
            factoring.write(step)
        elif target in decomposed and isinstance(step, Call):
            decomposing.write(step)
        elif target in ordered and isinstance(step, Call):
            writer.steps.append(positions(step))
        elif isinstance(step, Loop):
            write_loop(writer, step)
        else:
            writer.steps.append(step)
    return replace(program, registers=tuple(writer.registers), constants=writer.constants), tuple(writer.steps)
