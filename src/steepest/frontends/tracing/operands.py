"""What NumPy would make of an argument by itself: of the user's objects arrays, of a traced size a number."""

from __future__ import annotations

import collections
import operator
from typing import Any

from .mirroring import is_mirrored
from .stand_ins import plain_type
from .tracer import Tracer


def as_operand(x: Any) -> Any:
    """What NumPy would make an array of by itself, as an array or a list; a type as NumPy knows it."""
    if isinstance(x, collections.deque):
        return list(x)
    if isinstance(x, type) or not is_mirrored(x):
        return plain_type(x)
    if hasattr(x, "__array__"):
        return x.__array__()
    return list(x) if hasattr(x, "__len__") and hasattr(x, "__getitem__") else x


def as_array_like(x: Any) -> Any:
    """An object of the user's that can become an array, as that array; a type as NumPy knows it."""
    if not isinstance(x, type) and is_mirrored(x) and hasattr(x, "__array__"):
        return x.__array__()
    return plain_type(x)


def plain_size(x: Any) -> Any:
    """A traced integer as the integer it is here, of the same type: the trace holds for arrays of this size."""
    if not isinstance(x, Tracer) or x.dtype.kind not in "biu" or x.ndim:
        return plain_type(x)
    return operator.index(x) if x.of_python else Tracer.concrete(x)
