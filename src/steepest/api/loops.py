"""Loops said outright, with JAX's names and signatures: `scan` and `while_loop`.

Inside a traced function the body is traced once, and the loop is one node of the expression whatever its length. On
plain arrays they are plain Python loops.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from steepest.calculus.loops.fission import close_loop_ahead
from steepest.engines.python.compile import compile_program
from steepest.errors import ArgumentError
from steepest.expr.build import variable
from steepest.expr.node import Direction
from steepest.expr.traversal import contains_variable
from steepest.frontends.tracing.recording import Recording, current
from steepest.frontends.tracing.tracer import Tracer, as_expr
from steepest.frontends.trees import flatten
from steepest.lower.lowering import lower
from steepest.ops.checkpoints import automatic, results_in_pieces
from steepest.ops.closure import FREE
from steepest.ops.substitution import substitute

from .choosing import both_branches, conditions_met
from .evaluation import evaluate_here, evaluate_later, unwritten, with_settled_places
from .function import value_of
from .loop_step import Step, is_number, pair_of, trace_step
from .stacks import empty_stacks, entries_of, joined, step_count

Function = Callable[..., Any]
RAISED = (IndexError, ValueError, ArithmeticError)  # by a step; taken one by one, they say which and where
PEELED = 2  # steps that may come before the state has the shapes and types that it keeps


def scan(
    body: Function, state: Any, xs: Any = None, length: int | None = None, reverse: bool = False,
    unroll: int | bool = 1, *, checkpoint: int | None = None,
) -> tuple[Any, Any]:  # fmt: skip
    """``state, y = body(state, x)`` for each x along the first axis; returns the last state and the stacked ys.

    The state may be nested in containers; from the third step on it keeps its shapes and types. With `reverse` the
    last x comes first, and each y stands where its x does. `unroll` is there for programs written for JAX; a loop is
    one node whatever it says.

    A reverse derivative reads the states of all steps. With `checkpoint` it keeps one of so many and computes the
    others again: the least memory is that of about ``√length``. If not given, all are kept up to 256 MB, then so many.

    >>> total, sums = scan(lambda s, x: (s + x, s + x), 0.0, np.array([1.0, 2.0, 4.0]))
    >>> print(total, sums)
    7.0 [1. 3. 7.]
    """
    leaves, tree = flatten(xs) if xs is not None else ([], None)
    count = step_count(leaves, length)
    _require_count(checkpoint)
    if not count:
        return state, empty_stacks(body, state, leaves, tree)
    order = slice(None, None, -1 if reverse else 1)
    if reverse:
        leaves = [x if x is None else x[order] for x in leaves]
    ys: list[Any] = []
    rest: Any = None
    recording = current() if all(x is None or is_number(x) for x in leaves) else None
    for k in range(count):
        x = entries_of(leaves, tree, k)
        if recording is not None and k <= PEELED and count - k > 1:
            left = [leaf[k:] if k else leaf for leaf in leaves if leaf is not None]  # a size keeps its name
            steps = count - k if k else count
            roll = functools.partial(_rolled, recording, xs=left, count=steps, checkpoint=checkpoint)
            step, rolled = _attempted(roll, body, state, x)
            if rolled is not None:
                state, rest = rolled
                break
            if step.changes and k == PEELED:
                raise step.unstable("scan")
        state, y = pair_of(body(state, x), body)
        ys.append(y)
    return state, joined(ys, rest, order)


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
            roll = functools.partial(_rolled_while, recording, checkpoint=checkpoint)
            step, rolled = _attempted(roll, body, state, None, condition)
            if rolled is not None:
                return rolled
            if step.changes and k == PEELED:
                raise step.unstable("while_loop")
        state = body(state)
        k += 1
    return state


def _require_count(checkpoint: int | None) -> None:
    if checkpoint is not None and (type(checkpoint) is not int or checkpoint < 1):
        raise ArgumentError(f"checkpoint is a number of steps, at least 1, got {checkpoint!r}")


def _attempted(
    roll: Callable[[Step], Any], body: Function, state: Any, x: Any, condition: Function | None = None
) -> tuple[Step, Any]:
    """One step, and what becomes of the loop if all are like it: with the branches it takes, or else with both."""
    met = conditions_met()
    step = trace_step(body, state, x, condition)
    rolled = None if step.changes else roll(step)
    if rolled is None and not step.changes and conditions_met() > met:
        with both_branches():
            other = trace_step(body, state, x, condition)
        rolled = None if other.changes else roll(other)
    return step, rolled


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
    free = evaluate_here(list(step.free.values()))
    waiting = unwritten(given) if step.cannot_object else None
    evaluate, values = (evaluate_here, list(map(value_of, given))) if waiting is None else (evaluate_later, waiting)
    try:
        found = evaluate(results, dict(zip(symbols, [*values, *free], strict=True)))
    except RAISED:
        return None
    split = len(results) - len(step.guards)
    if not all(np.all(v == g.seen) for g, v in zip(step.guards, found[split:], strict=True)):
        return None
    outside = [*map(as_expr, given), *step.free.values()]
    exprs = with_settled_places(substitute(results, dict(zip(symbols, outside, strict=True))))
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
        try:
            with np.errstate(all="ignore"):
                results = run(*state, *free)
        except RAISED:
            return 0
        state = list(results[:size])
        if not all(np.array_equal(v, g.seen) for g, v in zip(step.guards, results[size + 1 :], strict=True)):
            return 0
        if not results[size]:
            return count
    raise AssertionError("unreachable")
