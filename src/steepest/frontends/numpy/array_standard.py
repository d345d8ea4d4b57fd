"""Functions that NumPy has for the Python array API standard alone: kinds of `unique`, and questions about types."""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.errors import CaptureError, located, user_line
from steepest.frontends.tracing.tracer import to_values
from steepest.frontends.tracing.translation import translates_with_values


def unique_all(x: Any) -> tuple[Any, ...]:
    """Values, the first place of each, which of them each entry is, and how often each occurs."""
    found: tuple[Any, ...] = np.unique(x, return_index=True, return_inverse=True, return_counts=True, equal_nan=False)
    return found


def unique_counts(x: Any) -> tuple[Any, ...]:
    values, _, _, counts = unique_all(x)
    return values, counts


def unique_inverse(x: Any) -> tuple[Any, ...]:
    values, _, inverse, _ = unique_all(x)
    return values, inverse


def unique_values(x: Any) -> Any:
    """The values, which the standard leaves in any order; here they have to be in rising order, so that it is held."""
    found = np.unique(x, equal_nan=False)
    if not np.array_equal(to_values(found), np.unique_values(to_values(x)), equal_nan=True):
        raise CaptureError(
            located("np.unique_values gives these values in an order of its own, which is not recorded", user_line())
            + "\n    Use np.unique, which sorts them."
        )
    return found


def result_type(*arrays_and_dtypes: Any) -> np.dtype:
    return np.result_type(*to_values(arrays_and_dtypes))


translates_with_values(np.unique_all)(unique_all)
translates_with_values(np.unique_counts)(unique_counts)
translates_with_values(np.unique_inverse)(unique_inverse)
translates_with_values(np.unique_values)(unique_values)
translates_with_values(np.result_type)(result_type)
