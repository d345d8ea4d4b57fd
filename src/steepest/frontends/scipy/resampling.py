"""scipy.ndimage's splines through images: zoomed, shifted, turned by fixed numbers. All are linear in the image.

What goes along one axis after another is a matrix for each; else the matrix of the whole image is found, unit by unit.
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

LARGEST = 1 << 22  # entries of a matrix

# What moves each axis for itself: by which setting, and its value for an axis that stays.
AXIS_BY_AXIS: dict[str, tuple[str, float]] = {"zoom": ("zoom", 1.0), "shift": ("shift", 0.0)}
AS_A_WHOLE = ("rotate", "affine_transform", "spline_filter")


def _axis_by_axis(function: Callable[..., Any], moved: str, still: float) -> Callable[[Any, dict[str, Any]], Any]:
    def rule(image: Any, settings: dict[str, Any]) -> Any:
        rank = np.ndim(image)
        if settings.get("cval", 0.0) != 0:
            raise _refused(function, "with cval=", "Leave cval away")
        by = np.broadcast_to(np.asarray(settings[moved], dtype=float), (rank,))
        for axis, amount in enumerate(by):
            n = int(np.shape(image)[axis])
            _require_room(function, n * max(1, round(n * float(amount))))
            matrix = function(np.eye(n), **(settings | {moved: (amount, still)}))
            image = np.moveaxis(np.tensordot(matrix, image, (1, axis)), 0, axis)
        return image

    return rule


def _as_a_whole(function: Callable[..., Any]) -> Callable[[Any, dict[str, Any]], Any]:
    def rule(image: Any, settings: dict[str, Any]) -> Any:
        shape = np.shape(image)
        empty = np.asarray(function(np.zeros(shape), **settings))
        n = int(np.prod(shape))
        _require_room(function, n * empty.size)
        units = np.eye(n).reshape(n, *shape)
        matrix = np.stack([np.ravel(function(unit, **settings) - empty) for unit in units], axis=-1)
        return np.reshape(matrix @ np.reshape(image, (-1,)), empty.shape) + empty

    return rule


def _require_room(function: Callable[..., Any], entries: int) -> None:
    if entries > LARGEST:
        raise _refused(function, "of so large an image", "Take parts of it")


def _refused(function: Callable[..., Any], what: str, way: str) -> CaptureError:
    return CaptureError(
        located(f"scipy.ndimage.{function.__name__} {what} cannot be recorded", user_line())
        + f"\n    {way}, or resample outside the function and pass the result as an argument."
    )


def _translated(function: Callable[..., Any], rule: Callable[[Any, dict[str, Any]], Any]) -> Callable[..., Any]:
    def translation(*args: Any, **kwargs: Any) -> Any:
        bound = inspect.signature(function).bind(*settled(args), **settled(kwargs))
        image = call(np.asarray, (bound.arguments.pop("input"),), {})
        settings = dict(bound.arguments)
        if next(find_tracers(settings), None) is not None:
            raise _refused(function, "with traced settings", "Give them as plain numbers")
        if "output" in settings:
            raise _refused(function, "with output=", "Leave output away")
        return as_expr(rule(image, settings))

    return translation


@once_imported("scipy.ndimage")
def _enter(module: Any) -> None:
    for name, (moved, still) in AXIS_BY_AXIS.items():
        function = getattr(module, name)
        translates_with_values(function)(_translated(function, _axis_by_axis(function, moved, still)))
    for name in AS_A_WHOLE:
        function = getattr(module, name)
        translates_with_values(function)(_translated(function, _as_a_whole(function)))
