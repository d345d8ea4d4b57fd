"""A function of two numbers, its values on a grid of the plane and its gradient at points of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from steepest.api.transforms import grad
from steepest.errors import ArgumentError, NonFiniteError

from .naming import names_of, title_of

Values = NDArray[np.float64]
Bounds = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Plane:
    """`f` of one array of shape (2,), or of two numbers where it has two arguments that must be given."""

    f: Callable[..., Any]

    @cached_property
    def names(self) -> tuple[str, str]:
        """What the axes are called."""
        names = names_of(self.f)
        return (names[0], names[1]) if len(names) == 2 else ("x₁", "x₂")

    @cached_property
    def title(self) -> str:
        return title_of(self.f, ("", "") if self._apart else ("2",))

    @cached_property
    def _apart(self) -> bool:
        """Whether the two numbers are two arguments."""
        return len(names_of(self.f)) == 2

    def value(self, x: float, y: float) -> float:
        """NaN where `f` is not finite or refuses the point.

        Raises ArgumentError if the value is no single number.
        """
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                found = np.asarray(self.f(x, y) if self._apart else self.f(np.array([x, y])))
        except ArithmeticError:
            return np.nan
        if found.size != 1 or np.iscomplexobj(found):
            raise ArgumentError(f"a picture needs a real number at each point, f gives an array of shape {found.shape}")
        value = float(found.reshape(()))
        return value if np.isfinite(value) else np.nan

    def values(self, x: Values, y: Values) -> Values:
        """The values at all pairs, of shape (len(y), len(x)), as Matplotlib has them.

        Raises ArgumentError if `f` is finite at none of them.
        """
        found = np.array([[self.value(a, b) for a in x.tolist()] for b in y.tolist()])
        if np.isnan(found).all():
            raise ArgumentError(
                f"f is finite nowhere in [{x[0]:g}, {x[-1]:g}] × [{y[0]:g}, {y[-1]:g}]: choose other bounds"
            )
        return found

    @cached_property
    def _gradient(self) -> Callable[..., Any]:
        return grad(self.f, (0, 1)) if self._apart else grad(self.f)

    def gradient(self, x: float, y: float) -> Values:
        """(2,); NaN where `f` or its gradient is not finite."""
        if np.isnan(self.value(x, y)):
            return np.full(2, np.nan)
        try:
            with np.errstate(all="ignore"):
                at = (x, y) if self._apart else (np.array([x, y]),)
                return np.asarray(self._gradient(*at), dtype=np.float64)
        except NonFiniteError:
            return np.full(2, np.nan)


def box(bounds: Sequence[ArrayLike], dimensions: int = 2) -> tuple[tuple[float, float], ...]:
    """The bounds as pairs of numbers.

    Raises ArgumentError unless there is one (low, high) a variable, with low < high.
    """
    pairs = np.asarray(bounds, dtype=np.float64)
    if pairs.shape != (dimensions, 2):
        raise ArgumentError(f"bounds are a pair (low, high) for each of {dimensions} variables, got {bounds!r}")
    if not np.isfinite(pairs).all() or not (pairs[:, 0] < pairs[:, 1]).all():
        raise ArgumentError(f"bounds are finite, the low one below the high one, got {bounds!r}")
    return tuple((float(low), float(high)) for low, high in pairs)
