"""The tangent of a loop is a loop, linear in its tangents, which reads the states of the first one as sequences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from steepest.expr.build import zeros
from steepest.expr.dtype import carries_derivative
from steepest.expr.loop import Loop, loop_of, stacked
from steepest.expr.node import Expr, Scan, Variable

from .fission import close_loop_ahead, in_all_steps
from .keeping import dear_parts, kept

Tangents = Callable[[Iterable[Expr], Mapping[Any, Expr]], dict[Expr, Expr]]


def loop_tangent(
    n: Scan, found: Mapping[Expr, Expr], tangents: Tangents, tangent_variable: Callable[[Variable], Variable]
) -> Expr | None:
    """The tangent of a result of a loop; None if it does not vary with the operands that have one in `found`.

    That of a part of the steps, such as is kept for a derivative, is computed for all steps at once from those of the
    states: however many such parts there are, one loop gives their tangents.
    """
    loop, e = loop_of(n), stacked(n)
    operands = dict(zip(loop.variables, loop.operands, strict=True))
    seeds = {v: tangent_variable(v) for v, a in operands.items() if a in found and carries_derivative(v.dtype)}
    emitted = [] if e is None else [e]
    changes = spread(loop, seeds, emitted, tangents, tangent_variable)
    varies = loop.states[n.result] in seeds if e is None else e in changes
    if not varies:
        return None
    after_all = [e] if e is not None and e not in loop.next and e in dear_parts(loop) else []
    emitted = emitted if not after_all else []
    states = [v for v in loop.states if v in seeds]
    dx = {v: found[a] if a in found else zeros(v.shape) for v, a in operands.items()}
    steps = dict(zip(loop.states, loop.next, strict=True))
    exprs = [changes.get(steps[v], zeros(v.shape)) for v in states]
    exprs, sequences = kept(loop, emitted, [*exprs, *(changes[a] for a in (*emitted, *after_all))])
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
        exprs[len(states) : len(states) + len(emitted)],
    )
    if e is None:
        return linear.last(states.index(loop.states[n.result]))
    if not after_all:
        return linear.stack(given[0])
    sequences |= {seeds[v]: linear.stack(s) for v, s in zip(states, linear.states, strict=True)}
    return in_all_steps(exprs[-1:], sequences, settled, loop.length)[0]


def spread(
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
