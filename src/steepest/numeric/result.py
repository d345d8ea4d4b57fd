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
    NOISY = "noisy"  # the differences do not settle: noise, or a feature finer than any step
    NONSMOOTH = "nonsmooth"  # left and right derivatives differ; the value is their mean
    DOMAIN = "domain"  # the function is not finite on one side (the value is one-sided) or on both (NaN)


def worst(statuses: Iterable[Status]) -> Status:
    """The most severe of several statuses; OK of none."""
    return max(statuses, key=list(Status).index, default=Status.OK)


@dataclass(frozen=True)
class NumericResult:
    """A numeric derivative.

    `value` and `error` are numbers, or arrays of one shape: the true derivative is expected within
    ``value ± error``. An infinite error says that nothing is known. `evaluations` counts calls of the function.
    """

    value: Any
    error: Any
    evaluations: int
    status: Status

    def __post_init__(self) -> None:
        if np.shape(self.value) != np.shape(self.error):
            raise ValueError(f"value has shape {np.shape(self.value)}, but error has shape {np.shape(self.error)}")
