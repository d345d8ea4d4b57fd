"""PyTorch's function transforms: torch.func."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.derivatives import Transforms
from benchmarks.problem import Row, rebound

from .prepared import Prepared
from .torch_names import NAMES, tensors

VERSION = torch.__version__
Function = Callable[..., Any]


def _value_and_grad(f: Function, wrt: Any) -> Function:
    transformed = torch.func.grad_and_value(f, wrt)

    def call(*args: torch.Tensor) -> Any:
        gradient, value = transformed(*args)
        return value, gradient

    return call


def _jacobian(f: Function, wrt: int = 0) -> Function:
    """Forward or reverse, whichever has fewer columns or rows to run through."""
    forward, reverse = torch.func.jacfwd(f, wrt), torch.func.jacrev(f, wrt)
    cheaper: list[Function] = []

    def call(*args: torch.Tensor) -> Any:
        if not cheaper:
            cheaper.append(forward if args[wrt].numel() <= f(*args).numel() else reverse)
        return cheaper[0](*args)

    return call


def _ones_direction(f: Function, wrt: int) -> Function:
    gradient = torch.func.grad(f, wrt)

    def call(*args: torch.Tensor) -> torch.Tensor:
        def at(x: torch.Tensor) -> Any:
            return gradient(*args[:wrt], x, *args[wrt + 1 :])

        return torch.func.jvp(at, (args[wrt],), (torch.ones_like(args[wrt]),))[1]

    return call


TRANSFORMS = Transforms(
    numpy=NAMES["np"],
    compiled=lambda f: f,
    value_and_grad=_value_and_grad,
    jacobian=_jacobian,
    hessian=torch.func.hessian,
    structured_hessian=torch.func.hessian,
    vmap=torch.func.vmap,
    ones_direction=_ones_direction,
)


def prepare(row: Row, inputs: tuple[Any, ...]) -> Prepared:
    problem = row.problem
    function = problem.derivative(TRANSFORMS, rebound(problem.function, NAMES), problem.wrt)
    return Prepared(function, tensors(inputs, row.dtype))
