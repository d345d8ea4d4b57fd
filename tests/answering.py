"""A callable whose Python method tells that it was called, and arguments that its code answers or leaves alone."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from affine_kernel import affine

from steepest.engines.native.entry.callable import Callable, answered_by_code
from steepest.engines.native.entry.entrance import (
    Argument,
    ArrayArgument,
    Condition,
    Entrance,
    Output,
    Result,
    Threads,
)
from steepest.engines.native.entry.entries import Entries
from steepest.engines.native.entry.entry import Entry
from steepest.engines.native.kernel import Kernel
from steepest.engines.native.machine.loading import load

FLOAT64 = np.dtype(np.float64)
THREE = ArrayArgument((3,), FLOAT64)
X = np.array([1.0, 2.0, 3.0])
PYTHON = "answered in Python"
FIRST = Output(0)


@answered_by_code
class Answer(Callable):
    """A callable whose Python method tells that it was called."""

    def __init__(self) -> None:
        self.traces = ctypes.c_int64(0)
        self.entries = Entries(self, self.traces)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return (PYTHON, args, kwargs)

    def enter(
        self, kernel: Kernel, *arguments: Argument, result: Result = FIRST, conditions: tuple[Condition, ...] = (),
        guards: tuple[np.ndarray, ...] = (), declining: int = 3, threads: Threads = Threads.WAIT, key: Any = "one",
    ) -> Answer:  # fmt: skip
        entrance = Entrance(arguments, conditions, guards, result, declining, threads)
        self.entries.put(key, Entry(entrance, load(kernel)))
        return self


def in_python(result: Any) -> bool:
    return type(result) is tuple and len(result) > 0 and result[0] is PYTHON


def doubling() -> Answer:
    return Answer().enter(affine([(2, 1)], (3,)), THREE)


def read_only() -> np.ndarray:
    x = X.copy()
    x.flags.writeable = False
    return x


class OwnArray(np.ndarray):
    pass


FITTING = {
    "plain": lambda: X,
    "read only": read_only,
    "a view": lambda: np.arange(1.0, 9.0)[0:3],
    "a column": lambda: np.array([[1.0], [2.0], [3.0]])[:, 0],
    "on borrowed memory": lambda: np.frombuffer(X.tobytes()),
}
UNFIT = {
    "a step": lambda: np.arange(1.0, 7.0)[::2],
    "reversed": lambda: X[::-1],
    "broadcast": lambda: np.broadcast_to(1.0, (3,)),
    "byte-swapped": lambda: X.astype(">f8"),
    "float32": lambda: X.astype(np.float32),
    "integers": lambda: np.array([1, 2, 3]),
    "booleans": lambda: np.array([True, False, True]),
    "longer": lambda: np.ones(4),
    "empty": lambda: np.ones(0),
    "a row": lambda: np.ones((1, 3)),
    "0-d": lambda: np.array(1.0),
    "a subclass": lambda: X.view(OwnArray),
    "a matrix": lambda: X.view(np.matrix),
    "masked": lambda: np.ma.masked_array(X, [0, 1, 0]),
    "a list": lambda: [1.0, 2.0, 3.0],
    "a float": lambda: 1.0,
    "None": lambda: None,
    "unaligned": lambda: np.frombuffer(b"\0" + X.tobytes(), np.uint8)[1:].view(np.float64),
    "with metadata": lambda: X.astype(np.dtype(np.float64, metadata={"a": 1})),
    "objects": lambda: X.astype(object),
    "complex": lambda: X.astype(complex),
}  # fmt: skip
