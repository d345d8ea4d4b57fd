"""A loop said outright, in plain Python; libraries that have an operation of their own put it in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def scan(step: Callable[[Any, Any], tuple[Any, Any]], state: Any, xs: Any) -> tuple[Any, Any]:
    """``state, y = step(state, x)`` for each x; the last state and the stacked ys."""
    ys = []
    for k in range(len(xs)):
        state, y = step(state, xs[k])
        ys.append(y)
    return state, np.stack(ys)
