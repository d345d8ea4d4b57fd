"""A function of n numbers as a scalar field over a box: its value, gradient and Hessian at points, exact."""

from __future__ import annotations

import enum
import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.api.nonfinite import NonFiniteWarning
from steepest.api.transformed import Transformed
from steepest.api.wanted import HESSIAN, HVP, VALUE_AND_GRAD
from steepest.errors import ArgumentError, NonFiniteError, SteepestError, located, place_of
from steepest.expr.node import Expr, Variable
from steepest.frontends.tracing.capture import Capture

Function = Callable[..., Any]


class Taking(enum.Enum):
    """What a function takes: one array, or a number for each variable."""

    ARRAY = "array"
    NUMBERS = "numbers"


class ScalarField:
    """`f` as a function of one vector. Where it has no finite value there is no gradient either: it is NaN."""

    def __init__(self, f: Function, size: int):
        self.taking = _taking(f, size)
        self.name = getattr(f, "__name__", None) or type(f).__name__
        self.function, self.size = f, size
        active = 0 if self.taking is Taking.ARRAY else tuple(range(size))
        self._first = Transformed(f, VALUE_AND_GRAD, active)
        self._second, self._product = Transformed(f, HESSIAN, active), Transformed(f, HVP, active)

    @functools.cached_property
    def of_vector(self) -> Function:
        """`f` as a function of one array. A partial call, so that a trace still reaches into `f`."""
        return self.function if self.taking is Taking.ARRAY else functools.partial(_spread, self.function)

    def _arguments(self, x: np.ndarray) -> tuple[Any, ...]:
        return (np.array(x),) if self.taking is Taking.ARRAY else tuple(float(v) for v in x)

    def value(self, x: np.ndarray) -> float:
        with np.errstate(all="ignore"):
            try:
                found = np.asarray(self.function(*self._arguments(x)))
            except (ArithmeticError, ValueError, np.linalg.LinAlgError):
                return float("nan")
        return float(found) if found.ndim == 0 and found.dtype.kind in "buif" else float("nan")

    def gradient(self, x: np.ndarray) -> np.ndarray:
        """``(n,)``."""
        found = self._or_none(self._first, x)
        if found is None or not np.isfinite(found[0]):
            return np.full(self.size, np.nan)
        return np.asarray(found[1], dtype=np.float64)

    def hessian(self, x: np.ndarray) -> np.ndarray:
        """``(n, n)``."""
        found = self._or_none(self._second, x)
        return np.full((self.size, self.size), np.nan) if found is None else np.asarray(found, dtype=np.float64)

    def hessian_times(self, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        """The product of the Hessian with a vector, ``(n,)``."""
        product = self._product.run(self._arguments(x), {}, list(self._arguments(v)))
        return np.asarray(product, dtype=np.float64)

    def captured(self, x: np.ndarray) -> tuple[Capture, list[Variable]] | None:
        """What `f` computes around `x`, and its variables; None if it is recorded anew at every call."""
        return self._first.captured(*self._arguments(x))

    def entries(self, variables: list[Variable], numbers: np.ndarray) -> dict[Expr, np.ndarray]:
        """The entries of the variables of a capture, given those of the vector."""
        if self.taking is Taking.ARRAY:
            return {variables[0]: numbers}
        return {v: np.reshape(numbers[k], ()) for k, v in enumerate(variables)}

    def _or_none(self, derivative: Transformed, x: np.ndarray) -> Any:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NonFiniteWarning)
                return derivative(*self._arguments(x))
        except NonFiniteError:
            return None
        except SteepestError:
            raise
        except (ArithmeticError, ValueError, np.linalg.LinAlgError):  # the function's own
            return None


def _spread(f: Function, x: Any) -> Any:
    return f(*x)


def _taking(f: Function, size: int) -> Taking:
    """What `f` takes.

    Raises:
        ArgumentError: if it is no function, or takes another number of arguments.
    """
    if not callable(f):
        raise ArgumentError(f"a function is needed, got {type(f).__name__}")
    count = _required(f)
    if count == 1 and size == 1:
        return Taking.NUMBERS if _takes_a_number(f) else Taking.ARRAY
    if count == 1:
        return Taking.ARRAY
    if count in (None, size):
        return Taking.NUMBERS
    name = getattr(f, "__name__", "the function")
    takes = f"{name} takes {count} arguments, and there {'is 1 variable' if size == 1 else f'are {size} variables'}"
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


def _takes_a_number(f: Function) -> bool:
    """Whether a function of one variable is written for a number, or else for an array of one."""
    try:
        with np.errstate(all="ignore"):
            return np.ndim(f(0.5)) == 0
    except (TypeError, IndexError, AttributeError):
        return False
    except Exception:  # it raises an error of its own at this number: then it got that far
        return True
