"""np.apply_along_axis: the function is recorded once for every slice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .lifting import normalized_axis
from .translation import translates_with_values


def apply_along_axis(func1d: Callable[..., Any], axis: Any, arr: Any, *args: Any, **kwargs: Any) -> Any:
    k = normalized_axis(axis, np.ndim(arr))
    rows = np.moveaxis(arr, k, -1)
    lead = rows.shape[:-1]
    results = [func1d(rows[place], *args, **kwargs) for place in np.ndindex(*map(int, lead))]
    stacked = np.stack(results)
    inner = np.shape(results[0])
    spread = np.reshape(stacked, (*lead, *inner))
    return np.moveaxis(spread, list(range(len(lead), len(lead) + len(inner))), list(range(k, k + len(inner))))


translates_with_values(np.apply_along_axis)(apply_along_axis)
