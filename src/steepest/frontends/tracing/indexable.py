"""Plain arrays inside a traced function: a traced integer between their brackets stays traced.

NumPy asks such an integer for its value (``__index__``), which would hold the trace to it: ``table[i]`` in the body of
a loop would be another branch in every step.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import numpy as np

from .array_methods import ArrayMethods
from .recording import current


class Indexable(np.ndarray):
    """A view of a plain array that reads at traced positions. In all else it is the array."""

    array: np.ndarray | None = None  # itself: large arrays are told apart by their identity

    def __getitem__(self, key: Any) -> Any:
        for part in key if isinstance(key, (tuple, list)) else (key,):
            item = part.start if isinstance(part, slice) else part
            if isinstance(item, ArrayMethods):
                return item.__array_function__(operator.getitem, (), (plain(self), key), {})  # type: ignore[attr-defined]
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[Any]:
        walk = walk_over(self, sys._getframe(1))
        return super().__iter__() if walk is None else walk

    def dot(self, b: Any, out: Any = None) -> Any:
        """By the function, which NumPy's protocol hands on where `b` is traced."""
        return np.dot(self, b) if out is None else super().dot(b, out)

    def copy(self, order: Any = "C") -> Any:
        """An array of the trace, as np.array makes it: it may be written to."""
        return _made(plain(self).copy(order))

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        """An array of the trace, too."""
        return _made(plain(self).astype(dtype, *args, **kwargs))

    def __array_wrap__(self, array: np.ndarray, context: Any = None, return_scalar: bool = False) -> Any:
        """What NumPy computes of it: a number where it gives one for an array."""
        return array[()] if return_scalar else array.view(Indexable)

    def __reduce__(self) -> Any:
        return plain(self).__reduce__()


def walk_over(array: Any, frame: FrameType) -> Any:
    """The loop that a frame begins over an array; None if it is none that is watched."""
    recording = current()
    return None if recording is None or recording.walked is None else recording.walked.over(array, frame)


def _made(array: np.ndarray) -> Any:
    recording = current()
    namespace = None if recording is None else recording.namespace  # none while a solver's function is recorded
    return array if namespace is None else namespace.array(array)


def indexable(x: Any) -> Any:
    """A view that traced integers may index, of an array of numbers; anything else as it is."""
    if type(x) is not np.ndarray or not x.ndim or x.dtype.kind not in "biufc":
        return x
    found = x.view(Indexable)
    found.array = x
    return found


def plain(x: Any) -> Any:
    """The array itself."""
    if type(x) is not Indexable:
        return x
    if x.array is None:
        x.array = x.view(np.ndarray)
    return x.array
