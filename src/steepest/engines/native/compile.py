"""A program as a kernel for this machine."""

from __future__ import annotations

from steepest.lower.program import Program
from steepest.schedule.plan import schedule

from .emit.module import write_module
from .kernel import Kernel


def emit(program: Program, bits: int = 512) -> Kernel:
    """The kernel of a program, for vector registers of so many bits.

    Raises:
        Unsupported: if a part of it is not written as machine code; it stays on tier 0.
    """
    single = {t.dtype.char for t in program.registers if t.dtype is not None} <= {"f", "?"}
    return write_module(schedule(program, bits // (32 if single else 64)))
