"""Whether the results of all entrants are the same numbers, before anyone is timed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

TOLERANCE = {"float64": 1e-8, "float32": 2e-3}


def difference(results: Sequence[np.ndarray], reference: Sequence[np.ndarray]) -> float:
    """The largest difference, relative to the largest entry of the array it is in; infinite if shapes differ.

    Axes of length 1 do not count: some libraries know matrices only.
    """
    mine, others = [np.squeeze(x) for x in results], [np.squeeze(x) for x in reference]
    if [x.shape for x in mine] != [x.shape for x in others]:
        return float("inf")
    return max((_relative(a, b) for a, b in zip(mine, others, strict=True)), default=0.0)


def _relative(a: np.ndarray, b: np.ndarray) -> float:
    if not a.size:
        return 0.0
    if not (np.all(np.isfinite(a)) and np.all(np.isfinite(b))):
        return 0.0 if np.array_equal(a, b, equal_nan=True) else float("inf")
    scale = float(np.max(np.abs(b)))
    return float(np.max(np.abs(a - b))) / (scale or 1.0)
