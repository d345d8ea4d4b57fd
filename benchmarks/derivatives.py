"""The derivatives that rows ask for, in the words that libraries of the field share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Function = Callable[..., Any]
Transform = Callable[..., Function]


@dataclass(frozen=True)
class Transforms:
    """What one library offers. Each takes a function and the positions to differentiate by."""

    numpy: Any  # its namespace of array functions
    compiled: Transform
    value_and_grad: Transform
    jacobian: Transform
    hessian: Transform
    structured_hessian: Transform  # the dense one where the library knows no other
    vmap: Transform
    ones_direction: Transform  # the Hessian times ones: its diagonal where it is diagonal


Derivative = Callable[[Transforms, Function, int | tuple[int, ...]], Function]


def value_and_gradient(t: Transforms, f: Function, wrt: int | tuple[int, ...]) -> Function:
    return t.compiled(t.value_and_grad(f, wrt))


def value_and_jacobian(t: Transforms, f: Function, wrt: int | tuple[int, ...]) -> Function:
    jacobian = t.jacobian(f, wrt)

    def both(*args: Any) -> Any:
        return f(*args), jacobian(*args)

    return t.compiled(both)


def hessian(t: Transforms, f: Function, wrt: int | tuple[int, ...]) -> Function:
    return t.compiled(t.hessian(f, wrt))


def structured_hessian(t: Transforms, f: Function, wrt: int | tuple[int, ...]) -> Function:
    return t.structured_hessian(f, wrt)


def value_gradient_and_diagonal(t: Transforms, f: Function, wrt: int | tuple[int, ...]) -> Function:
    """For functions whose Hessian is diagonal in blocks that ones sum up."""
    first, second = t.value_and_grad(f, wrt), t.ones_direction(f, wrt)

    def all_three(*args: Any) -> Any:
        return first(*args), second(*args)

    return t.compiled(all_three)
