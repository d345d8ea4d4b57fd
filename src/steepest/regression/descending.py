"""Least squares by going down the gradient of the loss, on standardised columns.

The loss is a plain NumPy function; its gradient is the library's own. How far a descent comes depends on the condition
number κ of the columns: gradient descent gains a digit in about κ² steps, Nesterov's in about κ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import numpy as np

from steepest.descent.minimize import minimize

from .direct import Candidate, Solver
from .double_double import exact
from .estimator import number_from, whole_number_from
from .refinement import Refined
from .rows import Rows
from .triangle import Triangle

TOLERANCE = 1e-10


class Step(Enum):
    """How long the steps are: what the curvature of the loss allows, of one row's loss, or what a search finds."""

    OF_LOSS = auto()
    OF_ROW = auto()
    SEARCHED = auto()


@dataclass(frozen=True)
class Way:
    """A method of `minimize`, with how far it goes where nothing else is said."""

    max_iter: int
    step: Step
    fractions: tuple[float, ...] = (1.0,)  # of the step, one run after the other: smaller ones even out the noise


DESCENTS = {
    "gradient-descent": Way(10_000, Step.OF_LOSS),
    "nesterov": Way(10_000, Step.OF_LOSS),
    "sgd": Way(200, Step.OF_ROW, (1.0, 1 / 4, 1 / 16, 1 / 64)),
    "l-bfgs": Way(10_000, Step.SEARCHED),
}


def descend(name: str, max_iter: int | None, tol: float | None, seed: int | None) -> Solver:
    """The solver of that name. Of mini-batches, `max_iter` counts the times through the data."""
    way = DESCENTS[name]
    limit = way.max_iter if max_iter is None else whole_number_from(1, "max_iter", max_iter)
    tolerance = TOLERANCE if tol is None else number_from(0.0, "tol", tol)

    def solve(rows: Rows, triangle: Triangle, best: Refined) -> Candidate:
        data = Standardised.of(rows)
        if not data.Z.shape[1]:
            return Candidate(exact(data.as_solved(np.zeros((0, rows.outputs)))), "the mean")
        options = data.options(way.step, seed)
        found, steps = [], 0
        for y in data.y.T:
            theta, done = np.zeros(data.Z.shape[1]), 0
            for fraction in way.fractions:
                shorter = {"step": options["step"] * fraction} if "step" in options else {}
                result = minimize(
                    data.loss(), theta, (data.Z, y, data.weight), name, tol=tolerance, progress=False,
                    options={**options, **shorter, "maxiter": max(limit // len(way.fractions), 1)},
                )  # fmt: skip
                theta, done = result.x, done + int(result.nit)
            found.append(theta)
            steps = max(steps, done)
        return Candidate(exact(data.as_solved(np.stack(found, 1))), f"{name}, {steps} steps", steps)

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

    def options(self, step: Step, seed: int | None) -> dict[str, Any]:
        """What `minimize` is told of the steps: ``1 / L`` with L the largest curvature."""
        if step is Step.SEARCHED:
            return {}
        if step is Step.OF_ROW:
            largest = 2 * float(np.max(self.weight * np.sum(self.Z**2, axis=1))) + 2 * float(np.sum(self.shrink))
            return {"step": 1 / largest, "batch_size": min(max(len(self.Z) // 8, 1), 32), "seed": seed or 0}
        hessian = 2 / len(self.Z) * self.Z.T @ (self.weight[:, None] * self.Z) + 2 * np.diag(self.shrink)
        return {"step": 1 / float(np.linalg.eigvalsh(hessian)[-1]), "search": "fixed"}

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
