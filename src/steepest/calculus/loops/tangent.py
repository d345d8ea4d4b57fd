"""The tangent of a loop is a loop, linear in its tangents, which reads the states of the first one as sequences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from steepest.expr.build import zeros
from steepest.expr.dtype import carries_derivative
from steepest.expr.loop import Loop, loop_of, stacked
from steepest.expr.node import Expr, Scan, Variable

from .fission import close_loop_ahead
from .keeping import kept

Tangents = Callable[[Iterable[Expr], Mapping[Any, Expr]], dict[Expr, Expr]]


def loop_tangent(
    n: Scan, found: Mapping[Expr, Expr], tangents: Tangents, tangent_variable: Callable[[Variable], Variable]
) -> Expr | None:
    """The tangent of a result of a loop; None if it does not vary with the operands that have one in `found`."""
    loop, e = loop_of(n), stacked(n)
    operands = dict(zip(loop.variables, loop.operands, strict=True))
    seeds = {v: tangent_variable(v) for v, a in operands.items() if a in found and carries_derivative(v.dtype)}
    emitted = [] if e is None else [e]
    changes = _spread(loop, seeds, emitted, tangents, tangent_variable)
    varies = loop.states[n.result] in seeds if e is None else e in changes
    if not varies:
        return None
    states = [v for v in loop.states if v in seeds]
    dx = {v: found[a] if a in found else zeros(v.shape) for v, a in operands.items()}
    steps = dict(zip(loop.states, loop.next, strict=True))
    exprs = [*(changes.get(steps[v], zeros(v.shape)) for v in states), *(changes[a] for a in emitted)]
    exprs, sequences = kept(loop, emitted, exprs)
    sequences |= {seeds[v]: dx[v] for v in loop.entries if v in seeds}
    sequences |= {v: loop.stack(v) for v in loop.variables[: len(loop.next) + loop.sequence_count]}
    settled = {seeds[v]: dx[v] for v in loop.settled if v in seeds} | {v: operands[v] for v in loop.settled}
    linear, given = close_loop_ahead(
        {seeds[v]: dx[v] for v in states},
        exprs[: len(states)],
        sequences,
        settled,
        loop.length,
        loop.direction,
        exprs[len(states) :],
    )
    return linear.last(states.index(loop.states[n.result])) if e is None else linear.stack(given[0])


def _spread(
    loop: Loop,
    seeds: dict[Variable, Variable],
    emitted: list[Expr],
    tangents: Tangents,
    tangent_variable: Callable[[Variable], Variable],
) -> dict[Expr, Expr]:
    """The tangents of what one step computes. States that vary after any number of steps are added to the seeds."""
    while True:
        changes = tangents([*loop.next, *emitted], seeds)
        new = [
            v
            for v, e in zip(loop.states, loop.next, strict=True)
            if v not in seeds and e in changes and carries_derivative(v.dtype)
        ]
        if not new:
            return changes
        seeds |= {v: tangent_variable(v) for v in new}
