"""Differential equations beside findiff: the same grids, the same solvers in space and time, only the operators differ.

Each has a known solution. What is given at an end goes in as each library has it: through `boundary_operator` here,
through findiff's `PDE` and `BoundaryConditions` there; where a solution vanishes at the ends or comes round, findiff's
matrix with the rows and columns of the ends left out.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp
from scipy.sparse.linalg import expm_multiply, spsolve

from steepest.numeric import Grid, grids, operator

STEPS = (20, 40, 80)  # along an axis
ACCURACIES = (2, 4)
VISCOSITY, TIME = 0.2, 1.0  # of Burgers' equation
COOLING = 0.1  # how long heat is let flow

Way = Callable[[int, int], float]  # steps and accuracy to the largest error


def of_equations() -> list[dict[str, Any]]:
    """The largest errors at the grids of STEPS, ours and findiff's."""
    return [
        {"equation": name, "accuracy": accuracy, "largest": [[way(n, accuracy) for n in STEPS] for way in ways]}
        for name, ways in EQUATIONS.items()
        for accuracy in ACCURACIES
    ]


def _findiff() -> Any:
    return importlib.import_module("findiff")


# --- Poisson's equation in a square, values given: u = exp(x) sin(2y) + x y³ --------------------------------


def _membrane(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(x) * np.sin(2 * y) + x * y**3)


def _its_laplacian(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.asarray(-3 * np.exp(x) * np.sin(2 * y) + 6 * x * y)


def _poisson(steps: int, accuracy: int) -> float:
    side = grids.uniform_axis(0, 1, steps + 1, "dirichlet")
    grid = Grid(side, side)
    given = (
        grids.boundary_operator(grid, 2, accuracy, axis) @ _membrane(*grid.ends(axis)).ravel() for axis in range(2)
    )
    u = spsolve(grids.laplacian(grid, accuracy), _its_laplacian(*grid.mesh()).ravel() - sum(given))
    return float(np.abs(u - _membrane(*grid.mesh()).ravel()).max())


def _poisson_findiff(steps: int, accuracy: int) -> float:
    findiff, x = _findiff(), np.linspace(0, 1, steps + 1)
    X, Y = np.meshgrid(x, x, indexing="ij")
    ends = findiff.BoundaryConditions(X.shape)
    exact = _membrane(X, Y)
    for edge in ((0, slice(None)), (-1, slice(None)), (slice(None), 0), (slice(None), -1)):
        ends[edge] = exact
    laplacian = findiff.Diff(0, x[1], acc=accuracy) ** 2 + findiff.Diff(1, x[1], acc=accuracy) ** 2
    return float(np.abs(findiff.PDE(laplacian, _its_laplacian(X, Y), ends).solve() - exact).max())


# --- a rod in rest, its value given at one end, its slope at the other: u = exp(x) sin(3x) ------------------


def _rod(x: np.ndarray, order: int = 0) -> np.ndarray:
    return np.asarray(np.imag((1 + 3j) ** order * np.exp((1 + 3j) * x)))


def _rest(steps: int, accuracy: int) -> float:
    rod = grids.uniform_axis(0, 1, steps + 1, ("dirichlet", "neumann"))
    given = np.array([_rod(np.array(0.0)), _rod(np.array(1.0), 1)])
    right = _rod(rod.unknowns, 2) - grids.boundary_operator(rod, 2, accuracy) @ given
    return float(np.abs(spsolve(operator(rod, 2, accuracy).tocsc(), right) - _rod(rod.unknowns)).max())


def _rest_findiff(steps: int, accuracy: int) -> float:
    findiff, x = _findiff(), np.linspace(0, 1, steps + 1)
    ends, slope = findiff.BoundaryConditions(x.shape), findiff.Diff(0, x[1], acc=accuracy)
    ends[0] = float(_rod(x[0]))
    ends[-1] = slope, float(_rod(x[-1], 1))
    return float(np.abs(findiff.PDE(slope**2, _rod(x, 2), ends).solve() - _rod(x)).max())


# --- the heat equation between two cold ends, solved to rounding in time ------------------------------------


def _warmth(x: np.ndarray, t: float) -> np.ndarray:
    return np.asarray(sum(a * np.exp(-((k * np.pi) ** 2) * t) * np.sin(k * np.pi * x) for k, a in ((1, 1.0), (2, 0.5))))


def _heat(steps: int, accuracy: int) -> float:
    rod = grids.uniform_axis(0, 1, steps + 1, "dirichlet")
    return _cooled(operator(rod, 2, accuracy), rod.unknowns)


def _heat_findiff(steps: int, accuracy: int) -> float:
    x = np.linspace(0, 1, steps + 1)
    matrix = (_findiff().Diff(0, x[1], acc=accuracy) ** 2).matrix(x.shape)
    return _cooled(matrix[1:-1, 1:-1], x[1:-1])


def _cooled(matrix: Any, x: np.ndarray) -> float:
    return float(np.abs(expm_multiply(COOLING * matrix, _warmth(x, 0.0)) - _warmth(x, COOLING)).max())


# --- Burgers' equation on a circle: u = −2ν φ′/φ with φ = c + exp(−νt) cos x (Cole, Hopf) -------------------


def _shock(x: np.ndarray, t: float) -> np.ndarray:
    decay = np.exp(-VISCOSITY * t)
    return np.asarray(2 * VISCOSITY * decay * np.sin(x) / (1.3 + decay * np.cos(x)))


def _burgers(steps: int, accuracy: int) -> float:
    circle = grids.uniform_axis(0, 2 * np.pi, steps, "periodic")
    return _flown(*(operator(circle, order, accuracy) for order in (1, 2)), circle.nodes)


def _burgers_findiff(steps: int, accuracy: int) -> float:
    x = 2 * np.pi * np.arange(steps) / steps
    slope = _findiff().Diff(0, x[1], acc=accuracy, periodic=True)
    return _flown(slope.matrix(x.shape), (slope**2).matrix(x.shape), x)


def _flown(first: Any, second: Any, x: np.ndarray) -> float:
    def rate(t: float, u: np.ndarray) -> np.ndarray:
        return np.asarray(VISCOSITY * (second @ u) - u * (first @ u))

    run = solve_ivp(rate, (0, TIME), _shock(x, 0.0), method="DOP853", rtol=1e-11, atol=1e-13)
    return float(np.abs(run.y[:, -1] - _shock(x, TIME)).max())


EQUATIONS: dict[str, tuple[Way, Way]] = {
    "Poisson, 2-D, values given": (_poisson, _poisson_findiff),
    "rod in rest, a value and a slope given": (_rest, _rest_findiff),
    "heat between cold ends": (_heat, _heat_findiff),
    "Burgers on a circle": (_burgers, _burgers_findiff),
}
