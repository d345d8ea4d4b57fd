"""Softmax and log-sum-exp written by hand, with an extreme taken off first, are differentiated as what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import logsumexp, softmax

import steepest as st

X = np.random.default_rng(3).normal(size=(5, 4))
X[2, 1] = X[2, 3] = 2.0  # a tie of the largest
Y = np.random.default_rng(4).normal(size=(5, 4))


def all_entries(X):
    m = np.max(X)
    return m + np.log(np.sum(np.exp(X - m)))


def rows(X):
    m = X.max(axis=1, keepdims=True)
    return np.sum(np.sin(m[:, 0] + np.log(np.sum(np.exp(X - m), axis=1))))


def columns(X):
    m = X.max(axis=0)
    return np.sum((m + np.log(np.mean(np.exp(X - m), axis=0))) ** 2)


def mean_of_logarithms(X):
    Z = X - X.max(axis=1, keepdims=True)
    P = np.exp(Z)
    return -np.mean(Y * np.log(P / P.sum(axis=1, keepdims=True)))


def shares(X):
    e = np.exp(X - np.amax(X, axis=1)[:, None])
    return np.sum(np.cos(e / np.sum(e, axis=1, keepdims=True)))


def least_taken_off(X):
    m = X.min(axis=1)
    return np.sum(np.log(np.sum(np.exp(X - m[:, None]), axis=1)) * np.arange(5))


def least_of_others(X):  # the shift is of another function of x
    m = np.max(X**2, axis=1)
    return np.sum(np.log(np.sum(np.exp(X - m[:, None]), axis=1)))


def along_the_other_axis(X):  # not the same for all that is summed: it stays
    return np.sum(np.log(np.sum(np.exp(X - X.max(axis=0)), axis=1)))


CASES: list[tuple[Callable[[Any], Any], Callable[[Any], Any]]] = [
    (all_entries, logsumexp),
    (rows, lambda X: np.sum(np.sin(logsumexp(X, axis=1)))),
    (columns, lambda X: np.sum((logsumexp(X, axis=0) - np.log(5)) ** 2)),
    (mean_of_logarithms, lambda X: -np.mean(Y * (X - logsumexp(X, axis=1)[:, None]))),
    (shares, lambda X: np.sum(np.cos(softmax(X, axis=1)))),
    (least_taken_off, lambda X: np.sum((logsumexp(X, axis=1) - np.min(X, axis=1)) * np.arange(5))),
    (least_of_others, lambda X: np.sum(logsumexp(X, axis=1) - np.max(X**2, axis=1))),
]


@pytest.mark.filterwarnings("ignore::steepest.NonFiniteWarning")  # some values overflow as they are written
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("compiled", ["off", "eager"])
@pytest.mark.parametrize(("by_hand", "meant"), CASES, ids=[f.__name__ for f, _ in CASES])
def test_derivatives(by_hand: Callable[[Any], Any], meant: Callable[[Any], Any], compiled: Any) -> None:
    np.testing.assert_allclose(by_hand(X), meant(X), rtol=1e-12)
    for x in (X, 300 * X):
        np.testing.assert_allclose(st.grad(by_hand, compile=compiled)(x), st.grad(meant)(x), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(st.hessian(by_hand)(X), st.hessian(meant)(X), rtol=1e-9, atol=1e-12)


def test_what_is_taken_off_along_another_axis_stays() -> None:
    assert st.check(along_the_other_axis, X)


@pytest.mark.parametrize("compiled", ["off", "eager"])
def test_single_precision(compiled: Any) -> None:
    x = X.astype(np.float32)
    gradient = st.grad(all_entries, compile=compiled)(x)
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, softmax(X), rtol=1e-6)


def test_entries_that_are_minus_infinity_have_no_share() -> None:
    x = np.array([-np.inf, 0.0, 1.0])
    np.testing.assert_allclose(st.grad(all_entries)(x), [0, *softmax([0.0, 1.0])], rtol=1e-14)


def cross_entropy(W, X, Y):
    Z = X @ W
    m = np.max(Z, axis=1)
    return np.sum(m + np.log(np.sum(np.exp(Z - m[:, None]), axis=1))) - np.sum(Y * Z)


def test_formulas() -> None:
    assert str(st.formula(st.grad(all_entries), X="n")) == "softmax(X)"
    gradient = st.formula(st.grad(cross_entropy), W="d k", X="m d", Y="m k")
    assert str(gradient) == "Xᵀ(softmax(XW; rows) − Y)"


def test_one_pass_makes_both_the_value_and_the_gradient() -> None:
    """The exponentials that are written are those of the softmax."""
    g = st.value_and_grad(lambda x: all_entries(x), compile="eager")
    g(np.random.default_rng(0).normal(size=3000))
    assert str(g.explain()).count("exp(") == 1
