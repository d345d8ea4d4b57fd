"""Programs of plain NumPy functions, as the engines get them: composite operations in their parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import steepest as st
from steepest.lower.lowering import lower
from steepest.lower.program import Composites, Program


def program_of(transformed: Callable[..., Any], *args: Any) -> Program:
    """The program behind ``transformed(*args)``, of a function such as ``st.value_and_grad(f)``."""
    transformed(*args)
    ((plan, *_),) = transformed._plans.values()  # type: ignore[attr-defined]
    capture = plan.specialisation.capture
    exprs = [*(g.expr for g in capture.guards), *plan.program.exprs]
    return lower(exprs, capture.variables, composites=Composites.EXPANDED)


def value_and_gradient(f: Callable[..., Any], *args: Any, wrt: int | tuple[int, ...] = 0) -> Program:
    return program_of(st.value_and_grad(f, wrt), *args)


def value(f: Callable[..., Any], *args: Any) -> Program:
    return program_of(st.jit(f), *args)
