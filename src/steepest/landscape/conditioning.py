"""How hard a function is to descend from a point: the condition of its Hessian, and whether it lies on a plateau."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.errors import ArgumentError

from .field import ScalarField
from .second_order import DENSE, ROUNDING, SecondOrder, of_matrix, of_products

WELL, ILL = 1e2, 1e6  # condition numbers: below the first easy, beyond the second hopeless for plain descent
HOPELESS = 1e12  # beyond that half of the digits of a double are lost in a Newton step
FLAT = 1e-3  # of the slopes around: a point where the function changes by less lies on a plateau
AROUND = 32  # points at which the slopes around are measured
REACH = 1.0  # of the size of x: how far that is, if no radius is given


@dataclass(frozen=True)
class Conditioning:
    """`condition` κ = max|λ| / min|λ| of the Hessian with eigenvalues λ; the diagnosis in words by `str`.

    `plateau`: the function hardly changes here, measured by how it does at a distance `radius`.
    """

    condition: float
    test: SecondOrder
    slope: float
    plateau: bool
    radius: float
    words: tuple[str, ...]

    @property
    def eigenvalues(self) -> np.ndarray:
        return self.test.eigenvalues

    @property
    def best_step(self) -> float:
        """The fixed step that suits gradient descent best, 2 / (λmin + λmax); NaN where f is not convex."""
        low, high = self.eigenvalues[0], self.eigenvalues[-1]
        return float(2 / (low + high)) if low > self.test.zero else float("nan")

    @property
    def steps_per_digit(self) -> float:
        """Steps of gradient descent with the best step for one more digit; NaN where f is not convex."""
        if not self.eigenvalues[0] > self.test.zero:
            return float("nan")
        rate = (self.condition - 1) / (self.condition + 1)
        return 1.0 if rate <= 0.1 else float(-np.log(10) / np.log(rate))

    def __str__(self) -> str:
        return "\n".join(self.words)


def conditioning(f: Callable[..., Any], x: Any, radius: float | None = None) -> Conditioning:
    """Whether descent from `x` will be easy: κ of the Hessian, its signs, plateaus, in words.

    `f` takes one array shaped like `x`, or as many numbers as a vector `x` has.

    >>> print(conditioning(lambda x: x[0] ** 2 + 100 * x[1] ** 2, np.array([1.0, 1.0])))
    convex here, κ = 100: gradient descent gains a digit in about 115 steps, of the best fixed length 0.0099

    Raises:
        ArgumentError: at a point that is not finite, or where f has no Hessian.
    """
    x = np.asarray(x, dtype=np.float64)
    if not np.isfinite(x).all() or not x.size:
        raise ArgumentError("conditioning is told at a point of finite numbers")
    if radius is not None and not (np.isfinite(radius) and radius > 0):
        raise ArgumentError(f"the radius is a positive number, got {radius!r}")
    flat = np.ravel(x)
    field = ScalarField(f if x.ndim == 1 else lambda v: f(np.reshape(v, x.shape)), flat.size)
    gradient = field.gradient(flat)
    test = _test(field, flat)
    if not np.isfinite(gradient).all():
        raise ArgumentError(f"{field.name} has no finite gradient at this point")
    reach = radius or REACH * (float(np.linalg.norm(flat)) or 1.0)
    slope = float(np.linalg.norm(gradient))
    plateau = _is_plateau(field, flat, slope, test, reach)
    found = Conditioning(test.condition, test, slope, plateau, reach, ())
    return Conditioning(test.condition, test, slope, plateau, reach, tuple(_words(found)))


def _test(field: ScalarField, x: np.ndarray) -> SecondOrder:
    if x.size <= DENSE:
        return of_matrix(field.hessian(x), relative=ROUNDING)
    return of_products(lambda v: field.hessian_times(x, v), x.size)


def _is_plateau(field: ScalarField, x: np.ndarray, slope: float, test: SecondOrder, radius: float) -> bool:
    """Whether slope and curvature here are small beside the slopes at the distance `radius`."""
    directions = np.random.default_rng(0).standard_normal((AROUND, x.size))
    directions *= radius / np.linalg.norm(directions, axis=1, keepdims=True)
    slopes = np.linalg.norm([field.gradient(x + d) for d in directions], axis=1)
    steepest = float(np.max(slopes[np.isfinite(slopes)], initial=0.0))
    here = slope + float(np.abs(test.eigenvalues).max()) * radius
    return here <= FLAT * steepest or (here == 0 and steepest == 0)


def _words(c: Conditioning) -> list[str]:
    low, high = float(c.eigenvalues[0]), float(c.eigenvalues[-1])
    words = []
    if c.plateau:
        words.append(
            f"a plateau: slope {c.slope:.3g} and curvature {max(abs(low), abs(high)):.3g} are next to nothing beside"
            f" the slopes at distance {c.radius:.3g}; descent hardly moves here"
        )
    if high <= c.test.zero and low >= -c.test.zero:
        words.append("flat at second order: the Hessian is 0")
    elif c.test.index == len(c.eigenvalues):
        words.append(f"concave here: every direction curves down, κ = {c.condition:.3g}")
    elif c.test.index:
        words.append(
            f"not convex here: {c.test.index} direction{'s' * (c.test.index > 1)} of negative curvature, down to"
            f" {low:.3g}; a Newton step may lead up"
        )
    elif c.test.flat:
        words.append(
            f"singular: along {c.test.flat} direction{'s' * (c.test.flat > 1)} the Hessian is 0 to rounding; the"
            " minimum, if there is one, is not determined by second order"
        )
    else:
        words.append(_convex(c))
    return words


def _convex(c: Conditioning) -> str:
    said = (
        f"convex here, κ = {c.condition:.3g}: gradient descent gains a digit in about {c.steps_per_digit:.0f}"
        f" step{'s' * (round(c.steps_per_digit) != 1)}, of the best fixed length {c.best_step:.3g}"
    )
    if c.condition > HOPELESS:
        return f"{said}; so ill-conditioned that a Newton step loses most digits too: rescale the variables"
    if c.condition > ILL:
        return f"{said}; ill-conditioned: use a second-order method, or rescale the variables"
    return said
