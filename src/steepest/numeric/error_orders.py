"""How fast an error falls: the order p in ``error ≈ C hᵖ``, measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .stencil import Stencil, central, forward

Values = NDArray[np.float64]
UNITS = 16.0  # roundings
FIRST: Mapping[str, Stencil] = {"one-sided": forward(1), "symmetric": central(1)}


def observed_orders(steps: ArrayLike, errors: ArrayLike) -> Values:
    """The order between each step and the next: ``log(e₁/e₂) / log(h₁/h₂)``; NaN where an error is 0.

    Raises ValueError for other than two rows of positive steps and errors of one length, or steps that do not fall.

    >>> observed_orders([0.1, 0.05], [4e-2, 1e-2])
    array([2.])
    """
    h, e = np.asarray(steps, dtype=np.float64), np.abs(np.asarray(errors, dtype=np.float64))
    if h.ndim != 1 or h.shape != e.shape or len(h) < 2:
        raise ValueError(f"one error a step is needed, for two steps or more, got shapes {h.shape} and {e.shape}")
    if not (h > 0).all() or not (np.diff(h) < 0).all():
        raise ValueError("steps are positive and fall")
    known = np.where(e > 0, e, np.nan)
    return np.asarray(np.log(known[:-1] / known[1:]) / np.log(h[:-1] / h[1:]))


@dataclass(frozen=True, eq=False)
class ErrorOrders:
    """Errors of several differences at falling steps, and the order that each shows before rounding takes over."""

    steps: Values  # (s,)
    errors: Mapping[str, Values]  # by name, (s,)
    rounding: Values | float = 0.0  # (s,); below it an error says nothing of the step

    def order(self, name: str) -> float:
        """The median of the orders between steps whose errors are far enough above rounding; NaN if there are none."""
        e = self.errors[name]
        clear = e > self.rounding
        seen = observed_orders(self.steps, e)[clear[:-1] & clear[1:]]
        return float(np.median(seen)) if len(seen) else float("nan")

    def __str__(self) -> str:
        names = list(self.errors)
        width = [max(9, len(name)) for name in names]
        lines = ["step     " + "  ".join(f"{n:>{w}}" for n, w in zip(names, width, strict=True))]
        for k, h in enumerate(self.steps):
            cells = (f"{self.errors[n][k]:>{w}.1e}" for n, w in zip(names, width, strict=True))
            lines.append(f"{h:<9.1e}" + "  ".join(cells))
        orders = (f"{self.order(n):>{w}.2f}" for n, w in zip(names, width, strict=True))
        return "\n".join([*lines, "order    " + "  ".join(orders)])


def error_orders(
    f: Callable[[float], ArrayLike], x: float, truth: float, stencils: Mapping[str, Stencil] = FIRST, *,
    steps: ArrayLike = (1e-1, 1e-2, 1e-3),
) -> ErrorOrders:  # fmt: skip
    """The errors at x of named stencils beside each other, against the true derivative.

    Raises ValueError for stencils of different orders, and where `f` is not finite at a point they need.

    >>> print(error_orders(np.sin, 1.0, np.cos(1.0)))
    step     one-sided  symmetric
    1.0e-01    4.3e-02    9.0e-04
    1.0e-02    4.2e-03    9.0e-06
    1.0e-03    4.2e-04    9.0e-08
    order         1.00       2.00
    """
    if len({s.order for s in stencils.values()}) != 1:
        raise ValueError("stencils are compared that are for one and the same derivative")
    h = np.asarray(steps, dtype=np.float64)
    errors = {name: np.array([abs(_difference(f, s, x, t) - truth) for t in h]) for name, s in stencils.items()}
    order = next(iter(stencils.values())).order
    size = max(abs(float(np.asarray(f(x)))), abs(x * truth))  # what is rounded: the value, and the point it is taken at
    return ErrorOrders(h, errors, UNITS * float(np.spacing(size)) / h**order)


def _difference(f: Callable[[float], ArrayLike], stencil: Stencil, x: float, step: float) -> float:
    nodes = x + step * np.array([float(n) for n in stencil.nodes])
    values = np.array([float(np.asarray(f(float(node)))) for node in nodes])
    if not np.isfinite(values).all():
        bad = nodes[~np.isfinite(values)][0]
        raise ValueError(f"f is not finite at {bad:g}, where the difference with step {step:g} needs it")
    return float(stencil.apply(values, step))
