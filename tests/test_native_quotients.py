"""Divisions by the same number on the native engine: one reciprocal where that is as good, quotients elsewhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
from captured_programs import value
from native_engine import WIDTHS, check_program, run_native

import steepest as st
from steepest.schedule.graph import Graph
from steepest.schedule.quotients import Quotients
from steepest.schedule.reciprocal import Reciprocal

ROWS = 203


def ratios(x, d):
    return np.stack([x[:, 0] / d, x[:, 1] / d + 1.0, np.sin(x[:, 2]) / d], axis=1)


def normalised(x, d):
    return x / np.abs(d)[:, None] - 1.0


def cosines(x, d):
    """An arc cosine of what may be 1."""
    return np.arccos(np.clip(x / np.abs(d)[:, None], -1.0, 1.0)) + x / np.abs(d)[:, None]


def of_a_ratio(x, d):
    q = x / d[:, None]
    return x / (2.0 + q)


def counted(x, d):
    return np.floor(x / d[:, None])


def whole(x, d):
    return x**2 / d[:, None] ** 2 + (x / d[:, None]) ** 3


def inputs(dtype=np.float64):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(ROWS, 3)).astype(dtype)
    return x, (rng.uniform(0.5, 4.0, ROWS) * rng.choice([-1, 1], ROWS)).astype(dtype)


def reciprocals(f, *arrays):
    graph = Graph(value(f, *arrays), Quotients.SHARED)
    return [made for made in graph.made.values() if isinstance(made, Reciprocal)]


@pytest.mark.parametrize(("f", "shared"), [(ratios, 1), (normalised, 1), (whole, 2)])
def test_divisors_that_are_shared(f, shared):
    assert len(reciprocals(f, *inputs())) == shared


@pytest.mark.parametrize("f", [cosines, of_a_ratio, counted])
def test_quotients_that_decide_something_stay(f):
    assert not reciprocals(f, *inputs())


def test_two_divisions_stay():
    assert not reciprocals(lambda x, d: x[:, 0] / d + x[:, 1] / d, *inputs())


def test_fixed_numbers_are_divided_by():
    assert not reciprocals(lambda x, d: x / 3.0 + d[:, None] / np.arange(1.0, 4.0), *inputs())


def test_whole_numbers_are_not_multiplied():
    x, _ = inputs()
    assert not reciprocals(lambda x, d: x / d[:, None], np.round(9 * x).astype(np.int64), np.full(ROWS, 7))


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("f", [ratios, normalised, whole, cosines])
def test_results(f, dtype, bits):
    arrays = inputs(dtype)
    check_program(value(f, *arrays), arrays, bits)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_within_two_units_in_the_last_place(dtype):
    x, d = inputs(dtype)
    (found,) = run_native(value(lambda x, d: x / d[:, None], x, d), (x, d))
    exact = x / d[:, None]
    assert np.all(np.abs(found - exact) <= 2 * np.spacing(np.abs(exact)))
    assert np.any(found != exact)  # products, then


@pytest.mark.parametrize("tiny", [5e-324, -1e-310, 2e-308])
@pytest.mark.parametrize("row", [0, 100, ROWS - 1])
def test_divisors_without_a_reciprocal(tiny, row):
    x, d = inputs()
    d[row], x[row] = tiny, tiny
    g = st.jit(normalised, compile="eager")
    g(*inputs())
    np.testing.assert_array_equal(g(x, d)[row], math.copysign(1.0, tiny) - 1.0)


@pytest.mark.parametrize("large", [1.7e308, 5e307, -(2.0**1023)])
def test_divisors_whose_reciprocal_is_below_the_normal_numbers(large):
    x, d = inputs()
    d[7], x[7] = large, large / 3
    (found,) = run_native(value(lambda x, d: x / d[:, None], x, d), (x, d))
    np.testing.assert_allclose(found[7], x[7] / d[7], rtol=1e-15)


def test_zero_and_infinity_divide_as_ever():
    x, d = inputs()
    d[:4] = 0.0, -0.0, np.inf, -np.inf
    x[:4, 0] = 0.0
    (found,) = run_native(value(lambda x, d: x / d[:, None], *inputs()), (x, d))
    with np.errstate(all="ignore"):
        exact = x / d[:, None]
    np.testing.assert_array_equal(found[:4], exact[:4])
    np.testing.assert_array_equal(np.signbit(found[2:4]), np.signbit(exact[2:4]))


def test_lanes_beyond_the_last_row_do_not_count():
    """The divisor of a row of zeros would have no reciprocal, but there is none."""
    x, d = inputs()
    f = st.jit(lambda x, d: x / (d * d + 1e-310)[:, None], compile="eager")
    f(x, d)
    np.testing.assert_allclose(f(x, d), x / (d * d)[:, None], rtol=1e-15)
    assert "1 calls by machine code, 1 by array operations" in str(f.explain())


def test_steps_of_a_loop_divide():
    """What a step gives may decide anything in the next one."""

    def f(x):
        def step(v, _):
            return v / np.sqrt(np.sum(v * v)) + np.arccos(np.clip(v[0], -1.0, 1.0)), None

        return st.scan(step, x, None, length=5)[0]

    x = np.array([0.3, 0.5, 0.2, 0.1])
    g = st.jit(f, compile="eager")
    g(x)
    np.testing.assert_allclose(g(x), f(x), rtol=1e-13)
