"""The natural gradient: the steepest direction where distance is measured by the Fisher information.

Amari, Natural Gradient Works Efficiently in Learning, Neural Computation 10 (1998): F d = ∇L. Unlike the gradient it
does not depend on how the parameters were chosen, to first order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.api.calculus import fisher_information
from steepest.errors import ArgumentError, ShapeError

RCOND = 1e-12


@dataclass(frozen=True)
class NaturalGradient:
    """`direction` solves (F + λI) d = gradient, ``(p,)``; beside it the gradient and F, ``(p, p)``.

    `degrees` is the angle between both; `condition` that of F + λI. `rank` below p says that the samples do not
    determine F: then the shortest solution is taken.
    """

    direction: np.ndarray
    gradient: np.ndarray
    fisher: np.ndarray
    degrees: float
    condition: float
    rank: int

    def __repr__(self) -> str:
        rank = "" if self.rank == len(self.gradient) else f", F of rank {self.rank} of {len(self.gradient)}"
        return f"NaturalGradient at {self.degrees:.3g}° to the gradient, κ(F) = {self.condition:.3g}{rank}"


def natural_gradient(
    log_density: Callable[..., Any], parameters: Any, samples: Any, gradient: Any, damping: float = 0.0
) -> NaturalGradient:
    """The natural gradient of a loss with this `gradient` at `parameters` ``(p,)``.

    The Fisher information is the mean of ∇ℓ ∇ℓᵀ over `samples`, as in `fisher_information`; drawn from the model they
    estimate F itself, from data the empirical Fisher information. `damping` λ is added to its diagonal.

    >>> def log_density(theta, x):  # a normal law with mean theta[0] and logarithm of the deviation theta[1]
    ...     return -0.5 * ((x - theta[0]) / np.exp(theta[1])) ** 2 - theta[1]
    >>> theta, rng = np.array([1.0, 2.0]), np.random.default_rng(0)
    >>> samples = theta[0] + np.exp(theta[1]) * rng.standard_normal(100_000)
    >>> n = natural_gradient(log_density, theta, samples, np.array([1.0, 1.0]))
    >>> np.round(n.direction / [np.exp(4.0), 0.5], 1)  # F = diag(1/σ², 2)
    array([1., 1.])

    Raises:
        ShapeError: where gradient and parameters are no vectors of one length.
        ArgumentError: for a negative damping, or what is not finite.
    """
    theta = np.asarray(parameters, dtype=np.float64)
    g = np.asarray(gradient, dtype=np.float64)
    if theta.ndim != 1 or g.shape != theta.shape:
        raise ShapeError(f"parameters and gradient are vectors of one length, got shapes {theta.shape} and {g.shape}")
    if not (np.isfinite(damping) and damping >= 0):
        raise ArgumentError(f"the damping is a number from 0 on, got {damping!r}")
    if not (np.isfinite(g).all() and np.isfinite(theta).all()):
        raise ArgumentError("the parameters and the gradient must be finite")
    fisher = fisher_information(log_density, theta, samples)
    metric = fisher + damping * np.eye(theta.size)
    direction, _, rank, sizes = np.linalg.lstsq(metric, g, rcond=RCOND)
    lengths = float(np.linalg.norm(direction) * np.linalg.norm(g))
    cosine = float(direction @ g) / lengths if lengths else 1.0
    condition = float(sizes[0] / sizes[-1]) if sizes[-1] > 0 else float("inf")
    return NaturalGradient(
        direction, g, fisher, float(np.degrees(np.arccos(np.clip(cosine, -1, 1)))), condition, int(rank)
    )  # fmt: skip
