"""Krawczyk's operator: whether a box has no zero of the gradient, just one, or a smaller box that holds them all.

For a box X with centre c, ``K(X) = c − Y∇f(c) + (I − Y∇²f(X))(X − c)``, with Y near the inverse of the Hessian. Every
zero in X lies in K(X); if K(X) lies inside X there is exactly one, and every symmetric matrix in ∇²f(X) is regular
(Krawczyk 1969; Neumaier, Interval Methods for Systems of Equations, theorem 5.1.8).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steepest.analysis.intervals.enclosure import Enclosure, between, exactly

from .enclosed import Piece


@dataclass(frozen=True)
class Verdict:
    """Of N boxes: those without a zero, those with exactly one, and where zeros can be: ``(N, n)`` each."""

    none: np.ndarray
    one: np.ndarray
    low: np.ndarray
    high: np.ndarray
    smooth: np.ndarray  # whether the function is twice differentiable all over the box


def judge(piece: Piece, low: np.ndarray, high: np.ndarray) -> Verdict:
    """What is known of these boxes, on all of which the function goes the way of `piece`."""
    first = piece.gradient(low, high)
    none = np.asarray(first.excludes_zero.any(axis=-1))
    one, smooth = np.zeros(len(low), dtype=bool), np.asarray(first.sure.all(axis=-1))
    low, high = low.copy(), high.copy()
    left = np.flatnonzero(~none)
    if left.size:
        found = _by_mean_value(piece, low[left], high[left], smooth[left])
        none[left], one[left], low[left], high[left], smooth[left] = found
    return Verdict(none, one, low, high, smooth)


def _by_mean_value(
    piece: Piece, low: np.ndarray, high: np.ndarray, continuous: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    second = piece.hessian(low, high)
    centre = low / 2 + high / 2
    at_centre = piece.gradient(centre, centre)
    finite = np.isfinite(second.low).all(axis=(-1, -2)) & np.isfinite(second.high).all(axis=(-1, -2))
    smooth = continuous & second.sure.all(axis=(-1, -2)) & finite
    with np.errstate(all="ignore"):
        away = between(low, high) - exactly(centre)
        near = at_centre + _times_vector(second, away)
        none = smooth & near.excludes_zero.any(axis=-1)
        inverse = _inverses(np.where(smooth[:, None, None], second.midpoint, 0.0))
        y = exactly(inverse)
        rest = exactly(np.eye(low.shape[1])) - _times_matrix(y, second)
        k = exactly(centre) - _times_vector(y, at_centre) + _times_vector(rest, away)
        usable = smooth & np.isfinite(k.low).all(axis=-1) & np.isfinite(k.high).all(axis=-1)
        none |= usable & ((k.low > high) | (k.high < low)).any(axis=-1)
        one = usable & ~none & ((k.low > low) & (k.high < high)).all(axis=-1)
    cut = (usable & ~none)[:, None]
    return none, one, np.where(cut, np.maximum(low, k.low), low), np.where(cut, np.minimum(high, k.high), high), smooth


def _times_vector(a: Enclosure, x: Enclosure) -> Enclosure:
    """(N, n, n) times (N, n)."""
    return (a * x[:, None, :]).total(-1)


def _times_matrix(a: Enclosure, b: Enclosure) -> Enclosure:
    """(N, n, n) times (N, n, n)."""
    return (a[:, :, :, None] * b[:, None]).total(-2)


def _inverses(matrices: np.ndarray) -> np.ndarray:
    """Of each matrix; NaN where it has none."""
    try:
        return np.asarray(np.linalg.inv(matrices))
    except np.linalg.LinAlgError:
        found = np.full_like(matrices, np.nan)
        for k, m in enumerate(matrices):
            if np.linalg.matrix_rank(m) == len(m):
                found[k] = np.linalg.inv(m)
        return found
