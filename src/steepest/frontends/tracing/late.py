"""What a call will give, worked out when somebody looks at it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


class Late:
    """An array, or a number of NumPy's, of this shape and type."""

    __slots__ = ("_found", "_make", "depth", "dtype", "shape")

    def __init__(self, make: Callable[[], Any], shape: tuple[int, ...], dtype: np.dtype, depth: int = 1):
        self._make: Callable[[], Any] | None = make
        self._found: Any = None
        self.shape, self.dtype = shape, dtype
        self.depth = depth  # how many wait for one another

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def is_waiting(self) -> bool:
        return self._make is not None

    @property
    def found(self) -> Any:
        """The value. What it was to be made of is let go."""
        if self._make is not None:
            with np.errstate(all="ignore"):
                self._found = self._make()
            self._make = None
        return self._found


def worked_out(x: Any) -> Any:
    return x.found if type(x) is Late else x


def type_of(x: Any) -> type:
    """The type of what is there, or will be."""
    return type(x) if type(x) is not Late else np.ndarray if x.shape else x.dtype.type


def dtype_of(x: Any) -> np.dtype:
    return x.dtype if type(x) is Late else np.asarray(x).dtype
