"""PyTorch as most people use it: eager tensors and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.derivatives import Transforms
from benchmarks.problem import Row, rebound

from .prepared import Prepared, refusing
from .torch_names import NAMES, tensors

VERSION = torch.__version__
Function = Callable[..., Any]


def _watched(args: tuple[torch.Tensor, ...], wrt: Any) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """The arguments, those to differentiate by as new leaves of the tape, and these alone."""
    places = wrt if isinstance(wrt, tuple) else (wrt,)
    all_ = [a.detach().requires_grad_() if k in places else a for k, a in enumerate(args)]
    return all_, [all_[k] for k in places]


def _value_and_grad(f: Function, wrt: Any) -> Function:
    def call(*args: torch.Tensor) -> Any:
        all_, watched = _watched(args, wrt)
        y = f(*all_)
        gradients = torch.autograd.grad(y, watched)
        return y.detach(), gradients if isinstance(wrt, tuple) else gradients[0]

    return call


def _of_some(derivative: Function) -> Callable[[Function, Any], Function]:
    """A transform of torch.autograd.functional, by some of the arguments."""

    def transform(f: Function, wrt: Any = 0) -> Function:
        places = wrt if isinstance(wrt, tuple) else (wrt,)

        def call(*args: torch.Tensor) -> Any:
            def of_these(*some: torch.Tensor) -> Any:
                given = dict(zip(places, some, strict=True))
                return f(*(given.get(k, a) for k, a in enumerate(args)))

            found = derivative(of_these, tuple(args[k] for k in places), vectorize=True)
            return found if isinstance(wrt, tuple) else _only(found)

        return call

    return transform


def _only(nested: Any) -> Any:
    while isinstance(nested, tuple):
        (nested,) = nested
    return nested


def _ones_direction(f: Function, wrt: int) -> Function:
    def call(*args: torch.Tensor) -> torch.Tensor:
        all_, (x,) = _watched(args, wrt)
        (gradient,) = torch.autograd.grad(f(*all_), x, create_graph=True)
        return torch.autograd.grad(gradient, x, torch.ones_like(x))[0]

    return call


_hessian = _of_some(torch.autograd.functional.hessian)
TRANSFORMS = Transforms(
    numpy=NAMES["np"],
    compiled=lambda f: f,
    value_and_grad=_value_and_grad,
    jacobian=_of_some(torch.autograd.functional.jacobian),
    hessian=_hessian,
    structured_hessian=_hessian,
    vmap=refusing("batches of Jacobians need torch.func"),
    ones_direction=_ones_direction,
)


def prepare(row: Row, inputs: tuple[Any, ...]) -> Prepared:
    problem = row.problem
    function = problem.derivative(TRANSFORMS, rebound(problem.function, NAMES), problem.wrt)
    return Prepared(function, tensors(inputs, row.dtype))
