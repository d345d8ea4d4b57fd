"""Losses by name: what a wrong prediction costs, row by row, as plain NumPy functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.special

from steepest.errors import ArgumentError, DataError

# Of the spread of y: how wide the corner of |r| is rounded, one fit after the other, each from where the last ended.
WIDTHS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


@dataclass(frozen=True)
class Loss:
    """``cost(z, y, level, width)`` for predictions z; `mean` is what is predicted of y where that is not z itself.

    `level` is the one number a loss may have, `width` how far a corner is rounded; those that have none ignore it.
    """

    cost: Callable[[Any, Any, float, float], Any]
    mean: Callable[[Any], Any] | None = None
    level: tuple[float, float, float] | None = None  # the usual one, and between which it lies
    least: float = -np.inf  # of y
    most: float = np.inf
    corners: bool = False


def squared(z: Any, y: Any, level: float, width: float) -> Any:
    return (z - y) ** 2


def absolute(z: Any, y: Any, level: float, width: float) -> Any:
    return np.sqrt((z - y) ** 2 + width**2)


def huber(z: Any, y: Any, level: float, width: float) -> Any:
    """r²/2 up to level, and from there on straight (P. J. Huber, Ann. Math. Statist. 35 (1964), 73-101)."""
    r = np.abs(z - y)
    return np.where(r <= level, r**2 / 2, level * (r - level / 2))


def quantile(z: Any, y: Any, level: float, width: float) -> Any:
    """``max(q r, (q − 1) r)``, r = y − z; corner rounded (R. Koenker, G. Bassett, Econometrica 46 (1978), 33-50)."""
    r = y - z
    return (level - 0.5) * r + np.sqrt(r**2 + width**2) / 2


def poisson(z: Any, y: Any, level: float, width: float) -> Any:
    """−log of the Poisson probability of y at mean exp(z), without what does not depend on z."""
    return np.exp(z) - y * z


def logistic(z: Any, y: Any, level: float, width: float) -> Any:
    """−log of the probability of y = 1 or 0 at log-odds z; y between them is a share."""
    return np.logaddexp(0.0, z) - y * z


def gamma(z: Any, y: Any, level: float, width: float) -> Any:
    """−log of the gamma density of y at mean exp(z), without what does not depend on z."""
    return z + y * np.exp(-z)


SIZES = (1e-80, 1e15)  # of y, from predictions of 0 to which the steps of a descent reach
TINY = float(np.finfo(float).tiny)
LOSSES = {
    "squared": Loss(squared),
    "absolute": Loss(absolute, corners=True),
    "huber": Loss(huber, level=(1.35, TINY, np.inf)),
    "quantile": Loss(quantile, level=(0.5, 0.0, 1.0), corners=True),
    "poisson": Loss(poisson, np.exp, least=0.0),
    "logistic": Loss(logistic, scipy.special.expit, least=0.0, most=1.0),
    "gamma": Loss(gamma, np.exp, least=TINY),
}


def require_possible(name: str, y: np.ndarray) -> None:
    """Raise DataError where a response is none that the loss is for, or so far from 1 that no descent gets there."""
    loss = LOSSES[name]
    size = float(np.max(np.abs(y)))
    if loss.mean is None and size and not SIZES[0] <= size <= SIZES[1]:
        raise DataError(
            f"y has entries of {size:.1e}, and loss={name!r} is fitted by a descent that begins at predictions of 0"
            f"\n    Give y in units in which it is between {SIZES[0]:g} and {SIZES[1]:g}."
        )
    bad = (y < loss.least) | (y > loss.most)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        between = f"from {loss.least:g} to {loss.most:g}" if np.isfinite(loss.most) else f"{loss.least:g} or more"
        between = "above 0" if loss.least == TINY else between
        raise DataError(f"y[{', '.join(map(str, where))}] is {y[where]:g}; loss={name!r} is for responses {between}")


def level_of(name: str, level: Any) -> float:
    """The level of a named loss. Raises ArgumentError for one outside of its range, or for a loss without any."""
    known = LOSSES[name].level
    if known is None:
        if level is not None:
            raise ArgumentError(f"loss={name!r} has no level; got level={level!r}")
        return 0.0
    usual, least, most = known
    if level is None:
        return usual
    if not (isinstance(level, (int, float, np.number)) and least < level < most):
        raise ArgumentError(f"level={level!r} of loss={name!r} lies above {least:.0f} and below {most:g}")
    return float(level)
