"""Values of expressions at the example inputs of the traces under way."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from steepest.engines.python.compile import compile_program
from steepest.expr.build import array
from steepest.expr.node import Constant, Expr, Variable
from steepest.expr.traversal import depends_on, toposort
from steepest.frontends.tracing.late import Late, worked_out
from steepest.frontends.tracing.postponing import DEEPEST, held_by
from steepest.frontends.tracing.postponing import LARGE as MUCH
from steepest.frontends.tracing.recording import example_inputs
from steepest.lower.lowering import lower
from steepest.ops.substitution import substitute

LARGE = 1 << 20  # places that are worked out at each call rather than kept


def with_settled_places(exprs: Sequence[Expr]) -> list[Expr]:
    """The same, with arrays for the whole numbers that are computed of no input: places to read at, mostly."""
    nodes = toposort(exprs)
    varying = depends_on(exprs, [n for n in nodes if isinstance(n, Variable)])
    read = dict.fromkeys(a for n in nodes if n in varying or not _is_whole(n) for a in n.args if a not in varying)
    parts = [a for a in read if _is_whole(a) and not isinstance(a, Constant) and prod(a.shape) <= LARGE]
    if not parts:
        return list(exprs)
    return substitute(exprs, {e: array(np.asarray(v)) for e, v in zip(parts, evaluate_here(parts), strict=True)})


def _is_whole(e: Expr) -> bool:
    return e.ndim > 0 and e.dtype is not None and e.dtype.kind in "iu"


def evaluate_here(exprs: Sequence[Expr], further: Mapping[Expr, Any] | None = None) -> list[Any]:
    """Each expression's value; variables not in `further` take the example values of the traces under way."""
    return _evaluated(exprs, example_inputs() | dict(further or {}))


def _evaluated(exprs: Sequence[Expr], env: Mapping[Expr, Any]) -> list[Any]:
    run = compile_program(lower(list(exprs), list(env)))  # type: ignore[arg-type]
    with np.errstate(all="ignore"):
        return [v if np.ndim(v) else np.asarray(v)[()] for v in run(*env.values())]


def evaluate_later(exprs: Sequence[Expr], further: Mapping[Expr, Any]) -> list[Any]:
    """As `evaluate_here`; of large arrays, all when somebody looks at one. Those of `further` may be late."""
    inputs = example_inputs()
    return later(
        exprs,
        list(further.values()),
        lambda: _evaluated(exprs, inputs | {v: worked_out(x) for v, x in further.items()}),
    )


def unwritten(operands: Sequence[Any]) -> list[Any] | None:
    """What `evaluate_later` may be given: nobody writes into a tracer's value, and small arrays are copied.

    None if there is a large array that somebody may write into.
    """
    held = list(map(held_by, operands))
    own = [x is given and isinstance(x, np.ndarray) for x, given in zip(held, operands, strict=True)]
    if any(x.size > MUCH for x, is_own in zip(held, own, strict=True) if is_own):
        return None
    return [x.copy() if is_own else x for x, is_own in zip(held, own, strict=True)]


def later(exprs: Sequence[Expr], operands: Sequence[Any], evaluate: Callable[[], list[Any]]) -> list[Any]:
    """What `evaluate` gives for the expressions: at once, unless their operands are many numbers, or are late."""
    waiting = [x for x in operands if type(x) is Late]
    depth = 1 + max((x.depth for x in waiting), default=0)
    if depth > DEEPEST or not (waiting or any(np.size(x) > MUCH for x in operands)):
        return evaluate()
    found = functools.cache(evaluate)
    values = [
        Late(functools.partial(_entry, found, k), e.shape, e.dtype, depth)
        for k, e in enumerate(exprs)
        if e.dtype is not None and all(type(n) is int for n in e.shape)
    ]
    return values if len(values) == len(exprs) else evaluate()


def _entry(found: Callable[[], list[Any]], k: int) -> Any:
    return found()[k]
