"""Numeric derivatives by central differences, extrapolated to step 0.

| function      | of                       | answers with the shape   |
|---------------|--------------------------|--------------------------|
| `derivative`  | one number, n ≤ 4        | that of f(x)             |
| `gradient`    | an array to one number   | that of x                |
| `jacobian`    | an array to an array     | that of f(x), that of x  |
| `hessian`     | an array to one number   | that of x, twice         |
| `directional` | an array, along v        | that of f(x)             |

x may be of any real type; steps suit its precision and that of f(x). Each answer is a `NumericResult`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .ladder import Limit, settle
from .line import Line, Sampled, Values, scales
from .onesided import natural_length
from .result import NumericResult, Status, worst
from .scheme import CENTRAL, LEFT, RIGHT

Function = Callable[[Any], Any]


def derivative(f: Function, x: Any, n: int = 1) -> NumericResult:
    """The n-th derivative (n from 1 to 4) of a function of one number.

    >>> import math
    >>> result = derivative(math.exp, 1.0)
    >>> bool(abs(result.value - math.e) <= result.error < 1e-9)
    True
    """
    sampled = Sampled(f, x)
    if sampled.x.ndim != 0:
        raise ValueError(f"derivative is of a function of one number; x has shape {sampled.x.shape}")
    if n not in CENTRAL:
        raise ValueError(f"the order is {n}; it can be 1, 2, 3 or 4")
    scale = float(scales(sampled.x))
    limit, status = _along(Line(sampled, scale), n)
    return _result(sampled, limit.value / scale**n, limit.error / scale**n, status, sampled.shape)


def directional(f: Function, x: Any, v: Any) -> NumericResult:
    """The derivative of t ↦ f(x + t v) at 0; `v` has the shape of x. One-sided ones are `one_sided`'s."""
    sampled = Sampled(f, x)
    length = natural_length(sampled, v)
    limit, status = _along(Line(sampled, np.asarray(v, np.float64) * length), 1)
    return _result(sampled, limit.value / length, limit.error / length, status, sampled.shape)


def gradient(f: Function, x: Any) -> NumericResult:
    """The partial derivatives of a function that returns one number, in the shape of x."""
    sampled = Sampled(f, x)
    _require_scalar(sampled, "gradient")
    return _partials(sampled, sampled.x.shape)


def jacobian(f: Function, x: Any) -> NumericResult:
    """The partial derivatives of every entry of f(x), in the shape f(x).shape + x.shape."""
    sampled = Sampled(f, x)
    return _partials(sampled, sampled.shape + sampled.x.shape)


def hessian(f: Function, x: Any) -> NumericResult:
    """The second partial derivatives, in the shape x.shape + x.shape.

    The mixed ones by polarisation:
    ``2 φ_uv = φ''(u + v) - φ''(u) - φ''(v)``, φ''(w) being the second derivative along w.
    """
    sampled = Sampled(f, x)
    _require_scalar(sampled, "hessian")
    size = sampled.x.size
    steps = scales(sampled.x).ravel()
    value, error = np.zeros((size, size)), np.zeros((size, size))
    statuses = []
    for i in range(size):
        for j in range(i + 1):
            limit, status = _along(Line(sampled, _axis(sampled, steps, i, j)), 2)
            value[i, j] = value[j, i] = limit.value[0]
            error[i, j] = error[j, i] = limit.error[0]
            statuses.append(status)
    pure, pure_error = np.diag(value), np.diag(error)
    mixed = (value - pure[:, None] - pure[None, :]) / 2
    mixed_error = (error + pure_error[:, None] + pure_error[None, :]) / 2
    diagonal = np.eye(size, dtype=bool)
    unit = steps[:, None] * steps[None, :]
    shape = sampled.x.shape * 2
    return _result(
        sampled, np.where(diagonal, value, mixed) / unit, np.where(diagonal, error, mixed_error) / unit,
        worst(statuses), shape,
    )  # fmt: skip


def _partials(sampled: Sampled, shape: tuple[int, ...]) -> NumericResult:
    steps = scales(sampled.x).ravel()
    columns, errors, statuses = [], [], []
    for i, step in enumerate(steps):
        limit, status = _along(Line(sampled, _axis(sampled, steps, i)), 1)
        columns.append(limit.value / step)
        errors.append(limit.error / step)
        statuses.append(status)
    empty = np.zeros((sampled.base.size, 0))
    value = np.stack(columns, axis=1) if columns else empty
    error = np.stack(errors, axis=1) if errors else empty
    return _result(sampled, value, error, worst(statuses), shape)


def _axis(sampled: Sampled, steps: Values, *axes: int) -> Values:
    """The direction that moves some coordinates, each by its own natural step."""
    v = np.zeros(sampled.x.size)
    for i in axes:
        v[i] = steps[i]
    return v.reshape(sampled.x.shape)


def _along(line: Line, n: int) -> tuple[Limit, Status]:
    """The n-th derivative along a line, one-sided (n = 1) where the function ends on the other side."""
    limit = settle(line, CENTRAL[n])
    statuses = [Status.NONSMOOTH] if np.any(limit.kinked) else []
    statuses += [Status.NOISY] if np.any(limit.noisy) else []
    outside = np.isnan(limit.value)
    if not np.any(outside):
        return limit, worst(statuses)
    if n == 1 and np.any(np.isfinite(line.sampled.base[outside])):
        for side in (settle(line, RIGHT), settle(line, LEFT)):
            use = np.isnan(limit.value)
            limit = Limit(
                np.where(use, side.value, limit.value), np.where(use, side.error, limit.error),
                limit.kinked, limit.noisy,
            )  # fmt: skip
    return limit, Status.DOMAIN


def _result(sampled: Sampled, value: Values, error: Values, status: Status, shape: tuple[int, ...]) -> NumericResult:
    return NumericResult(value.reshape(shape)[()], error.reshape(shape)[()], sampled.evaluations, status)


def _require_scalar(sampled: Sampled, name: str) -> None:
    if sampled.base.size != 1:
        raise ValueError(f"{name} is of a function that returns one number; f(x) has shape {sampled.shape}")
