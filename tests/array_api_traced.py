"""Traced arrays as a module of the Python array API standard, for the standard's own suite, `array-api-tests`.

In a copy of that suite, with this project's `src` and root on the path:
``ARRAY_API_TESTS_MODULE=tests.array_api_traced pytest array_api_tests``. Between two calls an array is kept as NumPy's.
Each call is made inside a traced function, on arrays that vary and in the namespace that a traced array gives; what
comes out is what the captured program computes. ``STEEPEST_COMPILE=eager`` has it computed by machine code,
``STEEPEST_GRADIENT=1`` differentiates each result of real floating numbers as well. The suite reads its results entry
by entry, and each place would be a function of its own; so only the first few of a shape are read by one.
"""

from __future__ import annotations

import functools
import operator
import os
import pickle
import sys
import types
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

import steepest as st
from steepest.errors import NonFiniteError

__array_api_version__ = "2024.12"
COMPILE = os.environ.get("STEEPEST_COMPILE", "off")
READ: Counter[Any] = Counter()  # for each shape and type, how many entries were read one by one:
READS = 6  # so many by a traced function, the others as they stand
DIFFERENTIATES = os.environ.get("STEEPEST_GRADIENT") == "1"


Place = types.SimpleNamespace  # where in the arguments of a call an array stands


def taken_out(item: Any, arrays: list[Array]) -> Any:
    """The arguments of a call, with a place for each array in them."""
    match item:
        case Array():
            arrays.append(item)
            return Place(number=len(arrays) - 1)
        case tuple() | list():
            return type(item)(taken_out(i, arrays) for i in item)
        case dict():
            return {k: taken_out(v, arrays) for k, v in item.items()}
    return item


def put_in(item: Any, arrays: Any) -> Any:
    match item:
        case Place():
            return arrays[item.number]
        case tuple() | list():
            return type(item)([put_in(i, arrays) for i in item])
        case dict():
            return {k: put_in(v, arrays) for k, v in item.items()}
    return item


class Traced:
    """One call as a function of its arrays, of the same shapes and types each time."""

    def __init__(self, call: Callable[..., Any], arguments: Any, arrays: list[np.ndarray]):
        def function(*arrays: Any) -> Any:
            args, settings = put_in(arguments, arrays)
            return call(arrays[-1].__array_namespace__(api_version=__array_api_version__), *args, **settings)

        self.function = function
        self.run = st.jit(function, compile=COMPILE)
        self.same = self.given_back(arrays)

    def given_back(self, arrays: list[np.ndarray]) -> int | None:
        """Which array the call hands on as it is, if that is what it does with NumPy's: `asarray`."""
        function = self.function
        try:
            plain = function(*arrays)
        except Exception:  # which the traced function has to raise as well
            return None
        which = next((i for i, a in enumerate(arrays) if a is plain), None)
        if which is None:
            return None
        return which if st.jit(lambda *arrays: function(*arrays) is arrays[which], compile="off")(*arrays) else None

    def differentiate(self, arrays: list[np.ndarray]) -> None:
        """The gradient of the sum of what is real and floating has the shapes and types of the arrays."""
        function, varied = self.function, tuple(i for i, a in enumerate(arrays) if a.dtype.kind == "f")

        def total(*arrays: Any) -> Any:
            real = [np.sum(p, dtype=np.float64) for p in parts(function(*arrays)) if is_floating(p)]
            return sum(real, np.float64(0.0))

        try:
            gradients = st.grad(total, argnums=varied, compile=COMPILE)(*arrays)
        except NonFiniteError:  # there is no slope
            return
        for i, gradient in zip(varied, gradients, strict=True):
            assert (np.shape(gradient), gradient.dtype) == (arrays[i].shape, arrays[i].dtype)


def parts(result: Any) -> Any:
    return result if isinstance(result, (tuple, list)) else (result,)


def is_floating(part: Any) -> bool:
    return isinstance(part, (np.ndarray, np.generic)) and part.dtype.kind == "f"


@functools.lru_cache(8192)
def remembered(call: Callable[..., Any], written: bytes) -> list[Traced]:
    """The call that is written so, once it was made: unlike equality that tells -0.0 from 0.0, and 1 from True."""
    return []


def made(call: Callable[..., Any], *args: Any, **settings: Any) -> Any:
    """A call, made inside a traced function."""
    given: list[Array] = []
    arguments = taken_out((args, settings), given)
    arrays = [*(a.numbers for a in given), np.zeros(1)]  # the last one gives the namespace
    same = remembered(call, pickle.dumps((arguments, [(a.shape, a.dtype) for a in arrays])))
    if not same:
        same.append(Traced(call, arguments, arrays))
    traced = same[0]
    if traced.same is not None:
        return given[traced.same]
    result = traced.run(*arrays)
    if DIFFERENTIATES and any(map(is_floating, parts(result))):
        traced.differentiate(arrays)
    if isinstance(result, tuple) and hasattr(result, "_fields"):
        return type(result)(*map(wrapped, result))
    return type(result)(map(wrapped, result)) if isinstance(result, (tuple, list)) else wrapped(result)


def wrapped(result: Any) -> Any:
    return Array(result) if isinstance(result, (np.ndarray, np.generic)) else result


# --- arrays --------------------------------------------------------------------------------------------


@functools.cache
def of_operator(name: str) -> Callable[..., Any]:
    function = getattr(operator, name)
    return lambda xp, *args: function(*args)


@functools.cache
def of_attribute(name: str) -> Callable[..., Any]:
    return lambda xp, x: getattr(x, name)


@functools.cache
def of_method(name: str) -> Callable[..., Any]:
    return lambda xp, x, *args, **settings: getattr(x, name)(*args, **settings)


@functools.cache
def of_change(name: str) -> Callable[..., Any]:
    function = getattr(operator, name)

    def call(xp: Any, x: Any, *args: Any) -> Any:
        x = xp.asarray(x, copy=True)
        result = function(x, *args)
        return x if result is None else result

    return call


CONVERSIONS: dict[str, Callable[..., Any]] = {
    "__bool__": lambda xp, x: xp.asarray(bool(x)),
    "__int__": lambda xp, x: xp.asarray(int(x)),
    "__float__": lambda xp, x: xp.asarray(float(x)),
    "__complex__": lambda xp, x: xp.asarray(complex(x)),
    "__index__": lambda xp, x: xp.asarray(operator.index(x)),
}


class Array:
    """Numbers whose operators, methods and attributes are those of a traced array."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, numbers: Any):
        self.numbers = np.asarray(numbers)

    def __repr__(self) -> str:
        return f"traced {self.numbers!r}"

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        made(of_method("__array_namespace__"), self, api_version=api_version)
        return sys.modules[__name__]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(self.numbers, name):
            raise AttributeError(name)
        if callable(getattr(self.numbers, name)):
            return functools.partial(made, of_method(name), self)
        return made(of_attribute(name), self)

    def __getitem__(self, key: Any) -> Any:
        places = key if isinstance(key, tuple) else (key,)
        if len(places) == self.numbers.ndim and all(type(i) is int for i in places):  # as the suite looks at a result
            READ[self.numbers.shape, self.numbers.dtype] += 1
            if READ[self.numbers.shape, self.numbers.dtype] > READS:
                return Array(self.numbers[key])
        return made(of_operator("getitem"), self, key)

    def __index__(self) -> int:
        return operator.index(made(CONVERSIONS["__index__"], self).numbers)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.numbers = made(of_change("setitem"), self, key, value).numbers


def _operators() -> None:
    """Give arrays the operators and conversions of the standard."""
    for name in "neg pos abs invert".split():
        setattr(Array, f"__{name}__", lambda self, name=name: made(of_operator(name), self))
    for name in "eq ne lt le gt ge".split():
        setattr(Array, f"__{name}__", lambda self, other, name=name: made(of_operator(name), self, other))
    for name in "add sub mul truediv floordiv mod pow matmul and_ or_ xor lshift rshift".split():
        plain = name.strip("_")
        setattr(Array, f"__{plain}__", lambda self, other, name=name: made(of_operator(name), self, other))
        setattr(Array, f"__r{plain}__", lambda self, other, name=name: made(of_operator(name), other, self))
        setattr(Array, f"__i{plain}__", functools.partialmethod(_in_place, f"i{plain}"))
    for name, kind in {"__bool__": bool, "__int__": int, "__float__": float, "__complex__": complex}.items():
        setattr(Array, name, lambda self, name=name, kind=kind: kind(made(CONVERSIONS[name], self).numbers))
    for name in ("__dlpack__", "__dlpack_device__"):
        setattr(Array, name, lambda self, name=name, **settings: made(of_method(name), self, **settings))


def _in_place(self: Array, name: str, other: Any) -> Array:
    self.numbers = made(of_change(name), self, other).numbers
    return self


_operators()


# --- functions -----------------------------------------------------------------------------------------


@functools.cache
def of_name(*path: str) -> Callable[..., Any]:
    """The function of this name, in the namespace of a traced array."""
    return lambda xp, *args, **settings: functools.reduce(getattr, path, xp)(*args, **settings)


def found(*path: str) -> Any:
    """What is called so: functions and modules of functions as they are inside a traced function."""
    plain = functools.reduce(getattr, path, np)
    if isinstance(plain, types.ModuleType):
        return Module(path)
    if isinstance(plain, type) and issubclass(plain, np.generic):
        return plain
    return functools.partial(made, of_name(*path)) if callable(plain) else plain


class Module:
    """An extension of the standard."""

    def __init__(self, path: tuple[str, ...]):
        self.path = path

    def __getattr__(self, name: str) -> Any:
        return found(*self.path, name)


def __getattr__(name: str) -> Any:
    if name.startswith("_") and name != "__array_namespace_info__":
        raise AttributeError(name)
    return found(name)
