"""Softmax regression: a few classes, cross-entropy against one-hot or soft labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import logsumexp

from benchmarks.problem import Problem, Row, Target, at_sizes, in_float32


def softmax_regression(W, X, Y):  # Y one-hot
    Z = X @ W
    return np.mean(logsumexp(Z, axis=1) - np.sum(Y * Z, axis=1))


# --- variants


def with_bias_and_decay(W, b, X, Y):
    Z = X @ W + b
    return np.mean(logsumexp(Z, axis=1) - np.sum(Y * Z, axis=1)) + 0.01 * np.sum(W**2)


def brier_score(W, X, Y):
    E = np.exp(X @ W)
    P = E / np.sum(E, axis=1, keepdims=True)
    return np.mean(np.sum((P - Y) ** 2, axis=1))


def one_against_rest(W, X, Y):  # independent logistic losses
    Z = X @ W
    return np.mean(np.log1p(np.exp(Z)) - Y * Z)


def _data(rng: np.random.Generator, m: int, n: int, q: int) -> tuple[Any, ...]:
    return 0.1 * rng.normal(size=(n, q)), rng.normal(size=(m, n)), np.eye(q)[rng.integers(0, q, m)]


def _data_and_bias(rng: np.random.Generator, m: int, n: int, q: int) -> tuple[Any, ...]:
    W, X, Y = _data(rng, m, n, q)
    return W, 0.1 * rng.normal(size=q), X, Y


TINY = (7, 4, 3)
SOFTMAX = Problem("softmax regression", softmax_regression, _data, TINY, c="classification:softmax_regression")
ROWS: tuple[Row, ...] = at_sizes(SOFTMAX, {(20_000, 100, 10): Target(0.5), (100_000, 20, 3): Target(0.25)})
ROWS_FLOAT32 = in_float32(ROWS, Target(0.5, 1.1))
VARIANTS = (
    *at_sizes(
        Problem("softmax with bias and decay", with_bias_and_decay, _data_and_bias, TINY, (0, 1)),
        {(30_000, 50, 7): Target(0.5)},
    ),
    *at_sizes(Problem("Brier score", brier_score, _data, TINY), {(50_000, 30, 5): Target(0.5)}),
    *at_sizes(Problem("one against rest", one_against_rest, _data, TINY), {(20_000, 64, 8): Target(0.5)}),
)
