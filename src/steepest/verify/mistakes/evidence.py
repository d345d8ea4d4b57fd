"""A hand-derived derivative beside the right one at several points: what every explanation must account for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
CLEAR = 30.0


@dataclass(frozen=True)
class Evidence:
    """`given` and `right` have an array for each point. `part` is how far two equal derivatives may differ, relative
    to the largest entry; `sizes` are the lengths of axes by name."""

    points: tuple[Mapping[str, Any], ...]
    given: tuple[Values, ...]
    right: tuple[Values, ...]
    part: float
    sizes: Mapping[str, int]
    variable: str

    @property
    def shape(self) -> tuple[int, ...]:
        return self.right[0].shape

    @property
    def data(self) -> int:
        """How many numbers there are to account for."""
        return sum(r.size for r in self.right)

    def scale(self, k: int) -> float:
        """The size of the derivatives at a point."""
        return max(_largest(self.right[k]), _largest(self.given[k])) or 1.0

    def explains(self, values: Iterable[Values]) -> bool:
        """Whether these values are what is given, at every point."""
        return all(self.agrees(k, v) for k, v in enumerate(values))

    def agrees(self, k: int, values: Values) -> bool:
        """Whether these values are what is given at point k."""
        return bool(np.all(np.abs(values - self.given[k]) <= self.part * self.scale(k)))  # NaN is not

    def factor(self, values: Sequence[Values]) -> float | None:
        """The constant c for which c times these values is what is given."""
        if not self._may_be_multiple(values[0]):
            return None
        (found,) = self.coefficients([values]) or (None,)
        return found

    def _may_be_multiple(self, values: Values) -> bool:
        """Whether c times these values is what is given at the first point."""
        square = float(np.sum(values * values))
        if not 0 < square < np.inf:
            return square == 0
        return self.agrees(0, float(np.sum(values * self.given[0])) / square * values)

    def coefficients(self, terms: Sequence[Sequence[Values]]) -> tuple[float, ...] | None:
        """The constants for which the sum of these terms is what is given; None if there are none, or many."""
        columns = np.stack([self._stacked(term) for term in terms], axis=1)
        if columns.shape[0] <= columns.shape[1] or not np.all(np.isfinite(columns)):
            return None
        length = np.linalg.norm(columns, axis=0)
        if np.any(length == 0):
            return None
        found, _, rank, _ = np.linalg.lstsq(columns / length, self._stacked(self.given), rcond=1e-8)
        if rank < columns.shape[1]:
            return None
        found = found / length
        fitted = [sum(c * t[k] for c, t in zip(found, terms, strict=True)) for k in range(len(self.given))]
        return tuple(float(c) for c in found) if self.explains(fitted) else None

    def differing(self) -> NDArray[np.bool_]:
        """The entries that are wrong at some point."""
        gaps = [~(np.abs(g - r) <= self.part * self.scale(k)) for k, (g, r) in enumerate(self.pairs())]  # NaN is wrong
        mask: NDArray[np.bool_] = np.any(gaps, axis=0)
        return mask

    def differs_at(self, place: tuple[int, ...]) -> list[bool]:
        """Whether an entry is wrong, for each point."""
        return [not abs(g[place] - r[place]) <= self.part * self.scale(k) for k, (g, r) in enumerate(self.pairs())]

    @property
    def is_clear(self) -> bool:
        """Whether the gap is so far above rounding that an explanation of it says something."""
        gaps = [np.max(np.abs(g - r), initial=0.0) / self.scale(k) for k, (g, r) in enumerate(self.pairs())]
        return not max(gaps) <= CLEAR * self.part  # NaN is clear

    def pairs(self) -> list[tuple[Values, Values]]:
        return list(zip(self.given, self.right, strict=True))

    def with_given(self, given: Sequence[Values]) -> Evidence:
        return replace(self, given=tuple(given))

    def _stacked(self, values: Sequence[Values]) -> Values:
        return np.concatenate([np.ravel(v) / self.scale(k) for k, v in enumerate(values)])


def _largest(values: Values) -> float:
    """The size of the largest entry that is a number."""
    return float(np.max(np.abs(values), initial=0.0, where=np.isfinite(values)))
