"""Interpolation on rectangular grids (scipy.interpolate: RegularGridInterpolator, interpn), linear along each axis.

The value is Σ over the corners of a cell: the product of the shares of the place along the axes, times the value there.
"""

from __future__ import annotations

import inspect
import itertools
import math
from typing import Any

import numpy as np

from steepest.errors import UnknownFunctionError, located, user_line
from steepest.frontends.tracing.fixed import settled
from steepest.frontends.tracing.stand_ins import MakingType
from steepest.frontends.tracing.tracer import as_expr, call, find_tracers
from steepest.frontends.tracing.translation import KINDS, OBJECTS, once_imported, translates_with_values


class GridInterpolant:
    """What stands for an interpolator, whose grid is fixed; its values may be traced."""

    def __init__(self, original: Any, values: Any):
        self.original, self.values = original, values

    def __call__(self, xi: Any, method: str | None = None, **settings: Any) -> Any:
        xi = settled(xi)
        if next(find_tracers((xi, self.values)), None) is None:
            return self.original(xi, method, **settings)
        method = method or self.original.method
        if method not in ("linear", "nearest") or settings:
            raise _refused(f"a RegularGridInterpolator with method={method!r}", "Give it method='linear'")
        places = _places(xi, len(self.original.grid))
        if method == "linear":
            return self._outside(places, self._linear(places))
        return self._outside(places, self.values[tuple(map(_nearest, self.original.grid, places))])

    def _linear(self, places: list[Any]) -> Any:
        cells = [_cell(np.asarray(axis), place) for axis, place in zip(self.original.grid, places, strict=True)]
        trailing = (...,) + (None,) * (np.ndim(self.values) - len(cells))
        total: Any = 0.0
        for corner in itertools.product((0, 1), repeat=len(cells)):
            share: Any = math.prod(shares[k] for (_, shares), k in zip(cells, corner, strict=True))
            at = tuple(low + k for (low, _), k in zip(cells, corner, strict=True))
            total = total + share[trailing] * self.values[at]
        return total

    def _outside(self, places: list[Any], found: Any) -> Any:
        """An error or a value of its own outside the grid, or the last cell's line."""
        inside: Any = True
        for axis, place in zip(self.original.grid, places, strict=True):
            inside = inside & (place >= min(axis[0], axis[-1])) & (place <= max(axis[0], axis[-1]))
        if self.original.bounds_error:
            if not np.all(inside):
                raise ValueError("One of the requested xi is out of bounds")
            return found
        if self.original.fill_value is None:
            return found
        spread = np.reshape(inside, (*np.shape(inside), *[1] * (np.ndim(found) - np.ndim(inside))))
        return np.where(spread, found, self.original.fill_value)


def _places(xi: Any, count: int) -> list[Any]:
    """The coordinates of the places, by axis; given as a tuple, or along the last axis of an array."""
    if isinstance(xi, tuple):
        return list(np.broadcast_arrays(*[call(np.asarray, (x,), {}) for x in xi]))
    points = call(np.asarray, (xi,), {})
    if points.ndim == 1 and count > 1:
        points = points.reshape(1, -1)
    points = points[..., None] if points.shape[-1] != count else points
    return [points[..., k] for k in range(count)]


def _cell(axis: Any, place: Any) -> tuple[Any, tuple[Any, Any]]:
    """Where the cell begins, and the shares of its two ends. A falling axis is gone through from behind."""
    sign = 1.0 if axis[-1] > axis[0] else -1.0
    low = np.clip(np.searchsorted(sign * axis, sign * place, side="right") - 1, 0, len(axis) - 2)
    share = (place - axis[low]) / (axis[low + 1] - axis[low])
    return low, (1.0 - share, share)


def _nearest(axis: Any, place: Any) -> Any:
    low, (_, share) = _cell(np.asarray(axis), place)
    return np.where(share <= 0.5, low, low + 1)


def _refused(what: str, way: str) -> UnknownFunctionError:
    return UnknownFunctionError(
        located(f"{what} cannot be recorded", user_line())
        + f"\n    {way},\n    or evaluate it outside the function and pass the values as an argument."
    )


@once_imported("scipy.interpolate")
def enter(module: Any) -> None:
    kind = module.RegularGridInterpolator
    KINDS[kind] = lambda item: GridInterpolant(item, item.values)

    def make(*args: Any, **kwargs: Any) -> GridInterpolant:
        bound = inspect.signature(kind).bind(*settled(args), **settled(kwargs))
        values = call(np.asarray, (bound.arguments.pop("values"),), {})
        if next(find_tracers(dict(bound.arguments)), None) is not None:
            raise _refused("a RegularGridInterpolator on a traced grid", "Only its values and places may be traced")
        plain = np.asarray(getattr(values, "value", values))
        return GridInterpolant(kind(values=plain, **bound.arguments), values)

    OBJECTS[id(kind)] = MakingType("RegularGridInterpolator", (), {"original": kind, "of_tracer": staticmethod(make)})

    @translates_with_values(module.interpn)
    def interpn(*args: Any, **kwargs: Any) -> Any:
        bound = inspect.signature(module.interpn).bind(*args, **kwargs)
        bound.apply_defaults()
        given = dict(bound.arguments)
        xi = given.pop("xi")
        return as_expr(make(**given)(xi))
