"""Loops with slices that move are recorded as one step, and what only looks so step by step: right in both cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from recorded_loops import Program, captures_of, checked_captures, differences
from windowed_loops import LEAPT, RECORDED
from windowed_programs import program

import steepest as st
from steepest.errors import NonFiniteError
from steepest.expr.traversal import toposort


@pytest.mark.parametrize("f", [*LEAPT, *RECORDED])
def test_value_and_slope(f: Program) -> None:
    (found,) = checked_captures(f)
    assert found.leapt == (f in LEAPT)


@pytest.mark.parametrize("f", LEAPT[::4])
def test_second_derivatives(f: Program) -> None:
    slope = st.grad(f)
    assert st.grad(st.grad(f))(0.8) == pytest.approx(differences(slope, 0.8), rel=1e-5, abs=1e-7)


def mean_of_three(n: int) -> Program:
    def f(x: Any) -> Any:
        y = np.zeros(n)
        y[:3] = x
        for i in range(3, n):
            y[i] = np.sin(x * i) + 0.5 * np.mean(y[i - 3 : i])
        return np.sum(y**2)

    return f


def added(n: int) -> Program:
    return lambda x: sum(np.sin(x * k) / (k + 1) for k in range(n))


@pytest.mark.parametrize("make", [mean_of_three, added])
def test_the_size_does_not_depend_on_the_number_of_steps(make: Callable[[int], Program]) -> None:
    sizes = []
    for n in (200, 1500):
        g = st.grad(make(n))
        g(0.8)
        sizes.append(len(toposort(captures_of(g)[0].outputs)))
    assert sizes[0] == sizes[1] < 60


def test_another_one_is_the_least_at_other_values() -> None:
    def f(x: Any) -> Any:
        s = 0.0
        for k in range(80):
            s = s + min(x * k, 1.03 + 0.5 * x, k * 0.1)
        return s

    g = st.grad(f)
    for x in (0.8, 0.05, -0.3, 30.0, 0.8):
        assert g(x) == pytest.approx(differences(f, x), rel=1e-6)
    captures = [s.capture for kept in g.record.specialisations.values() for s in kept]
    assert len(captures) <= 3  # the first two steps are as they were
    assert all(c.leapt for c in captures)


def test_what_is_no_number_has_no_order() -> None:
    def f(x: Any) -> Any:
        low = high = x
        for k in range(80):
            low, high = min(low, np.nan), max(np.nan, high * 0.9 + 0.01 * k)
        return low + 0.0 * np.nan_to_num(high)

    value, slope = st.value_and_grad(f)(0.8)
    assert (value, slope) == (f(0.8), 1.0)


def test_a_slice_at_a_given_place() -> None:
    def f(x: Any, k: Any) -> Any:
        return np.sum(x[k : k + 3] ** 2)

    x = np.arange(1.0, 9.0)
    g = st.grad(f)
    for k in (2, 4, 0, 6, 7, -3, -2, 5):
        expected = np.zeros(8)
        expected[k : k + 3] = 2 * x[k : k + 3]
        np.testing.assert_allclose(g(x, np.array(k)), expected)


def test_slices_in_a_loop_said_outright() -> None:
    def f(x: Any) -> Any:
        return st.scan(lambda s, k: (0.5 * s + np.sum(x[k : k + 2] ** 2), s), 0.0, np.arange(9))[0]

    x = np.linspace(0.1, 1.0, 10)
    expected = np.zeros(10)
    for k in range(9):
        expected *= 0.5
        expected[k : k + 2] += 2 * x[k : k + 2]
    np.testing.assert_allclose(st.grad(f)(x), expected)


def agree(seed: int) -> None:
    source, f = program(seed)
    with np.errstate(all="ignore"):
        expected = f(0.7)
    if not np.isfinite(expected):
        with pytest.raises(NonFiniteError):
            st.value_and_grad(f)(0.7)
        return
    g, unrolled = st.value_and_grad(f), st.value_and_grad(lambda x: f(x))
    unrolled.record.leaps_fail = unrolled.record.rolling_fails = True
    value, slope = g(0.7)
    assert value == pytest.approx(expected, rel=1e-10), source
    assert slope == pytest.approx(unrolled(0.7)[1], rel=1e-7, abs=1e-10), source


def test_a_random_program() -> None:
    agree(7)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(8, 100))
def test_many_random_programs(seed: int) -> None:
    agree(seed)
