"""NumPy's order statistics without NaN: where the NaN stand is guarded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.frontends.tracing.tracer import call
from steepest.frontends.tracing.translation import translates_with_values


def without_nan(statistic: Callable[..., Any]) -> Callable[..., Any]:
    """The statistic of the entries that are numbers, row by row."""

    def rule(a: Any, *parameters: Any, axis: Any = None, keepdims: Any = False, **settings: Any) -> Any:
        def of_row(row: Any) -> Any:
            return statistic(row[~np.isnan(row)], *parameters, **settings)

        a = call(np.asarray, (a,), {})
        if axis is None:
            result = of_row(np.ravel(a))
            return np.reshape(result, (*np.shape(result), *(1,) * np.ndim(a))) if keepdims is True else result
        several = axis if isinstance(axis, tuple) else (axis,)
        places = [int(k) % np.ndim(a) for k in several]
        rest = [k for k in range(np.ndim(a)) if k not in places]
        rows = np.transpose(a, [*rest, *places]).reshape(*(int(np.shape(a)[k]) for k in rest), -1)
        result = np.moveaxis(np.apply_along_axis(of_row, -1, rows), -1, 0) if _is_several(parameters) else (
            np.apply_along_axis(of_row, -1, rows)
        )  # fmt: skip
        lead = np.ndim(result) - len(rest)
        return np.expand_dims(result, tuple(lead + k for k in places)) if keepdims is True else result

    return rule


def _is_several(parameters: tuple[Any, ...]) -> bool:
    return bool(parameters) and np.ndim(parameters[0]) > 0


def nan_median(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    return without_nan(np.median)(a, axis=axis, keepdims=keepdims)


def quantile(statistic: Callable[..., Any]) -> Callable[..., Any]:
    def rule(a: Any, q: Any, axis: Any = None, **settings: Any) -> Any:
        return without_nan(statistic)(a, q, axis=axis, **settings)

    return rule


def position(place: Callable[..., Any], least: float) -> Callable[..., Any]:
    def rule(a: Any, axis: Any = None, **settings: Any) -> Any:
        return place(np.where(np.isnan(a), least, a), axis, **settings)

    return rule


translates_with_values(np.nanmedian)(nan_median)
translates_with_values(np.nanquantile)(quantile(np.quantile))
translates_with_values(np.nanpercentile)(quantile(np.percentile))
translates_with_values(np.nanargmax)(position(np.argmax, -np.inf))
translates_with_values(np.nanargmin)(position(np.argmin, np.inf))
translates_with_values(np.isposinf)(lambda x: np.equal(x, np.inf))
translates_with_values(np.isneginf)(lambda x: np.equal(x, -np.inf))
