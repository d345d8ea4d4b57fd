"""A program as a Python function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from steepest.errors import ArgumentError, ShapeError
from steepest.expr.node import Expr, Variable
from steepest.lower.lowering import lower
from steepest.lower.program import Program

from .kernels import KERNELS
from .rendering import Namer, input_names
from .writing import Writer


def compile_program(program: Program) -> Callable[..., tuple[Any, ...]]:
    """The program as a function of its inputs, NumPy arrays or scalars of the types it was made for.

    The function's text is its attribute `source`.
    """
    inputs = input_names(program)
    namer = Namer(program, inputs)
    source = Writer(program, namer, inputs).text()
    bodies = {name: compile_program(body) for name, body in namer.bodies.items()}
    scope: dict[str, Any] = {"np": np, **KERNELS, **namer.bound, **bodies}
    exec(compile(source, "<steepest program>", "exec"), scope)
    function: Callable[..., tuple[Any, ...]] = scope["program"]
    function.source = source  # type: ignore[attr-defined]
    return function


def evaluate(outputs: Sequence[Expr], env: Mapping[Variable, Any]) -> list[Any]:
    """The values of expressions where the variables have the given values.

    Raises:
        ArgumentError: if a variable has a value of another kind than it was declared with.
        ShapeError: if it has another shape.
    """
    arguments = [_as_declared(x, value) for x, value in env.items()]
    return list(compile_program(lower(outputs, list(env)))(*arguments))


def _as_declared(x: Variable, value: Any) -> Any:
    given = np.asarray(value)
    if x.dtype is not None and not np.can_cast(given.dtype, x.dtype, "same_kind"):
        raise ArgumentError(f"{x.name} is declared as {x.dtype}, and a value of type {given.dtype} does not fit")
    if given.shape != x.shape:
        raise ShapeError(f"{x.name} is declared with shape {x.shape}, got {given.shape}")
    return given.astype(x.dtype)[()]
