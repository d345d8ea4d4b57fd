"""Points at which formulas are tried: generic arrays of distinct sizes, inside the domain of the function.

Where a function is defined is not known beforehand. Points are drawn from several kinds of place, from the
most generic on, and the first kind is taken at which everything is finite.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from steepest.expr.dimension import Shape
from steepest.expr.fact import Fact, Facts
from steepest.frontends.trees import flatten

NUDGE, NUDGES, STEADY = 1e-12, 3, 1e-8  # a relative change of arguments, how often, and what values may change by
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


def _inside(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Matrices small, the rest of order one: where Ax < b."""
    return rng.uniform(0.02, 0.1, shape) if len(shape) == 2 else rng.uniform(0.5, 0.9, shape)


PLACES: tuple[Place, ...] = (
    _signed(0.3, 1.7), _positive(0.3, 1.7), _signed(0.1, 0.9), _positive(0.1, 0.9), _definite, _positive(1.3, 3.0),
)  # fmt: skip


FAR_PLACES = (_signed(0.02, 0.2), _signed(1.1, 2.9), _positive(3.0, 8.0), _inside)
MORE, APART = 4, 1000  # points of each kind where the first ones do not do, and what is added to their seeds


def draw(place: Place, shapes: Sequence[Shape], seed: int, facts: Sequence[Facts] = ()) -> list[np.ndarray]:
    """One array of each shape, with the facts declared of it: no zeros, no ties, no symmetry but what these ask for."""
    rng = np.random.default_rng(seed)
    drawn = [np.asarray(place(rng, tuple(int(n) for n in shape))) for shape in shapes]
    return [with_facts(x, f) for x, f in zip(drawn, facts, strict=True)] if facts else drawn


def points(shapes: Sequence[Shape], seed: int, facts: Sequence[Facts] = ()) -> Iterator[list[np.ndarray]]:
    """A point of every kind of place, the most generic first; then more of them, and farther out."""
    for place, number in (*((p, 0) for p in PLACES), *product((*PLACES, *FAR_PLACES), range(1, MORE))):
        yield draw(place, shapes, seed + number * APART, facts)


def is_steady(f: Callable[..., Any], args: Sequence[Any], values: Sequence[Any]) -> bool:
    """Whether the values of `f` are more than rounding: arguments changed in their last digits hardly change them.

    At det(XXᵀ) with more rows than columns, say, there is nothing to be compared.
    """
    rng = np.random.default_rng(1)
    with np.errstate(all="ignore"), contextlib.suppress(np.linalg.LinAlgError):
        moved = [[x * (1 + NUDGE * rng.uniform(-1, 1, np.shape(x))) for x in args] for _ in range(NUDGES)]
        return all(_close(a, b) for near in moved for a, b in zip(flatten(f(*near))[0], values, strict=True))
    return False


def _close(a: Any, b: Any) -> bool:
    if np.asarray(a).dtype.kind not in "fc":
        return True
    return np.shape(a) == np.shape(b) and bool(
        np.max(np.abs(a - b), initial=0.0) <= STEADY * np.max(np.abs(b), initial=0.0)
    )


def with_facts(x: np.ndarray, facts: Facts) -> np.ndarray:
    """An array made from generic entries that has the facts."""
    for fact, made in MADE.items():
        if fact in facts:
            x = made(x)
    return x


def _positive_definite(x: np.ndarray) -> np.ndarray:
    """Of positive entries it keeps the sign; the order of magnitude is kept too."""
    n = len(x)
    return np.asarray((x @ x.T) / n + np.abs(x).max(initial=0.0) ** 2 / 2 * np.eye(n))


def _orthogonal(x: np.ndarray) -> np.ndarray:
    """A reflection if x is symmetric, else any."""
    if np.array_equal(x, x.T):
        v = x[:, :1] / np.linalg.norm(x[:, :1])
        return np.asarray(np.eye(len(x)) - 2 * v @ v.T)
    return np.asarray(np.linalg.qr(x)[0])


def _whole(x: np.ndarray) -> np.ndarray:
    return np.where(x < 0, np.floor(3 * x), np.ceil(3 * x))


# In this order: each keeps what those before it made.
MADE: dict[Fact, Callable[[np.ndarray], np.ndarray]] = {
    Fact.NONNEGATIVE: np.abs,
    Fact.INTEGER: _whole,
    Fact.SYMMETRIC: lambda x: np.tril(x) + np.tril(x, -1).T,
    Fact.LOWER: np.tril,
    Fact.UPPER: np.triu,
    Fact.PSD: _positive_definite,
    Fact.ORTHOGONAL: _orthogonal,
    Fact.PROBABILITY: lambda x: x / x.sum(),
    Fact.UNIT: lambda x: x / np.linalg.norm(x),
}
