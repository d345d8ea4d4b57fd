"""Values of φ at complex points, where f takes them."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .line import Bundle, Line

_ONE_AT_A_TIME = threading.Lock()  # warning filters belong to the process


def at_complex(line: Line, points: Sequence[complex]) -> NDArray[np.complex128] | None:
    """φ at complex t, a row for each; None where f cannot take them, drops their imaginary part or answers in reals."""
    sampled = line.sampled
    if sampled.x.dtype != np.float64 or isinstance(line, Bundle):
        return None
    rows = []
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        for t in points:
            point = sampled.x + t * line.v
            if sampled.bounds is not None and not sampled.bounds.include(np.real(point)):
                return None
            value = sampled.complex_at(point)
            if value is None:
                return None
            rows.append(value)
    return np.array(rows)
