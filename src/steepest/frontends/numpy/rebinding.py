"""Reaching what NumPy's protocols cannot: ``np.array([x, 1])``, ``np.zeros(3)`` filled later, ``math.sin(x)``.

The user's function is copied with other globals and closure cells, in which the numpy, math and scipy modules
and a few builtins are replaced by stand-ins that know the recording. Functions it calls are copied the same
way. The user's own function and modules are never changed, and tracebacks keep the user's lines.
"""

from __future__ import annotations

import contextlib
import functools
import math
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.errors import CaptureError, located, user_line
from steepest.expr.dimension import Dim

from .containers import transformed
from .creation import COLUMNS, ROWS
from .dependency import Dependencies
from .recording import Recording
from .tracer import Tracer, call, create, find_tracers
from .translation import TRANSLATIONS, WITH_VALUES

LIBRARIES = frozenset({"numpy", "math", "scipy"})
CREATORS: frozenset[Any] = frozenset(
    {
        np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.copy, np.zeros, np.ones,
        np.empty, np.full, np.eye, np.identity, np.zeros_like, np.ones_like, np.empty_like, np.full_like, np.linspace,
        np.arange, np.logspace, np.geomspace,
    }
)  # fmt: skip
# math functions whose NumPy counterpart has another name
MATH_NAMES = {"pow": "power", "fsum": "sum", "dist": None, "prod": "prod", "acos": "arccos", "asin": "arcsin",
              "atan": "arctan", "atan2": "arctan2", "acosh": "arccosh", "asinh": "arcsinh", "atanh": "arctanh"}  # fmt: skip


class Rebinder:
    """Makes copies of functions for one recording."""

    def __init__(self, recording: Recording):
        self.recording = recording
        self.dependencies = Dependencies()
        self.done: dict[int, Any] = {}  # by id, so that recursion ends
        self.keep_alive: list[Any] = []  # an id is only unique while its object lives
        self.builtins: dict[str, Any] = {
            "isinstance": self._is_instance,
            "len": _length,
            "float": _number_type(float),
            "int": _number_type(int),
        }

    def convert(self, item: Any) -> Any:
        """The stand-in for anything a function may refer to; most things stand for themselves."""
        if isinstance(item, types.ModuleType):
            return self._module(item)
        if isinstance(item, functools.partial):
            arguments = {key: self.convert(value) for key, value in item.keywords.items()}
            return functools.partial(self.convert(item.func), *map(self.convert, item.args), **arguments)
        if isinstance(item, functools._lru_cache_wrapper):
            return self.convert(item.__wrapped__)  # a cache would keep values of this recording
        if isinstance(item, types.MethodType):
            self.dependencies.object(item.__self__)
            return types.MethodType(self.convert(item.__func__), item.__self__)
        if _is_library_function(item):
            return self._library_function(item)
        if isinstance(item, types.FunctionType) and not _in_standard_library(item):
            return self._copy(item)
        call_method = getattr(type(item), "__call__", None)
        if isinstance(call_method, types.FunctionType) and not isinstance(item, type) and not _is_ours(item):
            self.dependencies.object(item)
            return types.MethodType(self.convert(call_method), item)
        return item

    def _module(self, module: types.ModuleType) -> Any:
        if isinstance(module, ModuleStandIn):  # in a trace inside a trace
            module = module.__dict__["_module"]
        top = module.__name__.split(".")[0]
        if top in LIBRARIES:
            return ModuleStandIn(module, self._library_item)
        if top in sys.stdlib_module_names or top == "steepest":
            return module
        return ModuleStandIn(module, lambda _, value: self.convert(value))

    def _library_item(self, module: types.ModuleType, item: Any) -> Any:
        if isinstance(item, types.ModuleType):
            return ModuleStandIn(item, self._library_item)
        if module is math and callable(item):
            return self._math_function(item)
        return self._library_function(item) if _is_library_function(item) else STAND_INS.get(id(item), item)

    def _library_function(self, item: Any) -> Any:
        if getattr(item, "__module__", None) == "math":
            return self._math_function(item)
        if isinstance(item, np.ufunc):
            return UfuncStandIn(item)
        recording = self.recording
        if _hashable_in(item, CREATORS):

            def make(*args: Any, **kwargs: Any) -> Any:
                args, kwargs = transformed((args, kwargs), plain_type)
                return create(item, args, kwargs, recording)

            return functools.update_wrapper(make, item)
        if not (_hashable_in(item, TRANSLATIONS) or _hashable_in(item, WITH_VALUES)):
            return item

        def translated(*args: Any, **kwargs: Any) -> Any:
            args, kwargs = transformed((args, kwargs), plain_type)
            if next(find_tracers((args, kwargs)), None) is None:
                return item(*args, **kwargs)
            return call(item, args, kwargs)

        return functools.update_wrapper(translated, item)

    def _math_function(self, item: Any) -> Any:
        name = MATH_NAMES.get(item.__name__, item.__name__)
        counterpart = getattr(np, name, None) if name else None

        def scalar(*args: Any, **kwargs: Any) -> Any:
            if next(find_tracers((args, kwargs)), None) is None:
                return item(*args, **kwargs)
            target = counterpart if counterpart is not None else item
            return call(target, args, kwargs)

        return functools.update_wrapper(scalar, item)

    def _copy(self, function: types.FunctionType) -> types.FunctionType:
        if id(function) in self.done:
            copied: types.FunctionType = self.done[id(function)]
            return copied
        namespace = dict(function.__globals__)
        cells = tuple(types.CellType() for _ in function.__closure__ or ())
        copied = types.FunctionType(function.__code__, namespace, function.__name__, function.__defaults__, cells)
        copied.__kwdefaults__ = function.__kwdefaults__
        copied.__qualname__ = function.__qualname__
        self.done[id(function)] = copied  # before the contents: a recursive function refers to itself
        self.keep_alive.append(function)
        self.dependencies.object(function.__defaults__)
        copied.__defaults__ = function.__defaults__ and tuple(map(self.convert, function.__defaults__))
        for new, old in zip(cells, function.__closure__ or (), strict=True):
            with contextlib.suppress(ValueError):  # a cell that has no value yet
                self.dependencies.cell(old)
                new.cell_contents = self.convert(old.cell_contents)
        for name in names_used(function.__code__):
            if name in namespace:
                self.dependencies.name(function.__globals__, name)
                namespace[name] = self.convert(namespace[name])
            elif name in self.builtins:
                namespace[name] = self.builtins[name]
        return copied

    def _is_instance(self, item: Any, classes: Any) -> bool:
        classes = transformed(classes, plain_type)
        if not isinstance(item, Tracer):
            return isinstance(item, classes)
        return isinstance(item.value, classes)  # a traced scalar passes for a NumPy scalar


class ModuleStandIn(types.ModuleType):
    """A module whose attributes are converted when they are read."""

    def __init__(self, module: types.ModuleType, convert: Callable[[types.ModuleType, Any], Any]):
        super().__init__(module.__name__)
        self.__dict__.update(_module=module, _convert=convert)

    def __getattr__(self, name: str) -> Any:
        value = self._convert(self._module, getattr(self._module, name))
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
        return self.ufunc(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ufunc, name)


class NumberType(type):
    """The type of the stand-ins of `float` and `int`: usable as function, class and dtype."""

    original: type

    def __call__(cls, *args: Any) -> Any:
        if not (args and isinstance(args[0], Tracer)):
            return cls.original(*args)
        x = args[0]
        if x.size != 1:
            raise CaptureError(located(f"{cls.__name__}() of an array of shape {x.shape}", user_line()))
        if cls.original is int:  # an int may steer loops and indices: it leaves the trace
            return int(x)
        return call(np.ndarray.astype, (x.reshape(()), np.dtype(np.float64)), {})

    def __instancecheck__(cls, item: Any) -> bool:
        return isinstance(item.value if isinstance(item, Tracer) else item, cls.original)

    def __subclasscheck__(cls, other: Any) -> bool:
        return issubclass(plain_type(other), cls.original)

    def __eq__(cls, other: object) -> bool:
        return cls.original is plain_type(other)

    def __hash__(cls) -> int:
        return hash(cls.original)

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls.original, name)  # float.fromhex, int.from_bytes


def _number_type(original: type) -> NumberType:
    return NumberType(original.__name__, (), {"original": original})


def plain_type(x: Any) -> Any:
    return x.original if type(x) is NumberType else x


def _length(x: Any) -> int:
    """``len(x)``, with the name of the size where it has one."""
    if isinstance(x, Tracer) and x.ndim and isinstance(x.expr.shape[0], Dim):
        return x.shape[0]
    return len(x)


def names_used(code: types.CodeType) -> set[str]:
    """Global names in the code and in the functions defined inside it."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= names_used(constant)
    return names


def _is_library_function(item: Any) -> bool:
    if isinstance(item, np.ufunc):
        return True
    module = getattr(item, "__module__", None) or ""
    return isinstance(module, str) and module.split(".")[0] in LIBRARIES and callable(item) and not isinstance(item, type)


def _in_standard_library(function: types.FunctionType) -> bool:
    top = (function.__module__ or "").split(".")[0]
    return top != "__main__" and (top in sys.stdlib_module_names or top in ("steepest", "optree"))


def _is_ours(item: Any) -> bool:
    return (type(item).__module__ or "").split(".")[0] in ("steepest", *LIBRARIES, *sys.stdlib_module_names)


def _hashable_in(item: Any, table: Any) -> bool:
    try:
        return item in table
    except TypeError:
        return False


STAND_INS: dict[int, Any] = {id(np.r_): ROWS, id(np.c_): COLUMNS}  # objects of numpy that are no functions, by id

