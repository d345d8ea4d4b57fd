"""The stand-in for an array while a function is recorded.

A `Tracer` has an expression and an example value. NumPy hands every function called on it to us
(`__array_ufunc__` and `__array_function__`, NEP 13 and 18); each call is made twice: by NumPy on the example
values and by our translation on the expressions. Python control flow sees the example value and leaves a
guard.

Writing into a tracer (``y[i] = …``, ``y += …``) gives it a new expression. What shares its memory in NumPy
(``y[0]``, ``y.T``, ``y.reshape(-1)``) is a view: what is written to the one is seen in the other.
"""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from steepest.errors import CaptureError, UnknownFunctionError, located, user_line
from steepest.expr.dimension import Dim
from steepest.expr.node import Constant, Expr
from steepest.expr.number import size_constant
from steepest.frontends.numpy.masked import call_where
from steepest.ops.complex_parts import cast

from .array_methods import ArrayMethods
from .complaints import (
    escaped,
    into_plain_array,
    lost_array,
    not_an_index,
    placed,
    unknown_function,
    with_place,
    wrong_translation,
)
from .containers import plain_key, transformed
from .indexable import indexable, plain, walk_over
from .late import dtype_of, type_of
from .lifting import lift
from .postponing import result_of, value_of
from .recording import Recording, current
from .size import Size
from .text import text_of
from .translation import CHANGES, METHODS, TRANSLATIONS, WITH_VALUES, astype, without_overwriting, written, written_at
from .views import Making
from .whole_numbers import widened


class Tracer(ArrayMethods):
    """An array, scalar or boolean inside a traced function."""

    __slots__ = ("__weakref__", "base", "base_version", "expr", "held", "key", "made", "recording", "version")
    __array_priority__ = 1e6

    def __init__(self, recording: Recording, expr: Expr, value: Any):
        self.recording, self.expr, self.held = recording, expr, value
        self.version = 0  # counts writes
        self.of_python = False
        self.base: Tracer | None = None  # the array this one is a view of
        self.base_version = 0
        self.key: tuple[Any, ...] | None = None  # which part of it, if it was made by indexing
        self.made: Making | None = None  # else, by which call

    # --- what it looks like -------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self._size(n, d) for n, d in zip(np.shape(self.held), self.expr.shape, strict=True))

    def _size(self, n: int, d: int) -> int:
        return Size(n, size_constant(d), self) if isinstance(d, Dim) else n

    def size_as_number(self, expr: Expr, value: float) -> Tracer:
        return Tracer(self.recording, expr, np.float64(value))

    @property
    def size(self) -> int:
        return functools.reduce(operator.mul, self.shape, 1)

    def __len__(self) -> int:
        return len(self.held)

    def __repr__(self) -> str:
        return text_of(self.recording, self.expr, self.value, f"Traced({self.value!r})")

    def __format__(self, spec: str) -> str:
        shown = format(np.asarray(self.value)[()], spec)
        return text_of(self.recording, self.expr, self.value, shown)

    def __hash__(self) -> int:
        """That of the value, which the trace then holds for: what a set or dict finds goes by it."""
        return object.__hash__(self) if self.ndim else hash(Tracer.concrete(self))

    # --- NumPy's protocols --------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        if method == "at":
            return write_at(ufunc, *args)
        if method == "__call__" and kwargs.get("where", True) is not True:
            return call_where(ufunc, args, kwargs)
        return call(ufunc if method == "__call__" else getattr(ufunc, method), args, kwargs)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        if function in CHANGES:
            return CHANGES[function](*args, **kwargs)
        return call(function, args, kwargs)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        self.check_current()
        if self.dtype.kind in "biu":  # no derivative flows through integers: a guard is enough
            return np.array(self.concrete(), dtype=dtype)
        if not self.is_fixed():
            raise lost_array()
        return np.array(self.value, dtype=dtype)

    # --- leaving the trace --------------------------------------------------------------------------

    def concrete(self) -> Any:
        """The example value, guarded: the trace holds only while it stays the same."""
        self.check_current()
        return self.recording.guard(self.expr, self.value)

    def __bool__(self) -> bool:
        truth = self if self.dtype == bool or self.size != 1 else call(np.not_equal, (self, 0), {})
        return bool(Tracer.concrete(truth))

    def __index__(self) -> int:
        if self.dtype.kind not in "biu":
            raise not_an_index(self.dtype)
        return operator.index(Tracer.concrete(self))

    def __int__(self) -> int:
        whole = self if self.dtype.kind in "biu" else call(np.trunc, (self,), {})
        return int(Tracer.concrete(whole))

    # --- writing ------------------------------------------------------------------------------------

    def check_current(self) -> None:
        """A view of an array that was written since is made anew."""
        if self.recording.finished:
            self._outlive()
        base = self.base
        if base is None:
            return
        base.check_current()
        if base.version == self.base_version:
            return
        if self.key is not None:
            self.become(call(operator.getitem, (base, self.key), {}))
        elif self.made is not None:
            self.become(self.made.of(base, base, call))
        self.version += 1
        self.base_version = base.version

    def _outlive(self) -> None:
        """What was kept beyond its trace, in a global or an attribute, goes on as a constant if it is one."""
        if type(self) is not Tracer or not self.is_fixed():
            raise escaped()
        self.recording = current() or self.recording

    def overwrite(self, new: Tracer) -> None:
        """What was written is a new value that this name refers to from now on; a view is written to its array."""
        self.become(new)
        self.version += 1
        if self.base is not None and self.made is not None:
            self.base[self.made.index(self.base)] = new
            self.value = self.made.of(self.base, self.base.value)  # in the memory of the array: its layout counts
            self.base_version = self.base.version
        elif self.base is not None:
            self.base.overwrite(call(written, (self.base, self.key, new), {}))
            self.value = self.base.value[to_values(self.key)]
            self.base_version = self.base.version

    def become(self, new: Tracer) -> None:
        """Stand for another value from now on."""
        self.recording, self.expr, self.held = new.recording, new.expr, new.held

    def __setitem__(self, key: Any, value: Any) -> None:
        if self._holds(key, value):
            return
        if self.base is not None and self.made is not None and next(find_tracers(key), None) is None:
            self.base[self.made.index(self.base, key)] = value
        else:
            self.overwrite(call(written, (self, key, value), {}))

    def _holds(self, key: Any, value: Any) -> bool:
        """Python ends ``y[1:] += v`` by writing the part, changed by then, to where it already is."""
        return (
            isinstance(value, Tracer)
            and value.base is self
            and value.base_version == self.version
            and plain_key(value.key) == plain_key(key) is not None
        )

    # --- parts and operators ------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Tracer:
        part = call(operator.getitem, (self, key), {})
        if part.base is self:
            part.key, part.made = key if isinstance(key, tuple) else (key,), None
        return part

    def __iter__(self) -> Iterator[Tracer]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return walk_over(self, sys._getframe(1)) or (self[k] for k in range(len(self)))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Array methods: ``x.sum()``, ``x.reshape(3, 1)``, …"""
        if name in CHANGES:
            return functools.partial(CHANGES[name], self)
        function = METHODS.get(name)
        if function is None:
            raise AttributeError(f"{type_of(self.held).__name__!r} has no attribute {name!r} that can be recorded")
        return lambda *args, **kwargs: call(function, (self, *args), kwargs)


def call(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Make a NumPy call twice: on the example values, and on the expressions."""
    out = kwargs.pop("out", None) if "out" in kwargs else None
    tracers = list(find_tracers((args, kwargs)))
    if not tracers:
        return _filled(out, function(*args, **kwargs)) if out is not None else function(*args, **kwargs)
    for t in tracers:
        t.check_current()
    inner = innermost(tracers)
    if inner.finished:  # outside of any trace: constants that have outlived theirs
        return function(*to_values(args), **to_values(kwargs))
    if inner.noting is not None:
        noted = inner.noting.call(function, args, kwargs, tracers)
        return noted if out is None else _filled(out, noted)
    if all(type(t.expr) is Constant and t.expr.dtype is not None for t in tracers):
        return _on_constants(function, args, kwargs, tracers, out)
    with_values = WITH_VALUES.get(function)
    translation = with_values or TRANSLATIONS.get(function)
    if translation is None and all(t.dtype.kind in "biu" for t in tracers):  # no derivative flows through integers
        return as_tracers(function(*to_concrete(args), **to_concrete(kwargs)), inner)
    if translation is None:
        raise UnknownFunctionError(unknown_function(function))
    try:
        value = result_of(function, args, to_values(without_overwriting(kwargs)))
    except (ValueError, TypeError, IndexError, np.linalg.LinAlgError) as error:
        for t in tracers:  # the function may go on from here: as long as these values are the same
            t.concrete()
        raise with_place(error, function, to_values(args)) from error
    try:
        if with_values:
            result = with_values(*args, **kwargs)
        else:
            operands, settings = widened(function, (to_exprs(args), to_exprs(kwargs)), value)
            result = translation(*operands, **settings)
    except CaptureError as error:
        if all(t.dtype.kind in "biu" for t in tracers):
            return as_tracers(function(*to_concrete(args), **to_concrete(kwargs)), inner)
        raise placed(error) from None
    wrapped = as_views(wrap(result, value, inner, function), tracers, Making(function, args, kwargs))
    return wrapped if out is None else _filled(out, wrapped)


def innermost(tracers: Sequence[Tracer]) -> Recording:
    """In nested traces, what is computed belongs to the inner one."""
    return max((t.recording for t in tracers), key=lambda r: r.depth)


def _on_constants(function: Any, args: Any, kwargs: Any, tracers: Sequence[Tracer], out: Any) -> Any:
    """Nothing here varies: NumPy's result is the expression, or is written where it is to go."""
    if out is not None and next(find_tracers(out), None) is None:
        return function(*to_values(args), **to_values(kwargs), out=out)
    value = as_tracers(function(*to_values(args), **to_values(kwargs)), tracers[0].recording)
    wrapped = as_views(value, tracers, Making(function, args, kwargs))
    return wrapped if out is None else _filled(out, wrapped)


def as_tracers(value: Any, recording: Recording) -> Any:
    """Plain floating-point arrays as constants of the trace; numbers, integers and booleans stay plain."""
    if isinstance(value, (tuple, list)):
        parts = [as_tracers(v, recording) for v in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc":
        return Tracer(recording, lift(value), plain(value))
    return indexable(value)


def create(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], recording: Recording) -> Any:
    """A call that makes an array (``np.zeros(3)``): traced even from plain arguments, for it may be written to."""
    if next(find_tracers((args, kwargs)), None) is not None:
        return call(function, args, kwargs)
    value = function(*to_values(args), **to_values(kwargs))
    if recording.noting is not None:
        return recording.noting.constant(value)
    translation = TRANSLATIONS.get(function)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fc":
        return indexable(value)
    if translation is None:
        return as_tracers(value, recording)
    return wrap(translation(*args, **kwargs), value, recording, function)


def wrap(result: Any, value: Any, recording: Recording, function: Any) -> Any:
    """Pair expressions with the values NumPy computed."""
    if isinstance(value, (tuple, list)):
        parts = [wrap(r, v, recording, function) for r, v in zip(result, value, strict=True)]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if isinstance(result, Tracer) or not isinstance(result, Expr):
        return result
    if result.shape != np.shape(value):
        raise wrong_translation(function, result.shape, np.shape(value))
    if result.dtype is not None:
        result = cast(result, dtype_of(value))
    recording.made(result)
    return Tracer(recording, result, value)


def as_views(wrapped: Any, tracers: Sequence[Tracer], made: Making) -> Any:
    """The results: an operand that NumPy hands on as it is; what reads an operand's memory, changing as that does."""
    if isinstance(wrapped, (tuple, list)):
        parts = [as_views(w, tracers, replace(made, part=k)) for k, w in enumerate(wrapped)]
        return type(wrapped)(*parts) if hasattr(wrapped, "_fields") else type(wrapped)(parts)
    if not isinstance(wrapped, Tracer) or not isinstance(wrapped.held, np.ndarray):
        return wrapped
    for t in tracers:
        if wrapped.held is t.held:
            return t
    if wrapped.value.base is not None:
        for t in tracers:
            if isinstance(t.value, np.ndarray) and np.may_share_memory(wrapped.value, t.value):
                wrapped.base, wrapped.base_version, wrapped.made = t, t.version, made
                break
    return wrapped


def _filled(out: Any, result: Any) -> Any:
    """NumPy's ``out=``: the result is written into a traced array."""
    if isinstance(result, tuple):
        return tuple(r if target is None else _filled(target, r) for target, r in zip(out, result, strict=True))
    (target,) = out if isinstance(out, tuple) else (out,)
    if isinstance(target, Tracer) and not isinstance(target.value, np.ndarray):
        return result  # `s += 1` on a scalar, which is immutable: a new value under the same name
    if isinstance(target, Tracer) and not np.can_cast(value_dtype(result), target.dtype, "same_kind"):
        raise CaptureError(located(f"cannot cast {value_dtype(result)} to {target.dtype} in place", user_line()))
    if not isinstance(target, Tracer):
        raise into_plain_array("with out=")
    if isinstance(result, Tracer) and result.shape == target.shape:
        if result.recording.noting is not None:
            target.overwrite(result if result.dtype == target.dtype else call(astype, (result, target.dtype), {}))
            return target
        value = np.empty_like(target.value)
        value[...] = result.value
        target.overwrite(Tracer(target.recording, cast(result.expr, target.dtype), value))
    else:
        target.overwrite(call(written, (target, Ellipsis, result), {}))
    return target


def write_at(ufunc: np.ufunc, target: Any, key: Any, *values: Any) -> None:
    if not isinstance(target, Tracer):
        raise into_plain_array(f"by np.{ufunc.__name__}.at")
    target.overwrite(call(written_at, (target, ufunc, key, *values), {}))


# --- nested arguments -------------------------------------------------------------------------------


def find_tracers(x: Any) -> Iterator[Tracer]:
    if isinstance(x, Tracer):
        yield x
    elif isinstance(x, (tuple, list)):
        for item in x:
            yield from find_tracers(item)
    elif isinstance(x, dict):
        yield from find_tracers(list(x.values()))
    elif isinstance(x, slice):
        yield from find_tracers((x.start, x.stop, x.step))


def to_values(x: Any) -> Any:
    return transformed(x, value_of)


def to_concrete(x: Any) -> Any:
    """The arguments as plain values, which the trace then holds for."""
    return transformed(x, lambda y: Tracer.concrete(y) if isinstance(y, Tracer) else value_of(y))


def value_dtype(x: Any) -> np.dtype:
    return np.asarray(value_of(x)).dtype


def to_exprs(x: Any) -> Any:
    return transformed(x, lambda leaf: leaf.expr if isinstance(leaf, Tracer) else leaf)


def as_expr(x: Any) -> Expr:
    """A tracer, number, array or nested list of them as an expression."""
    return lift(to_exprs(x))
