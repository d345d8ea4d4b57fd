"""Test functions of global optimisation, from their published formulas (the set of SciPy's benchmark suite).

Jamil and Yang, A literature survey of benchmark functions for global optimisation problems, International Journal of
Mathematical Modelling and Numerical Optimisation 4 (2013), 150–194. Each is written on a namespace of elementary
functions and a sequence of numbers; beside it stand the number of variables and the box that points are drawn from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np

from .case import DIGITS, Precise

POINTS = 3  # for each function


@dataclass(frozen=True)
class Landscape:
    name: str
    size: int
    low: float
    high: float
    function: Callable[[Any, Any], Any]

    def f(self, x: Any) -> Any:
        """What the tools are given: a function of an array."""
        return self.function(np, x)

    @property
    def points(self) -> tuple[tuple[float, ...], ...]:
        """Generic points of the box, always the same."""
        rng = np.random.default_rng(sum(map(ord, self.name)))
        return tuple(tuple(map(float, rng.uniform(self.low, self.high, self.size))) for _ in range(POINTS))

    def gradient(self, point: tuple[float, ...]) -> np.ndarray:
        """The gradient to the last digit."""
        return np.array([_partial(self.function, point, i) for i in range(self.size)])

    def hessian(self, point: tuple[float, ...]) -> np.ndarray:
        """The second derivatives to the last digit."""
        size = range(self.size)
        return np.array([[_second(self.function, point, i, j) for j in size] for i in size])


STEP = mpmath.mpf(10) ** -DIGITS


def _moved(function: Callable[[Any, Any], Any], point: tuple[float, ...], *steps: tuple[int, int]) -> Any:
    """The value where each entry named is moved by so many steps."""
    x = [mpmath.mpf(p) for p in point]
    for i, times in steps:
        x[i] += times * STEP
    return function(Precise(), x)


@cache
def _partial(function: Callable[[Any, Any], Any], point: tuple[float, ...], i: int) -> float:
    with mpmath.workdps(4 * DIGITS):
        return float((_moved(function, point, (i, 1)) - _moved(function, point, (i, -1))) / (2 * STEP))


@cache
def _second(function: Callable[[Any, Any], Any], point: tuple[float, ...], i: int, j: int) -> float:
    with mpmath.workdps(5 * DIGITS):
        corners = (a * b * _moved(function, point, (i, a), (j, b)) for a in (1, -1) for b in (1, -1))
        return float(sum(corners) / (4 * STEP**2))


def _product(values: Any) -> Any:
    result: Any = 1
    for v in values:
        result = result * v
    return result


# fmt: off
LANDSCAPES = (
    Landscape("Ackley", 3, -5, 5, lambda m, x: -20 * m.exp(-0.2 * m.sqrt(sum(v * v for v in x) / len(x)))
              - m.exp(sum(m.cos(2 * m.pi * v) for v in x) / len(x)) + 20),
    Landscape("Adjiman", 2, -1, 1, lambda m, x: m.cos(x[0]) * m.sin(x[1]) - x[0] / (x[1] ** 2 + 1)),
    Landscape("Alpine 2", 3, 1, 9, lambda m, x: _product(m.sqrt(v) * m.sin(v) for v in x)),
    Landscape("Beale", 2, -4, 4, lambda m, x: (1.5 - x[0] + x[0] * x[1]) ** 2 + (2.25 - x[0] + x[0] * x[1] ** 2) ** 2
              + (2.625 - x[0] + x[0] * x[1] ** 3) ** 2),
    Landscape("Bird", 2, -6, 6, lambda m, x: (x[0] - x[1]) ** 2 + m.exp((1 - m.sin(x[0])) ** 2) * m.cos(x[1])
              + m.exp((1 - m.cos(x[1])) ** 2) * m.sin(x[0])),
    Landscape("Bohachevsky 1", 2, -10, 10, lambda m, x: x[0] ** 2 + 2 * x[1] ** 2 - 0.3 * m.cos(3 * m.pi * x[0])
              - 0.4 * m.cos(4 * m.pi * x[1]) + 0.7),
    Landscape("Booth", 2, -10, 10, lambda m, x: (x[0] + 2 * x[1] - 7) ** 2 + (2 * x[0] + x[1] - 5) ** 2),
    Landscape("Branin 1", 2, 0, 10, lambda m, x: (x[1] - 5.1 / (4 * m.pi**2) * x[0] ** 2 + 5 * x[0] / m.pi - 6) ** 2
              + 10 * (1 - 1 / (8 * m.pi)) * m.cos(x[0]) + 10),
    Landscape("Brown", 4, -1, 3, lambda m, x: sum((a * a) ** (b * b + 1) + (b * b) ** (a * a + 1)
              for a, b in pairwise(x))),
    Landscape("Three-hump camel", 2, -4, 4, lambda m, x: 2 * x[0] ** 2 - 1.05 * x[0] ** 4 + x[0] ** 6 / 6 + x[0] * x[1]
              + x[1] ** 2),
    Landscape("Six-hump camel", 2, -3, 3, lambda m, x: (4 - 2.1 * x[0] ** 2 + x[0] ** 4 / 3) * x[0] ** 2 + x[0] * x[1]
              + (4 * x[1] ** 2 - 4) * x[1] ** 2),
    Landscape("Chichinadze", 2, -20, 20, lambda m, x: x[0] ** 2 - 12 * x[0] + 11 + 10 * m.cos(m.pi * x[0] / 2)
              + 8 * m.sin(5 * m.pi * x[0] / 2) - m.exp(-((x[1] - 0.5) ** 2) / 2) / m.sqrt(5)),
    Landscape("Colville", 4, -5, 5, lambda m, x: 100 * (x[0] ** 2 - x[1]) ** 2 + (x[0] - 1) ** 2 + (x[2] - 1) ** 2
              + 90 * (x[2] ** 2 - x[3]) ** 2 + 10.1 * ((x[1] - 1) ** 2 + (x[3] - 1) ** 2)
              + 19.8 * (x[1] - 1) * (x[3] - 1)),
    Landscape("Cosine mixture", 4, -1, 1, lambda m, x: -0.1 * sum(m.cos(5 * m.pi * v) for v in x)
              + sum(v * v for v in x)),
    Landscape("Dixon-Price", 5, -5, 5, lambda m, x: (x[0] - 1) ** 2
              + sum((i + 2) * (2 * b * b - a) ** 2 for i, (a, b) in enumerate(pairwise(x)))),
    Landscape("Drop wave", 2, -3, 3, lambda m, x: -(1 + m.cos(12 * m.sqrt(x[0] ** 2 + x[1] ** 2)))
              / (0.5 * (x[0] ** 2 + x[1] ** 2) + 2)),
    Landscape("Easom", 2, 1, 5, lambda m, x: -m.cos(x[0]) * m.cos(x[1])
              * m.exp(-((x[0] - m.pi) ** 2) - (x[1] - m.pi) ** 2)),
    Landscape("Egg crate", 2, -5, 5, lambda m, x: x[0] ** 2 + x[1] ** 2 + 25 * (m.sin(x[0]) ** 2 + m.sin(x[1]) ** 2)),
    Landscape("Exponential", 5, -1, 1, lambda m, x: -m.exp(-0.5 * sum(v * v for v in x))),
    Landscape("Goldstein-Price", 2, -2, 2, lambda m, x: (1 + (x[0] + x[1] + 1) ** 2 * (19 - 14 * x[0] + 3 * x[0] ** 2
              - 14 * x[1] + 6 * x[0] * x[1] + 3 * x[1] ** 2)) * (30 + (2 * x[0] - 3 * x[1]) ** 2 * (18 - 32 * x[0]
              + 12 * x[0] ** 2 + 48 * x[1] - 36 * x[0] * x[1] + 27 * x[1] ** 2))),
    Landscape("Griewank", 5, -50, 50, lambda m, x: sum(v * v for v in x) / 4000
              - _product(m.cos(v / m.sqrt(i + 1)) for i, v in enumerate(x)) + 1),
    Landscape("Hansen", 2, -10, 10, lambda m, x: sum((i + 1) * m.cos(i * x[0] + i + 1) for i in range(5))
              * sum((j + 1) * m.cos((j + 2) * x[1] + j + 1) for j in range(5))),
    Landscape("Himmelblau", 2, -5, 5, lambda m, x: (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2),
    Landscape("Hosaki", 2, 0, 10, lambda m, x: (1 - 8 * x[0] + 7 * x[0] ** 2 - 7 * x[0] ** 3 / 3 + x[0] ** 4 / 4)
              * x[1] ** 2 * m.exp(-x[1])),
    Landscape("Keane", 2, 0.1, 9, lambda m, x: -m.sin(x[0] - x[1]) ** 2 * m.sin(x[0] + x[1]) ** 2
              / m.sqrt(x[0] ** 2 + x[1] ** 2)),
    Landscape("Levy 3", 4, -10, 10, lambda m, x: m.sin(m.pi * (1 + (x[0] - 1) / 4)) ** 2
              + sum(((a - 1) / 4) ** 2 * (1 + 10 * m.sin(m.pi * (1 + (b - 1) / 4)) ** 2) for a, b in pairwise(x))
              + ((x[-1] - 1) / 4) ** 2),
    Landscape("Matyas", 2, -10, 10, lambda m, x: 0.26 * (x[0] ** 2 + x[1] ** 2) - 0.48 * x[0] * x[1]),
    Landscape("McCormick", 2, -1.5, 4, lambda m, x: m.sin(x[0] + x[1]) + (x[0] - x[1]) ** 2 - 1.5 * x[0] + 2.5 * x[1]
              + 1),
    Landscape("Michalewicz", 3, 0.2, 3, lambda m, x: -sum(m.sin(v) * m.sin((i + 1) * v * v / m.pi) ** 20
              for i, v in enumerate(x))),
    Landscape("Mishra 3, smooth part", 2, 1, 9, lambda m, x: m.cos(m.sqrt(x[0] ** 2 + x[1])) + 0.01 * (x[0] + x[1])),
    Landscape("Powell", 4, -4, 5, lambda m, x: (x[2] + 10 * x[0]) ** 2 + 5 * (x[1] - x[3]) ** 2
              + (x[0] - 2 * x[1]) ** 4 + 10 * (x[2] - x[3]) ** 4),
    Landscape("Qing", 5, -5, 5, lambda m, x: sum((v * v - i - 1) ** 2 for i, v in enumerate(x))),
    Landscape("Quintic, without bars", 4, -4, 4, lambda m, x: sum(v**5 - 3 * v**4 + 4 * v**3 + 2 * v * v - 10 * v - 4
              for v in x)),
    Landscape("Rastrigin", 5, -5, 5, lambda m, x: sum(v * v - 10 * m.cos(2 * m.pi * v) + 10 for v in x)),
    Landscape("Rosenbrock", 5, -3, 3, lambda m, x: sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(x))),
    Landscape("Salomon", 3, -20, 20, lambda m, x: 1 - m.cos(2 * m.pi * m.sqrt(sum(v * v for v in x)))
              + 0.1 * m.sqrt(sum(v * v for v in x))),
    Landscape("Schaffer 1", 2, -20, 20, lambda m, x: 0.5 + (m.sin(x[0] ** 2 + x[1] ** 2) ** 2 - 0.5)
              / (1 + 0.001 * (x[0] ** 2 + x[1] ** 2)) ** 2),
    Landscape("Schwefel 26, positive part", 3, 10, 400, lambda m, x: 418.9829 * len(x)
              - sum(v * m.sin(m.sqrt(v)) for v in x)),
    Landscape("Shubert 1", 2, -10, 10, lambda m, x: _product(sum((j + 1) * m.cos((j + 2) * v + j + 1) for j in range(5))
              for v in x)),
    Landscape("Styblinski-Tang", 4, -5, 5, lambda m, x: sum(v**4 - 16 * v * v + 5 * v for v in x) / 2),
    Landscape("Trid", 5, -20, 20, lambda m, x: sum((v - 1) ** 2 for v in x) - sum(a * b for a, b in pairwise(x))),
    Landscape("Vincent", 3, 0.3, 9, lambda m, x: -sum(m.sin(10 * m.log(v)) for v in x)),
    Landscape("Zakharov", 4, -5, 9, lambda m, x: sum(v * v for v in x)
              + sum(0.5 * (i + 1) * v for i, v in enumerate(x)) ** 2
              + sum(0.5 * (i + 1) * v for i, v in enumerate(x)) ** 4),
)
