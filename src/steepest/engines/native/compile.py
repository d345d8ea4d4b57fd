"""A program as a kernel."""

from __future__ import annotations

from steepest.lower.program import Program
from steepest.schedule.plan import schedule, schedule_in_nests

from .emit.module import write_module
from .kernel import Kernel
from .unsupported import Unsupported


def emit(program: Program, bits: int = 512) -> Kernel:
    """The kernel of a program, for vector registers of so many bits.

    Raises:
        Unsupported: if a part of it is not written as machine code; it stays on tier 0.
    """
    single = {t.dtype.char for t in program.registers if t.dtype is not None} <= {"f", "?"}
    width = bits // (32 if single else 64)
    plan = schedule(program, width)
    try:
        return write_module(plan)
    except Unsupported:
        if plan.rows is None:
            raise
        return write_module(schedule_in_nests(program, width))
