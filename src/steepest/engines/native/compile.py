"""A program as a kernel."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from math import prod

from steepest.lower.program import Program
from steepest.schedule.absorbing import with_absorbing_loops
from steepest.schedule.in_order import with_rows_in_order
from steepest.schedule.joined_axes import with_joined_axes
from steepest.schedule.named import Names
from steepest.schedule.plan import schedule, schedule_in_nests
from steepest.schedule.quotients import Quotients
from steepest.schedule.stage import Schedule

from .complex_numbers.parts import in_real_numbers
from .coverage import left_to_array_operations
from .emit.module import write_module
from .kernel import Kernel
from .unsupported import Unsupported

FEW = 1 / 8  # of the entries of binary32


def emit(program: Program, bits: int = 512) -> Kernel:
    """The kernel of a program, for vector registers of so many bits.

    Raises:
        Unsupported: if a part of it is not written as machine code; it stays on tier 0.
    """
    kernel = _of_real_arrays(with_joined_axes(in_real_numbers(program)), bits)
    given, made = (tuple(program.registers[r] for r in rs) for rs in (program.inputs, program.outputs))
    return replace(kernel, inputs=given, outputs=made)


def _of_real_arrays(program: Program, bits: int) -> Kernel:
    absorbing = with_absorbing_loops(with_rows_in_order(program))
    try:
        return write_module(absorbing, functools.partial(_plans, bits, absorbing), bits)
    except Unsupported:
        if absorbing is program:
            raise
    return write_module(program, functools.partial(_plans, bits, program), bits)


def _plans(bits: int, whole: Program, program: Program) -> Iterator[Schedule]:
    """Schedules to try, the best first. What a step of a loop gives may decide anything in the next one."""
    width = bits // (64 if _doubles(program) else 32)
    quotients = Quotients.SHARED if program is whole else Quotients.EXACT
    apart = left_to_array_operations(program)
    plan = schedule(program, width, quotients, Names() if program is whole else None, apart)
    yield plan
    if plan.rows is not None:
        yield schedule_in_nests(program, width, quotients, Names() if program is whole else None, apart)


def _doubles(program: Program) -> bool:
    """Whether so many entries are of binary64 that a vector has as many lanes as a machine register of those."""
    entries = Counter[str]()
    for t in program.registers:
        if t.dtype is not None:
            entries[t.dtype.char] += prod(map(int, t.shape))
    singles = entries.pop("f", 0)
    return entries["d"] > FEW * singles or (not singles and bool(entries.keys() - {"?"}))
