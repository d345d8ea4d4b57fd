"""Derivatives along one axis beside findiff: the same nodes, the same values, the truth from mpmath."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import numpy as np

from steepest import numeric

ORDERS = (1, 2, 3, 4, 6, 10)
ACCURACIES = (2, 4, 6, 8, 10)
NODES = 65
RATE = 4  # of the wave; a whole number suits the period of 2π
EPS = float(np.finfo(float).eps)


@dataclass(frozen=True, eq=False)
class Line:
    """The nodes of one axis; `spacing` is what findiff is given: a step, or the nodes themselves."""

    name: str
    nodes: np.ndarray
    spacing: Any
    periodic: bool = False

    @property
    def axis(self) -> Any:
        """The same for us."""
        if self.periodic:
            return numeric.grids.axis(self.nodes, "periodic", period=2 * np.pi)
        return numeric.grids.axis(self.nodes)

    def diff(self, order: int, accuracy: int) -> Any:
        """findiff's operator."""
        first = importlib.import_module("findiff").Diff(0, self.spacing, acc=accuracy, periodic=self.periodic)
        return first if order == 1 else first**order


def bent(count: int) -> np.ndarray:
    """Nodes from 0 to 1 whose distances vary smoothly, by a factor of 1.9."""
    t = np.linspace(0, 1, count)
    return np.asarray(t + 0.3 * np.sin(2 * np.pi * t) / (2 * np.pi))


def scattered(count: int) -> np.ndarray:
    """Nodes about 1/64 apart, their distances at random up to three times as far; multiples of 2^-20."""
    gaps = np.random.default_rng(5).integers(2**13, 3 * 2**13, size=count - 1)
    return np.concatenate([[0], np.cumsum(gaps)]) / 2.0**20


LINES = (
    Line("equally spaced", np.arange(NODES) / 64, 1 / 64),
    Line("periodic", 2 * np.pi * np.arange(NODES) / NODES, 2 * np.pi / NODES, periodic=True),
    Line("bent", bent(NODES), bent(NODES)),
    Line("scattered", scattered(NODES), scattered(NODES)),
)


@cache
def wave(x: float, order: int) -> float:
    """The derivative of sin(RATE x + 0.3), rounded once."""
    with mpmath.workdps(40):
        return float(RATE**order * mpmath.sin(RATE * mpmath.mpf(x) + mpmath.mpf(3) / 10 + order * mpmath.pi / 2))


def waves(line: Line, order: int = 0) -> np.ndarray:
    """The wave, or a derivative of it, at all nodes."""
    return np.array([wave(float(x), order) for x in line.nodes])


def on_lines() -> list[dict[str, Any]]:
    """The error of the wave's derivatives over the largest derivative, ours and findiff's."""
    return [_on_line(line, n, accuracy) for line in LINES for n in ORDERS for accuracy in ACCURACIES]


def _on_line(line: Line, order: int, accuracy: int) -> dict[str, Any]:
    values, truth = waves(line), waves(line, order)
    size = float(np.abs(truth).max())
    matrix = numeric.operator(line.axis, order, accuracy)
    errors = [np.abs(found - truth) / size for found in (matrix @ values, line.diff(order, accuracy)(values))]
    return {
        "nodes": line.name,
        "order": order,
        "accuracy": accuracy,
        "largest": [float(e.max()) for e in errors],
        "rounding": _rounding(matrix, values) / size,
    }


def _rounding(matrix: Any, values: np.ndarray) -> float:
    """What one unit in the last place of every value adds up to, at the worst node."""
    return float((abs(matrix) @ np.abs(values)).max()) * EPS


def of_polynomials() -> list[dict[str, Any]]:
    """Polynomials of the highest degree that is differentiated exactly: the error in units of what rounding allows."""
    found = []
    for line in (LINES[0], LINES[3]):
        for order in ORDERS:
            for accuracy in ACCURACIES:
                values, truth = _polynomial(line, order + accuracy - 1, order)
                matrix = numeric.operator(line.axis, order, accuracy)
                by_both = (matrix @ values, line.diff(order, accuracy)(values))
                allowed = _rounding(matrix, values)
                errors = [float(np.abs(derivative - truth).max()) / allowed for derivative in by_both]
                found.append({"nodes": line.name, "order": order, "accuracy": accuracy, "largest": errors})
    return found


def _polynomial(line: Line, degree: int, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Values and derivatives of one with random coefficients about the middle, in exact numbers rounded once."""
    coefficients = [Fraction(float(c)) for c in np.random.default_rng(degree).normal(size=degree + 1)]
    middle = Fraction(float(line.nodes[len(line.nodes) // 2]))
    places = [Fraction(float(x)) - middle for x in line.nodes]
    derived = coefficients
    for _ in range(order):
        derived = [k * c for k, c in enumerate(derived)][1:]
    values, truth = (
        np.array([float(sum(c * x**k for k, c in enumerate(own))) for x in places]) for own in (coefficients, derived)
    )
    return values, truth
