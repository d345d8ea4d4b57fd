"""Filters of scipy.signal and scipy.ndimage with fixed settings: linear maps along one axis.

What a linear map does to the unit vectors is its matrix. It is found once, and applied to traced values.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.errors import CaptureError, located, user_line
from steepest.frontends.tracing.fixed import settled
from steepest.frontends.tracing.tracer import as_expr, call, find_tracers
from steepest.frontends.tracing.translation import once_imported, translates_with_values

LONGEST = 4096  # entries along the axis: the matrix has their square

# By module: the functions, and the argument that is filtered.
LINEAR: dict[str, dict[str, str]] = {
    "scipy.signal": {
        "lfilter": "x", "filtfilt": "x", "sosfilt": "x", "sosfiltfilt": "x", "savgol_filter": "x", "detrend": "data",
        "resample": "x", "resample_poly": "x", "decimate": "x", "upfirdn": "x",
    },
    "scipy.ndimage": {
        "gaussian_filter1d": "input", "uniform_filter1d": "input", "convolve1d": "input", "correlate1d": "input",
    },
    "scipy.fft": {"dst": "x", "idst": "x"},
}  # fmt: skip


def _filtering(function: Callable[..., Any], filtered: str) -> Callable[..., Any]:
    def rule(*args: Any, **kwargs: Any) -> Any:
        bound = inspect.signature(function).bind(*settled(args), **settled(kwargs))
        x = call(np.asarray, (bound.arguments.pop(filtered),), {})
        if next(find_tracers(dict(bound.arguments)), None) is not None:
            raise _refused(function, "with traced settings", "Give the filter by plain numbers")
        default = inspect.signature(function).parameters["axis"].default
        axis = int(bound.arguments.pop("axis", default))
        n = int(np.shape(x)[axis])
        if n > LONGEST:
            raise _refused(function, f"of {n} values", f"Filter at most {LONGEST} at a time")
        settings = dict(bound.arguments)
        if np.any(function(**{filtered: np.zeros((n, 1))}, axis=0, **settings)):
            raise _refused(function, "that is not linear", "Pad with zeros or by reflection")
        matrix = function(**{filtered: np.eye(n)}, axis=0, **settings)
        return as_expr(np.moveaxis(np.tensordot(matrix, x, (1, axis)), 0, axis))

    return rule


def _refused(function: Callable[..., Any], what: str, way: str) -> CaptureError:
    return CaptureError(
        located(f"{function.__module__.split('._')[0]}.{function.__name__} {what} cannot be recorded", user_line())
        + f"\n    {way}, or filter outside the function and pass the result as an argument."
    )


def _entering(names: dict[str, str]) -> Callable[[Any], None]:
    def enter(module: Any) -> None:
        for name, filtered in names.items():
            function = getattr(module, name)
            translates_with_values(function)(_filtering(function, filtered))

    return enter


for _module, _names in LINEAR.items():
    once_imported(_module)(_entering(_names))
