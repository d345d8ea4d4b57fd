"""Which step of a loop, and which operation in it, made something that is not finite."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from steepest.calculus.forward import jvp
from steepest.engines.python.compile import compile_program
from steepest.expr.build import fill
from steepest.expr.dtype import carries_derivative
from steepest.expr.loop import loop_of
from steepest.expr.node import Apply, Direction, Expr, Scan
from steepest.expr.number import ONE
from steepest.expr.traversal import toposort
from steepest.lower.lowering import lower

Run = Callable[[Sequence[Expr]], Sequence[Any]]


def values_in_steps(n: Scan, exprs: Sequence[Expr], run: Run) -> Iterator[tuple[int, list[Any]]]:
    """The values of expressions in the variables of a loop, step by step as they come; `run` evaluates outer ones."""
    loop = loop_of(n)
    stacks = run([*map(loop.stack, loop.states), *(loop.operand(v) for v in (*loop.entries, *loop.settled))])
    changing = len(loop.next) + loop.sequence_count
    step = compile_program(lower(list(exprs), loop.variables))
    steps = range(loop.length)
    for t in steps if loop.direction is Direction.FORWARD else reversed(steps):
        given = [np.asarray(s)[t] if k < changing else s for k, s in enumerate(stacks)]
        typed = [np.asarray(x).astype(v.dtype)[()] for x, v in zip(given, loop.variables, strict=True)]
        with np.errstate(all="ignore"):
            yield t, [*typed, *step(*typed)]


def inner_nodes(n: Scan) -> list[Expr]:
    """What one step of a loop computes, operands first."""
    return [m for m in toposort(n.body.outputs) if m.args]


def breaking_in_steps(n: Scan, run: Run) -> tuple[int, Expr, dict[Expr, Any]] | None:
    """The first step and node that is not finite though its operands are; with the values in that step."""
    inner = inner_nodes(n)
    for t, found in values_in_steps(n, inner, run):
        values = dict(zip([*n.body.variables, *inner], found, strict=True))
        for m in inner:
            if not _finite(values[m]) and all(_finite(values[a]) for a in m.args if a in values):
                return t, m, values
    return None


def _finite(x: Any) -> bool:
    return bool(np.isfinite(x).all())


def slope_in_steps(n: Scan, run: Run) -> tuple[int, Expr, dict[Expr, Any]] | None:
    """The first step and operation whose derivative by its operands, along ones, is not finite."""
    inner = inner_nodes(n)
    moving = {m: [a for a in m.args if carries_derivative(a.dtype)] for m in inner if isinstance(m, Apply)}
    slopes = {
        m: jvp(m, {a: fill(ONE, a.shape) for a in args})
        for m, args in moving.items()
        if args and carries_derivative(m.dtype)
    }
    for t, found in values_in_steps(n, [*inner, *slopes.values()], run):
        values = dict(zip([*n.body.variables, *inner], found, strict=False))
        for m, slope in zip(slopes, found[len(values) :], strict=True):
            if not _finite(slope):
                return t, m, values
    return None
