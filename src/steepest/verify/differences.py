"""The numeric side of a comparison: derivatives of f at x as matrices of outputs by inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steepest import numeric
from steepest.numeric.line import Line, scales
from steepest.numeric.noise import noise
from steepest.numeric.sampled import Sampled

Values = NDArray[np.float64]


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

    def along(self, v: Values) -> tuple[Values, Values, numeric.Status]:
        """The derivative along v (a number for each input), its error and its status."""
        if not self.is_finite:
            return np.full(self.outputs, np.nan), np.full(self.outputs, np.inf), numeric.Status.DOMAIN
        direction = v.reshape(self.x.shape)
        result = numeric.directional(self, self.x, direction, method="richardson")
        if result.status is numeric.Status.NOISY and self.outputs == 1:  # steps that suit the noise, no shorter ones
            if self._scatter is None:
                self._scatter = self._measured_noise(direction)
            if self._scatter > 0:
                other = numeric.directional(self, self.x, direction, noise=self._scatter)
                result = other if np.max(other.error) < np.max(result.error) else result
        return np.ravel(result.value), np.ravel(result.error), result.status

    def _measured_noise(self, direction: Values) -> float:
        """The noise of the one output: the middle one of what three lines say."""
        sampled, rng = Sampled(self, self.x), np.random.default_rng(2)
        turned = [direction * rng.choice([-1.0, 1.0], direction.shape) for _ in range(2)]
        return float(np.median([noise(Line(sampled, v))[0] for v in (direction, *turned)]))

    def nearest_between(self, given: Values, v: Values) -> tuple[Values, Values]:
        """What lies between the left and the right derivative along v and is nearest to `given`, and its error."""
        sides = numeric.one_sided(self, self.x, v.reshape(self.x.shape))
        left, right = np.ravel(sides.left.value), np.ravel(sides.right.value)
        error = np.ravel(sides.left.error) + np.ravel(sides.right.error)
        return np.clip(given, np.minimum(left, right), np.maximum(left, right)), error
