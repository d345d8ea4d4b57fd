"""Numeric derivatives by differences extrapolated to step 0, and by complex steps where the function is analytic.

| function      | of                       | answers with the shape   |
|---------------|--------------------------|--------------------------|
| `derivative`  | one number, n ≤ 10       | that of f(x)             |
| `directional` | an array, along v        | that of f(x)             |
| `gradient`    | an array to one number   | that of x                |
| `jacobian`    | an array to an array     | that of f(x), that of x  |
| `hessian`     | an array to one number   | that of x, twice         |

x may be of any real type; steps suit its precision and that of f(x). Each answer is a `NumericResult`. Keywords of all:

`method`
    "auto" (differences, then complex steps where f proves analytic), "complex-step", "richardson" (differences alone),
    "central", "forward" or "backward" (differences of one kind alone).
`bounds`
    A pair (low, high) of numbers or arrays: f is never called outside.
`scale`
    The size of a natural change of x, where |x| is not.
`noise`
    The size of the errors of f(x), where it is known; measured otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .along import Answer
from .elementwise import elementwise
from .jobs import Progress, Workers
from .line import Line
from .options import natural_length, options
from .partial import along_pairs, axis_answers
from .result import NumericResult, Status, worst
from .sampled import Sampled, Values, place_of
from .scheme import central
from .window import start

Function = Callable[[Any], Any]


def derivative(
    f: Function, x: Any, n: int = 1, *, method: str = "auto", bounds: Any = None, scale: Any = None, noise: Any = None
) -> NumericResult:
    """The n-th derivative (n from 1 to 10) of a function of one number; for an array x, at each of its numbers.

    >>> import math
    >>> result = derivative(math.exp, 1.0)
    >>> bool(abs(result.value - math.e) <= result.error < 1e-9)
    True
    """
    how = options(method, bounds, scale, noise, n)
    if np.ndim(x):
        return elementwise(f, x, n, how)
    sampled = _sampled(f, x, how.bounds)
    step = float(how.steps(sampled.x)[0])
    return _result(sampled, how.along(Line(sampled, step), n), step, sampled.shape, n)


def directional(
    f: Function, x: Any, v: Any, *, method: str = "auto", bounds: Any = None, scale: Any = None, noise: Any = None
) -> NumericResult:
    """The derivative of t ↦ f(x + t v) at 0; `v` has the shape of x. One-sided ones are `one_sided`'s."""
    how = options(method, bounds, scale, noise)
    sampled = _sampled(f, x, how.bounds)
    if not np.any(np.asarray(v)) and np.shape(v) == sampled.x.shape:
        still = np.zeros(sampled.shape)[()]
        return NumericResult(still, still, sampled.evaluations, Status.OK)
    length = natural_length(sampled.x, v, how.scale)
    line = Line(sampled, np.asarray(v, np.float64) * length)
    h = start(line, central(1))
    if not np.all(np.isfinite([line(h), line(-h)])):  # an end is nearby: that of the least coordinate, perhaps
        length = natural_length(sampled.x, v, how.scale, part=0.0)
        line = Line(sampled, np.asarray(v, np.float64) * length)
    return _result(sampled, how.along(line, 1), length, sampled.shape)


def gradient(
    f: Function, x: Any, *, method: str = "auto", bounds: Any = None, scale: Any = None, noise: Any = None,
    workers: Workers = None, progress: Progress = None,
) -> NumericResult:  # fmt: skip
    """The partial derivatives of a function that returns one number, in the shape of x."""
    how = options(method, bounds, scale, noise)
    sampled = _sampled(f, x, how.bounds)
    _require_scalar(sampled, "gradient")
    return _joined(sampled, axis_answers(sampled, how, workers, progress), how.steps(sampled.x), sampled.x.shape)


def jacobian(
    f: Function, x: Any, *, method: str = "auto", bounds: Any = None, scale: Any = None, noise: Any = None,
    workers: Workers = None, progress: Progress = None,
) -> NumericResult:  # fmt: skip
    """The partial derivatives of every entry of f(x), in the shape f(x).shape + x.shape."""
    how = options(method, bounds, scale, noise)
    sampled = _sampled(f, x, how.bounds)
    answers = axis_answers(sampled, how, workers, progress)
    return _joined(sampled, answers, how.steps(sampled.x), sampled.shape + sampled.x.shape)


def hessian(
    f: Function, x: Any, *, method: str = "auto", bounds: Any = None, scale: Any = None, noise: Any = None,
    workers: Workers = None, progress: Progress = None,
) -> NumericResult:  # fmt: skip
    """The second partial derivatives, in the shape x.shape + x.shape.

    The mixed ones by polarisation:
    ``2 φ_uv = φ''(u + v) - φ''(u) - φ''(v)``, φ''(w) being the second derivative along w.
    """
    how = options(method, bounds, scale, noise)
    sampled = _sampled(f, x, how.bounds)
    _require_scalar(sampled, "hessian")
    size = sampled.x.size
    value, error = np.zeros((size, size)), np.zeros((size, size))
    pairs, answers = along_pairs(sampled, how, workers, progress)
    for (i, j), answer in zip(pairs, answers, strict=True):
        value[i, j] = value[j, i] = answer.value[0]
        error[i, j] = error[j, i] = answer.error[0]
    pure, pure_error = np.diag(value), np.diag(error)
    with np.errstate(invalid="ignore"):
        mixed = (value - pure[:, None] - pure[None, :]) / 2
        mixed_error = (error + pure_error[:, None] + pure_error[None, :]) / 2
    diagonal = np.eye(size, dtype=bool)
    steps = how.steps(sampled.x)
    unit = steps[:, None] * steps[None, :]
    shape = sampled.x.shape * 2
    return NumericResult(
        (np.where(diagonal, value, mixed) / unit).reshape(shape)[()],
        (np.where(diagonal, error, mixed_error) / unit).reshape(shape)[()],
        sampled.evaluations,
        worst(answer.status for answer in answers),
        method=_methods(answers),
    )


def _sampled(f: Function, x: Any, bounds: Any) -> Sampled:
    sampled = Sampled(f, x, bounds)
    sampled.require_finite()
    return sampled


def _result(sampled: Sampled, answer: Answer, step: float, shape: tuple[int, ...], n: int = 1) -> NumericResult:
    def shaped(values: Values | None) -> Any:
        with np.errstate(over="ignore"):  # an error may be larger than any number
            return None if values is None else (values / step**n).reshape(shape)[()]

    return NumericResult(
        shaped(answer.value), shaped(answer.error), sampled.evaluations, answer.status, shaped(answer.left),
        shaped(answer.right), answer.method,
    )  # fmt: skip


def _joined(sampled: Sampled, answers: list[Answer], steps: Values, shape: tuple[int, ...]) -> NumericResult:
    """Answers along the axes, as one array whose last axes are those of x."""

    def shaped(columns: list[Values]) -> Any:
        empty = np.zeros((sampled.base.size, 0))
        with np.errstate(over="ignore"):  # an error may be larger than any number
            return (np.stack(columns, axis=1) / steps if columns else empty).reshape(shape)[()]

    sided = any(a.left is not None for a in answers)
    return NumericResult(
        shaped([a.value for a in answers]),
        shaped([a.error for a in answers]),
        sampled.evaluations,
        worst(a.status for a in answers) if answers else Status.OK,
        shaped([a.value if a.left is None else a.left for a in answers]) if sided else None,
        shaped([a.value if a.right is None else a.right for a in answers]) if sided else None,
        _methods(answers),
    )


def _methods(answers: list[Answer]) -> str:
    return ", ".join(dict.fromkeys(a.method for a in answers)) or "richardson"


def _require_scalar(sampled: Sampled, name: str) -> None:
    if sampled.base.size != 1:
        raise ValueError(
            f"{name} is of a function that returns one number; f(x) has shape {sampled.shape}{place_of(sampled.f)}. "
            "The derivatives of an array are its jacobian"
        )
