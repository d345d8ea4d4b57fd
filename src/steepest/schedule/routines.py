"""The linear algebra of a program in calls of routines on whole matrices, its loops, and what is left beside them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from steepest.lower.program import Call, Instruction, Loop, Program, Register, targets

from .calling_back import by_call, called_back
from .decomposing import Decomposing, is_decomposed
from .deposits import Step
from .factoring import Factoring, is_factored
from .looping import write_loop
from .positions import is_by_order, positions
from .repeating import ResultOf
from .step_writer import StepWriter
from .transforms import is_transformed, transformed


def is_routine(i: Instruction, program: Program) -> bool:
    """Whether an instruction is made of calls of routines."""
    return any(is_one(i, program) for is_one in (is_factored, is_decomposed, is_by_order, is_transformed))


def with_routines(
    program: Program, steps: Sequence[Step], apart: Collection[Register] = ()
) -> tuple[Program, tuple[Step, ...]]:
    """The steps with routines, and the program with registers for what these leave.

    Array operations are called for the instructions whose first results are `apart`.
    """
    factored = {r for i in program.instructions if is_factored(i, program) for r in targets(i)}
    decomposed = {r for i in program.instructions if is_decomposed(i, program) for r in targets(i)}
    ordered = {r for i in program.instructions if is_by_order(i, program) for r in targets(i)}
    waves = {i.target for i in program.instructions if is_transformed(i, program)}
    looped = any(isinstance(i, Loop) for i in program.instructions)
    calls = by_call(i for i in program.instructions if i.target in apart)
    if not (factored or decomposed or ordered or waves or looped or calls):
        return program, tuple(steps)
    writer = StepWriter(program)
    factoring, decomposing = Factoring(program, writer), Decomposing(program, writer)
    for step in steps:
        target = getattr(step, "target", None)
        if target is not None and target in calls:
            writer.steps.extend(_called(program, target, calls[target]))
        elif target in factored:
            factoring.write(step)
        elif target in decomposed and isinstance(step, Call):
            decomposing.write(step)
        elif target in ordered and isinstance(step, Call):
            writer.steps.append(positions(step))
        elif target in waves and isinstance(step, Call):
            writer.steps.append(transformed(step))
        elif isinstance(step, Loop):
            write_loop(writer, step)
        else:
            writer.steps.append(step)
    return replace(program, registers=tuple(writer.registers), constants=writer.constants), tuple(writer.steps)


def _called(program: Program, target: Register, together: Sequence[Instruction]) -> Iterator[Step]:
    """The steps of one of the instructions that are one call."""
    first = together[0]
    if target == first.target:
        yield called_back(program, together)
        yield from (ResultOf(r, target) for r in targets(first)[1:])
    else:
        yield ResultOf(target, first.target)
