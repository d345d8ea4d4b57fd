"""The function that is handed to a solver, traced on the unknowns it will be called with.

What it reads of the trace around it (closures, `args`) becomes the parameters of a body; the unknowns are its first
variables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.api.evaluation import evaluate_here
from steepest.errors import CaptureError, located, user_line
from steepest.expr.body import Body
from steepest.expr.build import variable
from steepest.expr.node import Expr, Variable
from steepest.expr.traversal import contains_variable, depends_on
from steepest.frontends.tracing.postponing import value_of
from steepest.frontends.tracing.recording import Recording, current, recording
from steepest.frontends.tracing.tape import Tape
from steepest.frontends.tracing.tracer import Tracer, as_expr, find_tracers
from steepest.ops.closing import closed
from steepest.ops.closure import split_closure

UNKNOWN = -(2**42)  # tags of unknowns lie below all others; one for each level of nesting


@dataclass(frozen=True)
class Traced:
    """What a function computes of its unknowns, in their variables and those around."""

    unknowns: tuple[Variable, ...]
    outputs: tuple[Expr, ...]

    def bodies(self, *groups: Sequence[Expr]) -> tuple[list[Body], list[Expr]]:
        """A body for each group of expressions, all of the same variables; and the parameters they read."""
        flat = [e for group in groups for e in group]
        within, read = split_closure(flat, self.unknowns)
        found, start = [], 0
        for group in groups:
            found.append(closed([*self.unknowns, *read], within[start : start + len(group)]))
            start += len(group)
        return found, list(read.values())


def traced(solver: str, call: Callable[..., Sequence[Any]], examples: Sequence[Any]) -> Traced:
    """Run ``call(*unknowns)``, which gives a sequence of results, on symbols for the unknowns.

    Raises:
        CaptureError: if a branch depends on an unknown: the solver looks at other values than the example.
    """
    outer = require_trace(solver)
    with recording(Recording) as rec:
        unknowns = tuple(
            variable(f"unknown{k}", np.shape(x), np.asarray(x).dtype, UNKNOWN - rec.depth)
            for k, x in enumerate(examples)
        )
        rec.inputs.update(zip(unknowns, examples, strict=True))
        results = call(*(Tracer(rec, v, _own(x)) for v, x in zip(unknowns, examples, strict=True)))
        outputs = tuple(map(as_expr, results))
    _hand_on(solver, rec, outer, unknowns)
    return Traced(unknowns, outputs)


def require_trace(solver: str) -> Recording:
    outer = current()
    assert outer is not None
    if isinstance(outer, Tape):
        raise CaptureError(
            located(f"{solver} is called where the function is followed step by step, not recorded", user_line())
            + "\n    Move the branches on values out of the function, or pass what the solver finds as an argument."
        )
    return outer


def _own(x: Any) -> Any:
    array = np.array(x)
    return array if array.ndim else array[()]


def _hand_on(solver: str, rec: Recording, outer: Recording, unknowns: Sequence[Variable]) -> None:
    """Guards on what lies outside belong to the trace around; there can be none on the unknowns."""
    outer.has_derivatives |= rec.has_derivatives
    own = depends_on([g.expr for g in (*rec.guards.values(), *rec.domain.values())], unknowns)
    for guard in rec.guards.values():
        if guard.expr in own:
            raise CaptureError(
                f"the function handed to {solver} takes a branch that depends on the unknown\n    at {guard.where}"
                "\n    Write the branch with np.where, so that it holds wherever the solver looks,"
                "\n    or solve outside the function and pass the solution as an argument."
            )
        if contains_variable(guard.expr):
            outer.guards.setdefault((guard.expr, guard.seen.tobytes()), guard)
    for expr, guard in rec.domain.items():
        if expr not in own and contains_variable(expr):
            outer.domain.setdefault(expr, guard)


def result(expr: Expr) -> Any:
    """A node as what the function goes on with: a traced value, or a plain one where nothing in it varies."""
    (value,) = evaluate_here([expr])
    if not contains_variable(expr):
        return value
    outer = current()
    assert outer is not None
    return Tracer(outer, expr, value)


def number(x: Any) -> Any:
    """An argument as a floating-point number or array, traced or not."""
    return x * 1.0 if isinstance(x, Tracer) else np.asarray(x, dtype=np.float64)[()]


def array(x: Any) -> Any:
    """An argument as a floating-point vector, as SciPy reads it: a number is one entry, a matrix its rows in turn."""
    if next(find_tracers(x), None) is None:
        return np.atleast_1d(np.asarray(x, dtype=np.float64)).ravel()
    stacked = np.stack([number(item) for item in x]) if isinstance(x, (list, tuple)) else number(x)
    return np.reshape(stacked, (-1,))


def example(x: Any) -> Any:
    return value_of(x)
