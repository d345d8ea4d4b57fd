"""Reductions over long arrays: log-sum-exp, and k-means with the diagonal of its Hessian."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import logsumexp

from benchmarks.derivatives import value_gradient_and_diagonal
from benchmarks.problem import Problem, Row, Target, at_sizes, in_float32


def log_sum_exp(x):
    return logsumexp(x)


def k_means(C, X):
    """Centres C (k, d), points X (n, d)."""
    return np.sum(np.min(np.sum((X[:, None, :] - C[None, :, :]) ** 2, axis=2), axis=1))


# --- variants


def weighted_log_mean_exp(x, w):
    return logsumexp(2.0 * x + np.log(w)) - np.log(np.sum(w))


def p_norm(x):
    return np.sum(np.abs(x) ** 3.5) ** (1.0 / 3.5)


def softmax_entropy(x):
    e = np.exp(x - np.max(x))
    p = e / np.sum(e)
    return -np.sum(p * np.log(p))


def soft_k_means(C, X):
    d2 = np.sum((X[:, None, :] - C[None, :, :]) ** 2, axis=2)
    return -np.sum(logsumexp(-0.5 * d2, axis=1))


def k_means_huber(C, X):
    d = np.sqrt(np.sum((X[:, None, :] - C[None, :, :]) ** 2, axis=2) + 1e-6)
    return np.sum(np.min(np.where(d < 2.0, 0.5 * d**2, 2.0 * d - 2.0), axis=1))


def _vector(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    return (rng.normal(size=n),)


def _vector_and_weights(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    return rng.normal(size=n), rng.uniform(0.5, 2.0, size=n)


def _clusters(rng: np.random.Generator, k: int, n: int, d: int) -> tuple[Any, ...]:
    return rng.normal(size=(k, d)), rng.normal(size=(n, d))


MOST = Target(0.5, 1.1)
ROWS: tuple[Row, ...] = (
    *at_sizes(
        Problem("log-sum-exp", log_sum_exp, _vector, (5,), c="clusters:log_sum_exp"),
        {(2500,): MOST, (1_280_000,): MOST},
    ),
    *at_sizes(
        Problem("k-means", k_means, _clusters, (3, 7, 2), 0, value_gradient_and_diagonal, c="clusters:k_means"),
        {(10, 10_000, 16): MOST, (100, 10_000, 16): MOST},
    ),
)
ROWS_FLOAT32 = in_float32(ROWS, Target(0.5, 1.1))
_MOST = Target(0.5)
VARIANTS = (
    *at_sizes(Problem("weighted log-mean-exp", weighted_log_mean_exp, _vector_and_weights, (5,)), {(300_000,): _MOST}),
    *at_sizes(Problem("p-norm", p_norm, _vector, (5,)), {(40_000,): _MOST}),
    *at_sizes(Problem("softmax entropy", softmax_entropy, _vector, (5,)), {(5000,): _MOST, (1_000_000,): _MOST}),
    *at_sizes(Problem("soft k-means", soft_k_means, _clusters, (3, 7, 2)), {(30, 20_000, 8): _MOST}),
    *at_sizes(Problem("k-means, Huber", k_means_huber, _clusters, (3, 7, 2)), {(20, 10_000, 5): _MOST}),
)
