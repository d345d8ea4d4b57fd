"""Triangular matrices in passes over rows: sums stop at the diagonal, and squares are summed where they are read."""

from __future__ import annotations

import numpy as np
import pytest
from captured_programs import value, value_and_gradient
from native_engine import WIDTHS, check_program

from steepest.lower.program import Diagonal
from steepest.lower.triangles import Side
from steepest.schedule.graph import Graph
from steepest.schedule.halves import side_that_is_read, zeros_of


def lower_roots(L, q, mu, x):
    Q = np.tril(L, -1) + np.exp(q)[:, :, None] * np.eye(q.shape[1], dtype=q.dtype)
    t = np.einsum("kij,nkj->nki", Q, x[:, None, :] - mu[None, :, :])
    return np.sum(np.logaddexp.reduce(-0.5 * np.sum(t**2, axis=2), axis=1))


def upper_roots(L, q, mu, x):
    Q = np.triu(L, 1) + np.exp(q)[:, :, None] * np.eye(q.shape[1], dtype=q.dtype)
    t = np.einsum("kij,nkj->nki", Q, x[:, None, :] - mu[None, :, :])
    return np.sum(np.cos(np.sum(t**2, axis=2)))


def turned_roots(L, q, mu, x):
    """The transposes of lower triangles."""
    t = np.einsum("kji,nkj->nki", np.tril(L), x[:, None, :] - mu[None, :, :]) + q
    return np.sum(np.tanh(np.sum(t**2, axis=2)))


def dense_roots(L, q, mu, x):
    t = np.einsum("kij,nkj->nki", L + q[:, :, None], x[:, None, :] - mu[None, :, :])
    return np.sum(np.tanh(np.sum(t**2, axis=2)))


FUNCTIONS = (lower_roots, upper_roots, turned_roots, dense_roots)


def inputs(k, d, n, dtype=np.float64):
    rng = np.random.default_rng(d)
    arrays = (
        0.2 * rng.normal(size=(k, d, d)),
        0.2 * rng.normal(size=(k, d)),
        rng.normal(size=(k, d)),
        rng.normal(size=(n, d)),
    )
    return tuple(a.astype(dtype) for a in arrays)


@pytest.mark.parametrize(("d", "bits"), [(20, WIDTHS[0]), (11, WIDTHS[-1])])
@pytest.mark.parametrize("f", FUNCTIONS)
def test_values_and_gradients(f, d, bits):
    arrays = inputs(3, d, 70, np.float64)
    check_program(value_and_gradient(f, *arrays, wrt=(0, 1, 2)), arrays, bits)


@pytest.mark.parametrize(
    ("k", "d", "n"),
    [(30, 20, 100), (5, 65, 100), pytest.param(1, 66, 40, marks=pytest.mark.heavy)],
)
@pytest.mark.parametrize("f", FUNCTIONS)
def test_squares_of_many_sums(f, k, d, n):
    """So many that computed rows are turned for them, unless that takes too much code."""
    arrays = inputs(k, d, n)
    check_program(value_and_gradient(f, *arrays, wrt=(0, 1, 2)), arrays, WIDTHS[0])


def test_single_precision():
    arrays = inputs(30, 20, 100, np.float32)
    check_program(value_and_gradient(lower_roots, *arrays, wrt=(0, 1, 2)), arrays, WIDTHS[0])


def stops(f, *arrays):
    graph = Graph(value(f, *arrays))
    return [
        (found[1] if (found := zeros_of(graph, r, inner)) is not None else None)
        for r in graph.order
        for inner in graph.folded(r)
        if len(graph.reading(r).reads) == 2 and any(len(read.labels) == 3 for read in graph.reads(r))
    ]


@pytest.mark.parametrize(
    ("f", "side"),
    [(lower_roots, Side.LOWER), (upper_roots, Side.UPPER), (turned_roots, Side.UPPER), (dense_roots, None)],
)
def test_where_sums_stop(f, side):
    assert side in stops(f, *inputs(3, 12, 40))


def test_short_sums_go_over_the_zeros():
    assert set(stops(lower_roots, *inputs(3, 4, 40))) == {None}


@pytest.mark.parametrize(("f", "sides"), [(lower_roots, set(Side)), (upper_roots, set(Side)), (dense_roots, {None})])
def test_the_side_that_is_read(f, sides):
    """Which of the two depends on whether the square or its transpose is summed."""
    graph = Graph(value_and_gradient(f, *inputs(30, 20, 100), wrt=(0, 1, 2)))
    squares = [r for r in graph.order if graph.shape(r) == (30, 20, 20) and graph.folded(r)]
    found = {side_that_is_read(graph, r) for r in squares}
    assert len(found) == 1
    assert found <= sides


def test_axes_of_a_square_do_not_run_in_step_for_its_diagonal():
    program = value(lambda x, y: np.einsum("kii->ki", x @ y), np.zeros((3, 12, 5)), np.zeros((3, 5, 12)))
    graph = Graph(program)
    (made,) = (i for i in program.instructions if isinstance(i, Diagonal))
    assert not graph.repeated(made.source)


@pytest.mark.parametrize("fold", [np.max, np.min, np.sum, np.prod])
@pytest.mark.parametrize("cut", [np.tril, np.triu])
def test_zeros_count_but_in_sums(fold, cut):
    rng = np.random.default_rng(4)
    L, x = -rng.uniform(1.0, 2.0, (3, 12, 12)), rng.uniform(1.0, 2.0, (70, 3))

    def folded(L, x):
        return x[:, :, None] + fold(cut(L), axis=2)

    def folded_by_row(L, x):
        return fold(cut(L) * x[:, :, None, None], axis=3)

    for f in (folded, folded_by_row):
        check_program(value(f, L, x), (L, x), WIDTHS[0])
