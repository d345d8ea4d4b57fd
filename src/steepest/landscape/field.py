"""A function of n numbers as a scalar field over a box: its value, gradient and Hessian at points, exact."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.api.transforms import grad, hessian
from steepest.errors import ArgumentError, NonFiniteError, ShapeError, located, place_of

Function = Callable[..., Any]


class ScalarField:
    """`f` as a function of one vector. Where it has no finite value, gradient or Hessian these are NaN."""

    def __init__(self, f: Function, size: int):
        self.of_vector = of_vector(f, size)
        self.name = getattr(f, "__name__", None) or type(f).__name__
        self.size = size
        self._gradient, self._hessian = grad(self.of_vector), hessian(self.of_vector)

    def value(self, x: np.ndarray) -> float:
        with np.errstate(all="ignore"):
            try:
                found = np.asarray(self.of_vector(np.array(x)))
            except (ArithmeticError, ValueError, np.linalg.LinAlgError):
                return float("nan")
        return float(found) if found.ndim == 0 and found.dtype.kind in "buif" else float("nan")

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return self._finite_or_nan(self._gradient, x, (self.size,))

    def hessian(self, x: np.ndarray) -> np.ndarray:
        return self._finite_or_nan(self._hessian, x, (self.size, self.size))

    def _finite_or_nan(self, derivative: Function, x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        try:
            found = np.asarray(derivative(np.array(x)), dtype=np.float64)
        except (NonFiniteError, ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
            if isinstance(error, ShapeError):
                raise
            return np.full(shape, np.nan)
        return found


def of_vector(f: Function, size: int) -> Function:
    """`f` as a function of one array of `size` numbers: as it is, or as a function of so many numbers.

    Raises:
        ArgumentError: if it is no function, or takes another number of arguments.
    """
    if not callable(f):
        raise ArgumentError(f"a function is needed, got {type(f).__name__}")
    count = _required(f)
    if count == 1 and size > 1:
        return f
    if count in (None, size):
        return _of_one_number(f) if size == 1 else _spread(f)
    name = getattr(f, "__name__", "the function")
    takes = f"{name} takes {count} arguments, and the bounds are of {size} variable{'s' * (size != 1)}"
    raise ArgumentError(located(takes, place_of(f)) + f"\n    Write it as f(x) of one array, or of {size} numbers.")


def _required(f: Function) -> int | None:
    """How many arguments must be given; None for ``*args``."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return 1
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    return sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty for p in parameters)


def _spread(f: Function) -> Function:
    def at(x: Any) -> Any:
        return f(*x)

    at.__name__ = getattr(f, "__name__", "f")
    return at


def _of_one_number(f: Function) -> Function:
    """Of one variable: written for a number, or else for an array of one."""
    try:
        with np.errstate(all="ignore"):
            written_for_number = np.ndim(f(0.5)) == 0
    except (TypeError, IndexError, AttributeError):
        written_for_number = False
    except Exception:  # it raises an error of its own at this number: then it got that far
        written_for_number = True
    if not written_for_number:
        return f

    def at(x: Any) -> Any:
        return f(x[0])

    at.__name__ = getattr(f, "__name__", "f")
    return at
