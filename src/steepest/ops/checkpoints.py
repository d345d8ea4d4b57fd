"""A long loop as a loop of loops, whose derivative keeps the states between the inner ones only.

The reverse derivative of a loop reads its states from the last to the first. Of a loop of loops it keeps those of the
outer one, and computes those of each inner one again: of T steps in pieces of √T, 2 √T states instead of T, for the
work of the loop once more (Griewank and Walther, *Evaluating Derivatives*, ch. 12).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isqrt, prod

from steepest.expr.build import variable
from steepest.expr.dtype import FLOAT64
from steepest.expr.loop import Loop
from steepest.expr.node import Direction, Expr, Variable

from .looping import close_loop
from .rearrange import joined, reshape, sliced

PIECE = -(2**46)  # the tag of symbols for pieces of sequences, until they are bound
MOST_BYTES = 2**28  # of states that are kept without being asked


def automatic(loop: Loop) -> int:
    """How many steps lie between kept states where nothing was said: 1 unless that takes too much memory."""
    entry = sum(prod(v.shape) * (v.dtype or FLOAT64).itemsize for v in loop.states)
    return isqrt(loop.length) if entry * loop.length > MOST_BYTES else 1


def results_in_pieces(loop: Loop, emitted: Sequence[Expr], every: int) -> list[Expr]:
    """The last states and the stacks of the emitted, from a forward loop that keeps one state of `every` many."""
    if not 1 < every < loop.length:
        return [*map(loop.last, range(len(loop.next))), *map(loop.stack, emitted)]
    if loop.direction is not Direction.FORWARD:
        raise ValueError("a loop is cut into pieces before it is transposed")
    count, rest = divmod(loop.length, every)
    whole = count * every
    pieces = {v: variable(f"piece{k}", (every, *v.shape), v.dtype, PIECE) for k, v in enumerate(loop.entries)}
    inner = replace(loop, operands=tuple(pieces.get(v, v) for v in loop.variables), length=every)
    operands = dict(zip(loop.variables, loop.operands, strict=True))
    outer, stacks = close_loop(
        {v: operands[v] for v in loop.states},
        [inner.last(k) for k in range(len(loop.next))],
        {p: reshape(_steps(operands[v], 0, whole), (count, every, *v.shape)) for v, p in pieces.items()},
        {v: operands[v] for v in loop.settled},
        count,
        loop.direction,
        [inner.stack(e) for e in emitted],
    )
    last = [outer.last(k) for k in range(len(loop.next))]
    rows = [reshape(outer.stack(s), (whole, *e.shape)) for s, e in zip(stacks, emitted, strict=True)]
    if not rest:
        return [*last, *rows]
    ends: dict[Variable, Expr] = dict(zip(loop.states, last, strict=True))
    ends |= {v: _steps(operands[v], whole, loop.length) for v in loop.entries}
    tail = replace(loop, operands=tuple(ends.get(v, operands[v]) for v in loop.variables), length=rest)
    return [
        *map(tail.last, range(len(loop.next))),
        *(joined([row, tail.stack(e)], 0) for row, e in zip(rows, emitted, strict=True)),
    ]


def _steps(e: Expr, start: int, stop: int) -> Expr:
    return sliced(e, [range(start, stop), *(range(n) for n in e.shape[1:])])
