"""Stand-ins for modules, ufuncs, types and builtins inside a traced function: the same, but that they know tracers."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.errors import CaptureError, located, user_line
from steepest.expr.dimension import Dim

from .containers import transformed
from .extremes import greatest, least
from .made_here import made_here
from .mirroring import original_class
from .postponing import value_of
from .python_numbers import is_pythons, pythons
from .size import sizes_as_numbers
from .stack_entries import stacked_entries
from .stepped_lists import SteppedList
from .tracer import Tracer, call, find_tracers


class ModuleStandIn(types.ModuleType):
    """A module whose attributes are converted when they are read."""

    def __init__(self, module: types.ModuleType, convert: Callable[[types.ModuleType, str, Any], Any]):
        super().__init__(module.__name__)
        self.__dict__.update(_module=module, _convert=convert)

    def __getattr__(self, name: str) -> Any:
        value = self._convert(self._module, name, getattr(self._module, name))
        self.__dict__[name] = value
        return value


class UfuncStandIn:
    """A ufunc that also takes lists of traced numbers; ``np.add.reduce`` and the like stay reachable."""

    def __init__(self, ufunc: np.ufunc):
        self.ufunc = ufunc
        self.__name__ = ufunc.__name__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        kwargs = transformed(kwargs, plain_type)
        if any(isinstance(a, (list, tuple)) for a in args) and next(find_tracers(args), None) is not None:
            return call(self.ufunc, args, kwargs)
        result = self.ufunc(*sizes_as_numbers(self.ufunc, args), **kwargs)
        return result if "out" in kwargs else made_here(result, args)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.ufunc, name)
        return functools.partial(_of_list, found) if name in METHODS_OF_ARRAYS else found


METHODS_OF_ARRAYS = frozenset({"reduce", "accumulate", "reduceat", "outer"})


def _of_list(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A ufunc's method, also of a list with traced numbers in it."""
    is_traced = any(isinstance(a, (list, tuple)) and next(find_tracers(a), None) is not None for a in args)
    return call(method, args, kwargs) if is_traced else method(*args, **kwargs)


# --- types ------------------------------------------------------------------------------------------


class TypeStandIn(type):
    """The type of the stand-ins of `float`, `np.float64` and the like: usable as function, class and dtype."""

    original: type
    of_tracer: Callable[..., Any]

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls.original is not type and next(find_tracers(args), None) is None:
            return cls.original(*args, **kwargs)
        return cls.of_tracer(*args, **kwargs)

    def __instancecheck__(cls, item: Any) -> bool:
        return isinstance(value_of(item), cls.original)

    def __subclasscheck__(cls, other: Any) -> bool:
        return issubclass(plain_type(other), cls.original)

    def __eq__(cls, other: object) -> bool:
        return cls.original is plain_type(other)

    def __hash__(cls) -> int:
        return hash(cls.original)

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls.original, name)  # float.fromhex, int.from_bytes


class MakingType(TypeStandIn):
    """The type of stand-ins of classes of which every object is made by `of_tracer`."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return cls.of_tracer(*args, **kwargs)


def plain_type(x: Any) -> Any:
    return x.original if isinstance(x, TypeStandIn) else x


def _stand_in(original: type, of_tracer: Callable[..., Any], **members: Any) -> TypeStandIn:
    return TypeStandIn(original.__name__, (), {"original": original, "of_tracer": of_tracer, **members})


def _one_number(name: str, x: Tracer) -> Tracer:
    if x.size != 1:
        raise CaptureError(located(f"{name}() of an array of shape {x.shape}", user_line()))
    return x.reshape(())


def _to_float(x: Any) -> Any:
    return x if x.of_python else pythons(_one_number("float", x).astype(np.float64))


def _to_complex(real: Any, imag: Any = 0.0) -> Any:
    return pythons((real + 1j * imag) + 0j)


def _to_int(x: Any, *base: Any) -> int:
    """An int may steer loops and indices: it leaves the trace."""
    return int(_one_number("int", x))


def type_of(item: Any, *rest: Any) -> Any:
    """``type(x)``; with more arguments a new class. A type that has a stand-in is told by it."""
    kind = type(value_of(item), *rest)
    return kind if rest else STANDING_IN.get(kind, kind)


def _scalar_type(kind: type[np.generic]) -> TypeStandIn:
    dtype = np.dtype(kind)

    def convert(x: Any) -> Any:
        return call(np.asarray, (x,), {}).astype(dtype)

    return _stand_in(kind, staticmethod(convert), dtype=dtype)


FLOAT = _stand_in(float, staticmethod(_to_float), dtype=np.dtype(np.float64))
COMPLEX = _stand_in(complex, staticmethod(_to_complex), dtype=np.dtype(np.complex128))
INT = _stand_in(int, staticmethod(_to_int), dtype=np.dtype(np.int64))
TYPE = _stand_in(type, staticmethod(type_of))
SCALAR_TYPES: dict[type, TypeStandIn] = {
    kind: _scalar_type(kind) for kind in (np.float64, np.float32, np.complex128, np.complex64)
}
STANDING_IN: dict[type, TypeStandIn] = {float: FLOAT, complex: COMPLEX, int: INT, type: TYPE, **SCALAR_TYPES}


# --- builtins ---------------------------------------------------------------------------------------


def is_instance(item: Any, classes: Any) -> bool:
    """A traced array passes for an array, a traced scalar for a NumPy scalar."""
    return isinstance(value_of(item), transformed(classes, lambda kind: original_class(plain_type(kind))))


def is_subclass(kind: Any, classes: Any) -> bool:
    return issubclass(plain_type(kind), transformed(classes, lambda item: original_class(plain_type(item))))


def has_attribute(item: Any, name: str) -> bool:
    return hasattr(value_of(item), name)


def length(x: Any) -> Any:
    """``len(x)``, with the name of the size where it has one; of a list that grows as a function of the step."""
    if isinstance(x, Tracer) and x.ndim and isinstance(x.expr.shape[0], Dim):
        return x.shape[0]
    return x.length() if isinstance(x, SteppedList) else len(x)


def total(items: Any, /, start: Any = 0) -> Any:
    """``sum``; of a long list that a loop has made as one sum."""
    if isinstance(start, (list, tuple)) or stacked_entries(items) is None or isinstance(items[0], (list, tuple)):
        return sum(items, start)
    found = np.sum(call(np.array, (items,), {}), axis=0)
    found.of_python = all(map(is_pythons, items))
    return found + start


BUILTINS: dict[str, Any] = {
    "sum": total,
    "min": least,
    "max": greatest,
    "isinstance": is_instance,
    "issubclass": is_subclass,
    "hasattr": has_attribute,
    "len": length,
    "float": FLOAT,
    "complex": COMPLEX,
    "int": INT,
    "type": TYPE,
}
