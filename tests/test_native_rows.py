"""Passes over rows on the native engine: losses in every layout, rows left over, rows by index, threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from captured_programs import value, value_and_gradient
from native_engine import WIDTHS, check_program, run_native, run_python

from steepest.engines.native.machine.threads import at_most
from steepest.lower.program import Program
from steepest.schedule import cost, layout
from steepest.schedule.plan import schedule
from steepest.schedule.stage import Form, Nest

# --- functions of rows ----------------------------------------------------------------------------------


def least_squares(w, X, y):
    return np.mean((X @ w - y) ** 2)


def logistic(w, X, y):
    return np.mean(np.log1p(np.exp(-y * (X @ w))))


def huber(w, X, y):
    r = X @ w - y
    return np.mean(np.where(np.abs(r) <= 1.0, 0.5 * r**2, np.abs(r) - 0.5))


def scaled(w, X, y):
    """Needs a sum over all rows first: two passes."""
    r = X @ w - y
    return np.sum(np.abs(r / np.sqrt(np.mean(r**2))))


def two_weights(w, X, y):
    return np.sum((X @ w - y) ** 2 * np.sin(X @ y[: len(w)]))


def softmax_regression(W, X, Y):
    Z = X @ W
    return np.mean(np.logaddexp.reduce(Z, axis=1) - np.sum(Y * Z, axis=1))


def mixture(mu, X):
    t = X[:, None, :] - mu[None, :, :]
    return -np.sum(np.logaddexp.reduce(-0.5 * np.sum(t**2, axis=2), axis=1))


def means(mu, X):
    return np.sum(np.min(np.sum((X[:, None, :] - mu[None, :, :]) ** 2, axis=2), axis=1))


def spread(X):
    """A gradient with a row for each row."""
    return np.sum(np.exp(-0.1 * np.sum(X**2, axis=1)) * X[:, 0])


LOSSES = (least_squares, logistic, huber, scaled)
SIZES = [(4, 1), (5, 3), (8, 8), (9, 10), (31, 20), (64, 33), (203, 7), (1100, 5), (70, 150)]


def regression(m: int, n: int, dtype: type) -> tuple[Any, ...]:
    rng = np.random.default_rng(m + n)
    return tuple(x.astype(dtype) for x in (rng.normal(size=n) / n, rng.normal(size=(m, n)), rng.normal(size=m)))


@pytest.mark.parametrize(("m", "n"), SIZES)
@pytest.mark.parametrize("loss", LOSSES)
def test_losses(loss: Callable[..., Any], m: int, n: int) -> None:
    args = regression(m, n, np.float64)
    check_program(value_and_gradient(loss, *args), args)


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("loss", [logistic, scaled, two_weights])
def test_widths(loss: Callable[..., Any], dtype: type, bits: int) -> None:
    for m, n in ((37, 11), (150, 4)):
        args = regression(m, n, dtype)
        check_program(value_and_gradient(loss, *args), args, bits)


@pytest.mark.parametrize("far", [0, layout.FAR])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_several_registers_of_rows(far: int, dtype: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dear rows that are read along their features go several registers at a time, fewer from beyond the caches."""
    monkeypatch.setattr(layout, "FAR", far)
    for m, n in ((256, 8), (517, 20), (1031, 33)):
        args = regression(m, n, dtype)
        program = value_and_gradient(logistic, *args)
        rows = [stage.lanes for stage in schedule(program, 8).stages if isinstance(stage, Nest) and stage.along]
        assert rows == [8 if far == 0 and n == 33 and dtype is np.float64 else 16 if far == 0 else 32]
        check_program(program, args)
    cheap = schedule(value_and_gradient(least_squares, *regression(256, 8, np.float64)), 8).stages
    assert [stage.lanes for stage in cheap if isinstance(stage, Nest) and stage.along] == [8]


@pytest.mark.parametrize(("m", "n", "k"), [(4, 2, 2), (9, 3, 5), (67, 10, 4), (130, 12, 10)])
def test_matrices_of_weights(m: int, n: int, k: int) -> None:
    rng = np.random.default_rng(m)
    args = rng.normal(size=(n, k)), rng.normal(size=(m, n)), np.eye(k)[rng.integers(0, k, m)]
    check_program(value_and_gradient(softmax_regression, *args), args)


@pytest.mark.parametrize("f", [mixture, means])
@pytest.mark.parametrize(("m", "d", "k"), [(5, 2, 3), (50, 3, 40), (131, 9, 4)])
def test_distances_to_means(f: Callable[..., Any], m: int, d: int, k: int) -> None:
    rng = np.random.default_rng(m)
    args = rng.normal(size=(k, d)), rng.normal(size=(m, d))
    check_program(value_and_gradient(f, *args), args)


@pytest.mark.parametrize(("m", "d"), [(4, 1), (17, 3), (40, 9), (70, 20)])
def test_results_with_a_row_each(m: int, d: int) -> None:
    X = np.random.default_rng(m).normal(size=(m, d))
    check_program(value_and_gradient(spread, X), (X,))


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("m", [3, 5, 9, 17])
def test_fewer_rows_than_lanes(m: int, dtype: type, bits: int) -> None:
    """A vector of several registers, the last of which has one row: read and written row by row."""
    rng = np.random.default_rng(m)
    X, w = rng.normal(size=(m, 9)).astype(dtype), rng.normal(size=m).astype(dtype)
    check_program(value_and_gradient(spread, X), (X,), bits)
    check_program(value(lambda w: np.diag(np.sin(w)), w), (w,), bits)
    check_program(value(lambda w, X: np.exp(w)[:, None] * X / np.sum(X * X, axis=1)[:, None], w, X), (w, X), bits)


def test_long_results_with_a_row_each() -> None:
    """Rows of results that are far away are fetched before they are written; the last block has none to fetch."""
    for m, d in ((4096, 5), (4099, 20)):
        X = np.random.default_rng(m).normal(size=(m, d))
        check_program(value_and_gradient(spread, X), (X,))
        check_program(value(lambda X: X * np.sum(X**2, axis=1)[:, None], X), (X,))


# --- numbers that are none ------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("row", [0, 7, 8, 34, 36])
def test_bad_rows(row: int, bad: float) -> None:
    """In blocks and in the rows that are left: sums have what NumPy's have."""
    w, X, y = regression(37, 5, np.float64)
    program = value(lambda w, X, y: (X.T @ y, np.sum(X @ w), X @ w), w, X, y)
    X[row, 3] = bad
    X[36, 1] = np.inf
    given, expected = run_native(program, (w, X, y)), run_python(program, (w, X, y))
    for a, b in zip(given, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


# --- rows by index --------------------------------------------------------------------------------------


def projected(cameras, points, camera_of, point_of, seen):
    c, p = cameras[camera_of], points[point_of]
    z = 2.0 + np.sin(c[:, 0]) * p[:, 2] + c[:, 3]
    return np.stack([c[:, 1] * p[:, 0] / z, c[:, 2] * p[:, 1] / z], axis=1) - seen


def reprojection(cameras, points, camera_of, point_of, seen):
    return np.sum(projected(cameras, points, camera_of, point_of, seen) ** 2)


def observations(m: int, dtype: type = np.float64) -> tuple[Any, ...]:
    rng = np.random.default_rng(m)
    cameras, points, seen = (rng.uniform(-1, 1, shape).astype(dtype) for shape in ((3, 5), (6, 3), (m, 2)))
    return cameras, points, rng.integers(-3, 3, m), rng.integers(0, 6, m), seen


@pytest.mark.parametrize("m", [4, 8, 13, 40, 100])
def test_rows_by_index(m: int) -> None:
    args = observations(m)
    check_program(value(projected, *args), args)
    check_program(value_and_gradient(reprojection, *args, wrt=(0, 1)), args)


@pytest.mark.parametrize("bits", WIDTHS)
def test_rows_by_index_in_single_precision(bits: int) -> None:
    args = observations(45, np.float32)
    check_program(value_and_gradient(reprojection, *args, wrt=(0, 1)), args, bits)


# --- threads --------------------------------------------------------------------------------------------


def parts(program: Program) -> list[int]:
    return [stage.parts.count for stage in schedule(program, 8).stages if isinstance(stage, Nest)]


@pytest.mark.parametrize("m", [100, 517, 1031])
@pytest.mark.parametrize("loss", LOSSES)
def test_shared_among_threads(loss: Callable[..., Any], m: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part of the rows has its own sums; the result is the same for any number of threads."""
    monkeypatch.setattr(cost, "PART", 1)
    monkeypatch.setattr(cost, "OWN_SUM", 0)
    args = regression(m, 6, np.float64)
    program = value_and_gradient(loss, *args)
    assert max(parts(program)) == cost.MOST_PARTS
    check_program(program, args)
    shared = run_native(program, args)
    with at_most(1):
        alone = run_native(program, args)
    for a, b in zip(shared, alone, strict=True):
        np.testing.assert_array_equal(a, b)


def test_shared_results_and_extremes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "PART", 1)
    monkeypatch.setattr(cost, "OWN_SUM", 0)
    X = np.random.default_rng(0).normal(size=(301, 3))
    for f in (lambda X: np.tanh(X) * 2.0, lambda X: (np.max(X, axis=0), np.sum(X), X.sum(axis=1))):
        check_program(value(f, X), (X,))


def k_means(C, X):
    return np.sum(np.min(np.sum((X[:, None, :] - C) ** 2, axis=2), axis=1))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("d", [2, 16])
def test_shared_sums_by_index(d: int, dtype: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row adds to the centre that is nearest: a part of the rows has sums of its own for all of them."""
    monkeypatch.setattr(cost, "PART", 1)
    monkeypatch.setattr(cost, "PART_OF_NEST", 1)
    monkeypatch.setattr(cost, "OWN_SUM", 0)
    rng = np.random.default_rng(0)
    args = rng.normal(size=(5, d)).astype(dtype), rng.normal(size=(517, d)).astype(dtype)
    program = value_and_gradient(k_means, *args)
    assert max(parts(program)) == cost.MOST_PARTS
    check_program(program, args)


def test_sums_that_lie_side_by_side_cost_a_part_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row adds to 64 × 30 sums, which are 240 machine registers; of all parts together they must not be too many."""
    rng = np.random.default_rng(0)
    args = rng.normal(size=(64, 30)), rng.normal(size=(1500, 64)), rng.normal(size=(1500, 30))
    program = value_and_gradient(softmax_regression, *args)
    monkeypatch.setattr(cost, "PART", cost.OWN_SUM * 1920)  # what as many registers would cost
    assert max(parts(program)) == 8
    monkeypatch.setattr(cost, "MOST_SUMS", 500)
    assert max(parts(program)) == 2
    check_program(program, args)


def test_small_work_is_not_shared() -> None:
    assert set(parts(value_and_gradient(least_squares, *regression(1000, 10, np.float64)))) == {1}


@pytest.mark.parametrize("n", [65, 2000])
def test_numbers_put_into_an_array_that_is_read_row_by_row(n: int) -> None:
    """That array lies in memory as a whole, so its axis is not gone through as rows."""

    def f(x, a, b):
        z = np.zeros(x.size)
        z[14], z[44] = a, b
        t = np.tanh(z)
        return np.tanh((np.sum(x) - x) + t), t, 0.25 * x

    args = np.random.default_rng(0).normal(size=n), 0.3, 0.4
    check_program(value(f, *args), args)


def test_rows_along_the_last_axis_of_results_on_the_way() -> None:
    """A product has the rows last, and is an array in memory because an index picks from it."""
    rng = np.random.default_rng(0)
    W, X, index = rng.normal(size=(4, 3)), rng.normal(size=(37, 3)), rng.integers(0, 4, 5)
    check_program(value_and_gradient(lambda W, X: np.sum(np.sin((W @ X.T)[index])), W, X), (W, X))
    check_program(value(lambda W, X: np.cumsum(W @ X.T, axis=0).T, W, X), (W, X))


# --- many sums ------------------------------------------------------------------------------------------


def full_mixture(Q, mu, X):
    t = np.einsum("kij,mkj->mki", Q, X[:, None, :] - mu[None, :, :])
    return np.sum(np.logaddexp.reduce(-0.5 * np.sum(t**2, axis=2), axis=1))


def forms(program: Program) -> set[Form]:
    return {s.form for stage in schedule(program, 8).stages if isinstance(stage, Nest) for s in stage.statements}


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("m", "d", "k"), [(9, 8, 3), (45, 10, 4), (133, 16, 2)])
def test_squares_of_sums(m: int, d: int, k: int, dtype: type, bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows in memory, and rows that are computed, summed with many weights each."""
    monkeypatch.setattr(layout, "MANY_SUMS", 1)
    rng = np.random.default_rng(m)
    X = rng.normal(size=(m, d)).astype(dtype)
    args = (0.3 * rng.normal(size=(k, d, d))).astype(dtype), rng.normal(size=(k, d)).astype(dtype), X
    check_program(value_and_gradient(full_mixture, *args, wrt=(0, 1)), args, bits)
    args = rng.normal(size=(d, k)).astype(dtype), X, rng.random((m, k)).astype(dtype)
    check_program(value_and_gradient(softmax_regression, *args), args, bits)


def test_forms_of_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MANY_SUMS", 1)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 10))
    assert Form.WEIGHTED in forms(
        value_and_gradient(softmax_regression, rng.normal(size=(10, 4)), X, np.eye(4)[[0] * 200])
    )
    args = rng.normal(size=(3, 10, 10)), rng.normal(size=(3, 10)), X
    assert Form.TURNED in forms(value_and_gradient(full_mixture, *args, wrt=(0, 1)))
