"""Array operations that a kernel calls: a function that is given where their operands and results lie."""

from __future__ import annotations

import ctypes
import signal
import traceback
from collections.abc import Callable
from functools import partial
from math import prod
from types import CodeType, FunctionType, MethodType
from typing import Any

import numpy as np

from steepest.engines.python.compile import compile_program
from steepest.lower.program import ArrayType, Program


def callback(program: Program) -> Callable[[int], None]:
    """A function that is given one address, at which those of a program's inputs, of its outputs and of a status lie.

    It makes the status 0 when the outputs are written. It stays as it was where array operations raise, which they will
    do again where that can be told. What a signal's handler raises goes on to the caller: see machine/python_calls.py.
    """
    run = compile_program(program)
    inputs = [_reader(program.registers[r]) for r in program.inputs]
    outputs = [_view(program.registers[r]) for r in program.outputs]
    count = len(inputs)
    layout = ctypes.c_void_p * (count + len(outputs) + 1)

    def compute(address: int) -> None:
        arrays: Any = layout.from_address(address)
        with np.errstate(all="ignore"):
            found = run(*(read(arrays[k]) for k, read in enumerate(inputs)))
        for k, (view, result) in enumerate(zip(outputs, found, strict=True), count):
            view(arrays[k])[...] = result
        ctypes.c_int32.from_address(arrays[-1]).value = 0

    def call(address: int) -> None:
        try:
            compute(address)
        except BaseException as error:
            traceback.clear_frames(error.__traceback__)  # they hold arrays in memory that goes with the kernel's call
            if not isinstance(error, Exception) or _is_of_a_handler(error):
                raise

    return call


def _is_of_a_handler(error: Exception) -> bool:
    """Whether it was raised in the handler of a signal."""
    codes = {code for number in signal.valid_signals() if (code := _code_of(signal.getsignal(number))) is not None}
    return any(frame.f_code in codes for frame, _ in traceback.walk_tb(error.__traceback__))


def _code_of(handler: Any) -> CodeType | None:
    """The code that runs when it is called, if it is Python's."""
    while isinstance(handler, partial):
        handler = handler.func
    is_plain = isinstance(handler, (FunctionType, MethodType)) or not callable(handler)
    function = handler if is_plain else type(handler).__call__
    return getattr(function, "__code__", None)


def _reader(held: ArrayType) -> Callable[[int], np.ndarray]:
    """What array operations take for what lies at an address."""
    view = _view(held)
    return view if held.shape else lambda address: view(address)[()]


def _view(held: ArrayType) -> Callable[[int], np.ndarray]:
    shape, dtype = tuple(map(int, held.shape)), np.dtype(held.dtype)
    memory: Any = ctypes.c_char * (prod(shape) * dtype.itemsize)
    return lambda address: np.ndarray(shape, dtype, memory.from_address(address))
