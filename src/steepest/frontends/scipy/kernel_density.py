"""scipy.stats.gaussian_kde: the mean of normal densities around the data, evaluated at traced places or of traced data.

p(x) = Σ_i w_i N(x; x_i, h² C), with C the weighted covariance of the data and h chosen by their number (Scott 1992).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.errors import UnknownFunctionError, located, user_line
from steepest.frontends.tracing.fixed import settled
from steepest.frontends.tracing.stand_ins import MakingType
from steepest.frontends.tracing.tracer import call, find_tracers, to_values
from steepest.frontends.tracing.translation import KINDS, OBJECTS, once_imported


class KernelDensity:
    """What stands for a `gaussian_kde`: the data by rows of coordinates, and the shape of the kernel."""

    def __init__(self, original: Any, dataset: Any):
        self.original = original
        self.dataset = np.atleast_2d(dataset)
        weights = original.weights
        centred = self.dataset - (self.dataset @ weights)[:, None]
        covariance = (weights * centred) @ centred.T / (1 - np.sum(weights**2))
        self.covariance = covariance * original.factor**2

    def logpdf(self, x: Any) -> Any:
        """At the columns of x; of data with one coordinate at its entries."""
        x = settled(x)
        if next(find_tracers((x, self.dataset)), None) is None:
            return self.original.logpdf(x)
        points = np.atleast_2d(call(np.asarray, (x,), {}))
        count = len(self.dataset)
        points = points.reshape(count, 1) if points.shape[0] == 1 and points.shape[1] == count > 1 else points
        apart = (points[:, :, None] - self.dataset[:, None, :]).reshape(count, -1)
        solved = np.linalg.solve(self.covariance, apart)
        exponents = -0.5 * np.sum(apart * solved, axis=0).reshape(points.shape[1], -1) + np.log(self.original.weights)
        largest = np.max(exponents, axis=1, keepdims=True)
        total = largest[:, 0] + np.log(np.sum(np.exp(exponents - largest), axis=1))
        return total - 0.5 * (np.linalg.slogdet(self.covariance)[1] + count * np.log(2 * np.pi))

    def evaluate(self, points: Any) -> Any:
        return np.exp(self.logpdf(points))

    __call__ = pdf = evaluate

    def __getattr__(self, name: str) -> Any:
        if next(find_tracers(self.dataset), None) is None:
            return getattr(self.original, name)
        raise UnknownFunctionError(
            located(f"{name} of a gaussian_kde of traced data cannot be recorded", user_line())
            + "\n    Evaluate its density and compute with that,"
            "\n    or compute it outside the function and pass the result as an argument."
        )


@once_imported("scipy.stats")
def enter(module: Any) -> None:
    kind = module.gaussian_kde
    KINDS[kind] = lambda item: KernelDensity(item, item.dataset)

    def make(dataset: Any, *args: Any, **kwargs: Any) -> KernelDensity:
        args, kwargs = settled((args, kwargs))
        data = call(np.asarray, (settled(dataset),), {})
        return KernelDensity(kind(np.asarray(to_values(data)), *args, **kwargs), data)

    OBJECTS[id(kind)] = MakingType("gaussian_kde", (), {"original": kind, "of_tracer": staticmethod(make)})
