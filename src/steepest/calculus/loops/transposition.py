"""The transpose of a loop that is linear in some operands is a loop in the other direction.

Its states are the cotangents of the states, and the sums of the cotangents of what is fixed; its body is the transpose
of the body. What the body reads besides, such as states that are not linear, is read in the same steps.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import prod

from steepest.expr.build import add, is_zero, transpose_axes, variable, zeros
from steepest.expr.dimension import Shape
from steepest.expr.loop import Loop, loop_of, stacked
from steepest.expr.node import Expr, Scan, Variable
from steepest.expr.traversal import depends_on, toposort
from steepest.ops.looping import Operands, affected, close_loop, restricted
from steepest.ops.substitution import substitute

from .fission import SPREAD, ahead, in_all_steps
from .totals import split_total

Transpose = Callable[[Sequence[Expr], Sequence[Expr], Sequence[Expr]], list[Expr]]

COTANGENT = -(2**42)  # the tag of cotangents inside a body, until they are bound


def transpose_loop(
    cotangents: Mapping[Scan, Expr], varying: Collection[Expr], extra: Shape, transpose: Transpose
) -> list[tuple[Expr, Expr]]:
    """Operands with their cotangents, from those of results of one loop; all carry the `extra` axes in front."""
    loop = loop_of(next(iter(cotangents)))
    operands = dict(zip(loop.variables, loop.operands, strict=True))
    reached = affected(loop, [v for v, a in operands.items() if a in varying])
    linear = [v for v in loop.variables if v in reached]
    last = {loop.states[n.result]: g for n, g in cotangents.items() if stacked(n) is None}
    rows = [(e, _rows_first(g, len(extra))) for n, g in cotangents.items() if (e := stacked(n)) is not None]
    given = [variable(f"row{k}", (*extra, *e.shape), e.dtype or g.dtype, COTANGENT) for k, (e, g) in enumerate(rows)]
    after, pulled = _pulled(loop, linear, last, [e for e, _ in rows], given, extra, transpose)

    sequences: Operands = {
        **dict(zip(given, (g for _, g in rows), strict=True)),
        **{v: operands[v] for v in loop.entries},
        **{v: _stack_alone(loop, v) for v in loop.states if v not in reached},
    }
    settled: Operands = {v: operands[v] for v in loop.settled}
    exprs, sequences, settled = ahead(list(pulled.values()), list(after.values()), sequences, settled, loop.length)
    pulled = dict(zip(pulled, exprs, strict=True))

    late = depends_on(exprs, list(after.values()))
    changing = late | depends_on(exprs, list(sequences))
    room = SPREAD * sum(prod(v.shape) for v in (*loop.states, *loop.entries))
    totals = {v: split_total(pulled[v], late, changing, room) for v in loop.settled if v in pulled}
    sums = {v: variable(f"sum{k}", (*extra, *v.shape), v.dtype, COTANGENT) for k, v in enumerate(totals)}
    sums = {v: s for v, s in sums.items() if totals[v][1] is not None}
    entries = [v for v in loop.entries if v in pulled]
    factors = [a for found, _ in totals.values() for total in found for _, a in total.changing]
    early = [a for a in factors if a not in late and not any(isinstance(n, Scan) for n in toposort([a]))]
    stacked_factors = [a for a in factors if a not in early]
    backward, emitted = close_loop(
        {g: last.get(v, zeros(g.shape)) for v, g in after.items()} | {s: zeros(s.shape) for s in sums.values()},
        [pulled.get(v, zeros(g.shape)) for v, g in after.items()]
        + [add(s, rest) for v, s in sums.items() if (rest := totals[v][1]) is not None],
        sequences,
        settled,
        loop.length,
        loop.direction.opposite(),
        [*(pulled[v] for v in entries), *stacked_factors],
    )  # fmt: skip
    found = {v: [backward.last(k)] for k, v in enumerate([*after, *sums])}
    for v, e in zip(entries, emitted, strict=False):
        found[v] = [_rows_inside(backward.stack(e), len(extra))]
    stacks = dict(zip(stacked_factors, map(backward.stack, emitted[len(entries) :]), strict=True))
    stacks |= zip(early, in_all_steps(early, sequences, settled, loop.length), strict=True)
    for v, (products, _) in totals.items():
        found.setdefault(v, []).extend(
            total.contraction(loop.length, stacks.__getitem__, lambda a: substitute([a], settled)[0])
            for total in products
        )
    return [(operands[v], add(*parts)) for v, parts in found.items() if operands[v] in varying]


def _pulled(
    loop: Loop,
    linear: Sequence[Variable],
    last: Mapping[Variable, Expr],
    emitted: Sequence[Expr],
    given: Sequence[Variable],
    extra: Shape,
    transpose: Transpose,
) -> tuple[dict[Variable, Variable], dict[Variable, Expr]]:
    """One step back: the states that have a cotangent after some step, each with the symbol for it; and the
    cotangents that the variables then have before it, without those that are 0."""
    symbols = {v: variable(f"after{k}", (*extra, *v.shape), v.dtype, COTANGENT) for k, v in enumerate(loop.states)}
    steps = dict(zip(loop.states, loop.next, strict=True))
    after = {v: g for v, g in symbols.items() if v in last}
    while True:
        outputs, cotangents = [*(steps[v] for v in after), *emitted], [*after.values(), *given]
        found = dict(zip(linear, transpose(outputs, linear, cotangents), strict=True))
        pulled = {v: g for v, g in found.items() if not is_zero(g)}
        if all(v in after for v in loop.states if v in pulled):
            return after, pulled
        after = {v: g for v, g in symbols.items() if v in after or v in pulled}


def _stack_alone(loop: Loop, v: Variable) -> Expr:
    """A state in all steps, from a loop without those that it does not need."""
    alone, (e,) = restricted(loop, [v])
    return alone.stack(e)


def _rows_first(g: Expr, extra: int) -> Expr:
    """The axis that counts the steps before the extra ones."""
    return transpose_axes(g, (extra, *range(extra), *range(extra + 1, g.ndim)))


def _rows_inside(g: Expr, extra: int) -> Expr:
    return transpose_axes(g, (*range(1, extra + 1), 0, *range(extra + 1, g.ndim)))
