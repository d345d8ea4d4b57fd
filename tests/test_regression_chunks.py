"""Least squares from chunks of rows: the answer is that of all rows at once, and none are kept."""

from __future__ import annotations

import tracemalloc
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.data.accuracy import correct_digits
from steepest.data.strd import load
from steepest.errors import ArgumentError, DataError


def chunks_of(X: np.ndarray, y: np.ndarray, size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for k in range(0, len(X), size):
        yield X[k : k + size], y[k : k + size]


def test_chunks_are_the_same_as_the_whole() -> None:
    rng = np.random.default_rng(8)
    X = rng.normal(size=(5000, 4)) * [1, 100, 1e-3, 1]
    y = X @ rng.normal(size=(4, 2)) + rng.normal(size=(5000, 2))
    whole = st.LinearRegression().fit(X, y)
    again = st.LinearRegression().fit_chunks(lambda: chunks_of(X, y, 700))
    listed = st.LinearRegression().fit_chunks(list(chunks_of(X, y, 333)))
    once = st.LinearRegression().fit_chunks(chunks_of(X, y, 700))
    for model, tolerance in ((again, 4e-16), (listed, 4e-16), (once, 1e-12)):
        np.testing.assert_allclose(model.coef_, whole.coef_, rtol=tolerance)
        np.testing.assert_allclose(model.standard_errors_, whole.standard_errors_, rtol=1e-11)
        np.testing.assert_allclose(model.r_squared_, whole.r_squared_, rtol=1e-12)
    assert once.method_ == "QR"
    assert 10 < once.digits_ < 16


def test_chunks_are_not_kept() -> None:
    def made() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        rng = np.random.default_rng(12)
        for _ in range(40):
            X = rng.normal(size=(5000, 10))  # 400 kB, 16 MB in all
            yield X, X @ np.arange(10.0)

    tracemalloc.start()
    try:
        model = st.LinearRegression().fit_chunks(made)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8e6
    np.testing.assert_allclose(model.coef_, np.arange(10.0), atol=1e-15)


def test_an_iterator_seen_once_still_gets_longley_to_ten_digits() -> None:
    dataset = load("Longley")
    model = st.LinearRegression().fit_chunks(chunks_of(dataset.X, dataset.y, 3))
    right = np.min(correct_digits(np.r_[model.intercept_, model.coef_], dataset.certified))
    assert right > 10
    assert 4 < model.digits_ <= right


def test_weighted_chunks_some_of_which_weigh_nothing() -> None:
    rng = np.random.default_rng(9)
    X, y = rng.normal(size=(30, 2)), rng.normal(size=30)
    w = np.r_[np.zeros(10), rng.uniform(1, 2, size=20)]
    whole = st.LinearRegression().fit(X, y, w)
    model = st.LinearRegression().fit_chunks([(X[k : k + 10], y[k : k + 10], w[k : k + 10]) for k in (0, 10, 20)])
    np.testing.assert_allclose(model.coef_, whole.coef_, rtol=1e-15)


def test_a_memory_map(tmp_path: Path) -> None:
    rng = np.random.default_rng(10)
    X = rng.normal(size=(30_000, 5)).astype(np.float32)
    X.tofile(tmp_path / "X")
    mapped = np.memmap(tmp_path / "X", np.float32, "r", shape=X.shape)
    y = X @ np.arange(5.0)
    np.testing.assert_array_equal(st.LinearRegression().fit(mapped, y).coef_, st.LinearRegression().fit(X, y).coef_)


@pytest.mark.parametrize(
    ("chunks", "message"),
    [
        ([], "there are no chunks"),
        ([(np.ones((2, 2)), np.ones(3))], "in chunk 0: X has 2 rows, y has 3"),
        ([(np.ones((2, 2)), np.ones(2)), (np.ones((2, 3)), np.ones(2))], "chunk 1 has X of shape"),
        ([(np.eye(2), np.ones(2)), (np.full((2, 2), np.nan), np.ones(2))], r"in chunk 1: X\[0, 0\] is NaN"),
    ],
)
def test_chunks_that_do_not_fit(chunks: list[Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        st.LinearRegression().fit_chunks(chunks)


def test_chunks_that_are_others_at_the_second_pass() -> None:
    rng = np.random.default_rng(14)
    with pytest.raises(DataError, match="not the same at each pass: 9 rows"):
        st.LinearRegression().fit_chunks(lambda: [(rng.normal(size=(9, 2)), np.ones(9))])
    same = iter([(np.array([[0.0], [4.0], [16.0]]), np.array([1.0, 2.0, 4.0]))])
    assert st.LinearRegression().fit_chunks(lambda: same).method_ == "QR"


def test_chunks_with_columns_in_another_order() -> None:
    pandas = pytest.importorskip("pandas")
    y = np.array([1.0, 2.0, 4.0])
    table = pandas.DataFrame({"a": [1.0, 2.0, 5.0], "b": [3.0, 7.0, 1.0]})
    with pytest.raises(DataError, match="chunk 1 has the columns b, a; the first had a, b"):
        st.LinearRegression().fit_chunks([(table, y), (table[["b", "a"]], y)])


def test_chunks_are_tuples_and_have_no_descent() -> None:
    with pytest.raises(ArgumentError, match="chunk 0 is no tuple"):
        st.LinearRegression().fit_chunks([np.ones((2, 2))])
    with pytest.raises(ArgumentError, match="needs the data at once"):
        st.LinearRegression("sgd").fit_chunks([(np.ones((2, 1)), np.ones(2))])


def test_empty_chunks_are_passed_over() -> None:
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(20, 2)), rng.normal(size=20)
    chunks = [(X[:0], y[:0]), (X[:7], y[:7]), (X[:0], y[:0]), (X[7:], y[7:])]
    whole = st.LinearRegression().fit(X, y)
    for given in (chunks, iter(chunks), lambda: iter(chunks)):
        model = st.LinearRegression().fit_chunks(given)
        assert model.coef_ == pytest.approx(whole.coef_, rel=1e-12)
    with pytest.raises(DataError, match="no chunks with rows"):
        st.LinearRegression().fit_chunks(chunks[:1])
    with pytest.raises(DataError, match=r"chunk 0.*0 sample"):
        st.LinearRegression().fit_chunks([(X[:0], y)])


def test_a_chunk_that_is_out_of_all_proportion_to_the_first() -> None:
    X, y = np.array([[1.0], [2.0], [3.0]]), np.array([1.0, 2.0, 4.0])
    with pytest.raises(DataError, match=r"column 0 of X in chunk 1 has entries of 3\.0e"):
        st.LinearRegression().fit_chunks([(X * 0, y), (X * 1e100, y)])
    with pytest.raises(DataError, match="y in chunk 1"):
        st.LinearRegression().fit_chunks([(X, y * 1e-100), (X[::-1], y)])


@pytest.mark.parametrize("alpha", [0.0, 3.0])
@pytest.mark.parametrize("twice", [False, True])
def test_statistics_of_an_iterator_are_those_of_the_solution(alpha: float, twice: bool) -> None:
    rng = np.random.default_rng(4)
    X = rng.normal(size=(30, 3))
    X = np.hstack([X, X[:, :1]]) if twice else X
    y = X @ np.ones(X.shape[1]) + rng.normal(size=30)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", st.FitWarning)
        whole = st.LinearRegression(alpha=alpha).fit(X, y)
        once = st.LinearRegression(alpha=alpha).fit_chunks((X[k : k + 7], y[k : k + 7]) for k in range(0, 30, 7))
    assert once.r_squared_ == pytest.approx(whole.r_squared_, rel=1e-12)
    assert once.residual_standard_deviation_ == pytest.approx(whole.residual_standard_deviation_, rel=1e-12)
