"""One-sided derivatives, for kinks and for the edge of a domain.

``D±(h) = ±(φ(±h) - φ(0)) / h`` has an error in every power of h, from the first on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .along import Answer, from_the_left, from_the_right
from .line import Line
from .options import natural_length
from .result import NumericResult
from .sampled import Sampled


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
    length = natural_length(sampled.x, v)
    line = Line(sampled, np.asarray(v, np.float64) * length)
    before = sampled.evaluations
    left = _result(line, from_the_left(line, 1), length, before)
    before = sampled.evaluations
    return OneSided(left, _result(line, from_the_right(line, 1), length, before))


def _result(line: Line, answer: Answer, length: float, before: int) -> NumericResult:
    shape = line.sampled.shape
    return NumericResult(
        (answer.value / length).reshape(shape)[()],
        (answer.error / length).reshape(shape)[()],
        line.sampled.evaluations - before,
        answer.status,
        method=answer.method,
    )
