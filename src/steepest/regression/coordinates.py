"""Which coefficients are asked for: those of the columns as given, while others were solved for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .double_double import Pair
from .precision import spread_by_rounding
from .refinement import Refined
from .rows import Rows
from .triangle import Triangle


class Coordinates(Protocol):
    """The linear map from coefficients that were solved for to those that are told."""

    @property
    def matrix(self) -> np.ndarray:
        """(p, p), before the scale of the response."""
        ...

    def values(self, x: Pair) -> np.ndarray:
        """The coefficients told, (p, k), rounded once."""
        ...

    def lengths(self, triangle: Triangle) -> np.ndarray:
        """How long the columns are that the told coefficients belong to, (p,)."""
        ...

    def spread(self, triangle: Triangle, best: Refined) -> np.ndarray:
        """What the rounding of the data does to the told coefficients, (p, k)."""
        ...


@dataclass(frozen=True)
class Scaled:
    """Columns were divided by powers of two."""

    rows: Rows

    @property
    def matrix(self) -> np.ndarray:
        return np.diag(1 / self.rows.scale)

    def values(self, x: Pair) -> np.ndarray:
        return self.rows.as_given(x.high)

    def lengths(self, triangle: Triangle) -> np.ndarray:
        return triangle.norms * self.rows.scale

    def spread(self, triangle: Triangle, best: Refined) -> np.ndarray:
        return self.rows.as_given(spread_by_rounding(self.rows, triangle, best.x))
