"""Functions that NumPy calls entry by entry: ``np.vectorize(f)``, ``np.fromiter``, ``np.ndenumerate``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from steepest.errors import CaptureError, located, user_line

from .tracer import Tracer, find_tracers, value_of

Convert = Callable[[Any], Any]


def vectorized(item: np.vectorize, convert: Convert, make: Callable[..., Any]) -> Callable[..., Any]:
    """``np.vectorize(f)`` as a loop over the entries. `make` is np.array as the trace knows it."""
    function = convert(item.pyfunc)

    def each(*args: Any, **kwargs: Any) -> Any:
        if next(find_tracers((args, kwargs)), None) is None:
            return item(*args, **kwargs)
        if item.signature is not None or item.excluded or kwargs:
            raise CaptureError(
                located("np.vectorize with a signature, excluded or keyword arguments is not recorded", user_line())
                + "\n    Write the loop out, or vectorize a lambda of the traced arguments alone."
            )
        arrays = np.broadcast_arrays(*args)
        shape = arrays[0].shape
        results = [function(*(a[place] for a in arrays)) for place in np.ndindex(*map(int, shape))]
        if any(isinstance(r, tuple) for r in results):
            columns = zip(*results, strict=True)
            return tuple(np.reshape(make(list(column)), shape) for column in columns)
        return np.reshape(make(results), shape) if shape else results[0]

    return each


def fromiter(make: Callable[..., Any]) -> Callable[..., Any]:
    def collected(items: Iterable[Any], dtype: Any, count: int = -1, **_: Any) -> Any:
        found = list(items)
        return make(found if count < 0 else found[:count], dtype=dtype)

    return collected


def enumerated(array: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """np.ndenumerate."""
    if not isinstance(array, Tracer):
        return iter(np.ndenumerate(array))
    return ((place, array[place]) for place in np.ndindex(*map(int, array.shape)))


def iterated(*args: Any, **kwargs: Any) -> Any:
    """np.nditer, which hands out views into memory that a trace does not have."""
    if next(find_tracers((args, kwargs)), None) is not None:
        raise CaptureError(
            located("np.nditer of a traced array is not recorded", user_line())
            + "\n    Iterate over the array itself, or over np.ndindex(x.shape)."
        )
    return np.nditer(*args, **kwargs)


def is_scalar(item: Any) -> bool:
    return np.isscalar(value_of(item))


def is_iterable(item: Any) -> bool:
    return np.iterable(value_of(item))
