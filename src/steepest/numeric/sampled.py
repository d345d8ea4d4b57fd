"""A function at and around a point, with its calls counted and its domain respected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bounds import Bounds

Values = NDArray[np.float64]
ALIKE = 2**14  # roundings by which a batch may differ from the calls it stands for: sums are added in another order
# What a function raises where it is not defined: math.log(-1.0), 1 / 0, a table that ends, a check of its own. What
# shows a mistake in the program (a name, a type, an attribute) is not caught.
OUTSIDE = (ArithmeticError, ValueError, LookupError, RuntimeError, AssertionError)


class Sampled:
    """A function with its value at a point, and a count of the points where it was evaluated.

    `x` is the point (a scalar or an array of real numbers; whole numbers become float64), `base` the flat value
    there, `shape` the shape of that value, and `precision` the spacing of floating-point numbers around 1 in the
    coarser of the two number types of `x` and f(x).

    Raises TypeError or ValueError for what is not real or not finite, and what f raises at x itself.
    """

    def __init__(self, f: Callable[[Any], Any], x: Any, bounds: Bounds | None = None) -> None:
        self.f = f
        self.x = _real_array(x)
        if not np.all(np.isfinite(self.x)):
            raise ValueError(f"x must be finite, got {_shown(self.x)}: there is no derivative there")
        self.bounds = bounds
        if bounds is not None:
            bounds.require(self.x)
        self.evaluations = 0
        self._takes_complex = True  # until it fails
        self._takes_many = True
        with np.errstate(all="ignore"):
            value = np.asarray(self._call(self.x.copy()))
        if value.dtype.kind not in "fiub":
            raise TypeError(f"f(x) must be real numbers; it has the type {value.dtype}{place_of(f)}")
        self.shape = value.shape
        self.base: Values = value.astype(np.float64).ravel()
        epsilons = [np.finfo(a.dtype).eps for a in (self.x, value) if a.dtype.kind == "f"]
        self.precision = float(max(*epsilons, np.finfo(np.float64).eps))

    def require_finite(self) -> None:
        """ValueError if f(x) itself is not finite: what is not a number has no derivative."""
        if self.base.size and not np.any(np.isfinite(self.base)):
            raise ValueError(
                f"f(x) is {_shown(self.base)}{place_of(self.f)} at x = {_shown(self.x)}: without a finite value there "
                "is no derivative; move x into the domain of f"
            )

    def moved(self, v: Values, t: float) -> NDArray[Any]:
        """The point x + t v, in the type of x."""
        with np.errstate(all="ignore"):
            return np.asarray(self.x.astype(np.float64) + t * v).astype(self.x.dtype)

    def at(self, point: NDArray[Any]) -> Values:
        """The flat value at a point near `x`; NaN where the function is not defined.

        A point that is not near but x itself, since the step is lost in rounding, says nothing: NaN as well.
        """
        nothing = np.full(self.base.shape, np.nan)
        if not np.any(point != self.x) or not self._may_use(point):
            return nothing
        try:
            with np.errstate(all="ignore"):
                value = np.asarray(self._call(point))
        except OUTSIDE:
            return nothing
        if value.shape != self.shape:
            raise ValueError(
                f"f(x) has shape {self.shape}, but shape {value.shape} at a point near x{place_of(self.f)}"
            )
        if value.dtype.kind == "c":
            return nothing
        return value.astype(np.float64).ravel()

    def at_many(self, points: Sequence[NDArray[Any]]) -> list[Values]:
        """The values at several points by one call of f, one of them checked; by single calls where that fails."""
        usable = [bool(np.any(p != self.x)) and self._may_use(p) for p in points]
        if not all(usable) or len(points) < 2 or not self._takes_many:
            return [self.at(p) for p in points]
        batch = self._batch(points)
        checked = self.evaluations % len(points)
        single = self.at(points[checked])
        self._takes_many = batch is not None and self._is_alike(batch[checked], single)
        if batch is None or not self._takes_many:
            return [single if i == checked else self.at(p) for i, p in enumerate(points)]
        return batch

    def takes_batches(self, points: Sequence[NDArray[Any]]) -> bool:
        """Whether f of points stacked along a last axis is its values stacked so, as far as these points tell."""
        batch = self._batch(points)
        return batch is not None and all(
            np.all(np.isfinite(b)) and self._is_alike(b, self.at(p)) for b, p in zip(batch, points, strict=True)
        )

    def complex_at(self, point: NDArray[Any]) -> NDArray[np.complex128] | None:
        """The flat value at a complex point; None where f cannot take one, or answers with real numbers."""
        if not self._takes_complex:
            return None
        try:
            with np.errstate(all="ignore"):
                value = np.asarray(self._call(point))
            self._takes_complex = value.shape == self.shape and value.dtype.kind == "c"
        except Exception:  # it was not made for that
            self._takes_complex = False
        if not self._takes_complex:
            return None
        return value.astype(np.complex128).ravel()

    def _batch(self, points: Sequence[NDArray[Any]]) -> list[Values] | None:
        """What f makes of all points at once; None where it raises or its answer has another shape."""
        stacked = np.stack(points, axis=-1)
        self.evaluations += len(points) - 1
        try:
            with np.errstate(all="ignore"):
                value = np.asarray(self._call(stacked))
        except Exception:  # it was not made for that
            return None
        if value.shape != (*self.shape, len(points)) or value.dtype.kind not in "fiub":
            return None
        return [value[..., i].astype(np.float64).ravel() for i in range(len(points))]

    def _is_alike(self, batched: Values, single: Values) -> bool:
        with np.errstate(invalid="ignore"):
            near = np.abs(batched - single) <= ALIKE * self.precision * np.abs(single)
        return bool(np.all(near | (batched == single) | (np.isnan(batched) & np.isnan(single))))

    def _may_use(self, point: NDArray[Any]) -> bool:
        return bool(np.all(np.isfinite(point))) and (self.bounds is None or self.bounds.include(point))

    def _call(self, point: NDArray[Any]) -> Any:
        self.evaluations += 1
        return self.f(point[()] if point.ndim == 0 else point)


def place_of(f: Callable[..., Any]) -> str:
    """Where a function is written, as `` (f, line 12 of model.py)``; empty if it is not written in Python."""
    code = getattr(f, "__code__", None)
    if code is None:
        return ""
    return f" ({code.co_name}, line {code.co_firstlineno} of {code.co_filename.rsplit('/', 1)[-1]})"


def _shown(values: NDArray[Any]) -> str:
    return str(values.item()) if values.size == 1 else np.array2string(values, threshold=6, edgeitems=3)


def _real_array(x: Any) -> NDArray[Any]:
    a = np.asarray(x)
    if a.dtype.kind in "iub":
        return a.astype(np.float64)
    if a.dtype.kind != "f":
        raise TypeError(f"x must be real numbers; it has the type {a.dtype}")
    return a
