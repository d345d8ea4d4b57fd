"""Scalar functions, chains of neighbours and grids: little arithmetic, no matrix products."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.problem import Problem, Row, Target, at_sizes, in_float32


def polynomial(x):
    return 3 * x**2 - 4 * x


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def laplacian_energy(u):  # its gradient is the 5-point Laplacian
    return 0.5 * np.sum((u[1:, :] - u[:-1, :]) ** 2) + 0.5 * np.sum((u[:, 1:] - u[:, :-1]) ** 2)


# --- variants


def damped_wave(t):
    return np.exp(-0.3 * t) * np.sin(2.0 * t + 0.5)


def rational(x):
    return (x**3 - 2.0 * x) / (1.0 + x**2)


def log_odds(p):
    return np.log(p / (1.0 - p)) ** 2


def dixon_price(x):
    k = np.arange(2.0, len(x) + 1.0)
    return (x[0] - 1.0) ** 2 + np.sum(k * (2.0 * x[1:] ** 2 - x[:-1]) ** 2)


def broyden_tridiagonal(x):
    padded = np.concatenate([np.zeros(1), x, np.zeros(1)])
    return np.sum(((3.0 - 2.0 * x) * x - padded[:-2] - 2.0 * padded[2:] + 1.0) ** 2)


def pendulum_chain(q):
    return np.sum(1.0 - np.cos(q)) + 0.5 * np.sum((q[2:] - 2.0 * q[1:-1] + q[:-2]) ** 2)


def total_variation(u):  # smoothed
    dx, dy = u[:-1, 1:] - u[:-1, :-1], u[1:, :-1] - u[:-1, :-1]
    return np.sum(np.sqrt(dx**2 + dy**2 + 1e-3))


def poisson_residual(u, f):
    laplacian = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1]
    return np.sum((laplacian - f) ** 2)


def periodic_waves(u):
    return np.sum((np.roll(u, 1, axis=0) - u) ** 2) + np.sum((np.roll(u, 1, axis=1) - u) ** 2) + np.sum(np.cos(u))


def _number(rng: np.random.Generator) -> tuple[Any, ...]:
    return (0.7,)


def _vector(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    return (rng.normal(size=n),)


def _grid(rng: np.random.Generator, m: int, n: int) -> tuple[Any, ...]:
    return (rng.normal(size=(m, n)),)


def _grid_and_source(rng: np.random.Generator, m: int, n: int) -> tuple[Any, ...]:
    return rng.normal(size=(m, n)), rng.normal(size=(m - 2, n - 2))


SMALL, LARGE = Target(0.03, 1.5), Target(0.6, 1.2)
ROSENBROCK = Problem("Rosenbrock", rosenbrock, _vector, (5,), c="chains:rosenbrock")
LONG = at_sizes(ROSENBROCK, {(100_000,): LARGE})
GRID = at_sizes(
    Problem("Laplacian energy", laplacian_energy, _grid, (4, 5), c="chains:laplacian_energy"), {(1000, 1000): LARGE}
)
ROWS: tuple[Row, ...] = (
    *at_sizes(Problem("3x²−4x", polynomial, _number, (), c="chains:polynomial"), {(): SMALL}),
    *at_sizes(ROSENBROCK, {(2,): SMALL, (10,): SMALL, (1000,): SMALL}),
    *LONG,
    *GRID,
)
ROWS_FLOAT32 = in_float32((*LONG, *GRID), Target(0.5, 1.1))
_SMALL, _LARGE = Target(0.03), Target(0.6)
VARIANTS = (
    *at_sizes(Problem("damped wave", damped_wave, _number, ()), {(): _SMALL}),
    *at_sizes(Problem("rational function", rational, _number, ()), {(): _SMALL}),
    *at_sizes(Problem("squared log-odds", log_odds, _number, ()), {(): _SMALL}),
    *at_sizes(Problem("Dixon–Price", dixon_price, _vector, (5,)), {(2,): _SMALL, (100_000,): _LARGE}),
    *at_sizes(Problem("Broyden tridiagonal", broyden_tridiagonal, _vector, (5,)), {(10,): _SMALL, (50_000,): _LARGE}),
    *at_sizes(Problem("pendulum chain", pendulum_chain, _vector, (5,)), {(500,): _SMALL, (200_000,): _LARGE}),
    *at_sizes(Problem("total variation", total_variation, _grid, (4, 5)), {(700, 1300): _LARGE}),
    *at_sizes(Problem("Poisson equation", poisson_residual, _grid_and_source, (5, 4)), {(1000, 1000): _LARGE}),
    *at_sizes(Problem("periodic waves", periodic_waves, _grid, (4, 5)), {(512, 512): _LARGE}),
)
