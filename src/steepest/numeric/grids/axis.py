"""One axis of a grid: its nodes, and what is known at its ends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from steepest.numeric.whole import whole

ROUNDING = 4.0  # units in the last place of the largest node by which equally spaced nodes may miss their places


class End(Enum):
    """What is known of a field at one end of an axis."""

    FREE = "free"  # nothing: one-sided differences
    DIRICHLET = "dirichlet"  # its value: the node is no unknown
    NEUMANN = "neumann"  # its slope along the axis


@dataclass(frozen=True, eq=False)
class Axis:
    """Rising nodes of shape (n,); with a `period` the first comes again after it, and there are no ends."""

    nodes: NDArray[np.float64]
    low: End = End.FREE
    high: End = End.FREE
    period: float | None = None

    @property
    def inner(self) -> slice:
        """The nodes at which the field is unknown: all but those whose value is given."""
        return slice(int(self.low is End.DIRICHLET), len(self.nodes) - int(self.high is End.DIRICHLET))

    @property
    def unknowns(self) -> NDArray[np.float64]:
        """The nodes at which the field is unknown."""
        return self.nodes[self.inner]

    @property
    def given(self) -> tuple[int, ...]:
        """The numbers of the nodes at whose ends something is given, the low one first."""
        ends = (() if self.low is End.FREE else (0,)), (() if self.high is End.FREE else (len(self.nodes) - 1,))
        return (*ends[0], *ends[1])

    @cached_property
    def spacing(self) -> float | None:
        """The distance of neighbours where all are equally far apart but for rounding, else None."""
        x = self.nodes if self.period is None else np.append(self.nodes, self.nodes[0] + self.period)
        h = float(x[-1] - x[0]) / (len(x) - 1)
        off = np.abs(x - (x[0] + h * np.arange(len(x))))
        return h if float(off.max()) <= ROUNDING * np.spacing(np.abs(x).max()) else None


def axis(nodes: ArrayLike, ends: str | tuple[str, str] = "free", *, period: float | None = None) -> Axis:
    """An axis with these nodes; `ends` is "free", "dirichlet", "neumann", a pair of them, or "periodic".

    A periodic axis has a `period`, after which its first node comes again; that node is not repeated.

    Raises ValueError for nodes that do not rise or are not finite, and for ends that are none of these.

    >>> axis([0, 0.5, 2], ("dirichlet", "neumann")).unknowns
    array([0.5, 2. ])
    """
    try:
        x = np.array(nodes, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"the nodes of an axis are real numbers, got {nodes!r}") from None
    if x.ndim != 1 or len(x) < 2 or not np.isfinite(x).all():
        raise ValueError(f"an axis has two finite nodes or more in one dimension, got an array of shape {x.shape}")
    low, high, periodic = _ends(ends)
    _require_rising(x)
    if not periodic:
        if period is not None:
            raise ValueError(f'a period belongs to ends="periodic", got ends={ends!r}')
        return Axis(x, low, high)
    if period is None:
        raise ValueError("a periodic axis needs its period=, after which the first node comes again")
    if not (np.isfinite(period) and period > x[-1] - x[0]):
        raise ValueError(
            f"the period {period:g} does not go beyond the nodes, which span {x[-1] - x[0]:g}: "
            "leave out the node at the end, which is the first one again"
        )
    return Axis(x, period=float(period))


def uniform_axis(low: float, high: float, count: int, ends: str | tuple[str, str] = "free") -> Axis:
    """`count` nodes equally far apart from `low` to `high`; on a periodic axis `high` is `low` again and no node.

    >>> uniform_axis(0, 1, 4, "periodic").nodes
    array([0.  , 0.25, 0.5 , 0.75])
    """
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(f"an interval is needed, got {low} to {high}")
    count = whole(count, "the count of the nodes of an axis", 2)
    periodic = ends == "periodic"
    nodes = np.linspace(low, high, count, endpoint=not periodic)
    return axis(nodes, ends, period=high - low if periodic else None)


def _ends(ends: str | tuple[str, str]) -> tuple[End, End, bool]:
    if ends == "periodic":
        return End.FREE, End.FREE, True
    pair = tuple(ends) if isinstance(ends, tuple | list) else (ends, ends)
    names = [end.value for end in End]
    if len(pair) != 2 or any(name not in names for name in pair):
        raise ValueError(f'ends are one of {", ".join(map(repr, names))}, a pair of these, or "periodic", got {ends!r}')
    return End(pair[0]), End(pair[1]), False


def _require_rising(x: NDArray[np.float64]) -> None:
    steps = np.diff(x)
    if (steps == 0).any():
        raise ValueError(f"the node {x[int(np.argmin(steps != 0))]:g} is given twice")
    if (steps < 0).any():
        k = int(np.argmax(steps < 0))
        raise ValueError(f"nodes rise along an axis, but {x[k + 1]:g} comes after {x[k]:g}: sort them")
