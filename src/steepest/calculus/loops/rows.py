"""A loop for many inputs at once is a loop over bodies that work on rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from steepest.expr.build import transpose_axes, variable
from steepest.expr.loop import loop_of, stacked
from steepest.expr.node import Expr, Scan
from steepest.ops.looping import affected, close_loop

Batch = Callable[[Sequence[Expr], Mapping[Expr, Expr], int], list[Expr]]

ROWS = -(2**43)  # the tag of variables with rows inside a body, until they are bound


def loop_rows(n: Scan, batched: Mapping[Expr, Expr], size: int, batch: Batch) -> Expr:
    """The result for `size` rows, of which those operands differ that `batched` has with an axis in front."""
    loop, e = loop_of(n), stacked(n)
    operands = dict(zip(loop.variables, loop.operands, strict=True))
    differing = affected(loop, [v for v, a in operands.items() if a in batched])
    wide: dict[Expr, Expr] = {
        v: variable(f"rows{k}", (size, *v.shape), v.dtype, ROWS) if v in differing else v
        for k, v in enumerate(loop.variables)
    }
    rows = {v: x for v, x in wide.items() if x is not v}

    def in_rows(v: Expr, a: Expr) -> Expr:
        return batched[a] if a in batched else batch([a], {}, size)[0] if v in rows else a

    steps = batch(loop.next, rows, size)
    outcome = [] if e is None else batch([e], rows, size)
    loop_in_rows, given = close_loop(
        {wide[v]: in_rows(v, operands[v]) for v in loop.states},  # type: ignore[misc]
        [wider if v in rows else step for v, step, wider in zip(loop.states, loop.next, steps, strict=True)],
        {wide[v]: _steps_first(batched[operands[v]]) if v in rows else operands[v] for v in loop.entries},  # type: ignore[misc]
        {wide[v]: in_rows(v, operands[v]) for v in loop.settled},  # type: ignore[misc]
        loop.length,
        loop.direction,
        outcome,
    )  # fmt: skip
    if e is not None:
        return _steps_first(loop_in_rows.stack(given[0]))
    last = loop_in_rows.last(n.result)
    return last if loop.states[n.result] in rows else batch([last], {}, size)[0]


def _steps_first(e: Expr) -> Expr:
    """The axes of rows and steps exchanged."""
    return transpose_axes(e, (1, 0, *range(2, e.ndim)))
