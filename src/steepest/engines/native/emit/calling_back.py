"""Calls of array operations out of a kernel: a function that is given where the operands and the results lie."""

from __future__ import annotations

from collections.abc import Mapping

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer
from steepest.engines.native.kernel import FAILED
from steepest.lower.program import Program, Register
from steepest.schedule.called_back import CalledBack

from .fortran import routine
from .status import STATUS


def write_called_back(
    b: Builder, made: CalledBack, buffers: Mapping[Register, Buffer], called_back: list[Program]
) -> None:
    """The call, whose status is part of the kernel's; the program becomes one of those that are called back."""
    status = b.alloca(1, "i32")
    b.do(f"store i32 {FAILED}, ptr {status}, align 4")  # until it says otherwise
    pointers = [*(buffers[r].pointer for r in (*made.reads, *made.targets)), status]
    arrays = b.alloca(len(pointers), "ptr")
    for k, pointer in enumerate(pointers):
        b.do(f"store ptr {pointer}, ptr {b.address(arrays, k, 'ptr')}, align 8")
    call, function = routine(b, "python:call"), routine(b, str(len(called_back)))
    called_back.append(made.program)
    b.do(f"call void {call}(ptr {function}, ptr {arrays})")
    found = b.emit(f"load i32, ptr {status}, align 4")
    b.do(f"{b.fresh()} = atomicrmw or ptr {STATUS}, i32 {found} monotonic")
