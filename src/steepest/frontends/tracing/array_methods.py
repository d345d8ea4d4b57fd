"""What a traced array shares with NumPy's: properties, and methods whose calling convention is not a function's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from steepest.errors import CaptureError, located, user_line
from steepest.expr.traversal import contains_variable

from .complaints import lost_number
from .late import Late, dtype_of, type_of
from .python_numbers import PythonNumbers, equal_float, pythons, round_float


class Flat:
    """``a.flat``: the entries in rows, to read, to write, and to go through."""

    def __init__(self, array: Any):
        self.array = array

    def _index(self, key: Any) -> tuple[Any, ...]:
        shape = tuple(map(int, self.array.shape))
        places = np.arange(int(np.prod(shape)))[key]
        return tuple(int(i) if np.ndim(i) == 0 else i for i in np.unravel_index(places, shape))

    def __iter__(self) -> Iterator[Any]:
        return iter(self.array.reshape(-1))

    def __len__(self) -> int:
        return int(self.array.size)

    def __getitem__(self, key: Any) -> Any:
        return self.array[self._index(key)]

    def __setitem__(self, key: Any, value: Any) -> None:
        self.array[self._index(key)] = value

    def copy(self) -> Any:
        return self.array.reshape(-1).copy()


def _this(array: ArrayMethods) -> Any:
    """The array, as NumPy's functions take it: they ask its protocols."""
    return array


def _fixed_value(array: ArrayMethods) -> Any:
    if not array.is_fixed():
        raise lost_number()
    return array.value


class ArrayMethods(PythonNumbers):
    """The part of a traced array that is written with NumPy's functions alone."""

    __slots__ = ()
    held: Any  # the example, or what will give it

    @property
    def value(self) -> Any:
        """The example."""
        if type(self.held) is Late:
            self.held = self.held.found
        return self.held

    @value.setter
    def value(self, new: Any) -> None:
        self.held = new

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What `isinstance`, `match` and dispatch by type go by: it passes for what it stands for."""
        return type_of(self.held)

    def is_fixed(self) -> bool:
        """Whether it is made of plain numbers alone, so that nothing is lost where it becomes plain."""
        return not contains_variable(_this(self).expr)

    def __float__(self) -> float:
        return float(_fixed_value(self))

    def __complex__(self) -> complex:
        return complex(_fixed_value(self))

    def __eq__(self, other: Any) -> Any:
        return (
            self.value == other
            if other is None or isinstance(other, str)
            else np.equal(_this(self), equal_float(other))
        )

    def __ne__(self, other: Any) -> Any:
        return (
            self.value != other
            if other is None or isinstance(other, str)
            else np.not_equal(_this(self), equal_float(other))
        )

    __hash__ = object.__hash__

    @property
    def ndim(self) -> int:
        return np.ndim(_this(self).held)

    @property
    def dtype(self) -> np.dtype:
        return dtype_of(_this(self).held)

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return int(self.value.nbytes)

    @property
    def strides(self) -> tuple[int, ...]:
        return tuple(self.value.strides)

    @property
    def flags(self) -> Any:
        return self.value.flags

    def setflags(self, **_: Any) -> None:
        """Whether it may be written to is a matter of its memory, and it has none."""

    @property
    def T(self) -> Any:
        return np.transpose(_this(self))

    @property
    def mT(self) -> Any:
        return np.swapaxes(_this(self), -1, -2)

    @property
    def real(self) -> Any:
        return np.real(_this(self))

    @real.setter
    def real(self, value: Any) -> None:
        _this(self)[...] = value + 1j * self.imag if self.dtype.kind == "c" else value

    @property
    def imag(self) -> Any:
        return np.imag(_this(self))

    @imag.setter
    def imag(self, value: Any) -> None:
        if self.dtype.kind != "c":
            raise TypeError("array does not have imaginary part to set")
        _this(self)[...] = self.real + 1j * np.multiply(value, 1.0)

    @property
    def flat(self) -> Flat:
        return Flat(self)

    @flat.setter
    def flat(self, value: Any) -> None:
        np.put(_this(self), np.arange(_this(self).size), value)

    def reshape(self, *shape: Any, order: Any = "C", **settings: Any) -> Any:
        return np.reshape(_this(self), shape[0] if len(shape) == 1 else shape, order=order, **settings)

    def transpose(self, *axes: Any) -> Any:
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return np.transpose(_this(self), order)

    def item(self, *args: Any) -> Any:
        """One entry: by its index, or counted in rows."""
        if not args:
            found = self.reshape(())
            return found if found is self else pythons(found)
        return self[args] if len(args) > 1 else self.flat[args[0]]  # type: ignore[index]

    def tolist(self) -> Any:
        return [item.tolist() for item in self] if self.ndim else self  # type: ignore[attr-defined]

    def __round__(self, digits: int | None = None) -> Any:
        if digits is None:
            return int(np.rint(_this(self)))
        if self.of_python:
            return pythons(_this(self).__array_function__(round_float, (), (self, digits), {}))
        return np.round(_this(self), digits)

    def __copy__(self) -> Any:
        return np.copy(_this(self))

    def __deepcopy__(self, memo: Any) -> Any:
        return np.copy(_this(self))

    def compress(self, condition: Any, axis: Any = None) -> Any:
        return np.compress(condition, _this(self), axis)

    def is_integer(self) -> bool:
        return bool(np.floor(_this(self)) == self)

    # --- the Python array API standard ------------------------------------------------------------------

    def __array_namespace__(self, *, api_version: Any = None) -> Any:
        """NumPy, which is a namespace of the standard, as a traced function sees it."""
        np.empty(0).__array_namespace__(api_version=api_version)  # refuses a version it does not know
        return _this(self).recording.namespace

    @property
    def device(self) -> str:
        return "cpu"

    def to_device(self, device: Any, /, *, stream: Any = None) -> Any:
        np.empty(0).to_device(device, stream=stream)
        return self

    def __dlpack__(self, **_: Any) -> Any:
        raise CaptureError(
            located("another library would take the memory of a traced array, which has none", user_line())
            + "\n    Compute that step with NumPy, or outside the function and pass its result."
        )

    def __dlpack_device__(self) -> tuple[int, int]:
        return np.empty(0).__dlpack_device__()

    def view(self, *kind: Any, **settings: Any) -> Any:
        """The same array seen anew; as another type its memory would be read, which a trace has not."""
        wanted = (*kind, *settings.values())
        if all(w is np.ndarray or (not isinstance(w, type) and np.dtype(w) == self.dtype) for w in wanted):
            return self[...]  # type: ignore[index]
        raise CaptureError(
            located("the memory of a traced array would be read as another type", user_line())
            + "\n    Convert the numbers with x.astype(…), or make that array outside the function."
        )
