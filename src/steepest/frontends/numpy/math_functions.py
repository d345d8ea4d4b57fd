"""Python's `math` on traced numbers, in NumPy's functions: the same name, another name, or written out.

Where NumPy gives a NaN or infinity, `math` raises a ValueError or OverflowError. So it is asked too, with the example
value, and the trace holds where the result is finite as it was then.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import scipy.special as sp

from steepest.frontends.tracing.python_numbers import pythons
from steepest.frontends.tracing.tracer import Tracer, call, find_tracers, to_values
from steepest.frontends.tracing.translation import TRANSLATIONS

NAMES = {
    "pow": "power", "acos": "arccos", "asin": "arcsin", "atan": "arctan", "atan2": "arctan2", "acosh": "arccosh",
    "asinh": "arcsinh", "atanh": "arctanh", "fabs": "absolute", "frexp": "frexp",
}  # fmt: skip
SAME = (
    "cbrt copysign cos cosh degrees exp exp2 expm1 fmod isfinite isinf isnan ldexp log10 log1p log2 modf nextafter"
    " radians sin sinh sqrt tan tanh"
).split()


def log(x: Any, base: Any = None) -> Any:
    return np.log(x) if base is None else np.log(x) / np.log(base)


def hypot(*coordinates: Any) -> Any:
    return functools.reduce(np.hypot, coordinates, 0.0)


def dist(p: Iterable[Any], q: Iterable[Any]) -> Any:
    return hypot(*(a - b for a, b in zip(p, q, strict=True)))


def fsum(items: Iterable[Any]) -> Any:
    return sum(items)


def prod(items: Iterable[Any], *, start: Any = 1) -> Any:
    return functools.reduce(lambda a, b: a * b, items, start)


def remainder(x: Any, y: Any) -> Any:
    """IEEE 754: what is left after the nearest whole multiple."""
    return x - y * np.rint(x / y)


def isclose(a: Any, b: Any, *, rel_tol: Any = 1e-9, abs_tol: Any = 0.0) -> Any:
    return np.abs(a - b) <= np.maximum(rel_tol * np.maximum(np.abs(a), np.abs(b)), abs_tol)


def floor(x: Any) -> int:
    return int(np.floor(x))


def ceil(x: Any) -> int:
    return int(np.ceil(x))


def trunc(x: Any) -> int:
    return int(np.trunc(x))


RAISING = frozenset(
    "acos acosh asin atanh cosh exp exp2 expm1 fmod gamma ldexp lgamma log log10 log1p log2 pow remainder sinh"
    " sqrt".split()
)
SPECIAL = {"erf": sp.erf, "erfc": sp.erfc, "gamma": sp.gamma, "lgamma": sp.gammaln}
WRITTEN_OUT: dict[str, Callable[..., Any]] = {
    f.__name__: f for f in (log, hypot, dist, fsum, prod, remainder, isclose, floor, ceil, trunc)
}
COUNTERPARTS: dict[str, Callable[..., Any]] = {
    **{name: getattr(np, name) for name in SAME},
    **{name: getattr(np, other) for name, other in NAMES.items()},
    **SPECIAL,
    **WRITTEN_OUT,
}


def on_tracers(function: Callable[..., Any]) -> Callable[..., Any]:
    """What stands for a function of `math` when it is given traced numbers."""
    if function in TRANSLATIONS:
        return lambda *args, **kwargs: pythons(call(function, args, kwargs))
    counterpart = COUNTERPARTS.get(function.__name__)
    if counterpart is None:
        return lambda *args, **kwargs: call(function, args, kwargs)  # which says that it is not known
    made = _raising(function, counterpart) if function.__name__ in RAISING else counterpart
    return lambda *args, **kwargs: pythons(made(*args, **kwargs))


def _raising(function: Callable[..., Any], counterpart: Callable[..., Any]) -> Callable[..., Any]:
    """`counterpart`, but that it raises what `function` raises."""

    def computed(*args: Any) -> Any:
        try:
            is_finite = np.isfinite(function(*to_values(args)))
        except (ArithmeticError, ValueError):
            _hold(args)  # the function may catch it, and go on as long as these values are the same
            raise
        result = counterpart(*args)
        if is_finite and isinstance(result, Tracer):
            result.recording.stay_finite(result.expr)
        else:
            _hold(args)
        return result

    return computed


def _hold(args: Any) -> None:
    for t in find_tracers(args):
        t.concrete()
