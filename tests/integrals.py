"""Integrals of SciPy with traced integrands and ends, and how to difference them, for the tests of solvers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.integrate as si
from scipy.integrate import quad

X = np.array([0.5, 0.7])
INTEGRALS: dict[str, Callable[[Any], Any]] = {
    "quad": lambda x: quad(lambda t: np.exp(-x[0] * t**2) * np.cos(x[1] * t), 0, 2)[0],
    "quad to infinity": lambda x: quad(lambda t: np.exp(-x[0] * t**2) * np.cos(x[1] * t), -np.inf, np.inf)[0],
    "quad between traced ends": lambda x: quad(
        lambda t, a: np.exp(-a * t**2) * t, x[0] ** 2, x[1] + x[0], args=(x[1],)
    )[0],
    "quad with a weight": lambda x: quad(lambda t: np.exp(-x[0] * t), 0, 1, weight="cos", wvar=3.0)[0] * x[1],
    "quad of an array that is converted": lambda x: quad(
        lambda t: np.sum(x * t * np.arange(1, 3).astype(np.float64).copy()), 0, x[1])[0],
    "quad of a sum": lambda x: quad(lambda t: np.sum(x * np.sin(t * np.arange(1, 3))), 0, x[1])[0],
    "quad within quad": lambda x: quad(lambda t: quad(lambda s: np.exp(-s * t * x[0]), 0, t)[0], 0, x[1])[0],
    "dblquad": lambda x: si.dblquad(lambda y, t: np.exp(-y * t * x[0]), 0, x[1], 0, lambda t: t)[0],
    "fixed_quad": lambda x: si.fixed_quad(lambda t: np.exp(-x[0] * t**2), 0, x[1], n=5)[0],
    "quad_vec": lambda x: np.sum(si.quad_vec(lambda t: np.exp(-x * t**2), 0, x[1])[0] ** 2),
}  # fmt: skip


def slopes(f: Callable[[Any], Any], x: np.ndarray, h: float = 2e-3) -> np.ndarray:
    """Derivatives by each entry, in the last axis: central differences of fourth order, of small steps."""
    columns = []
    for unit in h * np.eye(len(x)):
        near, far = f(x + unit) - f(x - unit), f(x + 2 * unit) - f(x - 2 * unit)
        columns.append((8 * near - far) / (12 * h))
    return np.stack(columns, axis=-1)
