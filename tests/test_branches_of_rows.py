"""`vmap` over rows that take different branches."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_value_tape import ranked

import steepest as st
from steepest.api import branching
from steepest.api.function import record_of
from steepest.errors import MismatchError, ShapeError

Program = Callable[..., Any]


def slope(f: Program, x: Any) -> Any:
    return st.numeric.gradient(f, x).value


def three_ways(x: Any) -> Any:
    if x[1] > 0:
        return x[1] ** 2 * x[0]
    return x[0] ** 3 if x[0] > 0 else x.sum()


def halved(x: Any) -> Any:
    y, n = x[0], 0
    while abs(y) > 0.1:
        y, n = y / 2 + x[1] * 0.01, n + 1
    return y * n


def picked(x: Any) -> Any:
    return x[int(abs(x[0]) * 2) % 3] * x[1]


def sometimes_inverted(x: Any) -> Any:
    A = np.outer(x, x)
    return x[1] ** 3 if x[0] < 0 else np.linalg.inv(A + np.eye(3))[0, 1]


def singular_elsewhere(x: Any) -> Any:
    A = np.outer(x, x) + (x[0] > 0) * np.eye(3)
    return np.linalg.inv(A)[0, 1] if x[0] > 0 else x[1] ** 3


BY_ROW = [three_ways, halved, picked, ranked, sometimes_inverted, singular_elsewhere]


@pytest.mark.parametrize("f", BY_ROW, ids=lambda f: f.__name__)
def test_a_map_over_rows_that_branch(f: Program) -> None:
    rng = np.random.default_rng(11)
    X = rng.normal(size=(8, 3))
    expected = np.array([f(x) for x in X])
    gradients = np.array([st.grad(f)(x) for x in X])
    np.testing.assert_allclose(st.vmap(f)(X), expected)
    np.testing.assert_allclose(st.vmap(st.grad(f))(X), gradients)
    of_squares = st.grad(lambda X: np.sum(st.vmap(f)(X) ** 2))(X)
    np.testing.assert_allclose(of_squares, 2 * expected[:, None] * gradients)
    jacobian = st.jacobian(lambda X: st.vmap(f)(X))(X)
    np.testing.assert_allclose(np.einsum("iij->ij", jacobian), gradients)
    assert np.count_nonzero(jacobian) <= 8 * 3
    deep = X.reshape(2, 4, 3)
    np.testing.assert_allclose(st.vmap(st.vmap(f))(deep), expected.reshape(2, 4))


def test_rows_may_change_branches_without_a_new_trace() -> None:
    def f(x: Any) -> Any:
        return x**2 if x > 0 else np.sin(x)

    rows = st.vmap(f)
    rng = np.random.default_rng(12)
    rows(rng.normal(size=20))
    traces = record_of(f).traces
    for _ in range(5):
        x = rng.normal(size=20)
        np.testing.assert_allclose(rows(x), np.where(x > 0, x**2, np.sin(x)))
    assert record_of(f).traces == traces


def test_many_branches_are_grouped(monkeypatch: pytest.MonkeyPatch) -> None:
    f = picked
    X = np.random.default_rng(13).normal(size=(12, 3))
    expected = np.array([f(x) for x in X])
    for few, most in ((0, 64), (0, 1)):
        monkeypatch.setattr(branching, "FEW", few)
        monkeypatch.setattr(branching, "MOST", most)
        rows = st.vmap(lambda x: f(x))
        np.testing.assert_allclose(rows(X), expected)
        np.testing.assert_allclose(st.grad(lambda X, rows=rows: np.sum(rows(X)))(X), [st.grad(f)(x) for x in X])


def test_a_shared_argument_and_several_results() -> None:
    def f(x: Any, scale: Any) -> Any:
        return (x[0] * scale, x) if x[0] > scale else (x[1], x * scale)

    X = np.random.default_rng(14).normal(size=(9, 3))
    number, rows = st.vmap(f, in_axes=(0, None))(X, 0.2)
    expected = [f(x, 0.2) for x in X]
    np.testing.assert_allclose(number, [a for a, _ in expected])
    np.testing.assert_allclose(rows, [b for _, b in expected])
    by_scale = st.grad(lambda s: st.vmap(f, in_axes=(0, None))(X, s)[0].sum())(0.2)
    np.testing.assert_allclose(by_scale, sum(x[0] for x in X if x[0] > 0.2))


def test_branches_of_different_shapes_are_refused() -> None:
    with pytest.raises(st.errors.ShapeError, match=r"different shapes\n +at test_branches_of_rows"):
        st.vmap(lambda x: x if x[0] > 0 else x[0])(np.random.default_rng(15).normal(size=(9, 3)))


def test_rows_that_raise_an_error_take_another_branch() -> None:
    def f(x: Any) -> Any:
        try:
            return math.log(x) * x
        except ValueError:
            return 3 * x

    X = np.array([0.5, -1.2, 2.0, -0.1])
    np.testing.assert_allclose(st.vmap(f)(X), [f(x) for x in X])
    g = st.grad(lambda X: np.sum(st.vmap(f)(X)))
    for Y in (X, -X, X[::-1].copy()):
        np.testing.assert_allclose(g(Y), [math.log(y) + 1 if y > 0 else 3.0 for y in Y])


def test_a_map_needs_a_row() -> None:
    with pytest.raises(ShapeError, match="length 0"):
        st.vmap(lambda x: x if x > 0 else -x)(np.zeros(0))


@pytest.mark.parametrize("at_0", [lambda x: 1.0 + 0 * x, lambda x: 1.0])
def test_a_gap_that_is_filled_by_its_limit(at_0: Any) -> None:
    g = st.grad(lambda x: np.sin(x) / x if x != 0 else at_0(x))
    assert g(0.0) == 0.0
    assert g(2.0) == pytest.approx((2 * np.cos(2.0) - np.sin(2.0)) / 4)
    slanted = st.grad(lambda x: np.expm1(x) / x if x != 0 else at_0(x))
    with pytest.raises(MismatchError, match="dependence was lost"):
        slanted(0.0)  # 1 / 2, and no branch says so
