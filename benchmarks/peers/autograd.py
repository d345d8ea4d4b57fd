"""HIPS autograd: the same source on autograd.numpy."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import autograd
import autograd.numpy as anp
import autograd.scipy.special

from benchmarks.derivatives import Transforms
from benchmarks.problem import Row, rebound

from .prepared import CannotDo, Prepared, refusing

VERSION = version("autograd")
NAMES = {"np": anp, "logsumexp": autograd.scipy.special.logsumexp}
Function = Callable[..., Any]


def _ones_direction(f: Function, wrt: int) -> Function:
    product = autograd.hessian_vector_product(f, wrt)

    def call(*args: Any) -> Any:
        return product(*args, anp.ones_like(args[wrt]))

    return call


def _hessian(f: Function, wrt: Any) -> Function:
    if isinstance(wrt, tuple):
        raise CannotDo("Hessians by one argument only")
    return autograd.hessian(f, wrt)


TRANSFORMS = Transforms(
    numpy=anp,
    compiled=lambda f: f,
    value_and_grad=autograd.value_and_grad,
    jacobian=lambda f, wrt=0: autograd.jacobian(f, wrt),
    hessian=_hessian,
    structured_hessian=_hessian,
    vmap=refusing("has no vmap"),
    ones_direction=_ones_direction,
)


def prepare(row: Row, inputs: tuple[Any, ...]) -> Prepared:
    problem = row.problem
    return Prepared(problem.derivative(TRANSFORMS, rebound(problem.function, NAMES), problem.wrt), inputs)
