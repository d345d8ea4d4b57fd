"""Loops said outright, with JAX's names and signatures: `scan` and `while_loop`.

Inside a traced function the body is traced once, and the loop is one node of the expression whatever its length. On
plain arrays they are plain Python loops.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from steepest.calculus.loops.fission import close_loop_ahead
from steepest.engines.python.compile import compile_program
from steepest.errors import ArgumentError, ShapeError
from steepest.expr.build import variable
from steepest.expr.node import Direction
from steepest.frontends.numpy.capture import contains_variable
from steepest.frontends.numpy.recording import Recording, current
from steepest.frontends.numpy.tracer import Tracer, as_expr
from steepest.frontends.trees import flatten, unflatten
from steepest.lower.lowering import lower
from steepest.ops.checkpoints import automatic, results_in_pieces
from steepest.ops.closure import FREE
from steepest.ops.substitution import substitute

from .evaluation import evaluate_here
from .function import value_of
from .loop_step import Step, is_number, trace_step

Function = Callable[..., Any]
PEELED = 2  # steps that may come before the state has the shapes and types that it keeps


def scan(
    body: Function, state: Any, xs: Any = None, length: int | None = None, checkpoint: int | None = None
) -> tuple[Any, Any]:
    """``state, y = body(state, x)`` for each x along the first axis; returns the last state and the stacked ys.

    The state may be nested in containers; from the third step on it keeps its shapes and types.

    A reverse derivative reads the states of all steps. With `checkpoint` it keeps one of so many and computes the
    others again: the least memory is that of about ``√length``. If not given, all are kept up to 256 MB, then so many.

    >>> total, sums = scan(lambda s, x: (s + x, s + x), 0.0, np.array([1.0, 2.0, 4.0]))
    >>> print(total, sums)
    7.0 [1. 3. 7.]
    """
    leaves, tree = flatten(xs) if xs is not None else ([], None)
    count = length if not leaves else len(leaves[0])
    if count is None:
        raise ArgumentError("scan needs xs or a length")
    if any(len(x) != count for x in leaves):
        raise ShapeError(f"scan: the first axes of xs differ: {[len(x) for x in leaves]}")
    _require_count(checkpoint)
    ys: list[Any] = []
    rest: Any = None
    recording = current() if all(map(is_number, leaves)) else None
    for k in range(count):
        x = None if tree is None else unflatten(tree, [leaf[k] for leaf in leaves])
        if recording is not None and k <= PEELED and count - k > 1:
            step = trace_step(body, state, x)
            if not step.changes:
                rolled = _rolled(recording, step, [leaf[k:] for leaf in leaves], count - k, checkpoint)
                if rolled is not None:
                    state, rest = rolled
                    break
            elif k == PEELED:
                raise step.unstable("scan")
        state, y = body(state, x)
        ys.append(y)
    return state, _joined(ys, rest)


def while_loop(condition: Function, body: Function, state: Any, checkpoint: int | None = None) -> Any:
    """``while condition(state): state = body(state)``.

    In a traced function the number of steps is that of the values at hand, and holds as long as the condition gives
    the same in each. `checkpoint` as in `scan`.
    """
    _require_count(checkpoint)
    recording = current()
    k = 0
    while condition(state):
        if recording is not None and k <= PEELED:
            step = trace_step(body, state, None, condition)
            if not step.changes:
                rolled = _rolled_while(recording, step, checkpoint)
                if rolled is not None:
                    return rolled
            elif k == PEELED:
                raise step.unstable("while_loop")
        state = body(state)
        k += 1
    return state


def _require_count(checkpoint: int | None) -> None:
    if checkpoint is not None and (type(checkpoint) is not int or checkpoint < 1):
        raise ArgumentError(f"checkpoint is a number of steps, at least 1, got {checkpoint!r}")


def _joined(first: Sequence[Any], rest: Any) -> Any:
    """The ys of the first steps, one by one, and the stacked ones of the others, as one stack."""
    if not first:
        return rest
    columns = [flatten(y)[0] for y in first]
    stacked = [None if column[0] is None else np.stack(column) for column in zip(*columns, strict=True)]
    if rest is not None:
        pairs = zip(stacked, flatten(rest)[0], strict=True)
        stacked = [None if a is None else np.concatenate([a, b]) for a, b in pairs]
    return unflatten(flatten(first[0])[1], stacked)


def _rolled(
    recording: Recording, step: Step, xs: Sequence[Any], count: int, checkpoint: int | None
) -> tuple[Any, Any] | None:
    """The last state and the stacked ys of `count` steps; None if steps take different branches."""
    lengthened = [variable(f"{v.name}s", (count, *v.shape), v.dtype, FREE) for v in step.entries]
    symbols = [*step.states, *lengthened, *step.free]
    loop, stacks = close_loop_ahead(
        {v: v for v in step.states},
        step.next,
        dict(zip(step.entries, lengthened, strict=True)),
        {v: v for v in step.free},
        count,
        Direction.FORWARD,
        [*step.ys, *(g.expr for g in step.guards)],
    )
    results = results_in_pieces(loop, stacks, automatic(loop) if checkpoint is None else checkpoint)
    given = [*step.numbers, *xs]
    values = [*map(value_of, given), *evaluate_here(list(step.free.values()))]
    found = evaluate_here(results, dict(zip(symbols, values, strict=True)))
    split = len(results) - len(step.guards)
    if not all(np.all(v == g.seen) for g, v in zip(step.guards, found[split:], strict=True)):
        return None
    exprs = substitute(results, dict(zip(symbols, [*map(as_expr, given), *step.free.values()], strict=True)))
    for e, v in zip(exprs[split:], found[split:], strict=True):
        recording.guard(e, v)
    for g in step.common_guards:
        recording.guard(g.expr, g.seen)
    leaves = [Tracer(recording, e, v) for e, v in zip(exprs[:split], found[:split], strict=True)]
    recording.has_derivatives |= step.capture.has_derivatives
    recording.dependencies.include(step.capture.dependencies)
    return step.put_together(leaves)


def _rolled_while(recording: Recording, step: Step, checkpoint: int | None) -> Any:
    """The last state; None if steps take different branches, or the condition is not of the state."""
    count = _count(step)
    rolled = _rolled(recording, step, (), count, checkpoint) if count > 1 else None
    if rolled is None:
        return None
    state, conditions = rolled
    recording.guard(conditions.expr, conditions.value)
    return state


def _count(step: Step) -> int:
    """How many steps there are until the condition does not hold; 0 if one takes another branch before."""
    (condition,) = step.ys
    if not contains_variable(condition):
        return 0
    run = compile_program(lower([*step.next, condition, *(g.expr for g in step.guards)], [*step.states, *step.free]))
    state = [np.asarray(value_of(x))[()] for x in step.numbers]
    free = evaluate_here(list(step.free.values()))
    size = len(state)
    for count in itertools.count(1):
        with np.errstate(all="ignore"):
            results = run(*state, *free)
        state = list(results[:size])
        if not all(np.array_equal(v, g.seen) for g, v in zip(step.guards, results[size + 1 :], strict=True)):
            return 0
        if not results[size]:
            return count
    raise AssertionError("unreachable")
