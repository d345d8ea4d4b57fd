"""Array operations that a kernel calls: a C function that is given where their operands and results lie."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np

from steepest.engines.python.compile import compile_program
from steepest.lower.program import ArrayType, Program

from .machine.signals import KEPT, keep

Addresses = ctypes.POINTER(ctypes.c_void_p)
_PROTOTYPE = ctypes.CFUNCTYPE(None, Addresses)  # takes the GIL, in whichever thread it is called


def callback(program: Program) -> Any:
    """The function ``void (ptr %arrays)`` of the addresses of a program's inputs, of its outputs, and of a status.

    It makes that 0 when the outputs are written. It stays as it was where array operations raise, which they will do
    again where that can be told, and where a signal's handler does, even before the first line in here. What that
    raises is raised again once the kernel has returned.
    """
    run = compile_program(program)
    inputs = [_reader(program.registers[r]) for r in program.inputs]
    outputs = [_view(program.registers[r]) for r in program.outputs]
    count = len(inputs)

    def compute(arrays: Sequence[int]) -> None:
        with np.errstate(all="ignore"):
            found = run(*(read(arrays[k]) for k, read in enumerate(inputs)))
        for k, (view, result) in enumerate(zip(outputs, found, strict=True), count):
            view(arrays[k])[...] = result

    def call(arrays: Sequence[int]) -> None:
        status = ctypes.c_int32.from_address(arrays[count + len(outputs)])
        try:
            compute(arrays)
            status.value = 0
        except BaseException as error:
            if _of_a_handler(error, partial(compute, arrays)):
                keep(error)
                status.value = KEPT

    return _PROTOTYPE(call)


def _of_a_handler(error: BaseException, compute: Callable[[], None]) -> bool:
    """Whether a signal's handler raised it, which only the main thread runs; the computation would raise it again."""
    if threading.current_thread() is not threading.main_thread():
        return False
    if not isinstance(error, Exception):
        return True
    try:
        compute()
    except Exception as again:
        return type(again) is not type(error)
    return True


def _reader(held: ArrayType) -> Callable[[int], np.ndarray]:
    """What array operations take for what lies at an address."""
    view = _view(held)
    return view if held.shape else lambda address: view(address)[()]


def _view(held: ArrayType) -> Callable[[int], np.ndarray]:
    shape, dtype = tuple(map(int, held.shape)), np.dtype(held.dtype)
    memory: Any = ctypes.c_char * (prod(shape) * dtype.itemsize)
    return lambda address: np.ndarray(shape, dtype, memory.from_address(address))
