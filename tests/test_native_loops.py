"""Loops in native code: the same results as array operations, whatever a step does and whoever reads the results."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as hs
import numpy as np
import pytest
from expressions import environment
from hypothesis import HealthCheck, given, settings
from looped_programs import PROGRAMS
from native_engine import WIDTHS, assert_same, check_expressions, check_program, expanded, run_python
from test_random_loops import INPUTS, ROWS, looped, steps, summed

import steepest as st
from steepest.calculus.reverse import vjp
from steepest.engines.native.compile import emit
from steepest.engines.native.segments import Segmented
from steepest.engines.native.unsupported import Unsupported
from steepest.errors import SteepestError
from steepest.expr.build import add, array, einsum, multiply, variable
from steepest.expr.loop import Loop
from steepest.expr.node import Direction, Expr, Variable
from steepest.expr.number import ONE
from steepest.ops.complex_parts import cast
from steepest.ops.elementary import exp, sin, tanh
from steepest.ops.looping import close_loop
from steepest.ops.selection import argsort, take_rows
from steepest.rewrite.simplify import simplify

X, R, W, Q = variable("x", (5,)), variable("r", (6, 5)), variable("W", (5, 5)), variable("q", ())


def env_of(*variables: Variable, seed: int = 3) -> dict[Variable, Any]:
    rng = np.random.default_rng(seed)
    return {v: rng.uniform(-1, 1, v.shape) for v in variables}


# --- random steps ---------------------------------------------------------------------------------------


def agree(step: tuple[list[Expr], list[Expr]], direction: Direction, bits: int) -> None:
    """Values, and the gradient of a number made of them."""
    loop, emitted = looped(*step, direction)
    results = [loop.last(0), loop.last(1), *map(loop.stack, emitted)]
    env = {**environment(), ROWS: np.random.default_rng(36).uniform(-1, 1, ROWS.shape)}
    for outputs in (results, vjp(summed(results), INPUTS, ONE)):
        try:
            check_expressions(simplify(outputs), env, bits)
        except Unsupported:  # such steps stay on array operations
            return


QUICK = settings(max_examples=10, suppress_health_check=list(HealthCheck), deadline=None)


@QUICK
@given(steps(), hs.sampled_from(Direction), hs.sampled_from(WIDTHS))
def test_random_steps(step: tuple[list[Expr], list[Expr]], direction: Direction, bits: int) -> None:
    agree(step, direction, bits)


@pytest.mark.heavy
@settings(max_examples=300, suppress_health_check=list(HealthCheck), deadline=None)
@given(steps(depth=3), hs.sampled_from(Direction), hs.sampled_from(WIDTHS))
def test_random_steps_at_length(step: tuple[list[Expr], list[Expr]], direction: Direction, bits: int) -> None:
    agree(step, direction, bits)


# --- every kind of loop ---------------------------------------------------------------------------------


def network(direction: Direction = Direction.FORWARD, length: int = 6) -> tuple[Loop, Expr]:
    row = variable("row", (5,))
    after = tanh(add(einsum("ij,j->i", W, X), row))
    rows = R if length == 6 else variable("r", (length, 5))
    loop, (given,) = close_loop({X: X}, [after], {row: rows}, {W: W}, length, direction, [multiply(after, X)])
    return loop, given


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("wanted", ["last", "stack", "both"])
def test_results_that_are_read(direction: Direction, wanted: str, bits: int) -> None:
    loop, given = network(direction)
    results = {"last": [loop.last(0)], "stack": [loop.stack(given)], "both": [loop.last(0), loop.stack(given)]}
    check_expressions(results[wanted], env_of(X, R, W), bits)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_short_loops(length: int) -> None:
    loop, given = network(length=length)
    env = env_of(X, variable("r", (length, 5)), W)
    check_expressions([loop.last(0), loop.stack(given)], env)


def test_a_loop_without_steps_is_left_to_array_operations() -> None:
    a = variable("a", (5,))
    loop, _ = close_loop({a: X}, [sin(a)], {}, {}, 0, Direction.FORWARD, [])
    program = expanded([add(loop.last(0), X)], [X])
    with contextlib.suppress(Unsupported):
        check_program(program, [np.arange(5.0)])


def pair(swap: bool, starts: tuple[Expr, Expr]) -> Loop:
    """Two states, which may change places."""
    a, b = variable("a", (5,)), variable("b", (5,))
    after = [sin(b), add(a, b)] if swap else [add(a, sin(b)), multiply(b, a)]
    loop, _ = close_loop({a: starts[0], b: starts[1]}, after, {}, {}, 7, Direction.FORWARD, [])
    return loop


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("starts", [(X, X), (X, array(np.arange(5.0))), (sin(X), X)], ids=["same", "constant", "made"])
def test_where_states_start(swap: bool, starts: tuple[Expr, Expr]) -> None:
    loop = pair(swap, starts)
    for results in ([loop.last(0), loop.last(1)], [loop.last(0)], [loop.last(1)]):
        check_expressions(results, env_of(X))


def test_numbers_that_change_places() -> None:
    a, b = variable("a", ()), variable("b", ())
    loop, (given,) = close_loop({a: Q, b: Q}, [b, add(a, sin(b))], {}, {}, 9, Direction.FORWARD, [a])
    for results in ([loop.last(0), loop.last(1), loop.stack(given)], [loop.last(0)], [loop.last(1)]):
        check_expressions(results, env_of(Q))


def test_a_state_that_stays() -> None:
    a = variable("a", (5,))
    b = variable("b", (5,))
    loop, (given,) = close_loop({a: X, b: X}, [a, add(a, b)], {}, {}, 4, Direction.BACKWARD, [b])
    check_expressions([loop.last(0), loop.last(1), loop.stack(given)], env_of(X))


def test_one_array_in_all_places() -> None:
    """It is a start, a sequence and fixed."""
    row, s = variable("row", (5,)), variable("s", (5, 5))
    after = add(multiply(s, W), einsum("i,j->ij", row, row))
    loop, (given,) = close_loop({s: W}, [after], {row: W}, {W: W}, 5, Direction.FORWARD, [row])
    check_expressions([loop.last(0), loop.stack(given)], env_of(W))


def test_constants_in_the_step() -> None:
    a = variable("a", (5,))
    after = add(multiply(a, array(np.arange(5.0) / 5)), einsum("ij,j->i", array(np.eye(5) * 0.3), sin(a)))
    loop, _ = close_loop({a: X}, [after], {}, {}, 4, Direction.FORWARD, [])
    check_expressions([loop.last(0)], env_of(X))


def test_a_loop_in_a_loop() -> None:
    s, t, row, entry = (variable(n, shape) for n, shape in (("s", (5,)), ("t", (5,)), ("row", (5,)), ("e", ())))
    inner, (stacked,) = close_loop({t: s}, [sin(multiply(t, entry))], {entry: row}, {}, 5, Direction.FORWARD, [t])
    after = add(inner.last(0), einsum("ij->j", inner.stack(stacked)))
    outer, (given,) = close_loop({s: X}, [after], {row: R}, {}, 6, Direction.BACKWARD, [inner.last(0)])
    results = [outer.last(0), outer.stack(given)]
    env = env_of(X, R)
    for bits in WIDTHS:
        check_expressions(results, env, bits)
        check_expressions(simplify(vjp(summed(results), [X, R], ONE)), env, bits)


@pytest.mark.parametrize("worst", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none(worst: float) -> None:
    loop, given = network()
    env = env_of(X, R, W)
    env[R][3, 2] = worst
    check_expressions([loop.last(0), loop.stack(given)], env)


def test_overflow_on_the_way_that_no_result_shows() -> None:
    a = variable("a", ())
    after = exp(multiply(a, add(a, ONE_HUNDRED)))
    shown, (given,) = close_loop({a: Q}, [after], {}, {}, 4, Direction.FORWARD, [tanh(a)])
    check_expressions([shown.stack(given)], {Q: np.float64(1.0)})


ONE_HUNDRED = array(np.array(100.0))


# --- through the front door -----------------------------------------------------------------------------


def native(f: Callable[..., Any], args: tuple[Any, ...], transform: Callable[..., Any]) -> tuple[Any, Any, str]:
    compiled, plain = transform(f, "eager"), transform(f, "off")
    return compiled(*args), plain(*args), str(compiled.explain())


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str) -> None:
    f, args = PROGRAMS[name]
    places = tuple(k for k, a in enumerate(args) if np.asarray(a).dtype.kind == "f")
    found, expected, _ = native(f, args, lambda f, when: st.jacobian(f, argnums=places, compile=when))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10)


def test_float32() -> None:
    def f(W: Any, x: Any, rows: Any) -> Any:
        last, sums = st.scan(lambda h, r: (np.tanh(W @ h + r), np.sum(h)), x, rows)
        return np.sum(last) + sums @ sums

    rng = np.random.default_rng(1)
    args = tuple(rng.normal(size=s).astype(np.float32) for s in ((3, 3), (3,), (20, 3)))
    found, expected, told = native(f, args, lambda f, when: st.value_and_grad(f, argnums=(0, 1, 2), compile=when))
    assert "machine code" in told
    for a, b in zip((found[0], *found[1]), (expected[0], *expected[1]), strict=True):
        assert np.asarray(a).dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_whole_numbers_and_truths_as_states() -> None:
    def f(x: Any, rows: Any) -> Any:
        def step(state: Any, r: Any) -> Any:
            count, seen, s = state
            seen = np.logical_or(seen, r > 0.5)
            return (count + 1, seen, s * np.where(seen, r, 1.0 + r)), count

        (count, _, s), counts = st.scan(step, (np.zeros(3, int), np.zeros(3, bool), x), rows)
        return np.sum(s * count + counts[2])

    args = np.array([0.5, 1.5, -0.3]), np.random.default_rng(2).uniform(0, 1, (6, 3))
    found, expected, told = native(f, args, lambda f, when: st.value_and_grad(f, argnums=(0, 1), compile=when))
    assert "6 steps" in told
    np.testing.assert_allclose(found[0], expected[0])
    for a, b in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def solving(A: Any, x: Any) -> Any:
    return np.sum(st.scan(lambda y, r: (np.linalg.solve(A * r, y) / 4, None), x, np.array([1.0, 0.5, 2.0]))[0])


@pytest.mark.parametrize("n", [3, 8])
def test_a_step_that_solves(n: int) -> None:
    rng = np.random.default_rng(4)
    args = rng.normal(size=(n, n)) + 4 * np.eye(n), rng.normal(size=n)
    found, expected, told = native(solving, args, lambda f, when: st.grad(f, argnums=(0, 1), compile=when))
    assert "3 steps" in told
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n", [3, 8])
def test_a_step_that_cannot_solve(n: int) -> None:
    """It raises what array operations raise."""
    g = st.grad(solving, argnums=(0, 1), compile="eager")
    rng = np.random.default_rng(5)
    A, x = rng.normal(size=(n, n)) + 4 * np.eye(n), rng.normal(size=n)
    g(A, x)
    A[1] = A[0]
    for derivative in (g, st.grad(solving, argnums=(0, 1), compile="off")):
        with pytest.raises((SteepestError, np.linalg.LinAlgError), match=r"[Ss]ingular"):
            derivative(A, x)


@pytest.mark.parametrize("place", [4, 5, -6])
def test_a_step_that_reads_where_it_is_told(place: int) -> None:
    """Places that do not exist are refused as array operations refuse them."""

    def f(x: Any, places: Any) -> Any:
        return st.scan(lambda s, k: (np.sin(s) * x[k] + s[k], None), x, places)[0] @ x

    x, places = np.linspace(0.5, 1.5, 5), np.array([0, 3, 1, 3])
    g, plain = st.grad(f, compile="eager"), st.grad(f, compile="off")
    np.testing.assert_allclose(g(x, places), plain(x, places), rtol=1e-12)
    places[2] = place
    try:
        expected = plain(x, places)
    except IndexError:
        with pytest.raises(IndexError):
            g(x, places)
    else:
        np.testing.assert_allclose(g(x, places), expected, rtol=1e-12)


def at_the_state(x: Any, table: Any) -> Any:
    """A table read, between its places, where the state is."""

    def step(s, u):
        k = np.floor(s).astype(int)
        w = s - k
        return s + 0.2 * u * np.sin((1 - w) * table[k] + w * table[k + 1]), s

    last, ys = st.scan(step, x, np.linspace(0.5, 1.0, 30))
    return last + ys @ ys


def rows_at_the_state(x: Any, table: Any) -> Any:
    def step(s, _):
        k = np.floor(2.0 * s).astype(np.int32)
        return 0.9 * s + 0.1 * np.tanh(table[k] * table[2 - k, None].sum(1)), None

    return np.sum(st.scan(step, 0.1 * x + np.linspace(0.2, 1.1, 11), None, length=20)[0] ** 2)


@pytest.mark.parametrize("f", [at_the_state, rows_at_the_state], ids=lambda f: f.__name__)
def test_a_step_that_reads_where_its_state_says(f: Any) -> None:
    table = np.cos(np.arange(6.0))
    for derivative in (st.value_and_grad, st.hessian):
        g, plain = (derivative(f, argnums=(0, 1), compile=choice) for choice in ("eager", "off"))
        for x in (1.3, 0.9):
            for a, b in zip(leaves(g(x, table)), leaves(plain(x, table)), strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)
        assert "engine: machine code" in str(g.explain())


def leaves(x: Any) -> list[Any]:
    return [leaf for part in x for leaf in leaves(part)] if isinstance(x, (tuple, list)) else [x]


@pytest.mark.parametrize("x", [5.1, -7.0, np.nan, 1e300])
def test_a_state_where_nothing_is(x: float) -> None:
    """Places that do not exist are refused as array operations refuse them, wherever the table ends."""
    table = np.cos(np.arange(6.0))
    g = st.grad(at_the_state, compile="eager")
    g(1.3, table)
    assert "engine: machine code" in str(g.explain())
    with pytest.raises(IndexError):
        st.grad(at_the_state, compile="off")(x, table)
    with pytest.raises(IndexError):
        g(x, table)


def test_places_that_are_computed_without_a_loop() -> None:
    def f(x, table):
        k = np.floor(x).astype(int)
        return np.sum((x - k) * table[k] * table[k - 1])

    table, x = np.cos(np.arange(40.0)), np.linspace(0.1, 38.9, 27)
    g, plain = (st.value_and_grad(f, argnums=(0, 1), compile=choice) for choice in ("eager", "off"))
    for shift in (0.0, 0.7, -20.0):
        for a, b in zip(leaves(g(x + shift, table)), leaves(plain(x + shift, table)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    assert "engine: machine code" in str(g.explain())
    for wrong in (40.0, -41.5):
        x[11] = wrong
        with pytest.raises(IndexError):
            g(x, table)


def test_it_tells_of_loops() -> None:
    def f(x: Any, rows: Any) -> Any:
        return np.sum(st.scan(lambda s, r: (np.sin(s) * r, None), x, rows)[0])

    g = st.grad(f, compile="eager")
    g(np.array([0.5, 0.25]), np.linspace(0.5, 1.5, 40))
    told = str(g.explain())
    assert "40 steps forward" in told
    assert "40 steps backward" in told
    assert told.count("loops, step by step") == 2


@pytest.mark.parametrize("last", [False, True])
def test_machine_code_of_loops_between_other_work(last: bool) -> None:
    """Only the stack is read by what is no machine code, or the last state is given out too."""
    loop, given = network()
    stack = loop.stack(given)
    order = argsort(cast(stack, np.dtype(np.float16)))  # of numbers that kernels do not have
    outputs = [exp(sin(take_rows(stack, order)))] + [loop.last(0)] * last
    program = expanded(outputs, [X, R, W])
    segmented = Segmented(program, WIDTHS[0], 0)
    inputs = list(env_of(X, R, W).values())
    found = segmented(*inputs)
    assert found is not None
    assert segmented.steps[0][0].native
    assert_same(program, inputs, run_python(program, inputs), [np.asarray(x) for x in found], "in segments")


def test_a_step_is_written_once() -> None:
    loop, given = network()
    kernel = emit(expanded([loop.last(0), loop.stack(given)], [X, R, W]))
    assert kernel.text.count("call i32 @body1(") == 1
