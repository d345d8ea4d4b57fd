"""Functions that return a vector of residuals r(x), to be minimised as ½ ‖r‖²."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steepest.api.transforms import jacobian, jit
from steepest.errors import ArgumentError, NonFiniteError

from .objective import Counts
from .parameters import Parameters
from .path import Floats


def half_square(residuals: Callable[..., Any]) -> Callable[..., Any]:
    """x ↦ ½ ‖r(x)‖²."""
    captured = jit(residuals)

    def half_sum_of_squares(x: Any, *args: Any) -> Any:
        r = captured(x, *args)
        return 0.5 * np.sum(r * r)

    return half_sum_of_squares


@dataclass(eq=False)
class Residuals:
    """r of a vector, (m,), and its Jacobian, (m, n); infinite outside of the domain."""

    function: Callable[..., Any]
    parameters: Parameters
    args: tuple[Any, ...]
    counts: Counts
    compile: str = "auto"
    count: int = field(default=0, init=False)  # m

    def __post_init__(self) -> None:
        self._value = jit(self.function, compile=self.compile)
        self._jacobian = jacobian(self.function, compile=self.compile)

    def start(self, x: Floats) -> None:
        """Raise what is wrong at x: a NaN or infinity, or a function that gives no vector."""
        found = np.asarray(self._value(self.parameters.unpack(x), *self.args))
        if found.ndim == 0:
            raise ArgumentError(
                'the method "gauss-newton" needs a function that returns residuals, an array, not one number'
                "\n    Return them, or take another method."
            )
        if not np.isfinite(found).all():
            raise NonFiniteError("a residual at the start is infinite\n    Start where all of them are finite.")
        self.count = found.size

    def value(self, x: Floats) -> Floats:
        """r(x)."""
        self.counts.values += 1
        try:
            return np.asarray(self._value(self.parameters.unpack(x), *self.args), dtype=np.float64).reshape(-1)
        except NonFiniteError:
            return np.full(self.count, np.inf)

    def jacobian(self, x: Floats) -> Floats:
        """∂r/∂x."""
        self.counts.gradients += 1
        return self.parameters.pack_columns(self._jacobian(self.parameters.unpack(x), *self.args), self.count)
