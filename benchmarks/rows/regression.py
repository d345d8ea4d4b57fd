"""Regressions: the mean over rows of a loss of a linear prediction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.problem import Problem, Row, Target, at_sizes, in_float32


def least_squares(theta, X, y):
    r = X @ theta - y
    return np.mean(r**2)


def logistic(theta, X, y):  # labels −1, +1
    return np.mean(np.log1p(np.exp(-y * (X @ theta))))


def poisson(theta, X, y):
    z = X @ theta
    return np.mean(np.exp(z) - y * z)


def huber(theta, X, y):
    r = X @ theta - y
    return np.mean(np.where(np.abs(r) <= 1.0, 0.5 * r**2, np.abs(r) - 0.5))


def student_t(theta, X, y):
    r = X @ theta - y
    return np.mean(2.5 * np.log1p(r**2 / 4.0))


# --- variants: other losses, other links, other shapes


def ridge_squared_hinge(theta, X, y):
    margin = np.maximum(1.0 - y * (X @ theta), 0.0)
    return np.mean(margin**2) + 0.1 * np.sum(theta**2)


def gamma_loglink(theta, X, y):
    z = X @ theta
    return np.mean(z + y * np.exp(-z))


def negative_binomial(theta, X, y):
    z = X @ theta
    return np.mean((y + 3.0) * np.log(3.0 + np.exp(z)) - y * z)


def pseudo_huber_with_intercept(theta, b, X, y):
    r = (X @ theta + b - y) / 1.5
    return np.sum(np.sqrt(1.0 + r**2) - 1.0) / len(y)


def weighted_tanh_link(theta, X, y, w):
    return np.sum(w * (np.tanh(X @ theta) - y) ** 2) / np.sum(w)


def standardised_huber(theta, X, y):  # the residuals' scale first: two passes over the rows
    r = X @ theta - y
    u = r / np.sqrt(np.mean(r**2))
    return np.mean(np.where(np.abs(u) <= 1.0, 0.5 * u**2, np.abs(u) - 0.5))


def _data(response: Callable[[np.ndarray], np.ndarray]) -> Callable[..., tuple[Any, ...]]:
    def make(rng: np.random.Generator, m: int, n: int) -> tuple[Any, ...]:
        return rng.normal(size=n) / n, rng.normal(size=(m, n)), response(rng.normal(size=m))

    return make


def _with_intercept(rng: np.random.Generator, m: int, n: int) -> tuple[Any, ...]:
    return rng.normal(size=n) / n, 0.3, rng.normal(size=(m, n)), rng.normal(size=m)


def _weighted(rng: np.random.Generator, m: int, n: int) -> tuple[Any, ...]:
    return rng.normal(size=n) / n, rng.normal(size=(m, n)), rng.normal(size=m), rng.uniform(0.5, 2.0, size=m)


REAL, SIGNS, POSITIVE = _data(lambda y: y), _data(np.sign), _data(np.abs)
TINY = (11, 3)
SIZES = {
    (1000, 10): Target(0.22, 1.0),
    (100_000, 100): Target(0.3, 1.0),
    (1_000_000, 20): Target(0.22, 1.0),
}
PROBLEMS = (
    Problem("least squares", least_squares, REAL, TINY, c="regression:least_squares"),
    Problem("logistic regression", logistic, SIGNS, TINY, c="regression:logistic"),
    Problem("Poisson regression", poisson, POSITIVE, TINY, c="regression:poisson"),
    Problem("Huber regression", huber, REAL, TINY, c="regression:huber"),
    Problem("Student-t regression", student_t, REAL, TINY, c="regression:student_t"),
)
ROWS: tuple[Row, ...] = tuple(row for problem in PROBLEMS for row in at_sizes(problem, SIZES))
ROWS_FLOAT32 = in_float32(ROWS, Target(0.5, 1.1))

_NEAR, _FAR = Target(0.22), Target(0.3)
VARIANTS = (
    *at_sizes(Problem("squared hinge, ridge", ridge_squared_hinge, SIGNS, TINY), {(5000, 17): _NEAR}),
    *at_sizes(Problem("gamma regression", gamma_loglink, POSITIVE, TINY), {(300_000, 33): _FAR}),
    *at_sizes(Problem("negative binomial regression", negative_binomial, POSITIVE, TINY), {(20_000, 64): _FAR}),
    *at_sizes(
        Problem("pseudo-Huber with intercept", pseudo_huber_with_intercept, _with_intercept, TINY, (0, 1)),
        {(1000, 7): _NEAR, (50_000, 50): _FAR},
    ),
    *at_sizes(
        Problem("weighted tanh link", weighted_tanh_link, _weighted, TINY), {(1000, 3): _NEAR, (200_000, 12): _NEAR}
    ),
    *at_sizes(Problem("standardised Huber", standardised_huber, REAL, TINY), {(100_000, 100): _FAR}),
)
