"""``cond`` in the body of a loop whose steps take different branches: both are computed, and one is chosen.

A branch holds for a whole trace, so steps that differ could not be one loop. Where both branches are plain arithmetic,
which raises nothing whatever the values, the loop computes both.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from steepest.errors import CaptureError
from steepest.expr.node import Expr
from steepest.frontends.tracing.capture import Capture
from steepest.frontends.tracing.recording import Recording, current
from steepest.frontends.tracing.tracer import Tracer, as_expr
from steepest.frontends.trees import flatten, unflatten
from steepest.ops.substitution import substitute

from .arguments import Leaf
from .branching import is_total, result_types
from .function import record_of
from .loop_step import is_number, plain_number

Function = Callable[..., Any]


class _Wanted(threading.local):
    choosing = False
    met = 0  # conditions on traced values, in this thread


_wanted = _Wanted()


def conditions_met() -> int:
    """How many traced conditions `cond` has been given in this thread."""
    return _wanted.met


@contextmanager
def both_branches() -> Iterator[None]:
    """In here `cond` computes both branches where it can."""
    before, _wanted.choosing = _wanted.choosing, True
    try:
        yield
    finally:
        _wanted.choosing = before


def chosen(predicate: Any, functions: Sequence[Function], operands: Sequence[Any]) -> Any:
    """What the first function gives where the predicate holds, else the second; None if it is to be a branch."""
    if not isinstance(predicate, Tracer) or predicate.size != 1:
        return None
    _wanted.met += 1
    if not _wanted.choosing:
        return None
    leaves, tree = flatten(tuple(operands))
    captures = [_traced(f, leaves, tree) for f in functions]
    true, false = captures
    if true is None or false is None or true.tree != false.tree or result_types(true) != result_types(false):
        return None
    outer = current() or predicate.recording
    inputs = [as_expr(x) for x in leaves if is_number(x)]
    columns = [_results(c, inputs, outer) for c in (true, false)]
    condition = np.not_equal(predicate, 0).reshape(())
    return unflatten(true.tree, [np.where(condition, a, b)[()] for a, b in zip(*columns, strict=True)])


def _traced(function: Function, leaves: Sequence[Any], tree: Any) -> Capture | None:
    """A branch by itself; None if it may raise something, or looks at values."""
    given = [Leaf(plain_number(x), varies=is_number(x)) for x in leaves]
    names = [f"x{k}" for k in range(len(leaves))]
    try:
        found = record_of(function).trace(given, names, lambda f, values: f(*unflatten(tree, values))).capture
    except (CaptureError, ArithmeticError, ValueError, LookupError):
        return None
    if not found.outputs or not all(map(is_number, found.values)):
        return None
    acts = found.checks or found.changes or found.writes
    return None if acts or not is_total(found) else found


def _results(capture: Capture, inputs: Sequence[Expr], outer: Recording) -> list[Tracer]:
    outer.has_derivatives |= capture.has_derivatives
    outer.dependencies.include(capture.dependencies)
    exprs = substitute(capture.outputs, dict(zip(capture.variables, inputs, strict=True)))
    return [Tracer(outer, e, np.asarray(v)[()]) for e, v in zip(exprs, capture.values, strict=True)]
