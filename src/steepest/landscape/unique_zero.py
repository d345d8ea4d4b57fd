"""Boxes about points in which the gradient is proved to have exactly one zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .box import Box
from .enclosed import Enclosures, Piece, by_piece
from .krawczyk import judge

RADII = 2.0 ** np.arange(-33, 0)  # of the width, of boxes about a point
NEXT_TO = 2.0**-20  # of the width: farther than Newton's method ends from a zero where the Hessian is regular
MUCH = 0.8  # a box that shrinks below this part of its width is judged again
ROUNDS = 12  # of narrowing: the width is squared at each


@dataclass(frozen=True)
class UniqueZero:
    """A box in which the gradient is proved to have exactly one zero, where the Hessian is regular."""

    low: np.ndarray
    high: np.ndarray
    tight_low: np.ndarray  # the zero itself lies between these
    tight_high: np.ndarray

    def holds(self, x: np.ndarray) -> bool:
        return bool(np.all((x >= self.low) & (x <= self.high)))


def unique_zeros(enclosures: Enclosures, points: np.ndarray, box: Box) -> list[UniqueZero | None]:
    """For each of the points ``(P, n)`` the largest box about it, of some that double in size, that holds one zero."""
    count, n = points.shape
    radii = np.reshape(RADII, (-1, 1)) * box.width
    low, high = (np.reshape(points[:, None] + s * radii, (-1, n)) for s in (-1, 1))
    found: list[UniqueZero | None] = [None] * count
    for part in by_piece(enclosures, low, high):
        if part.piece is None:
            continue
        verdict = judge(part.piece, part.low, part.high)
        of_point, size = np.divmod(part.places, len(RADII))
        proved = [np.flatnonzero(verdict.one & (of_point == k)) for k in range(count)]
        with_one = [k for k in range(count) if proved[k].size]
        if not with_one:
            continue
        least, most = (
            np.array([p[np.argsort(size[p])[end]] for p in map(proved.__getitem__, with_one)]) for end in (0, -1)
        )
        tight_low, tight_high = _narrowed(part.piece, verdict.low[least], verdict.high[least])
        for k, m, a, b in zip(with_one, most, tight_low, tight_high, strict=True):
            found[k] = UniqueZero(part.low[m], part.high[m], a, b)
    return found


def without_zero(enclosures: Enclosures, points: np.ndarray, box: Box) -> np.ndarray:
    """For each of the points ``(P, n)`` whether it is proved that next to it the gradient is nowhere 0."""
    low, high = (points + s * NEXT_TO * box.width for s in (-1, 1))
    found = np.zeros(len(points), dtype=bool)
    for part in by_piece(enclosures, low, high):
        if part.piece is not None:
            found[part.places] = judge(part.piece, part.low, part.high).none
    return found


def _narrowed(piece: Piece, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Boxes that hold a zero each, narrowed to what rounding leaves."""
    for _ in range(ROUNDS):
        verdict = judge(piece, low, high)
        better = ~verdict.none & np.any(verdict.high - verdict.low < MUCH * (high - low), axis=1)
        if not better.any():
            break
        low, high = np.where(better[:, None], verdict.low, low), np.where(better[:, None], verdict.high, high)
    return low, high
