"""np.apply_along_axis and np.apply_over_axes: the function is recorded once for every slice, or axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.frontends.tracing.lifting import normalized_axis
from steepest.frontends.tracing.translation import translates_with_values


def apply_along_axis(func1d: Callable[..., Any], axis: Any, arr: Any, *args: Any, **kwargs: Any) -> Any:
    k = normalized_axis(axis, np.ndim(arr))
    rows = np.moveaxis(arr, k, -1)
    lead = rows.shape[:-1]
    results = [func1d(rows[place], *args, **kwargs) for place in np.ndindex(*map(int, lead))]
    stacked = np.stack(results)
    inner = np.shape(results[0])
    spread = np.reshape(stacked, (*lead, *inner))
    return np.moveaxis(spread, list(range(len(lead), len(lead) + len(inner))), list(range(k, k + len(inner))))


def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    """The function along one axis after the other, each kept with length 1 if the function drops it."""
    for axis in np.ravel(axes):
        k = normalized_axis(axis, np.ndim(a))
        reduced = func(a, k)
        a = reduced if np.ndim(reduced) == np.ndim(a) else np.expand_dims(reduced, k)
    return a


translates_with_values(np.apply_along_axis)(apply_along_axis)
translates_with_values(np.apply_over_axes)(apply_over_axes)
