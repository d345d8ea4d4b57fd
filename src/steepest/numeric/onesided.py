"""One-sided derivatives, for kinks and for the edge of a domain.

``D±(h) = ±(φ(±h) - φ(0)) / h`` has an error in every power of h, from the first on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .ladder import settle
from .line import Line, Sampled
from .result import NumericResult, Status, worst
from .scheme import LEFT, RIGHT, Scheme


@dataclass(frozen=True)
class OneSided:
    """The derivatives of t ↦ f(x + t v) from the left and from the right of 0."""

    left: NumericResult
    right: NumericResult


def one_sided(f: Callable[[Any], Any], x: Any, v: Any) -> OneSided:
    """The left and right derivatives of f along v: two results of the shape of f(x).

    >>> sides = one_sided(abs, 0.0, 1.0)
    >>> round(float(sides.left.value), 6), round(float(sides.right.value), 6)
    (-1.0, 1.0)
    """
    sampled = Sampled(f, x)
    length = natural_length(sampled, v)
    line = Line(sampled, np.asarray(v, np.float64) * length)
    return OneSided(_side(line, length, LEFT), _side(line, length, RIGHT))


def natural_length(sampled: Sampled, v: Any) -> float:
    """The factor that makes `v` about as long as the coordinates of x that it changes: min_i scale(x_i) / |v_i|."""
    v = np.asarray(v, np.float64)
    if v.shape != sampled.x.shape:
        raise ValueError(f"the direction has shape {v.shape}, but x has shape {sampled.x.shape}")
    moved = v != 0
    if not np.any(moved):
        return 1.0
    size = np.abs(sampled.x.astype(np.float64))
    relative = np.abs(v[moved]) / np.where(size[moved] > 0, size[moved], np.nan)
    if np.any(np.isfinite(relative)):
        return float(1 / np.nanmax(relative))
    rest = size[size > 0]
    return float((np.median(rest) if rest.size else 1.0) / np.max(np.abs(v)))


def _side(line: Line, length: float, scheme: Scheme) -> NumericResult:
    before = line.sampled.evaluations
    limit = settle(line, scheme)
    shape = line.sampled.shape
    statuses = [Status.NOISY] if np.any(limit.noisy) else []
    statuses += [Status.DOMAIN] if np.any(np.isnan(limit.value)) else []
    return NumericResult(
        (limit.value / length).reshape(shape)[()],
        (limit.error / length).reshape(shape)[()],
        line.sampled.evaluations - before,
        worst(statuses),
    )
