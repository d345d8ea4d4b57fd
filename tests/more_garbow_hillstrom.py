"""The test problems of Moré, Garbow and Hillstrom, "Testing unconstrained optimization software", ACM TOMS 7 (1981).

Each is a function of residuals, a standard start, and the values of ``Σ r²`` at its minima, as printed there to six
digits (local ones too, where the paper lists them). Those of variable dimension come in one or several sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Residuals = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Problem:
    name: str
    residuals: Residuals
    start: np.ndarray
    minima: tuple[float, ...]

    def __call__(self, x: np.ndarray) -> float:
        return np.sum(self.residuals(x) ** 2)

    def is_solved(self, value: float) -> bool:
        """Whether a value is that of a minimum, to the digits that are printed; 0 to 1e-10."""
        return any(abs(value - v) <= max(1e-10 if v == 0 else 0, 2e-5 * v) for v in self.minima)


def _counted(m: int) -> np.ndarray:
    return np.arange(1.0, m + 1)


def rosenbrock(x):
    return np.array([10 * (x[1] - x[0] ** 2), 1 - x[0]])


def freudenstein_roth(x):
    return np.array([-13 + x[0] + ((5 - x[1]) * x[1] - 2) * x[1], -29 + x[0] + ((x[1] + 1) * x[1] - 14) * x[1]])


def powell_badly_scaled(x):
    return np.array([1e4 * x[0] * x[1] - 1, np.exp(-x[0]) + np.exp(-x[1]) - 1.0001])


def brown_badly_scaled(x):
    return np.array([x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2])


def beale(x):
    return np.array([1.5, 2.25, 2.625]) - x[0] * (1 - x[1] ** np.array([1, 2, 3]))


def jennrich_sampson(x):
    i = _counted(10)
    return 2 + 2 * i - (np.exp(i * x[0]) + np.exp(i * x[1]))


def helical_valley(x):
    theta = np.arctan(x[1] / x[0]) / (2 * np.pi) + np.where(x[0] < 0, 0.5, 0.0)
    return np.array([10 * (x[2] - 10 * theta), 10 * (np.sqrt(x[0] ** 2 + x[1] ** 2) - 1), x[2]])


BARD = np.array([0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39])


def bard(x):
    u = _counted(15)
    v = 16 - u
    return BARD - (x[0] + u / (v * x[1] + np.minimum(u, v) * x[2]))


HALF_BELL = [0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521]
BELL = np.array([*HALF_BELL, 0.3989, *HALF_BELL[::-1]])


def gaussian(x):
    t = (8 - _counted(15)) / 2
    return x[0] * np.exp(-x[1] * (t - x[2]) ** 2 / 2) - BELL


MEYER = np.array([
    34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030, 6005, 5147, 4427, 3820, 3307, 2872
])  # fmt: skip


def meyer(x):
    return x[0] * np.exp(x[1] / (45 + 5 * _counted(16) + x[2])) - MEYER


def gulf(x):
    t = _counted(99) / 100
    y = 25 + (-50 * np.log(t)) ** (2 / 3)
    return np.exp(-(np.abs(y - x[1]) ** x[2]) / x[0]) - t


def box(x):
    t = 0.1 * _counted(10)
    return np.exp(-t * x[0]) - np.exp(-t * x[1]) - x[2] * (np.exp(-t) - np.exp(-10 * t))


def powell_singular(x):
    a, b, c, d = x[0::4], x[1::4], x[2::4], x[3::4]
    return np.concatenate([a + 10 * b, np.sqrt(5) * (c - d), (b - 2 * c) ** 2, np.sqrt(10) * (a - d) ** 2])


def wood(x):
    return np.array([
        10 * (x[1] - x[0] ** 2), 1 - x[0], np.sqrt(90) * (x[3] - x[2] ** 2), 1 - x[2],
        np.sqrt(10) * (x[1] + x[3] - 2), (x[1] - x[3]) / np.sqrt(10),
    ])  # fmt: skip


KOWALIK_Y = np.array([0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246])
KOWALIK_U = np.array([4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625])


def kowalik_osborne(x):
    u = KOWALIK_U
    return KOWALIK_Y - x[0] * (u**2 + u * x[1]) / (u**2 + u * x[2] + x[3])


def brown_dennis(x):
    t = _counted(20) / 5
    return (x[0] + t * x[1] - np.exp(t)) ** 2 + (x[2] + x[3] * np.sin(t) - np.cos(t)) ** 2


OSBORNE_1 = np.array([
    0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818, 0.784, 0.751, 0.718, 0.685, 0.658, 0.628, 0.603,
    0.580, 0.558, 0.538, 0.522, 0.506, 0.490, 0.478, 0.467, 0.457, 0.448, 0.438, 0.431, 0.424, 0.420, 0.414, 0.411,
    0.406,
])  # fmt: skip


def osborne_1(x):
    t = 10 * np.arange(33.0)
    return OSBORNE_1 - (x[0] + x[1] * np.exp(-t * x[3]) + x[2] * np.exp(-t * x[4]))


def biggs(x):
    t = 0.1 * _counted(13)
    y = np.exp(-t) - 5 * np.exp(-10 * t) + 3 * np.exp(-4 * t)
    return x[2] * np.exp(-t * x[0]) - x[3] * np.exp(-t * x[1]) + x[5] * np.exp(-t * x[4]) - y


OSBORNE_2 = np.array([
    1.366, 1.191, 1.112, 1.013, 0.991, 0.885, 0.831, 0.847, 0.786, 0.725, 0.746, 0.679, 0.608, 0.655, 0.616, 0.606,
    0.602, 0.626, 0.651, 0.724, 0.649, 0.649, 0.694, 0.644, 0.624, 0.661, 0.612, 0.558, 0.533, 0.495, 0.500, 0.423,
    0.395, 0.375, 0.372, 0.391, 0.396, 0.405, 0.428, 0.429, 0.523, 0.562, 0.607, 0.653, 0.672, 0.708, 0.633, 0.668,
    0.645, 0.632, 0.591, 0.559, 0.597, 0.625, 0.739, 0.710, 0.729, 0.720, 0.636, 0.581, 0.428, 0.292, 0.162, 0.098,
    0.054,
])  # fmt: skip


def osborne_2(x):
    t = np.arange(65) / 10
    bells = [x[k] * np.exp(-((t - x[k + 7]) ** 2) * x[k + 4]) for k in (1, 2, 3)]
    return OSBORNE_2 - (x[0] * np.exp(-t * x[4]) + bells[0] + bells[1] + bells[2])


def watson(x):
    n = len(x)
    powers = (_counted(29) / 29)[:, None] ** np.arange(n)
    j = np.arange(1, n)
    first = powers[:, :-1] @ (j * x[1:]) - (powers @ x) ** 2 - 1
    return np.concatenate([first, np.array([x[0], x[1] - x[0] ** 2 - 1])])


def extended_rosenbrock(x):
    return np.concatenate([10 * (x[1::2] - x[0::2] ** 2), 1 - x[0::2]])


def penalty_1(x):
    return np.concatenate([np.sqrt(1e-5) * (x - 1), np.array([np.sum(x**2) - 0.25])])


def penalty_2(x):
    n = len(x)
    i = np.arange(2.0, n + 1)
    e = np.exp(x / 10)
    first = e[1:] + e[:-1] - (np.exp(i / 10) + np.exp((i - 1) / 10))
    small = np.sqrt(1e-5) * np.concatenate([first, e[1:] - np.exp(-0.1)])
    last = np.sum((n - np.arange(n)) * x**2) - 1
    return np.concatenate([np.array([x[0] - 0.2]), small, np.array([last])])


def variably_dimensioned(x):
    total = np.sum(_counted(len(x)) * (x - 1))
    return np.concatenate([x - 1, np.array([total, total**2])])


def trigonometric(x):
    n = len(x)
    return n - np.sum(np.cos(x)) + _counted(n) * (1 - np.cos(x)) - np.sin(x)


def brown_almost_linear(x):
    return np.concatenate([x[:-1] + np.sum(x) - (len(x) + 1), np.array([np.prod(x) - 1])])


def discrete_boundary_value(x):
    n = len(x)
    h = 1 / (n + 1)
    wide = np.concatenate([np.zeros(1), x, np.zeros(1)])
    return 2 * x - wide[:-2] - wide[2:] + h**2 * (x + _counted(n) * h + 1) ** 3 / 2


def discrete_integral(x):
    n = len(x)
    h = 1 / (n + 1)
    t = _counted(n) * h
    cubes = (x + t + 1) ** 3
    below, above = np.tril(np.ones((n, n))), np.triu(np.ones((n, n)), 1)
    return x + h * ((1 - t) * (below @ (t * cubes)) + t * (above @ ((1 - t) * cubes))) / 2


def broyden_tridiagonal(x):
    wide = np.concatenate([np.zeros(1), x, np.zeros(1)])
    return (3 - 2 * x) * x - wide[:-2] - 2 * wide[2:] + 1


def broyden_banded(x):
    n = len(x)
    i, j = np.indices((n, n))
    band = ((j >= i - 5) & (j <= i + 1) & (j != i)).astype(float)
    return x * (2 + 5 * x**2) + 1 - band @ (x * (1 + x))


M = 20  # residuals of the linear functions


def linear_full_rank(x):
    total = 2 / M * np.sum(x)
    return np.concatenate([x - total - 1, np.full(M - len(x), -1.0) - total])


def linear_rank_1(x):
    return _counted(M) * np.sum(_counted(len(x)) * x) - 1


def linear_rank_1_with_zeros(x):
    inner = np.sum(np.arange(2.0, len(x)) * x[1:-1])
    weights = np.concatenate([np.arange(M - 1.0), np.zeros(1)])
    return weights * inner - 1


def chebyquad(x):
    n = len(x)
    y = 2 * x - 1
    before, now = np.ones(n), y
    means = []
    for i in range(1, n + 1):
        means.append(np.mean(now) - (0.0 if i % 2 else -1 / (i**2 - 1)))
        before, now = now, 2 * y * now - before
    return np.array(means)


def _ramp(n: int) -> np.ndarray:
    t = _counted(n) / (n + 1)
    return t * (t - 1)


def _p(residuals: Residuals, start: Sequence[float] | np.ndarray, *minima: float) -> Problem:
    x0 = np.array(start, dtype=float)
    return Problem(f"{residuals.__name__}-{len(x0)}", residuals, x0, minima)


PROBLEMS = (
    _p(rosenbrock, [-1.2, 1], 0.0),
    _p(freudenstein_roth, [0.5, -2], 0.0, 48.9842),
    _p(powell_badly_scaled, [0, 1], 0.0),
    _p(brown_badly_scaled, [1, 1], 0.0),
    _p(beale, [1, 1], 0.0),
    _p(jennrich_sampson, [0.3, 0.4], 124.362),
    _p(helical_valley, [-1, 0, 0], 0.0),
    _p(bard, [1, 1, 1], 8.21487e-3),
    _p(gaussian, [0.4, 1, 0], 1.12793e-8),
    _p(meyer, [0.02, 4000, 250], 87.9458),
    _p(gulf, [5, 2.5, 0.15], 0.0),
    _p(box, [0, 10, 20], 0.0),
    _p(powell_singular, [3, -1, 0, 1], 0.0),
    _p(wood, [-3, -1, -3, -1], 0.0),
    _p(kowalik_osborne, [0.25, 0.39, 0.415, 0.39], 3.07505e-4),
    _p(brown_dennis, [25, 5, -5, -1], 85822.2),
    _p(osborne_1, [0.5, 1.5, -1, 0.01, 0.02], 5.46489e-5),
    _p(biggs, [1, 2, 1, 1, 1, 1], 0.0, 5.65565e-3),
    _p(osborne_2, [1.3, 0.65, 0.65, 0.7, 0.6, 3, 5, 7, 2, 4.5, 5.5], 4.01377e-2),
    _p(watson, np.zeros(6), 2.28767e-3),
    _p(watson, np.zeros(9), 1.39976e-6),
    _p(watson, np.zeros(12), 4.72238e-10),
    _p(extended_rosenbrock, [-1.2, 1] * 10, 0.0),
    Problem("extended_powell_singular-12", powell_singular, np.array([3.0, -1, 0, 1] * 3), (0.0,)),
    _p(penalty_1, _counted(4), 2.24997e-5),
    _p(penalty_1, _counted(10), 7.08765e-5),
    _p(penalty_2, np.full(4, 0.5), 9.37629e-6),
    _p(penalty_2, np.full(10, 0.5), 2.93660e-4),
    _p(variably_dimensioned, 1 - _counted(10) / 10, 0.0),
    _p(trigonometric, np.full(10, 0.1), 0.0, 2.79506e-5),
    _p(brown_almost_linear, np.full(10, 0.5), 0.0, 1.0),
    _p(discrete_boundary_value, _ramp(10), 0.0),
    _p(discrete_integral, _ramp(10), 0.0),
    _p(broyden_tridiagonal, np.full(10, -1.0), 0.0),
    _p(broyden_banded, np.full(10, -1.0), 0.0),
    _p(linear_full_rank, np.ones(10), float(M - 10)),
    _p(linear_rank_1, np.ones(10), M * (M - 1) / (2 * (2 * M + 1))),
    _p(linear_rank_1_with_zeros, np.ones(10), (M**2 + 3 * M - 6) / (2 * (2 * M - 3))),
    _p(chebyquad, _counted(8) / 9, 3.51687e-3),
    _p(chebyquad, _counted(10) / 11, 4.77271e-3, 6.50395e-3),
)
