"""Whole numbers at equal distances, as the range that they are."""

from __future__ import annotations

import numpy as np

from steepest.engines.python.rendering import Text

FEWEST = 4  # numbers that are written as a range


def counted(value: np.ndarray) -> Text | None:
    """The text of an array of such numbers; None for others."""
    if value.ndim != 1 or value.dtype.kind != "i" or value.size < FEWEST:
        return None
    first, step = int(value[0]), int(value[1] - value[0])
    if not step or np.any(np.diff(value) != step):
        return None
    ends = [*([str(first)] if first or step != 1 else []), str(first + step * value.size)]
    return Text(f"np.arange({', '.join([*ends, *([str(step)] if step != 1 else [])])})")
