"""Derivatives at many numbers: of f at each entry of an array, by calls with arrays where f proves elementwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .along import Answer
from .line import Line
from .options import Options
from .result import NumericResult, worst
from .sampled import OUTSIDE, Sampled, Values, place_of

ALIKE = 32  # roundings by which an array's entry may differ from the number's value
PROBED = 3  # entries that are compared with calls on numbers
MOVED = 1.07


class OnArrays:
    """f on arrays, one entry of each answer compared with f of that number; what fails is seen by `fits`."""

    def __init__(self, f: Callable[[Any], Any], x: NDArray[Any]) -> None:
        self.f = f
        self.x = x
        self.fits = True
        self.evaluations = 0

    def __call__(self, x: Any) -> Any:
        value = np.asarray(self.f(x))
        self.evaluations += x.size
        if value.shape != self.x.shape:
            self.fits = False
            return np.full(self.x.shape, np.nan)
        i = self.evaluations // x.size % x.size
        self.fits &= self._is_alike(x, value, i)
        return value

    def probe(self) -> bool:
        """Whether f of an array is f of each of its numbers, where each depends on none of the others."""
        try:
            with np.errstate(all="ignore"):
                here = self(self.x)
                one_moved = self.x.copy()
                one_moved.flat[0] = one_moved.flat[0] * MOVED + (one_moved.flat[0] == 0)
                there = self(one_moved)
                same = np.array_equal(np.ravel(here)[1:], np.ravel(there)[1:], equal_nan=True)
                probed = np.linspace(0, self.x.size - 1, PROBED).astype(int)
                return self.fits and same and all(self._is_alike(self.x, here, i) for i in probed)
        except Exception:  # f was not made for arrays
            return False

    def _is_alike(self, x: NDArray[Any], value: NDArray[Any], i: int) -> bool:
        self.evaluations += 1
        with np.errstate(all="ignore"):
            try:
                single = np.asarray(self.f(x.flat[i]))
            except OUTSIDE:
                return bool(~np.isfinite(value.flat[i]))
            if single.shape != ():
                return False
            near = np.abs(value.flat[i] - single) <= ALIKE * np.finfo(np.float64).eps * np.abs(single)
        return bool(near | (value.flat[i] == single) | (np.isnan(single) & np.isnan(value.flat[i])))


def elementwise(f: Callable[[Any], Any], x: Any, n: int, how: Options) -> NumericResult:
    """The n-th derivative of a function of one number at each entry of x, in its shape."""
    points = np.asarray(x)
    points = points.astype(np.float64) if points.dtype.kind in "iub" else points
    if points.size == 0:
        return NumericResult(np.zeros(points.shape), np.zeros(points.shape), 0, worst([]))
    on_arrays = OnArrays(f, points)
    if points.size > 1 and points.dtype == np.float64 and np.all(np.isfinite(points)) and on_arrays.probe():
        sampled = Sampled(on_arrays, points, how.bounds)
        steps = how.steps(sampled.x)
        answer = how.along(Line(sampled, steps.reshape(points.shape)), n)
        if on_arrays.fits:
            return _result(answer, steps, n, points.shape, on_arrays.evaluations)
    return _one_by_one(f, points, n, how, on_arrays.evaluations)


def _one_by_one(f: Callable[[Any], Any], points: NDArray[Any], n: int, how: Options, before: int) -> NumericResult:
    answers, evaluations, steps = [], before, how.steps(points)
    for i, step in enumerate(steps):
        sampled = Sampled(f, points.flat[i], _bounds_at(how, points.shape, i))
        if sampled.shape != ():
            raise ValueError(
                f"derivative is of a function of one number; f of a number has shape {sampled.shape}{place_of(f)}. For "
                "a function of an array take its gradient or jacobian"
            )
        sampled.require_finite()
        answers.append(how.along(Line(sampled, step), n))
        evaluations += sampled.evaluations
    sided = any(a.left is not None for a in answers)
    joined = Answer(
        np.concatenate([a.value for a in answers]),
        np.concatenate([a.error for a in answers]),
        worst(a.status for a in answers),
        np.concatenate([a.value if a.left is None else a.left for a in answers]) if sided else None,
        np.concatenate([a.value if a.right is None else a.right for a in answers]) if sided else None,
        ", ".join(dict.fromkeys(a.method for a in answers)),
    )
    return _result(joined, steps, n, points.shape, evaluations)


def _bounds_at(how: Options, shape: tuple[int, ...], i: int) -> Any:
    return None if how.bounds is None else how.bounds.at(shape, i)


def _result(answer: Answer, steps: Values, n: int, shape: tuple[int, ...], evaluations: int) -> NumericResult:
    def shaped(values: Values | None) -> Any:
        with np.errstate(over="ignore"):  # an error may be larger than any number
            return None if values is None else (values / steps**n).reshape(shape)

    return NumericResult(
        shaped(answer.value), shaped(answer.error), evaluations, answer.status, shaped(answer.left),
        shaped(answer.right), answer.method,
    )  # fmt: skip
