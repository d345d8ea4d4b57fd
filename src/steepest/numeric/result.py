"""What numeric differentiation answers: a value, how far it may be off, and what stood in the way."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np


class Status(enum.Enum):
    """How much a numeric derivative is worth, the better first; the worst of its entries speaks for an array."""

    OK = "ok"
    NOISY = "noisy"  # the values are noisy or rounded, or change faster than any step
    NONSMOOTH = "nonsmooth"  # left and right derivatives differ, or are infinite; the value is their mean
    DOMAIN = "domain"  # the function is not finite on one side (the value is one-sided) or on both (NaN)
    JUMP = "jump"  # the function itself jumps: it has no derivative


def worst(statuses: Iterable[Status]) -> Status:
    """The most severe of several statuses; OK of none."""
    return max(statuses, key=list(Status).index, default=Status.OK)


@dataclass(frozen=True)
class NumericResult:
    """A numeric derivative.

    `value` and `error` are numbers, or arrays of one shape: the true derivative is expected within
    ``value ± error``. An infinite error says that nothing is known. `evaluations` counts the points at which the
    function was evaluated. `left` and `right` are the one-sided derivatives where they were looked at, since the
    two-sided one does not exist or is not known well (NaN where a side has none, infinite where it is vertical), else
    None.
    """

    value: Any
    error: Any
    evaluations: int
    status: Status
    left: Any = None
    right: Any = None
    method: str = "richardson"

    def __post_init__(self) -> None:
        if np.shape(self.value) != np.shape(self.error):
            raise ValueError(f"value has shape {np.shape(self.value)}, but error has shape {np.shape(self.error)}")

    def __str__(self) -> str:
        """As ``2.71828182845905 ± 1.8e-15 (ok, 13 evaluations)``, with the sides where they differ."""
        if np.ndim(self.value):
            largest = np.max(self.error, initial=0.0)
            number = f"{self.value}, each ± {largest:.2g} at most"
        else:
            number = f"{self.value:.15g} ± {self.error:.2g}"
        sides = "" if self.left is None else f", left {self.left}, right {self.right}"
        return f"{number} ({self.status.value}{sides}, {self.evaluations} evaluations)"
