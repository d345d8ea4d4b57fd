"""A function called inside the trace of another: its expressions in the place of the call.

A loop that goes on until it has converged calls a derivative in each step. What was recorded of the function at the
first call serves the others, if it stands alone: if it says nothing of the trace around it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from steepest.errors import CaptureError
from steepest.expr.node import Expr, Variable
from steepest.expr.traversal import contains_variable, toposort
from steepest.frontends.tracing.late import worked_out
from steepest.frontends.tracing.postponing import held_by
from steepest.frontends.tracing.recording import current
from steepest.frontends.tracing.surroundings import surroundings
from steepest.frontends.tracing.tracer import Tracer, as_expr
from steepest.ops.substitution import substitute

from .arguments import Leaf
from .compilation import Compile
from .evaluation import evaluate_later, later
from .function import FEW, SIGNATURES, FunctionRecord, Program, Specialisation

Again = Callable[[Specialisation], list[Any] | None]  # what a capture gives at other values, if it holds for them


def found_inside(record: FunctionRecord, signature: Hashable, again: Again) -> tuple[Specialisation, list[Any]] | None:
    """A capture that was made for an earlier call inside a trace and holds for this one; and what it gives."""
    for s, read in reversed(record.inner.get(signature, ())):
        if read.unchanged() and s.capture.dependencies.unchanged() and (results := again(s)) is not None:
            return s, results
    return None


def keep_inside(record: FunctionRecord, signature: Hashable, new: Specialisation, leaves: Sequence[Leaf]) -> None:
    """Use this capture for such calls too, if it can be. Whoever checks the function around them checks it."""
    settings = [leaf.value for leaf in leaves if not leaf.varies]
    read = surroundings(record.function, settings) if _stands_alone(new) else None
    if read is None:
        return
    with record.lock:
        record.inner[signature] = [*record.inner.get(signature, ()), (new, read)][-FEW:]
        while len(record.inner) > SIGNATURES:
            record.inner.pop(next(iter(record.inner)))


def results_again(s: Specialisation, program: Program, inputs: Sequence[Any]) -> list[Any] | None:
    """What a capture from before gives at these values, tracers or not; None if it is not for them."""
    held = [held_by(x) for x in inputs]

    def results() -> list[Any]:
        with np.errstate(all="ignore"):
            return list(program.tiers.run([worked_out(x) for x in held], Compile.OFF))

    try:
        if not program.guards:
            return later(program.exprs, held, lambda: _as_numbers(results()))
        found = results()
    except (ArithmeticError, ValueError, IndexError):  # a new trace says what is wrong, and where
        return None
    return _as_numbers(found[program.guards :]) if s.holds(found) else None


def _as_numbers(results: Sequence[Any]) -> list[Any]:
    """Arrays without axes as NumPy's numbers."""
    return [v if np.ndim(v) else np.asarray(v)[()] for v in results]


def _stands_alone(s: Specialisation) -> bool:
    """Whether a capture made inside another trace says all there is to say at other values.

    Not if it reads or holds tracers of the trace around it, which change unseen; if it changes something; or if it has
    loops made of few steps, which are recorded in full where the check of the outer function finds them wrong.
    """
    found = s.capture
    if found.changes or found.writes or found.leapt or found.loops or found.dependencies.hold(Tracer):
        return False
    exprs = [*found.outputs, *(g.expr for g in found.checks)]
    return all(n in found.variables for n in toposort(exprs) if isinstance(n, Variable))


def inline(
    s: Specialisation,
    exprs: Sequence[Expr],
    leaves: Sequence[Leaf],
    extra: Mapping[Any, Any],
    values: Sequence[Any] | None = None,
) -> list[Any]:
    """The expressions of a capture put into the trace under way: its variables replaced by what was passed.

    `extra` gives values (tracers or arrays) of further variables, such as directions; `values` those of the
    expressions, where they are known.
    """
    outer = current()
    if outer is None:
        raise CaptureError("there is no trace under way")
    outer.has_derivatives |= s.capture.has_derivatives
    outer.leapt |= s.capture.leapt
    outer.dependencies.include(s.capture.dependencies)
    outer.changes += s.capture.changes
    passed = {v: leaves[k].value for v, k in zip(s.capture.variables, s.places, strict=True)} | dict(extra)
    replacement: dict[Any, Expr] = {v: as_expr(x) for v, x in passed.items()}
    for guard in s.capture.guards:
        (expr,) = substitute([guard.expr], replacement)
        if contains_variable(expr):
            outer.guard(expr, guard.seen)
    for guard in s.capture.domain:
        (expr,) = substitute([guard.expr], replacement)
        if contains_variable(expr):
            outer.domain.setdefault(expr, replace(guard, expr=expr))
    new = substitute(exprs, replacement)
    if values is None:
        values = evaluate_later(exprs, {v: held_by(x) for v, x in passed.items()})
    return [Tracer(outer, e, v) if contains_variable(e) else worked_out(v) for e, v in zip(new, values, strict=True)]
