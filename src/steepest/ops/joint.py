"""Functions that compute several results at once: a decomposition gives values and vectors together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Part:
    """One of the results of a joint function. Parts of one function on the same operands can share one call."""

    function: Callable[..., Sequence[Any]]
    index: int

    def __call__(self, *operands: Any, **params: Any) -> Any:
        return self.function(*operands, **params)[self.index]


def over_batch(function: Callable[[Any], Sequence[Any]], x: Any) -> tuple[Any, ...]:
    """A function of one matrix on each matrix of a batch, its results stacked."""
    x = np.asarray(x)
    if x.ndim == 2:
        return tuple(function(x))
    batch = x.shape[:-2]
    if 0 in batch:  # the types and shapes of the results are those at an identity matrix
        like = function(np.eye(*x.shape[-2:], dtype=x.dtype))
        return tuple(np.zeros((*batch, *np.shape(r)), np.asarray(r).dtype) for r in like)
    rows = [function(m) for m in x.reshape(-1, *x.shape[-2:])]
    return tuple(np.stack(column).reshape(*batch, *np.shape(column[0])) for column in zip(*rows, strict=True))
