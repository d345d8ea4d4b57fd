"""The function to be minimised, as methods see it: of one vector, with exact derivatives, counted and remembered."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from steepest.api.transforms import hessian, hvp, jit, value_and_grad
from steepest.errors import NonFiniteError

from .parameters import Parameters
from .path import Floats

REMEMBERED = 4  # evaluations


@dataclass
class Counts:
    """How often what was computed."""

    values: int = 0
    gradients: int = 0
    curvatures: int = 0  # Hessians and products with them


@dataclass(eq=False)
class Objective:
    """`function` of a vector, its other arguments fixed.

    Where it is not finite the value is +inf and the gradient NaN: a trial step that leaves the domain is rejected like
    one that climbs. −inf stays.
    """

    function: Callable[..., Any]
    parameters: Parameters
    args: tuple[Any, ...] = ()
    compile: str = "auto"
    counts: Counts = field(default_factory=Counts)
    _last: dict[bytes, tuple[float, Floats]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._value = jit(self.function, compile=self.compile)
        self._both = value_and_grad(self.function, compile=self.compile)
        self._start: Floats | None = None
        self.precision = float(np.finfo(np.float64).eps)  # of the values, relative

    @property
    def size(self) -> int:
        return self.parameters.size

    @cached_property
    def _hessian(self) -> Callable[..., Any]:
        return hessian(self.function, compile=self.compile)

    @cached_property
    def _product(self) -> Callable[..., Any]:
        found = hvp(self.function, compile=self.compile)
        if self._start is not None:
            unpack = self.parameters.unpack
            found(unpack(self._start), *self.args, unpack(np.ones_like(self._start)))
        return found

    def on(self, args: tuple[Any, ...]) -> Objective:
        """The same function with other fixed arguments, counted together."""
        other = copy.copy(self)
        other.args, other._last = args, {}
        return other

    def start(self, x: Floats) -> None:
        """Raise what is wrong at x: a NaN or infinity, with the user's line, or a function that gives no number."""
        value, gradient = self._both(self.parameters.unpack(x), *self.args)
        slope = self.parameters.pack(gradient)
        if not np.isfinite(value) or not np.isfinite(slope).all():
            what = "value" if not np.isfinite(value) else "gradient"
            raise NonFiniteError(
                f"the {what} at the start is infinite: there is no way down from there"
                "\n    Start where the function and its gradient are finite."
            )
        self._start = x
        self.precision = float(np.finfo(value.dtype).eps)
        self.warm(x)
        self._keep(x, float(value), slope)

    def warm(self, x: Floats) -> None:
        """Call what is compiled: its first answer may differ from later ones in the last bit, and runs are to agree."""
        self._both(self.parameters.unpack(x), *self.args)
        self._value(self.parameters.unpack(x), *self.args)

    def value(self, x: Floats) -> float:
        """f(x), or infinity outside of its domain."""
        known = self._last.get(x.tobytes())
        if known is not None:
            return known[0]
        self.counts.values += 1
        try:
            return _or_infinite(float(self._value(self.parameters.unpack(x), *self.args)))
        except NonFiniteError:
            return np.inf

    def inline(self, x: Any) -> Any:
        """f of a vector that is traced."""
        return self._value(self.parameters.unpack(x), *self.args)

    def both(self, x: Floats) -> tuple[float, Floats]:
        """f(x) and its gradient, (n,)."""
        known = self._last.get(x.tobytes())
        if known is not None:
            return known
        self.counts.gradients += 1
        self.counts.values += 1
        try:
            value, gradient = self._both(self.parameters.unpack(x), *self.args)
        except NonFiniteError:  # a NaN in one of the two
            return self._keep(x, np.inf, np.full(x.shape, np.nan))
        slope = self.parameters.pack(gradient)
        if not np.isfinite(slope).all():
            value = value if value == -np.inf else np.inf
        return self._keep(x, _or_infinite(float(value)), slope)

    def _keep(self, x: Floats, value: float, gradient: Floats) -> tuple[float, Floats]:
        while len(self._last) >= REMEMBERED:
            del self._last[next(iter(self._last))]
        self._last[x.tobytes()] = value, gradient
        return value, gradient

    def product(self, x: Floats, v: Floats) -> Floats:
        """The Hessian at x times v. Raises NonFiniteError where it is not finite."""
        self.counts.curvatures += 1
        unpack = self.parameters.unpack
        return _finite(self.parameters.pack(self._product(unpack(x), *self.args, unpack(v))))

    def hessian(self, x: Floats) -> Floats:
        """The Hessian at x, (n, n). Raises NonFiniteError where it is not finite."""
        self.counts.curvatures += 1
        return _finite(self.parameters.pack_square(self._hessian(self.parameters.unpack(x), *self.args)))


def _or_infinite(value: float) -> float:
    return np.inf if np.isnan(value) else value


def _finite(second: Floats) -> Floats:
    if not np.isfinite(second).all():
        raise NonFiniteError("the second derivative of the function is infinite at a point on the way")
    return second
