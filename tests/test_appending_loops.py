"""Loops that append and fill are recorded as one step, of a size that does not depend on the number of steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import appending_loops
import filling_loops
import numpy as np
import pytest
from filling_programs import program
from recorded_loops import Program, captures_of, checked_captures, differences

import steepest as st
from steepest.expr.traversal import toposort

LEAPT = [*appending_loops.LEAPT, *filling_loops.LEAPT]
RECORDED = [*appending_loops.RECORDED, *filling_loops.RECORDED]
SECOND = LEAPT[2::6]


def capture_of(f: Program, x: float = 0.8) -> Any:
    g = st.grad(f)
    g(x)
    (found,) = captures_of(g)
    return found


@pytest.mark.parametrize("f", [*LEAPT, *RECORDED])
def test_value_and_slope(f: Program) -> None:
    (found,) = checked_captures(f)
    assert found.leapt == (f in LEAPT)


@pytest.mark.parametrize("f", SECOND)
def test_second_derivatives(f: Program) -> None:
    slope = st.grad(f)
    second = (slope(0.8 + 1e-5) - slope(0.8 - 1e-5)) / 2e-5
    assert st.grad(st.grad(f))(0.8) == pytest.approx(second, rel=1e-4, abs=1e-7)
    assert st.hessian(f)(0.8) == pytest.approx(second, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("compiled", ["off", "eager"])
def test_both_engines(compiled: str) -> None:
    def f(x: Any, obs: Any) -> Any:
        ys, y = [x[0]], np.zeros(len(obs) + 1)
        y[0] = x[1]
        for t, o in enumerate(obs):
            y[t + 1] = np.sin(y[t]) + x[0] * o
            ys.append(0.9 * ys[-1] + y[t + 1])
        return np.sum(np.array(ys) ** 2) + y[-1] + sum(ys[3:9])

    obs, x = np.cos(np.arange(90.0)), np.array([0.3, 0.7])
    h = 1e-6 * np.eye(2)
    expected = [(f(x + d, obs) - f(x - d, obs)) / 2e-6 for d in h]
    np.testing.assert_allclose(st.grad(f, compile=compiled)(x, obs), expected, rtol=1e-6)


def filled(n: int) -> Program:
    def f(x: Any) -> Any:
        y = np.zeros(n)
        y[0] = x
        for t in range(1, n):
            y[t] = np.sin(y[t - 1]) + 0.01 * t
        return np.sum(y**2)

    return f


def appended(n: int) -> Program:
    def f(x: Any) -> Any:
        ys = []
        for t in range(n):
            x = 0.9 * x + 0.01 * t
            ys.append(x)
        return np.sum(np.array(ys) ** 2)

    return f


def rows(n: int) -> Program:
    def f(x: Any) -> Any:
        states = [np.array([x, 0.2])]
        for _ in range(n):
            s = states[-1]
            states.append(s + 0.01 * np.array([s[1], -np.sin(s[0])]))
        q, p = np.array(states).T
        return np.stack(states)[-1] @ states[-2] + np.sum(q * p)

    return f


@pytest.mark.parametrize("make", [filled, appended, rows])
def test_the_size_does_not_depend_on_the_number_of_steps(make: Callable[[int], Program]) -> None:
    sizes = [len(toposort(capture_of(make(n)).outputs)) for n in (200, 1500)]
    assert sizes[0] == sizes[1] < 60


def test_one_loop_that_is_none_leaves_the_others() -> None:
    def f(x: Any) -> Any:
        for t in range(70):
            x = np.sin(x) if str(t * t)[0] == "1" else 1.1 * x
        ys = []
        for _ in range(70):
            x = np.sin(x)
            ys.append(x)
        return np.sum(np.array(ys))

    found = capture_of(f)
    assert found.leapt
    assert len(found.loops) == 1
    assert st.grad(f)(0.8) == pytest.approx(differences(f, 0.8), rel=1e-6)


def test_lists_are_lists_after_the_loop() -> None:
    def f(x: Any) -> Any:
        ys, ts = [], []
        same = ys
        for t in range(80):
            x = np.sin(x)
            ys.append(x)
            ts.append(0.1 * t)
        assert type(ys) is list
        assert same is ys
        assert len(ys) == 80
        assert all(type(t) is float for t in ts)
        ys.insert(0, 2.0 * x)
        del ys[5]
        return sum(y * t for y, t in zip(reversed(ys), ts, strict=True)) + ys.pop() * ys[-3]

    assert st.grad(f)(0.8) == pytest.approx(differences(f, 0.8), rel=1e-6)


def test_wrong_places_raise_as_in_numpy() -> None:
    def f(x: Any) -> Any:
        y = np.zeros(80)
        for t in range(80):
            y[t + 1] = x
        return y.sum()

    with pytest.raises(IndexError, match="out of bounds"):
        st.grad(f)(0.8)


def agree(seed: int) -> None:
    source, f = program(seed)
    g, unrolled = st.value_and_grad(f), st.value_and_grad(lambda x: f(x))
    unrolled.record.leaps_fail = unrolled.record.rolling_fails = True
    value, slope = g(0.7)
    assert value == pytest.approx(f(0.7), rel=1e-11), source
    assert slope == pytest.approx(unrolled(0.7)[1], rel=1e-8, abs=1e-12), source


@pytest.mark.parametrize("seed", range(1, 3))
def test_random_programs(seed: int) -> None:
    agree(seed)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(3, 120))
def test_many_random_programs(seed: int) -> None:
    agree(seed)


def test_lists_of_lists_are_joined_by_sum() -> None:
    def f(x: Any) -> Any:
        pairs = []
        for _ in range(80):
            x = np.sin(x)
            pairs.append([x, 2.0 * x])
        flat = sum(pairs, [])  # noqa: RUF017
        return flat[-1] * len(flat) + sum(p[0] for p in pairs)

    assert st.grad(f)(0.8) == pytest.approx(differences(f, 0.8), rel=1e-6)
