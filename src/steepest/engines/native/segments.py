"""A program in segments: machine code where there is some, array operations for the instructions in between.

An eigenvalue problem or a Fourier transform need not keep the rest of a program from machine code. Segments run in
order, and each is a program of its own; what one computes for another is an array in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from steepest.engines.python.compile import compile_program
from steepest.lower.program import VIEWS, ArrayType, Fill, Instruction, Loop, Program, Register, operands, targets
from steepest.schedule.cost import ARRAY_OPERATION, CROSSING, SAVED, cost

from .compile import emit
from .coverage import unknown_arrays
from .entry.entrance import Threads
from .entry.function import KernelFunction
from .kernel import FAILED, NOT_FINITE, Kernel
from .machine.loading import load
from .unsupported import Unsupported

FREE = (*VIEWS, Fill)  # instructions that cost array operations next to nothing

Stages = dict[Register, int]  # of the instruction that makes a register; machine code where it is even
Run = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Segment:
    """Some instructions of a program; its inputs and outputs are registers of the whole."""

    program: Program
    native: bool


def split(program: Program) -> tuple[Segment, ...]:
    """The segments of a program, in order. One alone if all of it, or nothing that would pay, is machine code."""
    natively = {i.target for i in program.instructions if unknown_arrays(i, program) is None}
    while True:
        _leave_views(program, natively)
        stages = _stages(program, natively)
        poor = [s for s in set(stages.values()) if s % 2 == 0 and not _pays(program, _of(program, stages, s))]
        if not poor or len(natively) == len(program.instructions):
            break
        natively.difference_update(r for r, s in stages.items() if s in poor)
    return tuple(_segment(program, stages, s) for s in sorted(set(stages.values())))


def _leave_views(program: Program, natively: set[Register]) -> None:
    """Other views of arrays, and constant ones, belong to whoever reads them."""
    readers = _readers(program)
    for i in reversed(program.instructions):
        view = isinstance(i, FREE) and i.target not in program.outputs
        if view and natively.isdisjoint(readers.get(i.target, ())):
            natively.discard(i.target)


def _readers(program: Program) -> Mapping[Register, list[Register]]:
    found: dict[Register, list[Register]] = {}
    for i in program.instructions:
        for r in operands(i):
            found.setdefault(r, []).append(i.target)
    return found


def _stages(program: Program, natively: set[Register]) -> Stages:
    """As few as there can be; machine code as late as its readers allow, so that it is not torn apart."""
    stages: Stages = {}
    for i in program.instructions:
        odd = i.target not in natively
        before = max((stages[r] for r in operands(i) if r in stages), default=0)
        stages.update(dict.fromkeys(targets(i), before + (before % 2 != odd)))
    readers = _readers(program)
    for i in reversed(program.instructions):
        if i.target in natively and not any(r in program.outputs for r in targets(i)):
            found = min(stages[u] - stages[u] % 2 for r in targets(i) for u in readers.get(r, ()))
            stages.update(dict.fromkeys(targets(i), found))
    return stages


def _of(program: Program, stages: Stages, stage: int) -> list[Instruction]:
    return [i for i in program.instructions if stages[i.target] == stage]


def _pays(program: Program, instructions: Sequence[Instruction]) -> bool:
    """Whether machine code saves more than it takes to enter and leave it."""
    work = [i for i in instructions if not isinstance(i, FREE)]
    return sum(_saved(program, i) for i in work) > CROSSING + ARRAY_OPERATION


def _saved(program: Program, i: Instruction) -> float:
    """What machine code saves on an instruction."""
    if isinstance(i, Loop):
        return i.length * sum(_saved(i.body, step) for step in i.body.instructions)
    return ARRAY_OPERATION + SAVED * prod(program.registers[i.target].shape) * max(cost(i), 1.0)


def _segment(program: Program, stages: Stages, stage: int) -> Segment:
    instructions = _of(program, stages, stage)
    made = {r for i in instructions for r in targets(i)}
    read = dict.fromkeys(r for i in instructions for r in operands(i))
    inputs = tuple(r for r in read if r not in made and r not in program.constants)
    elsewhere = {r for i in program.instructions if stages[i.target] != stage for r in operands(i)}
    outputs = tuple(r for i in instructions for r in targets(i) if r in elsewhere or r in program.outputs)
    given = dict(zip(program.inputs, program.names, strict=True))
    names = tuple(given.get(r, f"x{r}") for r in inputs)
    constants = {r: program.constants[r] for r in read if r in program.constants}
    part = Program(names, inputs, outputs, constants, tuple(instructions), program.registers)
    return Segment(part, stage % 2 == 0)


class Segmented:
    """A program in segments as a function of its inputs.

    Raises:
        Unsupported: if no segment of it is machine code, or all of it would be.
    """

    def __init__(self, program: Program, bits: int, declining: int):
        self.program, self.declining = program, declining
        self.kernels: list[Kernel] = []
        self.steps: list[tuple[Segment, Run]] = []
        reasons = [reason for i in program.instructions if (reason := unknown_arrays(i, program)) is not None]
        if not reasons:
            raise Unsupported("no instruction at which it could be split")
        for segment in split(program):
            self.steps.append((segment, self._native(segment, bits, reasons) if segment.native else _quiet(segment)))
        if not self.kernels:
            raise Unsupported(reasons[0])
        self.reasons = tuple(dict.fromkeys(reasons))

    def _native(self, segment: Segment, bits: int, reasons: list[str]) -> Run:
        try:
            kernel = emit(segment.program, bits)
        except Unsupported as error:
            reasons.append(str(error))
            return _quiet(segment)
        self.kernels.append(kernel)
        return KernelFunction(load(kernel), FAILED, Threads.RUN)

    @property
    def inputs(self) -> tuple[ArrayType, ...]:
        return tuple(self.program.registers[r] for r in self.program.inputs)

    @property
    def account(self) -> tuple[str, ...]:
        """Lines that tell what is machine code and what is not."""
        lines = [f"{len(self.kernels)} of {len(self.steps)} segments are machine code; not: {'; '.join(self.reasons)}"]
        for k, kernel in enumerate(self.kernels, 1):
            lines += [f"machine code {k} of {len(self.kernels)}:", *(f"  {line}" for line in kernel.account)]
        return tuple(lines)

    def __call__(self, *inputs: Any) -> tuple[Any, ...] | None:
        """The outputs; None if a routine failed, or if one is not finite and that is declined."""
        values: dict[Register, Any] = dict(zip(self.program.inputs, inputs, strict=True))
        for segment, run in self.steps:
            found = run(*(values[r] for r in segment.program.inputs))
            if found is None:
                return None
            values.update(zip(segment.program.outputs, found, strict=True))
        outputs = tuple(values[r] for r in self.program.outputs)
        if self.declining & NOT_FINITE and not all(map(_finite, outputs)):
            return None
        return outputs


def _quiet(segment: Segment) -> Run:
    """Array operations, without warnings of what they meet."""
    run = compile_program(segment.program)

    def quietly(*inputs: Any) -> tuple[Any, ...]:
        with np.errstate(all="ignore"):
            return run(*inputs)

    return quietly


def _finite(x: Any) -> bool:
    return np.asarray(x).dtype.kind not in "fc" or bool(np.all(np.isfinite(x)))
