"""A kernel as a Python function of its inputs."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from steepest.engines.native.machine.loading import Loaded
from steepest.lower.program import ArrayType

from .callable import Callable, answered_by_code, reason_against
from .entrance import Argument, ArrayArgument, Container, Entrance, NumberArgument, Output, Threads
from .entries import Entries
from .entry import Entry, Unfit

_NO_TRACES = ctypes.c_int64(0)  # a kernel computes the same whoever is tracing


@answered_by_code
class KernelFunction(Callable):
    """A tuple of the kernel's outputs, for inputs of its types in any layout; None if its status has `declining`."""

    def __init__(self, loaded: Loaded, declining: int, threads: Threads):
        self.loaded, self.declining = loaded, declining
        self._entries: Entries | None = None
        if reason_against() is None:
            self._enter(threads)

    def _enter(self, threads: Threads) -> None:
        outputs = tuple(Output(k) for k in range(len(self.loaded.kernel.outputs)))
        arguments = tuple(map(_argument, self.loaded.kernel.inputs))
        entrance = Entrance(arguments, (), (), Container(tuple, outputs), self.declining, threads)
        try:
            entry = Entry(entrance, self.loaded)
        except Unfit:
            return
        self._entries = Entries(self, _NO_TRACES)
        self._entries.put("kernel", entry)

    def __call__(self, *inputs: Any) -> tuple[Any, ...] | None:
        """The calls that the entry does not answer; arrays in another layout are put into it, and go in by it then."""
        if self._entries is not None and any(map(_lies_otherwise, inputs)):
            return self(*(_laid_out(x) if _lies_otherwise(x) else x for x in inputs))
        arrays = prepared(inputs, self.loaded.kernel.inputs)
        if arrays is None:
            return None
        outputs, status = self.loaded.run(arrays)
        return None if status & self.declining else tuple(x[()] if x.ndim == 0 else x for x in outputs)


def _lies_otherwise(x: Any) -> bool:
    """Whether it is a plain array, with axes, that a kernel does not take as it lies in memory."""
    if type(x) is not np.ndarray or not x.ndim:
        return False
    return not (x.flags.c_contiguous and x.flags.aligned and x.dtype.isnative)


def _laid_out(x: np.ndarray) -> np.ndarray:
    dtype = x.dtype if x.dtype.isnative else np.dtype(x.dtype.newbyteorder("=").str)  # the one object of that type
    return np.require(x, dtype, ("C", "A"))


def prepared(inputs: Sequence[Any], types: Sequence[ArrayType]) -> list[np.ndarray] | None:
    """The inputs in the layout a kernel is for, copied where they have another; None if they are of other types."""
    arrays = []
    for x, expected in zip(inputs, types, strict=True):
        a = np.asarray(x)
        if (a.shape, a.dtype) != (expected.shape, expected.dtype):
            return None
        arrays.append(np.require(a, expected.dtype, ("C", "A")).reshape(a.shape))  # shape () would become (1,)
    return arrays


def _argument(declared: ArrayType) -> Argument:
    dtype = np.dtype(declared.dtype)
    shape = tuple(map(int, declared.shape))
    return ArrayArgument(shape, dtype) if shape else NumberArgument(dtype)
