"""Bounds on single parameters: low ≤ x ≤ high."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.errors import ArgumentError, ShapeError

from .path import Floats


@dataclass(frozen=True, eq=False)
class Bounds:
    """The box ``low ≤ x ≤ high``, entry by entry; infinite where it is open."""

    low: Floats  # (n,)
    high: Floats  # (n,)

    def project(self, x: Floats) -> Floats:
        """The nearest point of the box."""
        return np.minimum(np.maximum(x, self.low), self.high)

    def free(self, x: Floats, gradient: Floats) -> Floats:
        """The gradient without what pushes against a bound."""
        held = ((x <= self.low) & (gradient > 0)) | ((x >= self.high) & (gradient < 0))
        return np.where(held, 0.0, gradient)

    def inside(self, x: Floats) -> np.ndarray:
        """Which coordinates no bound touches."""
        return np.asarray((x > self.low) & (x < self.high))

    def pairs(self) -> list[tuple[float, float]] | None:
        """As SciPy takes them."""
        return list(zip(self.low.tolist(), self.high.tolist(), strict=True))


class Open(Bounds):
    """No bounds: the same, in less time."""

    def project(self, x: Floats) -> Floats:
        return x

    def free(self, x: Floats, gradient: Floats) -> Floats:
        return gradient

    def pairs(self) -> list[tuple[float, float]] | None:
        return None


def open_bounds(n: int) -> Bounds:
    """No bounds on n parameters."""
    return Open(np.full(n, -np.inf), np.full(n, np.inf))


def bounds_of(given: Any, x0: Floats) -> Bounds | None:
    """Bounds from a list of ``(low, high)``, None for open, or from `scipy.optimize.Bounds`.

    Raises ShapeError if there are not as many as parameters, ArgumentError for a pair that is none, or is empty, and
    where the start lies outside.
    """
    if given is None:
        return None
    if hasattr(given, "lb") and hasattr(given, "ub"):
        low, high = (np.broadcast_to(np.asarray(side, dtype=np.float64), x0.shape) for side in (given.lb, given.ub))
    else:
        low, high = _from_pairs(given, x0.size)
    _require(~(np.isnan(low) | np.isnan(high)), low, high, "are not numbers")
    _require(low <= high, low, high, "leave nothing between them")
    outside = np.flatnonzero((x0 < low) | (x0 > high))
    if outside.size:
        k = int(outside[0])
        raise ArgumentError(
            f"the start is outside of the bounds: x0[{k}] = {x0[k]:.6g} is not in [{low[k]:.6g}, {high[k]:.6g}]"
            "\n    Start inside: np.clip(x0, low, high) is the nearest such point."
        )
    bounds = Bounds(np.array(low), np.array(high))
    return bounds if np.isfinite([bounds.low, bounds.high]).any() else None


def _from_pairs(given: Any, n: int) -> tuple[Floats, Floats]:
    try:
        pairs = [(-np.inf if a is None else float(a), np.inf if b is None else float(b)) for a, b in given]
    except (TypeError, ValueError) as error:
        raise ArgumentError("bounds are a list of (low, high), one pair for each parameter, None for open") from error
    if len(pairs) != n:
        raise ShapeError(f"{len(pairs)} pairs of bounds for {n} parameters")
    low, high = np.array(pairs, dtype=np.float64).T
    return low, high


def _require(right: np.ndarray, low: Floats, high: Floats, said: str) -> None:
    if not right.all():
        k = int(np.flatnonzero(~right)[0])
        raise ArgumentError(f"the bounds of parameter {k}, {low[k]:.6g} and {high[k]:.6g}, {said}")
