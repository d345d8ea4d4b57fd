"""Least squares by going down the gradient of the loss, on standardised columns.

The loss is a plain NumPy function; its gradient is the library's own. How far a descent comes depends on the condition
number κ of the columns: gradient descent gains a digit in about κ² steps, Nesterov's in about κ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.descent.minimize import minimize

from .direct import Candidate, Solver
from .double_double import exact
from .refinement import Refined
from .rows import Rows
from .triangle import Triangle


@dataclass(frozen=True)
class Way:
    """A method of `minimize`, with how far it goes where nothing else is said."""

    method: str
    max_iter: int
    tol: float
    options: dict[str, Any]


DESCENTS = {
    "gradient-descent": Way("gradient-descent", 10_000, 1e-15, {}),
    "nesterov": Way("nesterov", 10_000, 1e-15, {}),
    "sgd": Way("sgd", 200, 1e-15, {"batch_size": 32}),
    "l-bfgs": Way("l-bfgs", 10_000, 1e-15, {}),
}


def descend(name: str, max_iter: int | None, tol: float | None, seed: int | None) -> Solver:
    """The solver of that name."""
    way = DESCENTS[name]

    def solve(rows: Rows, triangle: Triangle, best: Refined) -> Candidate:
        data = Standardised.of(rows)
        options = {**way.options, "maxiter": way.max_iter if max_iter is None else max_iter}
        if "batch_size" in options:
            options |= {"batch_size": min(options["batch_size"], len(data.Z)), "seed": 0 if seed is None else seed}
        found = [
            minimize(
                data.loss(), np.zeros(data.Z.shape[1]), (data.Z, data.y[:, k], data.weight), way.method,
                tol=way.tol if tol is None else tol, options=options, progress=False,
            )
            for k in range(rows.outputs)
        ]  # fmt: skip
        theta = np.stack([f.x for f in found], 1)
        steps = max(int(f.nit) for f in found)
        return Candidate(exact(data.as_solved(theta)), f"{name}, {steps} steps", steps)

    return solve


@dataclass(frozen=True)
class Standardised:
    """Columns and responses with mean 0 and spread 1, or with root mean square 1 where there is no intercept."""

    Z: np.ndarray  # (n, slopes)
    y: np.ndarray  # (n, k)
    weight: np.ndarray  # (n,), of mean 1
    shrink: np.ndarray  # (slopes,), the penalty on standardised slopes
    centre: np.ndarray
    spread: np.ndarray
    y_centre: np.ndarray
    y_spread: np.ndarray
    free: int

    @classmethod
    def of(cls, rows: Rows) -> Standardised:
        blocks = list(rows.blocks())
        D, y = np.vstack([b.design.high for b in blocks])[:, rows.free :], np.vstack([b.y for b in blocks])
        w = np.concatenate([np.ones(b.count) if b.weight is None else b.weight for b in blocks])
        total = np.sum(w)
        w = w / np.mean(w)
        centre, y_centre = np.zeros(D.shape[1]), np.zeros(y.shape[1])
        if rows.free:
            centre, y_centre = np.average(D, axis=0, weights=w), np.average(y, axis=0, weights=w)
        spread, y_spread = _spread(D - centre, w), _spread(y - y_centre, w)
        shrink = rows.penalty[rows.free :] / spread**2 / total
        return cls(
            (D - centre) / spread, (y - y_centre) / y_spread, w, shrink, centre, spread, y_centre, y_spread, rows.free
        )

    def loss(self) -> Callable[..., Any]:
        """The mean squared error, with the penalty if there is one."""
        if not self.shrink.any():
            return mean_squared_error
        shrink = self.shrink

        def penalised(theta: Any, Z: Any, y: Any, weight: Any) -> Any:
            return mean_squared_error(theta, Z, y, weight) + np.sum(shrink * theta**2)

        return penalised

    def as_solved(self, theta: np.ndarray) -> np.ndarray:
        """Coefficients of the columns of `Rows` from those of the standardised ones, (slopes, k)."""
        slopes = theta * self.y_spread / self.spread[:, None]
        return np.vstack([self.y_centre - self.centre @ slopes, slopes]) if self.free else slopes


def mean_squared_error(theta: Any, Z: Any, y: Any, weight: Any) -> Any:
    """The loss that is descended: theta (p,), Z (n, p), y and weight (n,)."""
    return np.mean(weight * (Z @ theta - y) ** 2)


def _spread(a: np.ndarray, weight: np.ndarray) -> np.ndarray:
    spread = np.sqrt(np.average(a**2, axis=0, weights=weight))
    return np.where(spread > 0, spread, 1.0)
