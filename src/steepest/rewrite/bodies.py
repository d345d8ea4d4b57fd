"""The bodies of loops rewritten, so that the results of one loop stay together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from steepest.expr.build import variable
from steepest.expr.loop import Loop, loop_of, stacked
from steepest.expr.node import Expr, Scan, Variable
from steepest.expr.traversal import rebuild_graph, toposort
from steepest.ops.complex_parts import cast
from steepest.ops.operation import rebuilt
from steepest.ops.substitution import substitute

SHARED = -(2**49)  # the tag of symbols for loops that stay as they are, while the rest is simplified
Simplify = Callable[[Sequence[Expr]], list[Expr]]
Steps = tuple[tuple[Variable, ...], tuple[Expr, ...]]  # the variables of loops, and their next states


def with_simple_bodies(roots: Sequence[Expr], simplify: Simplify) -> list[Expr]:
    """The roots, with what the steps of loops compute simplified.

    The next states are simplified on their own: they come out the same, whatever else is asked of the loop here or
    elsewhere, and results of one loop are still known as such.
    """
    given = _given(roots)
    if not given:
        return list(roots)
    simple = {steps: _simplified(steps, list(emitted), simplify) for steps, emitted in given.items()}

    def visit(n: Expr, args: tuple[Expr, ...]) -> Expr:
        if not isinstance(n, Scan):
            return rebuilt(n, args)
        loop, e = loop_of(n), stacked(n)
        steps, emitted = simple[_steps(loop)]
        new = replace(loop.on(args), next=steps)
        return new.last(n.result) if e is None else cast(new.stack(emitted[e]), n.dtype)

    return rebuild_graph(roots, visit)


def with_written_steps(
    roots: Sequence[Expr], written: Sequence[Expr], rewrite: Simplify, rewrite_alike: Simplify
) -> list[Expr]:
    """The roots, in which the loops of `written` go on as they did, though their steps were rewritten.

    So a value and its derivative, which is taken of the rewritten steps, need one loop. That holds where
    `rewrite_alike`, which changes no value but for rounding, rewrites the steps to the same: elsewhere the states may
    overflow as they are written. The same goes for what the loops are given.
    """
    before: dict[Steps, tuple[Steps, dict[Expr, Expr]]] = {}  # of rewritten steps: as they were, and what is in them
    for (variables, steps), emitted in _given(written).items():
        after, _ = _simplified((variables, steps), list(emitted), rewrite)
        alike, _ = _simplified((variables, steps), list(emitted), rewrite_alike)
        if after == alike:
            parts = _changed(toposort([*steps, *emitted]), rewrite, rewrite_alike)
            before[variables, after] = (variables, steps), parts
    operands = dict.fromkeys(a for n in toposort(written) if isinstance(n, Scan) for a in n.args)
    given_before = _changed(list(operands), rewrite, rewrite_alike) if before else {}

    def visit(n: Expr, args: tuple[Expr, ...]) -> Expr:
        if not isinstance(n, Scan) or _steps(loop_of(n)) not in before:
            return rebuilt(n, args)
        (_, steps), back = before[_steps(loop_of(n))]
        given = tuple(given_before.get(a, new) for a, new in zip(n.args, args, strict=True))
        loop, e = replace(loop_of(n).on(given), next=steps), stacked(n)
        return loop.last(n.result) if e is None else cast(loop.stack(substitute([e], back)[0]), n.dtype)

    return rebuild_graph(roots, visit) if before else list(roots)


def _changed(written: Sequence[Expr], rewrite: Simplify, rewrite_alike: Simplify) -> dict[Expr, Expr]:
    """What is written, by its rewritten form, where that is another and has the same values but for rounding."""
    known = set(written)
    forms = zip(written, rewrite(written), rewrite_alike(written), strict=True)
    return {new: e for e, new, alike in forms if new is alike and new not in known}


def simplified_beside(others: Sequence[Expr], roots: Sequence[Expr], simplify: Simplify) -> list[Expr]:
    """The roots simplified, except for the loops that `others` have too: they stay the same loops, and run once.

    What `others` are must not change by a rounding error, as guards must not.
    """
    fixed = {_run(n) for n in toposort(others) if isinstance(n, Scan)}
    shared = [n for n in toposort(roots) if isinstance(n, Scan) and _run(n) in fixed] if fixed else []
    if not shared:
        return simplify(roots)
    symbols = {n: variable(f"shared{k}", n.shape, n.dtype, SHARED) for k, n in enumerate(shared)}
    back: dict[Variable, Expr] = {v: n for n, v in symbols.items()}
    return substitute(simplify(substitute(roots, symbols)), back)


def _run(n: Scan) -> tuple[Steps, tuple[Expr, ...]]:
    """What results of one loop have in common."""
    return _steps(loop_of(n)), n.args


def _given(roots: Sequence[Expr]) -> dict[Steps, dict[Expr, None]]:
    """The loops, and what is stacked of their steps."""
    given: dict[Steps, dict[Expr, None]] = {}
    for n in toposort(roots):
        if isinstance(n, Scan):
            e = stacked(n)
            given.setdefault(_steps(loop_of(n)), {}).update({} if e is None else {e: None})
    return given


def _steps(loop: Loop) -> Steps:
    return loop.variables, loop.next


def _simplified(steps: Steps, emitted: Sequence[Expr], simplify: Simplify) -> tuple[tuple[Expr, ...], dict[Expr, Expr]]:
    variables, exprs = steps
    after = tuple(cast(e, v.dtype) for e, v in zip(simplify(exprs), variables, strict=False))
    together = simplify([*after, *emitted])
    if tuple(together[: len(after)]) != after:
        together = [*after, *(simplify([e])[0] for e in emitted)]
    return after, {e: cast(new, e.dtype) for e, new in zip(emitted, together[len(after) :], strict=True)}
