"""Hessians, dense and with the structure they have."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.derivatives import hessian, structured_hessian
from benchmarks.problem import Problem, Row, Target, at_sizes

from .chains import rosenbrock
from .regression import logistic, poisson, student_t


def quadratic_form(x, A):
    return x @ A @ x


def matrix_factorisation(U, V, M):
    return 0.5 * np.sum((U @ V.T - M) ** 2)


def tanh_layer(W, x):
    return np.sum(np.tanh(W @ x))


# --- variants


def least_squares_of_quadratics(x, A, b):
    return 0.5 * np.sum(((A @ x) ** 2 - b) ** 2)


def weighted_factorisation(U, V, M, S):  # S (m, n): which entries count, and how much
    return 0.5 * np.sum(S * (U @ V.T - M) ** 2)


def softplus_layer(W, x):
    return np.sum(np.log1p(np.exp(W @ x)) ** 2)


def separable(x, a):
    return np.sum(a * np.cos(x) + x**4)


def _rows(rng: np.random.Generator, m: int, n: int) -> tuple[Any, ...]:
    return rng.normal(size=n) / n, rng.normal(size=(m, n)), np.sign(rng.normal(size=m))


def _counts(rng: np.random.Generator, m: int, n: int) -> tuple[Any, ...]:
    return rng.normal(size=n) / n, rng.normal(size=(m, n)), np.floor(rng.uniform(0, 5, size=m))


def _form(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    return rng.normal(size=n), rng.normal(size=(n, n))


def _factors(rng: np.random.Generator, m: int, n: int, k: int) -> tuple[Any, ...]:
    return rng.normal(size=(m, k)), rng.normal(size=(n, k)), rng.normal(size=(m, n))


def _weighted_factors(rng: np.random.Generator, m: int, n: int, k: int) -> tuple[Any, ...]:
    return *_factors(rng, m, n, k), rng.uniform(size=(m, n))


def _layer(rng: np.random.Generator, m: int, n: int) -> tuple[Any, ...]:
    return rng.normal(size=(m, n)) / np.sqrt(n), rng.normal(size=n)


def _quadratics(rng: np.random.Generator, m: int, n: int) -> tuple[Any, ...]:
    return rng.normal(size=n), rng.normal(size=(m, n)), rng.normal(size=m)


def _vectors(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    return rng.normal(size=n), rng.normal(size=n)


def _vector(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    return (rng.normal(size=n),)


GLM, DENSE, STRUCTURED = Target(0.45), Target(0.1), Target(0.01)
ROWS: tuple[Row, ...] = (
    *at_sizes(Problem("logistic Hessian", logistic, _rows, (9, 3), 0, hessian), {(2000, 100): GLM, (2000, 500): GLM}),
    *at_sizes(
        Problem("xᵀAx Hessian", quadratic_form, _form, (4,), 0, hessian, c="curvature:quadratic_form"), {(1024,): DENSE}
    ),
    *at_sizes(
        Problem(
            "matrix factorisation Hessian",
            matrix_factorisation,
            _factors,
            (4, 3, 2),
            (0, 1),
            hessian,
            c="curvature:matrix_factorisation",
        ),
        {(200, 200, 5): DENSE},
    ),
    *at_sizes(
        Problem(
            "matrix factorisation Hessian, structured",
            matrix_factorisation,
            _factors,
            (4, 3, 2),
            (0, 1),
            structured_hessian,
        ),
        {(200, 200, 5): STRUCTURED},
    ),
    *at_sizes(
        Problem("tanh layer Hessian", tanh_layer, _layer, (3, 4), 0, hessian, c="curvature:tanh_layer"),
        {(40, 50): DENSE},
    ),
    *at_sizes(
        Problem("tanh layer Hessian, structured", tanh_layer, _layer, (3, 4), 0, structured_hessian),
        {(40, 50): STRUCTURED},
    ),
)
ROWS_FLOAT32: tuple[Row, ...] = ()
VARIANTS = (
    *at_sizes(Problem("Poisson Hessian", poisson, _counts, (9, 3), 0, hessian), {(3000, 80): GLM}),
    *at_sizes(Problem("Student-t Hessian", student_t, _rows, (9, 3), 0, hessian), {(1000, 200): GLM}),
    *at_sizes(
        Problem("quadratics Hessian", least_squares_of_quadratics, _quadratics, (5, 3), 0, hessian), {(1000, 150): GLM}
    ),
    *at_sizes(
        Problem(
            "weighted factorisation Hessian", weighted_factorisation, _weighted_factors, (4, 3, 2), (0, 1), hessian
        ),
        {(150, 100, 4): DENSE},
    ),
    *at_sizes(
        Problem("softplus layer Hessian, structured", softplus_layer, _layer, (3, 4), 0, structured_hessian),
        {(30, 60): STRUCTURED},
    ),
    *at_sizes(
        Problem("separable Hessian, structured", separable, _vectors, (4,), 0, structured_hessian),
        {(1500,): STRUCTURED},
    ),
    *at_sizes(
        Problem("Rosenbrock Hessian, structured", rosenbrock, _vector, (5,), 0, structured_hessian),
        {(1500,): STRUCTURED},
    ),
)
