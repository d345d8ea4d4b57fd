"""Functions with known critical points, from the literature on optimisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Landscape(NamedTuple):
    """A function, its box, and how many minima, saddles and maxima it has there."""

    f: Callable[..., Any]
    bounds: list[tuple[float, float]]
    counts: tuple[int, int, int]


def himmelblau(x: Any) -> Any:
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


def six_hump_camel(x: Any, y: Any) -> Any:
    return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2


def beale(x: Any, y: Any) -> Any:
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def styblinski_tang(x: Any) -> Any:
    return np.sum(x**4 - 16 * x**2 + 5 * x) / 2


def mueller_brown(x: Any, y: Any) -> Any:
    height = np.array([-200, -100, -170, 15.0])
    a, b, c = np.array([-1, -1, -6.5, 0.7]), np.array([0, 0, 11, 0.6]), np.array([-10, -10, -6.5, 0.7])
    u, v = x - np.array([1, 0, -0.5, -1.0]), y - np.array([0, 0.5, 1.5, 1])
    return np.sum(height * np.exp(a * u**2 + b * u * v + c * v**2))


def goldstein_price(x: Any, y: Any) -> Any:
    one = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    two = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    return (1 + (x + y + 1) ** 2 * one) * (30 + (2 * x - 3 * y) ** 2 * two)


def rosenbrock(x: Any) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def egg_box(x: Any, y: Any) -> Any:
    return np.sin(3 * x) * np.cos(3 * y)


def rastrigin(x: Any) -> Any:
    return np.sum(x**2 - 10 * np.cos(2 * np.pi * x))


def quartic(x: Any) -> Any:
    return x**4 - x**2


LANDSCAPES = {
    "Himmelblau": Landscape(himmelblau, [(-6, 6)] * 2, (4, 4, 1)),
    "six-hump camel": Landscape(six_hump_camel, [(-3, 3), (-2, 2)], (6, 7, 2)),
    "Beale": Landscape(beale, [(-4.5, 4.5)] * 2, (1, 2, 0)),
    "Styblinski–Tang": Landscape(styblinski_tang, [(-5, 5)] * 2, (4, 4, 1)),
    "Styblinski–Tang in 3": Landscape(styblinski_tang, [(-5, 5)] * 3, (8, 18, 1)),
    "Müller–Brown": Landscape(mueller_brown, [(-1.5, 1.2), (-0.2, 2)], (3, 2, 0)),
    "Goldstein–Price": Landscape(goldstein_price, [(-2, 2)] * 2, (4, 4, 1)),
    "Rosenbrock": Landscape(rosenbrock, [(-2, 2)] * 2, (1, 0, 0)),
    "egg box": Landscape(egg_box, [(-2, 2)] * 2, (6, 12, 6)),
    "Rastrigin": Landscape(rastrigin, [(-1.3, 1.3)] * 2, (9, 12, 4)),
    "a quartic": Landscape(quartic, [(-2, 2)], (2, 0, 1)),
}
