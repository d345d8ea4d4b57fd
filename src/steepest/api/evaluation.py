"""Values of expressions at the example inputs of the traces under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from steepest.engines.python.compile import compile_program
from steepest.expr.node import Expr
from steepest.frontends.numpy.recording import example_inputs
from steepest.lower.lowering import lower


def evaluate_here(exprs: Sequence[Expr], further: Mapping[Expr, Any] | None = None) -> list[Any]:
    """Each expression's value; variables not in `further` take the example values of the traces under way."""
    env = example_inputs() | dict(further or {})
    run = compile_program(lower(list(exprs), list(env)))  # type: ignore[arg-type]
    with np.errstate(all="ignore"):
        return [v if np.ndim(v) else np.asarray(v)[()] for v in run(*env.values())]
