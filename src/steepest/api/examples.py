"""Points at which formulas are tried: generic arrays of distinct sizes, inside the domain of the function.

Where a function is defined is not known beforehand. Points are drawn from several kinds of place, from the
most generic on, and the first kind is taken at which everything is finite.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from steepest.expr.dimension import Shape

Place = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def _signed(low: float, high: float) -> Place:
    return lambda rng, shape: rng.uniform(low, high, shape) * rng.choice([-1.0, 1.0], shape)


def _positive(low: float, high: float) -> Place:
    return lambda rng, shape: rng.uniform(low, high, shape)


def _definite(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Square matrices positive definite, the rest positive."""
    if len(shape) < 2 or shape[-1] != shape[-2]:
        return rng.uniform(0.3, 1.7, shape)
    b = rng.uniform(-1, 1, shape)
    return np.asarray(b @ np.swapaxes(b, -1, -2) + np.eye(shape[-1]))


PLACES: tuple[Place, ...] = (
    _signed(0.3, 1.7), _positive(0.3, 1.7), _signed(0.1, 0.9), _positive(0.1, 0.9), _definite, _positive(1.3, 3.0),
)  # fmt: skip


def draw(place: Place, shapes: Sequence[Shape], seed: int) -> list[np.ndarray]:
    """One array of each shape: no zeros, no ties, no symmetry but where the place asks for it."""
    rng = np.random.default_rng(seed)
    return [np.asarray(place(rng, tuple(int(n) for n in shape))) for shape in shapes]


def points(shapes: Sequence[Shape], seed: int) -> list[list[np.ndarray]]:
    """A point of every kind of place, the most generic first."""
    return [draw(place, shapes, seed) for place in PLACES]
