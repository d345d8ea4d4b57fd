"""Which parts of an input made a model's answer what it is: gradient, gradient times input, integrated gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.api.control import vmap
from steepest.api.transforms import grad, value_and_grad
from steepest.errors import ArgumentError, NotScalarError, ShapeError

NODES = 16  # of the first quadrature, doubled until the sum is right
MOST_NODES = 512
COMPLETE = 1e-3  # of the difference of values: an error of the sum that is allowed


@dataclass(frozen=True)
class Saliency:
    """Maps shaped like the input: the gradient, gradient times input, and integrated gradients.

    The integrated gradients must add up to f(x) − f(baseline): `difference`. `error` says how far they are off.
    """

    gradient: np.ndarray
    gradient_times_input: np.ndarray
    integrated: np.ndarray
    baseline: np.ndarray
    difference: float
    error: float
    nodes: int

    @property
    def complete(self) -> bool:
        """Whether the parts add up to the whole, to one in a thousand."""
        return self.error <= COMPLETE * abs(self.difference) or self.error <= COMPLETE * float(
            np.abs(self.integrated).sum()
        )

    def __repr__(self) -> str:
        sums = "add up" if self.complete else "do NOT add up"
        return (
            f"Saliency of shape {self.gradient.shape}: integrated gradients {sums} to f(x) − f(baseline) ="
            f" {self.difference:.6g}, off by {self.error:.2g} with {self.nodes} nodes"
        )


def saliency(f: Callable[..., Any], x: Any, baseline: Any = None) -> Saliency:
    """How much each entry of `x` has to do with the number ``f(x)``, say the score of one class.

    The gradient tells what a small change would do; integrated gradients share out the whole difference between f(x)
    and f(baseline), 0 if none is given (Sundararajan, Taly & Yan, Axiomatic Attribution for Deep Networks, 2017). Their
    integral is by Gauss–Legendre nodes, doubled until the parts add up; where they never do, `complete` is False.

    >>> s = saliency(lambda x: x[0] * x[1], np.array([2.0, 3.0]))
    >>> s.gradient, s.integrated, s.complete
    (array([3., 2.]), array([3., 3.]), True)

    Raises:
        ShapeError: for a baseline of another shape.
        ArgumentError: for an input that is no array of finite numbers.
    """
    x = _array(x, "the input")
    start = np.zeros_like(x) if baseline is None else _array(baseline, "the baseline")
    if start.shape != x.shape:
        raise ShapeError(f"the baseline has shape {start.shape}, the input {x.shape}")
    value, gradient = value_and_grad(f)(x)
    at_start = np.asarray(f(start))
    if at_start.ndim:
        raise NotScalarError("saliency is of one number: choose an entry of the result")
    difference = float(value) - float(at_start)
    nodes, gradients = NODES, vmap(grad(f))
    while True:
        integrated = (x - start) * _mean_gradient(gradients, x, start, nodes)
        error = abs(float(integrated.sum()) - difference)
        found = Saliency(gradient, gradient * x, integrated, start, difference, error, nodes)
        if found.complete or nodes >= MOST_NODES:
            return found
        nodes *= 2


def _mean_gradient(gradients: Callable[..., Any], x: np.ndarray, start: np.ndarray, nodes: int) -> np.ndarray:
    """The mean of ∇f along the way from `start` to `x`; `gradients` takes `NODES` points at once."""
    t, weights = np.polynomial.legendre.leggauss(nodes)
    points = start + np.multiply.outer((t + 1) / 2, x - start)
    parts = [gradients(points[k : k + NODES]) for k in range(0, nodes, NODES)]
    return np.asarray(np.tensordot(weights / 2, np.concatenate(parts), axes=1))


def _array(x: Any, what: str) -> np.ndarray:
    try:
        found = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(f"{what} is an array of numbers, got {x!r}") from None
    if not np.isfinite(found).all():
        raise ArgumentError(f"{what} is not finite")
    return found
