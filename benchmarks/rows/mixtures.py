"""Gaussian mixtures: the log-likelihood of samples, by weights, means and square roots of the precisions."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import logsumexp

from benchmarks.problem import Problem, Row, Target, at_sizes, in_float32


def full_mixture(alpha, mu, q, L, x):
    """alpha (k,), mu and q (k, d), L (k, d, d), x (n, d); precisions QᵀQ: exp(q) on the diagonal of Q, L below."""
    Q = np.tril(L, -1) + np.exp(q)[:, :, None] * np.eye(q.shape[1], dtype=q.dtype)
    t = np.einsum("kij,nkj->nki", Q, x[:, None, :] - mu[None, :, :])
    inner = alpha + np.sum(q, axis=1) - 0.5 * np.sum(t**2, axis=2)
    return np.sum(logsumexp(inner, axis=1)) - len(x) * logsumexp(alpha)


def diagonal_mixture(alpha, mu, logs, x):
    """alpha (k,), mu and logs (k, d), x (n, d)."""
    t = (x[:, None, :] - mu[None, :, :]) * np.exp(logs)[None, :, :]
    a = alpha + np.sum(logs, axis=1) - 0.5 * np.sum(t**2, axis=2)
    return -np.mean(logsumexp(a, axis=1)) + logsumexp(alpha)


# --- variants


def dense_root_mixture(alpha, mu, Q, x):
    t = np.einsum("kij,nkj->nki", Q, x[:, None, :] - mu[None, :, :])
    return np.sum(logsumexp(alpha - 0.5 * np.sum(t**2, axis=2), axis=1))


def spherical_mixture(alpha, mu, logs, x):
    """One width for each component."""
    d2 = np.sum((x[:, None, :] - mu[None, :, :]) ** 2, axis=2)
    return -np.mean(logsumexp(alpha + x.shape[1] * logs - 0.5 * np.exp(2.0 * logs) * d2, axis=1)) + logsumexp(alpha)


def student_mixture(alpha, mu, logs, x):
    t = (x[:, None, :] - mu[None, :, :]) * np.exp(logs)[None, :, :]
    a = alpha + np.sum(logs, axis=1) - 0.5 * (4.0 + x.shape[1]) * np.log1p(np.sum(t**2, axis=2) / 4.0)
    return -np.mean(logsumexp(a, axis=1)) + logsumexp(alpha)


def _full(rng: np.random.Generator, d: int, k: int, n: int) -> tuple[Any, ...]:
    alpha, mu, q = rng.normal(size=k), rng.normal(size=(k, d)), 0.3 * rng.normal(size=(k, d))
    return alpha, mu, q, 0.3 * rng.normal(size=(k, d, d)), rng.normal(size=(n, d))


def _dense(rng: np.random.Generator, d: int, k: int, n: int) -> tuple[Any, ...]:
    return rng.normal(size=k), rng.normal(size=(k, d)), 0.3 * rng.normal(size=(k, d, d)), rng.normal(size=(n, d))


def _diagonal(rng: np.random.Generator, d: int, k: int, n: int) -> tuple[Any, ...]:
    return rng.normal(size=k), rng.normal(size=(k, d)), 0.3 * rng.normal(size=(k, d)), rng.normal(size=(n, d))


def _spherical(rng: np.random.Generator, d: int, k: int, n: int) -> tuple[Any, ...]:
    return rng.normal(size=k), rng.normal(size=(k, d)), 0.3 * rng.normal(size=k), rng.normal(size=(n, d))


TINY = (2, 3, 5)
FULL = Target(0.2, 1.1)
ROWS: tuple[Row, ...] = (
    *at_sizes(
        Problem("full mixture", full_mixture, _full, TINY, (0, 1, 2, 3), c="mixtures:full_mixture"),
        {(2, 5, 1000): FULL, (10, 25, 1000): FULL, (20, 50, 1000): FULL, (64, 100, 1000): FULL},
    ),
    *at_sizes(
        Problem("diagonal mixture", diagonal_mixture, _diagonal, TINY, (0, 1, 2), c="mixtures:diagonal_mixture"),
        {(16, 50, 10_000): Target(0.1, 1.1)},
    ),
)
ROWS_FLOAT32 = in_float32(ROWS, Target(0.5, 1.1))
VARIANTS = (
    *at_sizes(
        Problem("mixture, dense roots", dense_root_mixture, _dense, TINY, (0, 1, 2)),
        {(10, 25, 1000): Target(0.2), (7, 30, 3000): Target(0.2)},
    ),
    *at_sizes(
        Problem("spherical mixture", spherical_mixture, _spherical, TINY, (0, 1, 2)), {(8, 40, 5000): Target(0.1)}
    ),
    *at_sizes(
        Problem("Student-t mixture", student_mixture, _diagonal, TINY, (0, 1, 2)), {(12, 20, 10_000): Target(0.1)}
    ),
)
