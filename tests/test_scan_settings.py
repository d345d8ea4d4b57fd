"""`scan` as JAX has it: reversed, without steps, without xs; what is said when it cannot be; `cond` in its body."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from differentiation import check_function, trace

import steepest as st
from steepest.expr.body import all_nodes
from steepest.expr.node import Scan

XS = np.array([0.3, -0.7, 1.1, 0.4, -0.2])


def loops(f: Any, *args: Any) -> list[int]:
    """The lengths of the loops in what a function is traced to."""
    return [n.length for n in all_nodes(trace(f, args, range(len(args))).outputs) if isinstance(n, Scan)]


def damped(s, x):
    return 0.5 * s + x * np.sin(s), s * x


# --- settings -------------------------------------------------------------------------------------------


def test_reversed() -> None:
    def steps(s, xs):
        ys = np.zeros(len(xs))
        for k in range(len(xs) - 1, -1, -1):
            s, ys[k] = damped(s, xs[k])
        return s, ys

    last, ys = st.scan(damped, 0.8, XS, reverse=True)
    np.testing.assert_allclose(last, steps(0.8, XS)[0], rtol=1e-14)
    np.testing.assert_allclose(ys, steps(0.8, XS)[1], rtol=1e-14)

    def weighted(s, xs):
        last, ys = st.scan(damped, s, xs, reverse=True, unroll=4)
        return last + ys @ np.arange(1.0, 6.0)

    check_function(weighted, 0.8, XS)
    assert set(loops(weighted, 0.8, XS)) == {5}


@pytest.mark.parametrize("checkpoint", [None, 2])
def test_reversed_without_xs(checkpoint: int | None) -> None:
    def f(x):
        (_, s), ys = st.scan(
            lambda c, _: ((c[0] + 1, c[1] * x + c[0]), c[1]), (0, x), None, 6, True, checkpoint=checkpoint
        )
        return s + ys[0] * ys[-1] ** 2

    check_function(f, 0.7)


def test_none_in_the_containers() -> None:
    def f(x):
        def step(state, entry):
            (s, nothing), (u, none) = state, entry
            assert (nothing, none) == (None, None)
            return (s * u + x, None), {"y": s, "n": None}

        (s, nothing), ys = st.scan(step, (x, None), (XS, None))
        assert (nothing, ys["n"]) == (None, None)
        return s * ys["y"] @ XS

    check_function(f, 0.7)
    assert set(loops(f, 0.7)) == {5}


def test_stacks_of_no_steps() -> None:
    def step(s, x):
        return {"a": s["a"] + x[0]}, (s["a"] * x, {"n": None, "t": np.sum(x) * s["a"]})

    state = {"a": np.ones(3)}
    for traced in (False, True):

        def f(a):
            last, (rows, inner) = st.scan(step, {"a": a}, np.zeros((0, 3)))
            assert (rows.shape, inner["t"].shape, inner["n"]) == ((0, 3), (0, 3), None)
            return np.sum(last["a"] ** 2) + np.sum(rows)

        if traced:
            np.testing.assert_array_equal(st.grad(f)(state["a"]), 2 * state["a"])
        else:
            assert f(state["a"]) == 3.0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"xs": (np.ones(3), np.ones(4))}, r"the first axes of xs differ: \[3, 4\]"),
        ({"xs": np.ones(3), "length": 4}, "3 in xs, 4 asked"),
        ({"xs": [1.0, 2.0]}, "a number without an axis"),
        ({"length": -1}, "length is a number of steps, got -1"),
        ({"length": 2.5}, "length is a number of steps, got 2.5"),
        ({}, "needs xs or a length"),
    ],
)
def test_what_does_not_fit(given: Any, said: str) -> None:
    with pytest.raises(st.SteepestError, match=said):
        st.scan(lambda s, x: (s, s), 1.0, **given)
    with pytest.raises(st.SteepestError, match=said):
        st.grad(lambda x: st.scan(lambda s, _: (s, s), x, **given)[0])(1.0)


def test_ys_that_do_not_stack() -> None:
    with pytest.raises(st.SteepestError, match=r"the shape of y changes, from \(1,\) to \(2,\) in step 1"):
        st.scan(lambda s, _: (np.append(s, 1.0), s), np.ones(1), None, 3)
    with pytest.raises(st.SteepestError, match="the structure of y changes"):
        st.scan(lambda s, _: (s + 1, (s,) * s), 1, None, 3)
    with pytest.raises(st.SteepestError, match="must return a pair"):
        st.scan(lambda s, _: s, 1.0, None, 3)


# --- branches in the body --------------------------------------------------------------------------------


def test_branches_that_differ_are_both_computed() -> None:
    def f(x):
        def step(s, u):
            return st.cond(u * x > s, lambda a, b: a * np.sin(b), lambda a, b: a * 0.5 + b * x, s, u), s

        s, ys = st.scan(step, x, XS)
        return s + ys @ XS

    check_function(f, 0.7)
    assert set(loops(f, 0.7)) == {5}
    slope = st.grad(f)
    for x in (0.7, -0.9, 2.5, 0.1):  # other steps take the other branch: it is the same loop
        np.testing.assert_allclose(slope(x), (f(x + 1e-6) - f(x - 1e-6)) / 2e-6, rtol=1e-7, atol=1e-9)
    assert "guard" not in str(slope.explain())


def test_branches_in_a_while_loop() -> None:
    def collatz(x):
        """A step up or down, ten times."""

        def step(state):
            s, k = state
            s = st.cond(s > 1.0, lambda v: v / (1.0 + x), lambda v: 3.0 * v * x + 0.3, s)
            return s, k + 1

        return st.while_loop(lambda state: state[1] < 10, step, (x, 0))[0]

    check_function(collatz, 1.3)
    assert set(loops(collatz, 1.3)) == {10}


def test_a_branch_that_might_fail_is_taken_only_where_it_is() -> None:
    """The inverse of a singular matrix is not computed; the steps are taken one by one."""

    def f(x):
        def step(s, u):
            A = np.array([[u, 0.0], [0.0, 1.0]]) * x
            return st.cond(u > 0.0, lambda B: np.sum(np.linalg.inv(B)), lambda B: np.sum(B), A) + s, None

        return st.scan(step, 0.0, np.array([1.0, 0.0, 2.0, 0.0]))[0]

    np.testing.assert_allclose(st.grad(f)(0.8), -(1 + 1 + 0.5 + 1) / 0.64 + 2, rtol=1e-12)


def test_the_branch_not_taken_leaves_no_nan() -> None:
    def f(x):
        def step(s, u):
            return s + st.cond(u > 0, lambda v: np.sqrt(v) * x, lambda v: v * x**2, u * x), None

        return st.scan(step, 0.0, XS)[0]

    check_function(f, 0.7)


def test_branches_of_different_kinds() -> None:
    """They cannot be chosen between; each step takes its own."""

    def f(x):
        def step(s, u):
            pair = st.cond(u > 0, lambda v: (v, v), lambda v: (v, np.array([v, v])), u * x)
            return s + np.sum(pair[1]), None

        return st.scan(step, 0.0, XS)[0]

    np.testing.assert_allclose(st.grad(f)(0.7), 1.8 - 2 * 0.9, atol=1e-12)


def test_a_loop_in_a_branch_in_a_loop() -> None:
    def f(x):
        def root(a):
            return st.while_loop(lambda s: abs(s * s - a) > 1e-13, lambda s: 0.5 * (s + a / s), a + 0.1)

        def step(s, u):
            return st.cond(u > 0, lambda v: root(v * v + 1.0), lambda v: v * x, s + u * x), s

        s, ys = st.scan(step, x, XS)
        return s + ys @ XS

    def plain(x):
        s, total = x, 0.0
        for u in XS:
            total, s = total + s * u, (np.sqrt((s + u * x) ** 2 + 1.0) if u > 0 else (s + u * x) * x)
        return s + total

    np.testing.assert_allclose(f(0.7), plain(0.7), rtol=1e-12)
    h = 1e-5
    np.testing.assert_allclose(st.grad(f)(0.7), (plain(0.7 + h) - plain(0.7 - h)) / (2 * h), rtol=1e-8)
    second = (plain(0.7 + h) - 2 * plain(0.7) + plain(0.7 - h)) / h**2
    np.testing.assert_allclose(st.grad(st.grad(f))(0.7), second, rtol=1e-4)


def test_a_choice_inside_a_derivative_inside_a_step() -> None:
    """The condition is of the step, the operand of the derivative taken in it."""

    def f(x):
        def step(s, u):
            slope = st.grad(lambda v: st.cond(u > 0, lambda w: np.sin(w) * s, lambda w: w**2 * u, v * x))(s + u)
            return 0.5 * s + slope, slope

        s, ys = st.scan(step, x, XS)
        return s + ys @ XS

    def plain(x):
        s, total = x, 0.0
        for u in XS:
            v = s + u
            slope = np.cos(v * x) * x * s if u > 0 else 2 * v * x * x * u
            s, total = 0.5 * s + slope, total + slope * u
        return s + total

    h = 1e-6
    np.testing.assert_allclose(st.grad(f)(0.7), (plain(0.7 + h) - plain(0.7 - h)) / (2 * h), rtol=1e-8)
    assert 5 in loops(f, 0.7)


@pytest.mark.parametrize(
    ("true", "false"),
    [
        (lambda v, s: 1.0, lambda v, s: v * s),  # a plain number
        (lambda v, s: v if v > 0.5 else s, lambda v, s: v * s),  # a branch in a branch
        (lambda v, s: np.exp(-800.0 * v) * s, lambda v, s: np.log(-v) + s),  # not a number for the other's values
        (lambda v, s: 1, lambda v, s: v * s),  # of another type
    ],
)
def test_kinds_of_branches(true: Any, false: Any) -> None:
    def f(x):
        return st.scan(lambda s, u: (0.5 * s + st.cond(u > 0, true, false, u * x, s), None), x, XS)[0]

    h = 1e-6
    np.testing.assert_allclose(st.grad(f)(0.7), (f(0.7 + h) - f(0.7 - h)) / (2 * h), rtol=1e-7)


def test_operands_are_not_written_to_twice() -> None:
    """A branch that writes into its operand is taken where it is taken."""

    def f(x):
        def step(s, u):
            y = np.array([s, u])

            def write(a):
                a[0] = x * u
                return np.sum(a)

            return st.cond(u > 0, write, lambda a: np.sum(a) * 0.5, y) + y[0] * 0.1, None

        return st.scan(step, x, XS)[0]

    h = 1e-6
    np.testing.assert_allclose(st.grad(f)(0.7), (f(0.7 + h) - f(0.7 - h)) / (2 * h), rtol=1e-8)
