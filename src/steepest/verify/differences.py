"""The numeric side of a comparison: derivatives of f at x as matrices of outputs by inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steepest import numeric
from steepest.numeric.line import Line, scales
from steepest.numeric.noise import SPREAD, grainy, noise
from steepest.numeric.sampled import Sampled

from .fitted import fitted_slope, slope_by_scatter

Values = NDArray[np.float64]
MOST_WINDOWS = 48  # of points, for one direction
SMOOTH = (numeric.Status.OK, numeric.Status.NOISY)
HIDDEN = 50.0  # roundings
CERTAIN = 1.5  # standard errors that count as the error: four times that are allowed


class Differences:
    """A function at a point, with its calls counted. `steps` is the natural size of a change of each input."""

    def __init__(self, f: Callable[[Any], Any], x: Any) -> None:
        self.f = f
        self.x = np.asarray(x)
        self.evaluations = 0
        self._scatter: float | None = None  # the noise, once it was measured
        base = Sampled(self, x)
        self.output_shape = base.shape
        self.outputs, self.inputs = base.base.size, base.x.size
        self.steps = scales(base.x).ravel()
        self.precision = base.precision
        self.is_finite = bool(np.any(np.isfinite(base.base)) or not base.base.size)

    def __call__(self, x: Any) -> Any:
        self.evaluations += 1
        return self.f(x)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the derivative."""
        return self.output_shape + self.x.shape

    def entries(self) -> tuple[Values, Values, numeric.Status]:
        """The Jacobian, its error and its status."""
        matrix = (self.outputs, self.inputs)
        if not self.is_finite:
            return np.full(matrix, np.nan), np.full(matrix, np.inf), numeric.Status.DOMAIN
        result = numeric.jacobian(self, self.x, method="richardson")
        return np.reshape(result.value, matrix), np.reshape(result.error, matrix), result.status

    def along(self, v: Values, wanted: float = np.inf) -> tuple[Values, Values, numeric.Status]:
        """The derivative along v (a number for each input), its error and its status.

        Of one output in noise, more calls are spent where its error is not as small as `wanted`.
        """
        if not self.is_finite:
            return np.full(self.outputs, np.nan), np.full(self.outputs, np.inf), numeric.Status.DOMAIN
        direction = v.reshape(self.x.shape)
        result = numeric.directional(self, self.x, direction, method="richardson")
        value, error = np.ravel(result.value), np.ravel(result.error)
        if self.outputs == 1 and result.status in SMOOTH and not error[0] <= wanted:
            value[0], error[0] = self.fitted(v, float(value[0]), float(error[0]), wanted, MOST_WINDOWS)
        return value, error, result.status

    def fitted(
        self, v: Values, value: float, error: float, wanted: float, most: int, seed: int = 5
    ) -> tuple[float, float]:
        """The derivative along v and its error by a fit to many values, where that is better than what is known."""
        direction = v.reshape(self.x.shape)
        line, noise_here = Line(Sampled(self, self.x), direction), self._noise(direction)
        found = fitted_slope(line, noise_here, wanted / CERTAIN, most, seed)
        if found is None:
            return value, error
        # Rounding is the same at the next call, and need not average out.
        around = CERTAIN * found.error + (noise_here / found.window if self._is_steady(line) else 0.0)
        return (found.value, around) if around < error else (value, error)

    def _is_steady(self, line: Line) -> bool:
        """Whether another call at x gives the same."""
        return bool(np.array_equal(line.base, np.ravel(np.asarray(self(self.x.copy()), np.float64))))

    def second_look(self, v: Values, value: float, error: float, given: float) -> tuple[float, float]:
        """The derivative along v and its error, where it differs from what is given: is that not by chance?

        Of rounded values a fit has the word, whose differences over short steps agree by chance; and in noise the
        better for what is given of two fits to other points.
        """
        line = Line(Sampled(self, self.x), v.reshape(self.x.shape))
        found = slope_by_scatter(line)
        with np.errstate(invalid="ignore"):
            change = np.nanmax(np.abs(line.samples - line.base), initial=0.0)
        hidden = change <= HIDDEN * self.precision * float(np.abs(line.base[0]))
        if found is not None and (hidden or np.any(grainy(line))):
            return found.value, CERTAIN * found.error
        if self._scatter is None or not self._noise(v.reshape(self.x.shape)) > HIDDEN * self.precision * abs(
            line.base[0]
        ):
            return value, error
        other = self.fitted(v, value, np.inf, error / 2, MOST_WINDOWS, 7)
        if not other[1] <= 2 * error:
            return value, error
        return min((value, error), other, key=lambda pair: abs(pair[0] - given) / pair[1])

    def _noise(self, direction: Values) -> float:
        """The standard deviation of the noise of the one output: the middle one of what three lines say."""
        if self._scatter is None:
            sampled, rng = Sampled(self, self.x), np.random.default_rng(2)
            turned = [direction * rng.choice([-1.0, 1.0], direction.shape) for _ in range(2)]
            found = float(np.median([noise(Line(sampled, v))[0] for v in (direction, *turned)])) / SPREAD
            self._scatter = max(found, self.precision * float(np.abs(sampled.base[0])))
        return self._scatter

    def nearest_between(self, given: Values, v: Values) -> tuple[Values, Values]:
        """What lies between the left and the right derivative along v and is nearest to `given`, and its error."""
        sides = numeric.one_sided(self, self.x, v.reshape(self.x.shape))
        left, right = np.ravel(sides.left.value), np.ravel(sides.right.value)
        error = np.ravel(sides.left.error) + np.ravel(sides.right.error)
        return np.clip(given, np.minimum(left, right), np.maximum(left, right)), error
