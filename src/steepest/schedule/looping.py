"""Loops of a program, as steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from steepest.lower.program import Fill, Loop, Register

from .repeating import Repeated, ResultOf
from .step_writer import StepWriter


def write_loop(writer: StepWriter, loop: Loop) -> None:
    """The steps of a loop. Fixed arrays of the body are operands like others."""
    body, constants = loop.body, {r: v for r, v in loop.body.constants.items() if loop.body.registers[r].shape}
    names = (*body.names, *(f"fixed{k}" for k in range(len(constants))))
    numbers = {r: v for r, v in body.constants.items() if r not in constants}
    inside = replace(body, names=names, inputs=(*body.inputs, *constants), constants=numbers)
    fixed = [writer.fixed(np.asarray(v)) for v in constants.values()]
    starts, sequences, settled = (
        tuple(_in_memory(writer, r) for r in rs) for rs in (loop.starts, loop.sequences, (*loop.fixed, *fixed))
    )
    first, *others = loop.targets
    operands = starts, sequences, settled
    writer.steps.append(Repeated(first, loop.targets, inside, *operands, loop.length, loop.direction, loop.sums))
    writer.steps.extend(ResultOf(r, first) for r in others)


def _in_memory(writer: StepWriter, r: Register) -> Register:
    """A number that is a constant is in the code of whoever reads it: here it has to be an array."""
    if r not in writer.constants or writer.registers[r].shape:
        return r
    key = ("in memory", r)
    if key not in writer.found:
        writer.registers.append(writer.registers[r])
        writer.found[key] = target = len(writer.registers) - 1
        writer.steps.append(Fill(target, r))
    return writer.found[key]
