"""Rows that are left after whole blocks of them, in machine code that is written for few of them."""

from __future__ import annotations

import numpy as np
import pytest

import steepest as st

LENGTHS = (512, 1201, 2111, 4099)  # with whole blocks only, and with some rows left, whatever the width of vectors


def classified(W, X, Y):  # several weights a row, a maximum, exponentials and logarithms
    Z = X @ W
    top = np.max(Z, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(Z - top), axis=1)) + top[:, 0] - np.sum(Y * Z, axis=1))


def turned(W, X, Y):  # functions of an angle, in two calls each
    Z = X @ W
    return np.sum(np.sin(Z) * Y + np.cos(Z))


def chosen(W, X, Y):  # truth values in the rows
    Z = X @ W
    return np.sum(np.where(Y > 0.5, np.log1p(np.exp(-Z)), Z * Z))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("m", LENGTHS)
@pytest.mark.parametrize("function", [classified, turned, chosen])
def test_gradients_take_all_rows(function, m, dtype):
    rng = np.random.default_rng(m)
    W, X = rng.normal(size=(9, 5)) / 3, rng.normal(size=(m, 9))
    Y = np.eye(5)[rng.integers(0, 5, m)]
    given = [a.astype(dtype) for a in (W, X, Y)]
    derivative = st.value_and_grad(function, compile="eager")
    derivative(*given)
    assert "engine: machine code" in str(derivative.explain())
    value, slope = derivative(*given)
    by_arrays, expected = st.value_and_grad(function, compile="off")(W, X, Y)
    accuracy = 1e-11 if dtype is np.float64 else 2e-5
    assert value == pytest.approx(by_arrays, rel=accuracy)
    np.testing.assert_allclose(slope, expected, rtol=0, atol=accuracy * np.abs(expected).max())


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("m", LENGTHS)
def test_results_with_a_row_each(m, dtype):
    rng = np.random.default_rng(m)
    X, c = rng.normal(size=(m, 7)).astype(dtype), rng.normal(size=7).astype(dtype)

    def scaled(c, X):
        E = np.exp(X * c)
        return E / np.sum(E, axis=1, keepdims=True), c < X

    compiled = st.jit(scaled, compile="eager")
    compiled(c, X)
    shares, above = compiled(c, X)
    expected, where = scaled(c.astype(np.float64), X.astype(np.float64))
    np.testing.assert_allclose(shares, expected, rtol=1e-13 if dtype is np.float64 else 1e-5)
    assert np.array_equal(above, where)
