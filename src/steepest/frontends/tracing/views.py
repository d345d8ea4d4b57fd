"""Views of an array: how they were made, so that they can be made again, and where their entries stand in the array."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .complaints import written_view
from .containers import transformed


def _called(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return function(*args, **kwargs)


@dataclass(frozen=True, eq=False)
class Making:
    """The call that made a view: ``np.reshape(a, (2, 2))``, ``np.transpose(a)``, ``np.split(a, 2)[1]``."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    part: int | None = None  # of several results, which

    def of(self, old: Any, new: Any, call: Callable[..., Any] = _called) -> Any:
        """The same part of another array, which takes the place of the one it was made of."""
        made = call(self.function, *transformed((self.args, self.kwargs), lambda x: new if x is old else x))
        return made if self.part is None else made[self.part]

    def places(self, array: Any) -> np.ndarray:
        """The number, counted in rows, of each of the view's entries in the array it is of.

        Found by having NumPy rearrange the numbers of the places. ValueError where NumPy hands out a view to read only,
        CaptureError where the view holds parts of entries.
        """
        if array.dtype.kind == "c" and self.function in (np.real, np.imag):
            raise written_view()
        shape = tuple(map(int, array.shape))
        numbers = np.arange(int(np.prod(shape))).reshape(shape)
        made = self.of(array, numbers)
        if not made.flags.writeable:
            raise ValueError("assignment destination is read-only")
        return np.asarray(made)

    def index(self, array: Any, key: Any = Ellipsis) -> tuple[Any, ...]:
        """Where in the array the entries of ``view[key]`` stand."""
        found = np.unravel_index(self.places(array)[key], tuple(map(int, array.shape)))
        return tuple(int(i) if np.ndim(i) == 0 else i for i in found)
