"""Array operations that a kernel calls: a C function that is given where their operands and results lie."""

from __future__ import annotations

import ctypes
import threading
import time
from _thread import interrupt_main
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from steepest.engines.python.compile import compile_program
from steepest.lower.program import ArrayType, Program

Addresses = ctypes.POINTER(ctypes.c_void_p)
_PROTOTYPE = ctypes.CFUNCTYPE(None, Addresses)  # takes the GIL, in whichever thread it is called
POSTPONED = 0.01  # seconds until an interruption is told again


def callback(program: Program) -> Any:
    """The function ``void (ptr %arrays)`` of the addresses of a program's inputs, of its outputs, and of a status.

    It makes that 0 when the outputs are written. It stays as it was where array operations raise, which they will do
    again where that can be told; and where a signal does, even before the first line in here.
    """
    run = compile_program(program)
    inputs = [_reader(program.registers[r]) for r in program.inputs]
    outputs = [_view(program.registers[r]) for r in program.outputs]
    count = len(inputs)

    def call(arrays: Sequence[int]) -> None:
        try:
            with np.errstate(all="ignore"):
                found = run(*(read(arrays[k]) for k, read in enumerate(inputs)))
            for k, (view, result) in enumerate(zip(outputs, found, strict=True), count):
                view(arrays[k])[...] = result
            ctypes.c_int32.from_address(arrays[count + len(outputs)]).value = 0
        except KeyboardInterrupt:
            threading.Thread(target=_interrupt_again, daemon=True).start()
        except BaseException:
            return

    return _PROTOTYPE(call)


def _reader(held: ArrayType) -> Callable[[int], np.ndarray]:
    """What array operations take for what lies at an address."""
    view = _view(held)
    return view if held.shape else lambda address: view(address)[()]


def _view(held: ArrayType) -> Callable[[int], np.ndarray]:
    shape, dtype = tuple(map(int, held.shape)), np.dtype(held.dtype)
    memory: Any = ctypes.c_char * (prod(shape) * dtype.itemsize)
    return lambda address: np.ndarray(shape, dtype, memory.from_address(address))


def _interrupt_again() -> None:
    """Once the kernel has returned, one hopes; nothing can be raised through machine code."""
    time.sleep(POSTPONED)
    interrupt_main()
