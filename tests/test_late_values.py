"""Example values of large arrays, which a trace works out when they are looked at."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp

import steepest as st
from steepest.api.loop_step import trace_step
from steepest.errors import NotDeterministicError
from steepest.frontends.tracing.capture import Input, capture
from steepest.frontends.tracing.late import Late, type_of
from steepest.frontends.tracing.postponing import DEEPEST, LARGE

N = 2 * LARGE


def traced(function, *values):
    return capture(function, [Input(f"x{k}", v) for k, v in enumerate(values)], lambda f, xs: f(*xs))


def waits(held) -> bool:
    return type(held) is Late and held.is_waiting


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=N)


SHAPED = {
    "difference": (lambda x, c: x[:, None] - c[None, :], np.float64),
    "square": (lambda x, c: (x[:, None] - c) ** 2, np.float64),
    "comparison": (lambda x, c: x > 0.5, np.bool_),
    "choice": (lambda x, c: np.where(x > 0, x, 2.0), np.float64),
    "sum": (lambda x, c: np.sum((x[:, None] - c) ** 2, axis=1), np.float64),
    "by position": (lambda x, c: np.max((x[:, None] - c) ** 2, -1), np.float64),
    "kept axis": (lambda x, c: (x[:, None] - c).mean(axis=(0,), keepdims=True), np.float64),
    "number": (lambda x, c: np.sum(x * x), np.float64),
    "number of numbers": (lambda x, c: np.sqrt(np.mean(x * x)) + 1, np.float64),
    "product with a vector": (lambda x, c: (x[:, None] - c) @ c, np.float64),
    "product with a matrix": (
        lambda x, c: np.dot((x[:, None] - c).astype(np.float32), np.ones((3, 2), np.float32)),
        np.float32,
    ),
    "number of a product": (lambda x, c: x @ x, np.float64),
    "contraction": (lambda x, c: np.einsum("ni, i k -> kn", x[:, None] - c, np.ones((3, 4))), np.float64),
    "logsumexp": (lambda x, c: logsumexp(x[:, None] - c, axis=1), np.float64),
    "number of logsumexp": (lambda x, c: logsumexp(x), np.float64),
    "half": (lambda x, c: np.float32(2) * x.astype(np.float32), np.float32),
}


@pytest.mark.parametrize("name", SHAPED)
def test_shape_and_type_are_known_before_the_value(x, name):
    function, dtype = SHAPED[name]
    c = np.arange(3.0)
    found, expected = traced(function, x, c), function(x, c)
    (held,) = found.held
    assert waits(held)
    assert (held.shape, held.dtype, type_of(held)) == (np.shape(expected), dtype, type(expected))
    (value,) = found.values
    assert type(value) is type(expected)
    assert np.array_equal(value, expected)


@pytest.mark.parametrize(
    "f",
    [
        lambda x, c: np.einsum("n...,n->...", x[:, None] - c, x),
        lambda x, c: np.einsum("ni,i", x[:, None] - c, c),
        lambda x, c: np.einsum("ni,ij->nj", x[:, None] - c, np.ones((1, 2))),
        lambda x, c: np.einsum(x[:, None] - c, [0, 1], c, [1], [0]),
        lambda x, c: np.stack([x, x]).reshape(2, 1, N) @ x,
        lambda x, c: logsumexp(x[:, None] - c, 1, c),
        lambda x, c: logsumexp(x[:, None] - c, axis=1, b=c),
    ],
)
def test_others_are_worked_out_at_once(x, f):
    c = np.arange(1.0, 4.0)
    (held,) = traced(f, x, c).held
    assert np.array_equal(held, f(x, c))


@pytest.mark.parametrize("product", [np.matmul, np.dot, lambda a, b: np.einsum("ni,i->n", a, b)])
def test_products_that_do_not_fit(x, product):
    with pytest.raises(ValueError, match="3"):
        st.grad(lambda x: np.sum(product(x[:, None] * np.ones(3), np.ones(4))))(x)


def test_small_arrays_are_worked_out_at_once():
    assert type(traced(lambda x: x * x, np.arange(5.0)).held[0]) is np.ndarray


def test_a_branch_looks(x):
    def f(x):
        y = x * x
        return np.sum(y) if np.max(y) > 2 else np.sum(x)

    found = traced(f, x)
    (guard,) = found.guards
    assert guard.seen == (np.max(x * x) > 2)


def test_a_value_is_that_of_its_moment(x):
    def f(x):
        table = np.ones(N)
        small = np.array([1.0, 2.0])
        a, b = x * table, x[:, None] * small
        table[0] = small[0] = 7.0
        x = x.copy()
        c = x + 1
        x[0] = 5.0
        x += 1
        return a, b, c, x

    expected = f(x)
    assert all(np.array_equal(a, b) for a, b in zip(traced(f, x).values, expected, strict=True))


def test_what_waits_for_much_is_worked_out(x):
    def f(x):
        for _ in range(20 * DEEPEST):
            x = x * 0.999
        return x

    (value,) = traced(f, x).values
    assert np.array_equal(value, f(x))


def test_errors_are_raised_where_they_are_made(x):
    def f(x):
        y = x * x
        try:
            return y + np.ones(3)
        except ValueError:
            pass
        try:
            return np.sum(y, axis=3)
        except ValueError:
            return y.sum()

    assert np.allclose(st.grad(f)(x), 2 * x)


def test_where_values_raise_errors_nothing_waits(x):
    def f(x):
        with np.errstate(divide="raise"):
            try:
                return np.sum(1 / (x * 0.0))
            except FloatingPointError:
                return np.sum(x)

    assert np.array_equal(st.grad(f)(x), np.ones(N))


def test_numbers_drawn_anew_are_found_out(x):
    rng = np.random.default_rng(1)

    def f(x):
        return np.sum((x - rng.normal(size=N)) ** 2)

    with pytest.raises(NotDeterministicError):
        st.grad(f)(x)


def test_derivatives_inside_of_a_trace_wait_too(x):
    def cost(c, x):
        return np.sum((x[:, None] - c) ** 2)

    def f(c, x):
        g = st.grad(cost)(c, x)
        return g, st.grad(cost)(2 * c, x)

    c = np.arange(1.0, 4.0)
    found = traced(f, c, x)
    assert all(map(waits, found.held))
    first, again = found.values
    assert np.allclose(first, 2 * (N * c - np.sum(x)), rtol=1e-12)
    assert np.allclose(again, 2 * (2 * N * c - np.sum(x)), rtol=1e-12)
    directions = st.jacobian(lambda c: f(c, x)[1] * f(c, x)[0])(c)
    assert np.allclose(directions, np.diag(4 * N * first + 2 * N * again), rtol=1e-9)


def test_a_long_loop_is_not_run_for_its_shape(x):
    def f(a, x):
        return st.scan(lambda s, e: (a * s + e, np.tanh(s)), 0.0, x)

    found, (last, each) = traced(f, 0.5, x), f(0.5, x)
    assert all(map(waits, found.held))
    assert [h.shape for h in found.held] == [(), (N,)]
    assert found.values[0] == pytest.approx(last, rel=1e-12)
    np.testing.assert_allclose(found.values[1], each, rtol=1e-12)


def test_a_loop_over_an_array_that_may_change_does_not_wait():
    table = np.ones(N)

    def f(a):
        total, _ = st.scan(lambda s, e: (a * s + e, None), 0.0, table)
        table[:] = 5.0
        return total

    (value,) = traced(f, 0.5).values
    assert value == pytest.approx(2.0)


STEPS = {
    "arithmetic": (lambda s, e: (np.tanh(s) * e + np.sum(TABLE), s), True),
    "a branch": (lambda s, e: (s + (e if e > 0 else 0.0), None), False),
    "a factor": (lambda s, e: (s + np.linalg.inv(e * TABLE[:4].reshape(2, 2))[0, 0], None), False),
    "whole numbers": (lambda s, e: (s + np.floor(e).astype(np.int64) ** 2, None), False),
}
TABLE = np.array([2.0, 1.0, 1.0, 3.0, 5.0])


@pytest.mark.parametrize("name", STEPS)
def test_only_arithmetic_waits(name):
    body, waits_then = STEPS[name]
    assert trace_step(body, 0.5, 1.5).cannot_object == waits_then
