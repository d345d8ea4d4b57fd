"""Python's `cmath` on traced numbers, in NumPy's functions of complex numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .math_functions import isclose

NAMES = {
    "acos": "arccos", "asin": "arcsin", "atan": "arctan", "acosh": "arccosh", "asinh": "arcsinh", "atanh": "arctanh",
    "phase": "angle",
}  # fmt: skip
SAME = "cos cosh exp log10 sin sinh sqrt tan tanh isfinite isinf isnan".split()


def log(z: Any, base: Any = None) -> Any:
    return np.log(z) if base is None else np.log(z) / np.log(base)


def polar(z: Any) -> tuple[Any, Any]:
    return np.abs(z), np.angle(z)


def rect(r: Any, phi: Any) -> Any:
    return np.real(r) * (np.cos(np.real(phi)) + 1j * np.sin(np.real(phi)))


COUNTERPARTS: dict[str, Callable[..., Any]] = {
    **{name: getattr(np, name) for name in SAME},
    **{name: getattr(np, other) for name, other in NAMES.items()},
    **{f.__name__: f for f in (log, polar, rect, isclose)},
}


def on_tracers(function: Callable[..., Any]) -> Callable[..., Any]:
    """What stands for a function of `cmath` when it is given traced numbers: they count as complex."""
    counterpart = COUNTERPARTS[function.__name__]
    return lambda *args, **settings: counterpart(*(a + 0j for a in args), **settings)
