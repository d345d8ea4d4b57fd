"""Array operations that a kernel calls: a function that is given where their operands and results lie."""

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


def callback(program: Program) -> Callable[[int], None]:
    """The function of the address of the addresses of a program's inputs, of its outputs, and of a status.

    It makes the status 0 when the outputs are written. It stays as it was where array operations raise, which they will
    do again where that can be told. What a signal's handler raises goes on to the caller: see machine/signals.py.
    """
    run = compile_program(program)
    inputs = [_reader(program.registers[r]) for r in program.inputs]
    outputs = [_view(program.registers[r]) for r in program.outputs]
    count = len(inputs)

    layout = ctypes.c_void_p * (count + len(outputs) + 1)

    def compute(arrays: Sequence[int]) -> None:
        with np.errstate(all="ignore"):
            found = run(*(read(arrays[k]) for k, read in enumerate(inputs)))
        for k, (view, result) in enumerate(zip(outputs, found, strict=True), count):
            view(arrays[k])[...] = result

    def call(address: int) -> None:
        arrays: Any = layout.from_address(address)
        try:
            compute(arrays)
        except Exception as error:
            if _is_of_a_handler(error, partial(compute, arrays)):
                raise
        else:
            ctypes.c_int32.from_address(arrays[-1]).value = 0

    return call


def _is_of_a_handler(error: Exception, compute: Callable[[], None]) -> bool:
    """Whether a signal's handler raised it, which only the main thread runs; the computation would raise it again."""
    if threading.get_ident() != threading.main_thread().ident:
        return False
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
