"""A capture of a function with long Python loops, with the loops in it as such again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from steepest.calculus.rolling.forming import Formed
from steepest.calculus.rolling.rolling import rewritten, roll
from steepest.errors import described
from steepest.expr.node import Expr
from steepest.frontends.tracing.capture import Capture
from steepest.frontends.tracing.recording import Guard
from steepest.ops.rearrange import sliced

MOST = 32  # loops in one function


def with_loops(capture: Capture) -> Capture:
    """The same capture, in which steps that are alike are a loop if there are many; the order of calls is dropped."""
    for _ in range(MOST):
        checks = [*capture.guards, *capture.domain]
        roots = [*capture.outputs, *(g.expr for g in checks)]
        formed = roll(capture.order, roots)
        if formed is None:
            break
        capture = _rolled(capture, formed, rewritten(formed, roots))
    return replace(capture, order=())


def _rolled(capture: Capture, formed: Formed, new: dict[Expr, Expr]) -> Capture:
    steps = formed.steps
    members = [n for n in new if steps.where(n) is not None]
    results = dict.fromkeys([*formed.last.values(), *formed.stacks.values()])
    before = capture.order[: steps.start]
    after = capture.order[steps.start_of(steps.count) :]
    lines = {new.get(n, n): place for n, place in capture.lines.items()}
    return replace(
        capture,
        outputs=tuple(new[e] for e in capture.outputs),
        guards=_guards(capture.guards, formed, new),
        domain=_guards(capture.domain, formed, new),
        lines=lines,
        order=(*before, *results, *(new[n] for n in after if n in new)),
        loops=(*capture.loops, _said(capture, formed, members)),
    )


def _said(capture: Capture, formed: Formed, members: Sequence[Expr]) -> str:
    places = [capture.lines[n] for n in members if n in capture.lines]
    at = f" ({described(places[0])})" if places else ""
    return f"{formed.steps.count} steps of {formed.steps.period} calls are a loop{at}"


def _guards(guards: Sequence[Guard], formed: Formed, new: dict[Expr, Expr]) -> tuple[Guard, ...]:
    """The guards; those that look at the same in steps one after the other are one, that looks at all of them."""
    groups: dict[int, list[tuple[int, Guard]]] = {}
    found: list[Guard] = []
    for g in guards:
        where = formed.steps.where(g.expr)
        if where is None or where[1] not in formed.stacks:
            found.append(replace(g, expr=new[g.expr]))
        else:
            groups.setdefault(where[1], []).append((where[0], g))
    for place, group in groups.items():
        group.sort(key=lambda item: item[0])
        rows = [step for step, _ in group]
        if rows == list(range(rows[0], rows[-1] + 1)):
            stack = formed.stacks[place]
            expr = sliced(stack, [range(rows[0], rows[-1] + 1), *map(range, stack.shape[1:])])
            found.append(replace(group[0][1], expr=expr, seen=np.stack([g.seen for _, g in group])))
        else:
            found.extend(replace(g, expr=new[g.expr]) for _, g in group)
    return tuple(found)
