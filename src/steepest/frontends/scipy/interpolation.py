"""scipy.interpolate in a trace: interpolants evaluated at traced places, and those that are linear in traced data.

An interpolant through data y that is linear in them is ``Σ_j y_j φ_j(t)``, with φ_j the interpolant of the unit data.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.errors import CaptureError, UnknownFunctionError, located, user_line
from steepest.frontends.tracing.fixed import settled
from steepest.frontends.tracing.lifting import lift
from steepest.frontends.tracing.stand_ins import MakingType
from steepest.frontends.tracing.tracer import Tracer, call, find_tracers
from steepest.frontends.tracing.translation import KINDS, OBJECTS, once_imported, translates
from steepest.ops.curve import Curve, along, curve


@dataclass(frozen=True)
class Evaluated:
    """A polynomial in pieces or a spline, by the order of the derivative."""

    original: Any
    settings: tuple[tuple[str, Any], ...] = ()

    @property
    def start(self) -> float:
        return float(_nodes(self.original)[0])

    def __call__(self, t: Any, order: int) -> Any:
        if hasattr(self.original, "get_knots") and order > self.original._eval_args[2]:
            return np.zeros(np.shape(t))  # the others say so themselves
        found = self.original(t, order, **dict(self.settings))
        if order == 0 or not _is_held(self.original, dict(self.settings)):
            return found
        knots = _nodes(self.original)
        return np.where((t < knots[0]) | (t > knots[-1]), 0.0, found)


def _is_held(spline: Any, settings: dict[str, Any]) -> bool:
    """Whether a spline keeps its last value outside; SciPy gives the last slope there, which is not its derivative."""
    chosen = settings.get("ext")
    return (getattr(spline, "ext", None) if chosen is None else chosen) in (3, "const")


@dataclass(frozen=True)
class Tabulated:
    """An `interp1d`, which has no derivatives of its own: `pieces` has them, within the nodes or everywhere."""

    original: Any
    pieces: Any
    extrapolates: bool

    @property
    def start(self) -> float:
        return float(self.original.x[0])

    def __call__(self, t: Any, order: int) -> Any:
        if order == 0:
            return self.original(t)
        inside = (t >= self.original.x[0]) & (t <= self.original.x[-1]) | self.extrapolates
        trailing = self.original.y.shape[1:]
        found = np.reshape(self.pieces(t, order), (*np.shape(t), *trailing))
        outside = np.where(np.isnan(self.original(t)), np.nan, 0.0)  # what has no value has no slope
        return np.where(np.reshape(inside, (*np.shape(t), *[1] * len(trailing))), found, outside)


def _nodes(interpolant: Any) -> Any:
    """Under the name that the kinds of interpolants have for them."""
    if hasattr(interpolant, "get_knots"):
        return interpolant.get_knots()
    return interpolant.t if hasattr(interpolant, "t") else interpolant.x


def evaluated(function: Curve, t: Any) -> Any:
    """A curve at places; the trace is told of it."""
    return function.function(np.asarray(t, dtype=np.float64), 0)


translates(evaluated)(lambda function, t: along(lift(t), curve=function, order=0))


class Interpolant:
    """An interpolant through fixed data."""

    def __init__(self, item: Any):
        self.original = item

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        kind: type = type(self.original)
        return kind

    def __call__(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        if next(find_tracers(x), None) is None:
            return self.original(x, *args, **kwargs)
        if isinstance(x, (list, tuple)):
            x = call(np.stack, (x,), {})
        return call(evaluated, (_curve(self.original, args, kwargs), x), {})

    def integrate(self, a: Any, b: Any, *args: Any, **kwargs: Any) -> Any:
        """Between traced places the difference of an antiderivative."""
        if next(find_tracers((a, b)), None) is None:
            return self.original.integrate(a, b, *args, **kwargs)
        if args or kwargs:
            raise _refused("integrate with extrapolate=", "Leave extrapolate away")
        whole = Interpolant(self.original.antiderivative())
        return whole(b) - whole(a)

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.original, name)
        return functools.partial(_made, member) if name in ("derivative", "antiderivative") else member


def _made(member: Callable[..., Any], *args: Any, **kwargs: Any) -> Interpolant:
    return Interpolant(member(*args, **kwargs))


def _curve(item: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Curve:
    if np.ndim(getattr(item, "y", 0.0)) > 1 and getattr(item, "axis", 0) != 0:
        raise _refused("an interpolant along another axis than the first", "Move that axis to the front")
    if hasattr(item, "_spline") or type(item).__name__ == "interp1d":
        return curve(Tabulated(item, *_pieces(item)))
    settings = inspect.signature(type(item).__call__).bind(item, 0.0, *args, **kwargs).arguments
    order = settings.pop("nu", 0)
    chosen = {k: v for k, v in settings.items() if k not in ("self", "x")}
    if order and _is_held(item, chosen):
        raise _refused(f"nu={order} of a spline that keeps its last value outside", "Call its derivative() instead")
    base = Evaluated(item if order == 0 else item.derivative(order), tuple(sorted(chosen.items())))
    return curve(base)


def _pieces(item: Any) -> tuple[Any, bool]:
    """The polynomials of an `interp1d`, and whether they go on outside."""
    polynomials = _CLASSES["PPoly"]
    extrapolates = item.fill_value == "extrapolate" if isinstance(item.fill_value, str) else False
    if item._kind in ("linear", "slinear"):
        rises = np.diff(item.y, axis=0) / np.reshape(np.diff(item.x), (-1, *[1] * (item.y.ndim - 1)))
        return polynomials(np.stack([rises, item.y[:-1]]), item.x), extrapolates
    if getattr(item, "_spline", None) is not None:
        return item._spline, extrapolates
    steps = np.zeros((1, len(item.x) - 1, *item.y.shape[1:]))
    return polynomials(steps, item.x), extrapolates


_CLASSES: dict[str, Any] = {}


# --- through traced data ----------------------------------------------------------------------------------------


class LinearInterpolant:
    """An interpolant that is linear in its data: the unit interpolants times these."""

    def __init__(self, units: Interpolant, data: Any):
        self.units, self.data = units, data

    def __call__(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        return np.tensordot(call(np.asarray, (self.units(x, *args, **kwargs),), {}), self.data, 1)

    def integrate(self, a: Any, b: Any) -> Any:
        return np.tensordot(self.units.integrate(a, b), self.data, 1)

    def derivative(self, nu: int = 1) -> LinearInterpolant:
        return LinearInterpolant(self.units.derivative(nu), self.data)

    def antiderivative(self, nu: int = 1) -> LinearInterpolant:
        return LinearInterpolant(self.units.antiderivative(nu), self.data)

    def __getattr__(self, name: str) -> Any:
        raise _refused(f"{name} of an interpolant through traced data", "Evaluate it with NumPy")


def _of_data(function: Any, data: str) -> Callable[..., Any]:
    """A constructor, of which the argument `data` may be traced."""

    def make(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = settled((args, kwargs))
        if next(find_tracers((args, kwargs)), None) is None:
            return Interpolant(function(*args, **kwargs))
        bound = inspect.signature(function).bind(*args, **kwargs)
        given = bound.arguments.pop(data)
        if next(find_tracers(dict(bound.arguments)), None) is not None:
            raise _refused(f"{function.__name__} with traced nodes or settings", f"Only {data} may be traced")
        if data not in LINEAR.get(function.__name__, ()):
            raise _refused(f"{function.__name__} through traced data", "It is not linear in them; use CubicSpline")
        _require_linear(function.__name__, bound.arguments)
        given = given if isinstance(given, Tracer) else call(np.stack, (given,), {})
        bound.arguments[data] = np.eye(len(given))
        bound.arguments.update({"axis": 0} if "axis" in inspect.signature(function).parameters else {})
        return LinearInterpolant(Interpolant(function(*bound.args, **bound.kwargs)), given)

    return functools.wraps(function, updated=())(make)


def _require_linear(name: str, settings: dict[str, Any]) -> None:
    """Values at the ends or outside that are given as numbers make it affine."""
    if settings.get("axis", 0) not in (0, -1):
        raise _refused(f"{name} along an axis of traced data", "Move that axis to the front")
    for setting in ("bc_type", "fill_value"):
        given = settings.get(setting)
        if given is not None and not isinstance(given, str):
            raise _refused(f"{name} with {setting}={given!r} through traced data", f"Give {setting} as a name")


# The data in which an interpolant is linear.
LINEAR: dict[str, tuple[str, ...]] = {
    "CubicSpline": ("y",), "interp1d": ("y",), "make_interp_spline": ("y",), "BSpline": ("c",),
}  # fmt: skip
DATA: dict[str, str] = {
    "CubicSpline": "y", "interp1d": "y", "make_interp_spline": "y", "BSpline": "c", "PchipInterpolator": "y",
    "Akima1DInterpolator": "y", "CubicHermiteSpline": "y", "UnivariateSpline": "y",
    "InterpolatedUnivariateSpline": "y", "PPoly": "c",
}  # fmt: skip


@once_imported("scipy.interpolate")
def enter(module: Any) -> None:
    _CLASSES["PPoly"] = module.PPoly
    for kind in (module.PPoly, module.BSpline, module.UnivariateSpline, module.interp1d):
        KINDS[kind] = Interpolant
    for name, data in DATA.items():
        function = getattr(module, name)
        make = _of_data(function, data)
        members = {"original": function, "of_tracer": staticmethod(make)}
        OBJECTS[id(function)] = MakingType(name, (), members) if isinstance(function, type) else make


def _refused(what: str, way: str) -> CaptureError:
    return UnknownFunctionError(
        located(f"{what} cannot be recorded", user_line())
        + f"\n    {way},\n    or evaluate it outside the function and pass the values as an argument."
    )
