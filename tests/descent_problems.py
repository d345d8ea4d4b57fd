"""Functions to go down on, for the tests of `minimize`: a bowl, a bent valley, a saddle, a regression."""

from __future__ import annotations

import numpy as np

H = np.array([[3.0, 1.0], [1.0, 2.0]])
METHODS = ["gradient-descent", "momentum", "nesterov", "adam", "bfgs", "l-bfgs", "newton", "trust-region", None]
START = np.array([-1.2, 1.0])


def quadratic(x):
    return 0.5 * x @ H @ x + x[0] - x[1]


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def two_valleys(x):
    """Minima at (0, ±√2), a saddle at 0."""
    return x[0] ** 2 - x[1] ** 2 + x[1] ** 4 / 4


def mean_square(theta, X, y):
    return np.mean((X @ theta - y) ** 2)


def regression(m=64):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(m, 3))
    return X, X @ np.array([1.0, 2.0, -3.0]) + 0.1 * rng.normal(size=m)
