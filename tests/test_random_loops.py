"""Loops over random steps: the same values and derivatives as the steps written out, in every mode and order."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from expressions import SHAPES, A, B, S, U, V, environment, expressions
from hypothesis import HealthCheck, given, settings

from steepest.calculus.batching import batch
from steepest.calculus.forward import push_forward
from steepest.calculus.loops.fission import close_loop_ahead
from steepest.calculus.reverse import vjp
from steepest.engines.python.compile import evaluate
from steepest.expr.build import add, contract, fill, multiply, variable
from steepest.expr.loop import Loop
from steepest.expr.node import Direction, Expr, Variable
from steepest.expr.number import ONE
from steepest.ops.checkpoints import results_in_pieces
from steepest.ops.elementary import tanh
from steepest.ops.looping import close_loop
from steepest.ops.rearrange import sliced
from steepest.ops.substitution import substitute
from steepest.rewrite.simplify import simplify

STEPS = 3
ROWS = variable("rows", (STEPS, 4))
INPUTS = (S, U, ROWS, A, B)


@st.composite
def steps(draw: st.DrawFn, depth: int = 2) -> tuple[list[Expr], list[Expr]]:
    """What a step makes of a number s and a vector u, bounded; and what it gives."""
    after = [tanh(draw(expressions(shape, depth))) for shape in ((), (3,))]
    return after, [draw(expressions(draw(st.sampled_from(SHAPES)), depth))]


def looped(after: list[Expr], emitted: list[Expr], direction: Direction) -> tuple[Loop, list[Expr]]:
    return close_loop({S: S, U: U}, after, {V: ROWS}, {A: A, B: B}, STEPS, direction, emitted)


def written_out(after: list[Expr], emitted: list[Expr], direction: Direction) -> list[Expr]:
    """The last states, and what the steps give, one by one."""
    state, rows = [S, U], {}
    order = range(STEPS) if direction is Direction.FORWARD else reversed(range(STEPS))
    for t in order:
        at: dict[Variable, Expr] = {S: state[0], U: state[1], V: sliced(ROWS, [t, range(4)])}
        state, rows[t] = substitute(after, at), substitute(emitted, at)
    return [*state, *(row for t in range(STEPS) for row in rows[t])]


def one_by_one(results: list[Expr], states: int) -> list[Expr]:
    """The results of a loop as those of `written_out`."""
    entries = [sliced(y, [t, *(range(n) for n in y.shape[1:])]) for t in range(STEPS) for y in results[states:]]
    return [*results[:states], *entries]


def summed(exprs: list[Expr]) -> Expr:
    """A number that varies with all of them in its own way."""
    terms = []
    for k, e in enumerate(exprs):
        labels = tuple(range(e.ndim))
        terms.append(contract([(labels, tanh(multiply(e, fill(ONE, e.shape))))] * (1 + k % 2), ()))
    return add(*terms)


def compared(ours: list[Expr], theirs: list[Expr], env: dict[Variable, np.ndarray]) -> None:
    with np.errstate(all="ignore"):
        pairs = zip(evaluate(simplify(ours), env), evaluate(theirs, env), strict=True)
    for a, b in pairs:
        if np.isfinite(b).all() and np.max(np.abs(b), initial=0) < 1e6:
            np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-8)


def agree(given: tuple[list[Expr], list[Expr]], direction: Direction) -> None:
    loop, emitted = looped(*given, direction)
    results = [loop.last(0), loop.last(1), *map(loop.stack, emitted)]
    ours, theirs = one_by_one(results, 2), written_out(*given, direction)
    rng = np.random.default_rng(33)
    env = {**environment(), ROWS: rng.uniform(-1, 1, ROWS.shape)}
    along = {x: variable(f"d{x.name}", x.shape) for x in INPUTS}
    env |= {d: rng.uniform(-1, 1, d.shape) for d in along.values()}
    compared(ours, theirs, env)
    mine, others = summed(ours), summed(theirs)
    compared(push_forward(ours, along), push_forward(theirs, along), env)
    down = [vjp(y, INPUTS, ONE) for y in (mine, others)]
    compared(*down, env)
    (twice, wanted) = (push_forward([y], along) for y in (mine, others))
    compared(push_forward(twice, along), push_forward(wanted, along), env)
    compared(vjp(twice[0], INPUTS, ONE), vjp(wanted[0], INPUTS, ONE), env)
    compared(*(push_forward(g, along) for g in down), env)
    pairings = [add(*(paired(g, along[x]) for g, x in zip(gs, INPUTS, strict=True))) for gs in down]
    compared(*(vjp(p, INPUTS, ONE) for p in pairings), env)


def paired(a: Expr, b: Expr) -> Expr:
    labels = tuple(range(a.ndim))
    return contract([(labels, a), (labels, b)], ())


QUICK = settings(max_examples=8, suppress_health_check=list(HealthCheck))


@QUICK
@given(steps(), st.sampled_from(Direction))
def test_all_modes_and_orders(given: tuple[list[Expr], list[Expr]], direction: Direction) -> None:
    agree(given, direction)


@pytest.mark.heavy
@settings(max_examples=400, suppress_health_check=list(HealthCheck))
@given(steps(depth=3), st.sampled_from(Direction))
def test_all_modes_and_orders_at_length(given: tuple[list[Expr], list[Expr]], direction: Direction) -> None:
    agree(given, direction)


@QUICK
@given(steps(), st.sets(st.sampled_from(INPUTS), min_size=1))
def test_rows(given: tuple[list[Expr], list[Expr]], different: set[Variable]) -> None:
    """Some operands differ from row to row, others are shared."""
    loop, emitted = looped(*given, Direction.FORWARD)
    results = [loop.last(0), loop.last(1), *map(loop.stack, emitted)]
    wide = {x: variable(f"{x.name}s", (2, *x.shape)) for x in INPUTS if x in different}
    rng = np.random.default_rng(34)
    env = {x: rng.uniform(-1, 1, x.shape) for x in (*INPUTS, *wide.values())}
    found = evaluate(batch(results, wide, 2), env)
    for row in range(2):
        one = evaluate(results, {x: env[wide[x]][row] if x in wide else env[x] for x in INPUTS})
        for a, b in zip(found, one, strict=True):
            np.testing.assert_allclose(a[row], b, rtol=1e-9, atol=1e-9)


@QUICK
@given(steps(), st.sampled_from([1, 2, 3, 4]))
def test_pieces_and_what_is_computed_ahead(given: tuple[list[Expr], list[Expr]], every: int) -> None:
    after, emitted = given
    loop, rows = close_loop_ahead({S: S, U: U}, after, {V: ROWS}, {A: A, B: B}, STEPS, Direction.FORWARD, emitted)
    env = {**environment(), ROWS: np.random.default_rng(35).uniform(-1, 1, ROWS.shape)}
    ours = one_by_one(results_in_pieces(loop, rows, every), 2)
    compared(ours, written_out(after, emitted, Direction.FORWARD), env)
    compared(*(vjp(summed(y), INPUTS, ONE) for y in (ours, written_out(after, emitted, Direction.FORWARD))), env)
