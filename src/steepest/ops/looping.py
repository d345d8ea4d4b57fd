"""Loops written in variables of any names, closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from steepest.expr.body import bound_variable
from steepest.expr.build import fill, uniform_value
from steepest.expr.loop import Loop
from steepest.expr.node import Direction, Expr, Variable
from steepest.expr.traversal import contains_variable, depends_on, toposort

from .complex_parts import cast
from .substitution import substitute

Operands = Mapping[Variable, Expr]


def close_loop(
    starts: Operands,
    steps: Sequence[Expr],
    sequences: Operands,
    fixed: Operands,
    length: int,
    direction: Direction,
    emitted: Sequence[Expr] = (),
) -> tuple[Loop, list[Expr]]:
    """The loop in which the variables of `starts` become the `steps`; and what is `emitted`, in the loop's variables.

    `sequences` and `fixed` give the operand of each variable. Those that nothing reads are left out, equal ones are
    one, and numbers and rules are written into the body. A step gets the type of its variable.
    """
    steps = [cast(e, v.dtype) for v, e in zip(starts, steps, strict=True)]
    constant: dict[Variable, Expr] = {v: e for v, e in fixed.items() if _is_rule(e)}
    for v, e in sequences.items():
        value = uniform_value(e)
        if value is not None:
            constant[v] = fill(value, v.shape)
    exprs = substitute([*steps, *emitted], constant)
    read = {n for n in toposort(exprs) if isinstance(n, Variable) and n not in constant}
    entries, entry_of = _distinct({v: e for v, e in sequences.items() if v in read})
    settled, settled_of = _distinct({v: e for v, e in fixed.items() if v in read})
    chosen: dict[Variable, Expr] = {**starts, **entries, **settled}
    bound = {v: bound_variable(k, v.shape, v.dtype) for k, v in enumerate(chosen)}
    inside = {v: bound[first] for v, first in [*((v, v) for v in starts), *entry_of.items(), *settled_of.items()]}
    exprs = substitute(exprs, inside)
    count = len(steps)
    loop = Loop(tuple(bound.values()), tuple(exprs[:count]), (), len(entries), length, direction)
    return loop.on(tuple(chosen.values())), exprs[count:]


def _distinct(operands: Operands) -> tuple[dict[Variable, Expr], dict[Variable, Variable]]:
    """The first variable of each operand; and for all variables that first one."""
    first: dict[Expr, Variable] = {}
    of = {v: first.setdefault(e, v) for v, e in operands.items()}
    return {v: e for e, v in first.items()}, of


def _is_rule(e: Expr) -> bool:
    """Whether an operand is made of numbers and rules alone."""
    return e.dtype is None and not contains_variable(e)


def needed(loop: Loop, wanted: Iterable[Expr]) -> set[Variable]:
    """The states that expressions in the loop's variables need, at once or in earlier steps."""
    found: set[Variable] = set()
    roots = list(wanted)
    while roots:
        read = {n for n in toposort(roots) if isinstance(n, Variable)}
        new = [k for k, v in enumerate(loop.states) if v in read and v not in found]
        found.update(loop.states[k] for k in new)
        roots = [loop.next[k] for k in new]
    return found


def affected(loop: Loop, varying: Iterable[Variable]) -> set[Variable]:
    """The variables that vary if these do: states may follow in any later step."""
    found = set(varying)
    while True:
        reached = depends_on(loop.next, found)
        new = {v for v, e in zip(loop.states, loop.next, strict=True) if v not in found and e in reached}
        if not new:
            return found
        found |= new


def restricted(loop: Loop, wanted: Sequence[Expr]) -> tuple[Loop, list[Expr]]:
    """The loop with the states alone that the `wanted` need; and these, in its variables."""
    states = needed(loop, wanted)
    operands = dict(zip(loop.variables, loop.operands, strict=True))
    return close_loop(
        {v: operands[v] for v in loop.states if v in states},
        [e for v, e in zip(loop.states, loop.next, strict=True) if v in states],
        {v: operands[v] for v in loop.entries},
        {v: operands[v] for v in loop.settled},
        loop.length,
        loop.direction,
        wanted,
    )
