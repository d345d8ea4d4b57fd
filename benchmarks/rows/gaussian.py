"""Gaussian densities and their like: matrices that are factored, solved with, and whose determinants are taken."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.problem import Problem, Row, Target, at_sizes


def _covariance(theta, X):
    """theta (3,): logarithms of the length, the height and the noise."""
    length, height, noise = np.exp(theta[0]), np.exp(theta[1]), np.exp(theta[2])
    d2 = np.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=2)
    return height**2 * np.exp(-0.5 * d2 / length**2) + noise**2 * np.eye(X.shape[0])


def evidence(theta, X, y):
    """Of a Gaussian process, by Cholesky's factor; X (n, d), y (n,)."""
    L = np.linalg.cholesky(_covariance(theta, X))
    z = np.linalg.solve(L, y)
    return 0.5 * np.sum(z * z) + np.sum(np.log(np.diagonal(L))) + 0.5 * len(y) * np.log(2 * np.pi)


def density(x, mu, S):
    """The logarithm of a normal density, but for a constant; S (n, n), of which both triangles count."""
    L = np.linalg.cholesky(0.5 * (S + S.T))
    z = np.linalg.solve(L, x - mu)
    return -0.5 * np.sum(z * z) - np.sum(np.log(np.diagonal(L)))


def ridge(lam, X, y):
    """The loss that is left by the best coefficients, in the penalty; X (m, n)."""
    b = np.linalg.solve(X.T @ X + lam * np.eye(X.shape[1]), X.T @ y)
    return 0.5 * np.sum((X @ b - y) ** 2)


# --- variants


def evidence_without_factor(theta, X, y):
    K = _covariance(theta, X)
    return 0.5 * y @ np.linalg.solve(K, y) + 0.5 * np.linalg.slogdet(K)[1] + 0.5 * len(y) * np.log(2 * np.pi)


def kalman_step(x, P, F, Q, H, R, z):
    """The surprise of one measurement after one prediction; x (n,), P and Q (n, n), H (m, n), R (m, m)."""
    x, P = F @ x, F @ P @ F.T + Q
    S, r = H @ P @ H.T + R, z - H @ x
    return 0.5 * r @ np.linalg.solve(S, r) + 0.5 * np.linalg.slogdet(S)[1]


def weighted_ridge(w, X, y):
    """In the logarithms of the weights of the samples."""
    A = X * np.exp(w)[:, None]
    b = np.linalg.solve(X.T @ A + np.eye(X.shape[1]), A.T @ y)
    return np.sum((X @ b - y) ** 2)


def _process(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    return np.array([0.2, 0.1, -0.7]), rng.normal(size=(n, 3)), rng.normal(size=n)


def _definite(rng: np.random.Generator, n: int) -> np.ndarray:
    a = rng.normal(size=(n, n))
    return a @ a.T / n + np.eye(n)


def _normal(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    return rng.normal(size=n), rng.normal(size=n), _definite(rng, n)


def _samples(rng: np.random.Generator, m: int, n: int) -> tuple[Any, ...]:
    return 0.7, rng.normal(size=(m, n)), rng.normal(size=m)


def _weighted(rng: np.random.Generator, m: int, n: int) -> tuple[Any, ...]:
    return 0.1 * rng.normal(size=m), rng.normal(size=(m, n)), rng.normal(size=m)


def _filter(rng: np.random.Generator, n: int, m: int) -> tuple[Any, ...]:
    F, H = np.eye(n) + 0.1 * rng.normal(size=(n, n)), rng.normal(size=(m, n))
    return rng.normal(size=n), _definite(rng, n), F, _definite(rng, n), H, _definite(rng, m), rng.normal(size=m)


EVIDENCE = Problem("Gaussian process", evidence, _process, (6,), c="gaussian:evidence")
DENSITY = Problem("normal density", density, _normal, (4,), (0, 1, 2), c="gaussian:density")
RIDGE = Problem("ridge solution", ridge, _samples, (7, 3), c="gaussian:ridge")
ROWS: tuple[Row, ...] = (
    *at_sizes(EVIDENCE, {(200,): Target(), (1000,): Target()}),
    *at_sizes(DENSITY, {(3,): Target(), (10,): Target(), (50,): Target()}),
    *at_sizes(RIDGE, {(2000, 50): Target()}),
)
ROWS_FLOAT32: tuple[Row, ...] = ()
VARIANTS = (
    *at_sizes(Problem("Gaussian process, no factor", evidence_without_factor, _process, (6,)), {(300,): Target()}),
    *at_sizes(Problem("Kalman step", kalman_step, _filter, (4, 2), (0, 1)), {(6, 3): Target(), (40, 10): Target()}),
    *at_sizes(Problem("weighted ridge solution", weighted_ridge, _weighted, (7, 3)), {(3000, 30): Target()}),
)
