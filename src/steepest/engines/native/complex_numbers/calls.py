"""What has no formula by parts as an operation on arrays as they are in memory, for array operations to compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.engines.python.compile import compile_program
from steepest.lower.program import Call, Instruction, Program
from steepest.ops.joint import Part
from steepest.ops.operation import Operation


def on_memory(program: Program) -> Callable[..., tuple[np.ndarray, ...]]:
    """A program's function of real arrays, those of complex numbers with an axis of two behind their own."""
    run = compile_program(program)
    types = [program.registers[r].dtype for r in program.inputs]
    results = [np.dtype(program.registers[r].dtype) for r in program.outputs]

    def computed(*given: Any) -> tuple[np.ndarray, ...]:
        taken = (_seen(x, t) if t is not None and t.kind == "c" else x for x, t in zip(given, types, strict=True))
        return tuple(_stored(y, t) if t.kind == "c" else y for y, t in zip(run(*taken), results, strict=True))

    return computed


def _seen(x: Any, dtype: np.dtype) -> Any:
    return np.ascontiguousarray(x).view(dtype)[..., 0]


def _stored(y: Any, dtype: np.dtype) -> np.ndarray:
    whole = np.ascontiguousarray(y, dtype).reshape((*np.shape(y), 1))
    return whole.view(whole.real.dtype)


def operation(name: str, function: Callable[..., Any], index: int) -> Operation:
    """One of the results of such a function; nobody differentiates it or asks for its shape any more."""

    def unknown(*_: Any, **__: Any) -> Any:
        raise NotImplementedError(f"{name} is an operation of one kernel")

    return Operation(
        name=name, numpy=Part(function, index), differentials=(), sample=unknown, shape=unknown, dtype=unknown,
        text=name, latex=name,
    )  # fmt: skip


def name_of(i: Instruction) -> str:
    return i.op.name if isinstance(i, Call) else type(i).__name__
