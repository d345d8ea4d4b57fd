"""The stand-in for an array while a function is recorded.

A `Tracer` has an expression and an example value. NumPy hands every function called on it to us
(`__array_ufunc__` and `__array_function__`, NEP 13 and 18); each call is made twice: by NumPy on the example
values and by our translation on the expressions. Python control flow sees the example value and leaves a
guard.

Writing into a tracer (``y[i] = …``, ``y += …``) gives it a new expression. A part of it (``row = y[0]``) is a
view: what is written to the one is seen in the other. Views of other kinds (``y.T``) are refused once either
is written.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from steepest.errors import CaptureError, UnknownFunctionError, located, user_line
from steepest.expr.dimension import Dim
from steepest.expr.node import Constant, Expr
from steepest.expr.number import size_constant
from steepest.ops.complex_parts import cast

from .complaints import (
    escaped,
    into_plain_array,
    lost_array,
    lost_number,
    not_an_index,
    stale_view,
    unknown_function,
    with_place,
    written_view,
    wrong_translation,
)
from .containers import plain_key, transformed
from .lifting import lift
from .recording import Recording
from .size import Size
from .translation import CHANGES, METHODS, TRANSLATIONS, WITH_VALUES, written, written_at


class Tracer(np.lib.mixins.NDArrayOperatorsMixin):
    """An array, scalar or boolean inside a traced function."""

    __slots__ = ("__weakref__", "base", "base_version", "expr", "key", "recording", "value", "version")
    __array_priority__ = 1e6

    def __init__(self, recording: Recording, expr: Expr, value: Any):
        self.recording, self.expr, self.value = recording, expr, value
        self.version = 0  # counts writes
        self.base: Tracer | None = None  # the array this one is a view of
        self.base_version = 0
        self.key: tuple[Any, ...] | None = None  # which part of it, if it was made by indexing

    # --- what it looks like -------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self._size(n, d) for n, d in zip(np.shape(self.value), self.expr.shape, strict=True))

    def _size(self, n: int, d: int) -> int:
        return Size(n, size_constant(d), self) if isinstance(d, Dim) else n

    def size_as_number(self, expr: Expr, value: float) -> Tracer:
        return Tracer(self.recording, expr, np.float64(value))

    @property
    def ndim(self) -> int:
        return np.ndim(self.value)

    @property
    def size(self) -> int:
        total: int = 1
        for n in self.shape:
            total = total * n
        return total

    @property
    def dtype(self) -> np.dtype:
        return np.asarray(self.value).dtype

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of unsized object")
        return len(self.value)

    def __repr__(self) -> str:
        return f"Traced({self.value!r})"

    def __format__(self, spec: str) -> str:
        return format(np.asarray(self.value)[()], spec)

    __hash__ = object.__hash__

    # --- NumPy's protocols --------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        if method == "at":
            return write_at(ufunc, *args)
        return call(ufunc if method == "__call__" else getattr(ufunc, method), args, kwargs)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        if function in CHANGES:
            return CHANGES[function](*args, **kwargs)
        return call(function, args, kwargs)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        self.check_current()
        if self.dtype.kind in "biu":  # no derivative flows through integers: a guard is enough
            return np.array(self.concrete(), dtype=dtype)
        raise lost_array()

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

    def __float__(self) -> float:
        raise lost_number()

    __complex__ = __float__

    def __int__(self) -> int:
        whole = self if self.dtype.kind in "biu" else call(np.trunc, (self,), {})
        return int(Tracer.concrete(whole))

    def __round__(self, digits: int | None = None) -> Any:
        return int(np.rint(self)) if digits is None else np.round(self, digits)

    def __copy__(self) -> Tracer:
        return call(np.copy, (self,), {})

    def __deepcopy__(self, memo: Any) -> Tracer:
        return call(np.copy, (self,), {})

    def item(self, *args: Any) -> Tracer:
        return self[args] if args else self.reshape(())

    def tolist(self) -> Any:
        return [item.tolist() for item in self] if self.ndim else self

    # --- writing ------------------------------------------------------------------------------------

    def check_current(self) -> None:
        """A part of an array that was written since is read anew; other views (``y.T``) are refused then."""
        if self.recording.finished:
            raise escaped()
        base = self.base
        if base is None:
            return
        base.check_current()
        if base.version == self.base_version:
            return
        if self.key is None:
            raise stale_view()
        fresh = call(operator.getitem, (base, self.key), {})
        self.expr, self.value, self.version = fresh.expr, fresh.value, self.version + 1
        self.base_version = base.version

    def overwrite(self, new: Tracer) -> None:
        """What was written is a new value that this name refers to from now on; a part is written to its array."""
        if self.base is not None:
            if self.key is None:
                raise written_view()
            self.base.overwrite(call(written, (self.base, self.key, new), {}))
            self.base_version = self.base.version
        self.recording, self.expr, self.value = new.recording, new.expr, new.value
        self.version += 1

    def __setitem__(self, key: Any, value: Any) -> None:
        if not self._holds(key, value):
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
            part.key = key if isinstance(key, tuple) else (key,)
        return part

    def __iter__(self) -> Iterator[Tracer]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[k] for k in range(len(self)))

    @property
    def T(self) -> Tracer:
        return call(np.transpose, (self,), {})

    @property
    def mT(self) -> Tracer:
        return call(np.swapaxes, (self, -1, -2), {})

    @property
    def real(self) -> Tracer:
        return call(np.real, (self,), {})

    @property
    def imag(self) -> Tracer:
        return call(np.imag, (self,), {})

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Array methods: ``x.sum()``, ``x.reshape(3, 1)``, …"""
        if name in CHANGES:
            return functools.partial(CHANGES[name], self)
        function = METHODS.get(name)
        if function is None:
            raise AttributeError(f"{type(self.value).__name__!r} has no attribute {name!r} that can be recorded")
        return lambda *args, **kwargs: call(function, (self, *args), kwargs)

    def reshape(self, *shape: Any, order: str = "C") -> Tracer:
        return call(np.reshape, (self, shape[0] if len(shape) == 1 else shape), {"order": order})

    def transpose(self, *axes: Any) -> Tracer:
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return call(np.transpose, (self, order), {})

    @property
    def flat(self) -> Iterator[Tracer]:
        return iter(self.reshape(-1))


def call(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Make a NumPy call twice: on the example values, and on the expressions."""
    out = kwargs.pop("out", None) if "out" in kwargs else None
    tracers = list(find_tracers((args, kwargs)))
    if not tracers:
        return _filled(out, function(*args, **kwargs)) if out is not None else function(*args, **kwargs)
    for t in tracers:
        t.check_current()
    if all(type(t.expr) is Constant and t.expr.dtype is not None for t in tracers):
        return _on_constants(function, args, kwargs, tracers[0].recording, out)
    with_values = WITH_VALUES.get(function)
    translation = with_values or TRANSLATIONS.get(function)
    if translation is None:
        raise UnknownFunctionError(unknown_function(function))
    try:
        value = function(*to_values(args), **to_values(kwargs))
    except (ValueError, TypeError, IndexError, np.linalg.LinAlgError) as error:
        raise with_place(error, function, to_values(args)) from error
    if with_values:
        result = with_values(*args, **kwargs)
    else:
        result = translation(*to_exprs(args), **to_exprs(kwargs))
    wrapped = wrap(result, value, innermost(tracers), function)
    _mark_views(wrapped, tracers)
    return wrapped if out is None else _filled(out, wrapped)


def innermost(tracers: list[Tracer]) -> Recording:
    """In nested traces, what is computed belongs to the inner one."""
    return max((t.recording for t in tracers), key=lambda r: r.depth)


def _on_constants(function: Any, args: Any, kwargs: Any, recording: Recording, out: Any) -> Any:
    """Nothing here varies: NumPy's result is the expression."""
    value = function(*to_values(args), **to_values(kwargs))
    wrapped = as_tracers(value, recording)
    return wrapped if out is None else _filled(out, wrapped)


def as_tracers(value: Any, recording: Recording) -> Any:
    """Plain floating-point results as constants of the trace; integers and booleans stay plain."""
    if isinstance(value, (tuple, list)):
        parts = [as_tracers(v, recording) for v in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "fc":
        return Tracer(recording, lift(value), value)
    return value


def create(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], recording: Recording) -> Any:
    """A call that makes an array (``np.zeros(3)``): traced even from plain arguments, for it may be written to."""
    if next(find_tracers((args, kwargs)), None) is not None:
        return call(function, args, kwargs)
    value = function(*to_values(args), **to_values(kwargs))
    translation = TRANSLATIONS.get(function)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fc":
        return value
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
    dtype = np.asarray(value).dtype
    if result.dtype is not None and result.dtype != dtype:
        result = cast(result, dtype)
    return Tracer(recording, result, value)


def _mark_views(wrapped: Any, tracers: list[Tracer]) -> None:
    for w in wrapped if isinstance(wrapped, (tuple, list)) else (wrapped,):
        if isinstance(w, Tracer) and isinstance(w.value, np.ndarray) and w.value.base is not None:
            for t in tracers:
                if w is not t and isinstance(t.value, np.ndarray) and np.may_share_memory(w.value, t.value):
                    w.base, w.base_version = t, t.version
                    break


def _filled(out: Any, result: Any) -> Any:
    """NumPy's ``out=``: the result is written into a traced array."""
    (target,) = out if isinstance(out, tuple) else (out,)
    if isinstance(target, Tracer) and not isinstance(target.value, np.ndarray):
        return result  # `s += 1` on a scalar, which is immutable: a new value under the same name
    if isinstance(target, Tracer) and not np.can_cast(value_dtype(result), target.dtype, "same_kind"):
        raise CaptureError(located(f"cannot cast {value_dtype(result)} to {target.dtype} in place", user_line()))
    if not isinstance(target, Tracer):
        raise into_plain_array("with out=")
    if isinstance(result, Tracer) and result.shape == target.shape:
        value = np.array(result.value, dtype=target.dtype)
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
        for item in x.values():
            yield from find_tracers(item)
    elif isinstance(x, slice):
        yield from find_tracers((x.start, x.stop, x.step))


def to_values(x: Any) -> Any:
    return transformed(x, value_of)


def value_of(x: Any) -> Any:
    return x.value if isinstance(x, Tracer) else int(x) if isinstance(x, Size) else x


def value_dtype(x: Any) -> np.dtype:
    return np.asarray(value_of(x)).dtype


def to_exprs(x: Any) -> Any:
    return transformed(x, lambda leaf: leaf.expr if isinstance(leaf, Tracer) else leaf)


def as_expr(x: Any) -> Expr:
    """A tracer, number, array or nested list of them as an expression."""
    return lift(to_exprs(x))
