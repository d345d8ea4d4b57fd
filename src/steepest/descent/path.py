"""The way a descent went: the points, their values, how steep it was there, and how long the steps were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MOST_ENTRIES = 1 << 24  # of points that are kept; beyond, every second one goes


@dataclass(frozen=True)
class Visit:
    """One point of the path."""

    iteration: int
    x: Floats
    value: float
    slope: float  # the length of the gradient; inside bounds, of what of it they leave free
    step: float  # how far this point is from the one before


@dataclass(frozen=True, eq=False, repr=False)
class Path:
    """The points visited, in order: one at each iteration, fewer where they would not fit in memory.

    `x` is (k, *shape) for parameters that are one array of that shape, (k, n) for containers of arrays, put end to end.
    """

    iteration: NDArray[np.int64]  # (k,)
    x: Floats
    value: Floats  # (k,)
    slope: Floats  # (k,)
    step: Floats  # (k,)

    def __repr__(self) -> str:
        return f"Path({len(self)} points, f from {self.value[0]:.6g} to {self.value[-1]:.6g})"

    def __len__(self) -> int:
        return len(self.iteration)

    def __getitem__(self, k: int) -> Visit:
        return Visit(
            int(self.iteration[k]), self.x[k], float(self.value[k]), float(self.slope[k]), float(self.step[k])
        )  # fmt: skip

    def __iter__(self) -> Iterator[Visit]:
        return (self[k] for k in range(len(self)))


@dataclass
class Diary:
    """Visits as they are made. When they fill the memory meant for them, only every second one stays."""

    visits: list[Visit] = field(default_factory=list)
    every: int = 1

    def add(self, visit: Visit) -> None:
        if visit.iteration % self.every == 0:
            self.visits.append(visit)
            if visit.x.size * len(self.visits) > MOST_ENTRIES and len(self.visits) > 2:
                self.every *= 2
                self.visits = [v for v in self.visits if v.iteration % self.every == 0]

    def path(self, last: Visit, shape: tuple[int, ...]) -> Path:
        """What was kept, and in any case the last point."""
        kept = self.visits
        visits = kept if kept and kept[-1].iteration == last.iteration else [*kept, last]
        return Path(
            np.array([v.iteration for v in visits], dtype=np.int64),
            np.array([v.x.reshape(shape) for v in visits], dtype=np.float64),
            *(np.array([getattr(v, name) for v in visits]) for name in ("value", "slope", "step")),
        )
