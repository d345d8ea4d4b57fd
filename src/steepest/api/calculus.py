"""Derivatives by their school names: the n-th derivative, partial and directional derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.errors import ArgumentError, NotScalarError, ShapeError
from steepest.frontends.tracing.recording import nesting
from steepest.frontends.tracing.tracer import Tracer

from .arguments import resolve_argnums
from .control import vmap
from .transforms import grad, jvp

Function = Callable[..., Any]
HIGHEST = 20


def derivative(f: Function, n: int = 1) -> Function:
    """The n-th derivative of a function of one number; given an array, at each of its entries.

    >>> derivative(lambda x: x**3, 2)(np.array([1.0, 2.0]))
    array([ 6., 12.])
    """
    _check_order(n)
    nth = f
    for _ in range(n):
        nth = grad(nth)
    over_entries = vmap(nth)

    def at(x: Any) -> Any:
        entries = x if isinstance(x, (Tracer, np.ndarray)) else np.asarray(x)
        if entries.ndim == 0:
            return nth(x)
        if entries.dtype.kind not in "fc":
            entries = entries.astype(np.float64)
        return np.reshape(over_entries(np.reshape(entries, (-1,))), entries.shape)

    at.__name__ = f"{getattr(f, '__name__', 'f')}_{n}"
    return at


def _check_order(n: Any) -> None:
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or not 1 <= n <= HIGHEST:
        raise ArgumentError(f"the order of a derivative is a whole number from 1 to {HIGHEST}, got {n!r}")


def partial_derivative(f: Function, argument: int | str, n: int = 1) -> Function:
    """The n-th derivative of `f` by one of its arguments, the others held fixed.

    >>> partial_derivative(lambda x, y: x**2 * y, "x")(3.0, 2.0)
    12.0
    """
    _check_order(n)
    nth = f
    for _ in range(n):
        nth = grad(nth, argument)

    def at(*args: Any) -> Any:
        (k,) = resolve_argnums(argument, f, len(args))
        if np.ndim(args[k]) != 0:
            raise NotScalarError(f"argument {argument!r} is an array; use grad, jacobian or hessian")
        result = nth(*args)
        return result if nesting() else float(result)

    return at


def directional_derivative(f: Function, x: Any, v: Any, normalize: bool = False) -> Any:
    """How fast `f` changes at x along v; along v's direction at unit speed if `normalize`.

    >>> directional_derivative(lambda x: x @ x, np.array([1.0, 2.0]), np.array([0.0, 1.0]))
    np.float64(4.0)
    """
    if np.shape(x) != np.shape(v):
        raise ShapeError(f"the point has shape {np.shape(x)}, the direction {np.shape(v)}")
    if normalize:
        length = np.sqrt(np.sum(np.asarray(v) ** 2))
        if length == 0:
            raise ArgumentError("the zero vector has no direction")
        v = np.asarray(v) / length
    return jvp(f, (x,), (v,))[1]


def fisher_information(log_density: Function, parameters: Any, samples: Any) -> np.ndarray:
    """The mean of ∇ℓ ∇ℓᵀ over samples, ℓ(θ) = log_density(θ, sample): an estimate of Fisher's information.

    `parameters`: ``(p,)``; `samples`: ``(m, …)``; the result: ``(p, p)``.
    """
    if np.ndim(parameters) != 1:
        raise ShapeError(f"the parameters must be a vector, got shape {np.shape(parameters)}")
    scores = vmap(grad(log_density), in_axes=(None, 0))(parameters, samples)
    return scores.T @ scores / len(scores)
