"""Example values of large arrays are not worked out before somebody looks at them.

A trace needs values for its guards, and most arrays have none: only their shape and type are asked. Such a call is made
on one entry of each operand, which gives the type of its result, and whatever it says against its arguments. Where an
error is to be raised for a value (`np.errstate`) nothing is postponed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .array_methods import ArrayMethods
from .containers import transformed
from .indexable import plain
from .late import Late, dtype_of, worked_out
from .size import Size

LARGE = 1 << 16  # entries of a result, or an operand
DEEPEST = 64  # calls that wait for one another
Shape = tuple[int, ...]
ShapeRule = Callable[..., Shape | None]  # of the operands of a call, as the function itself has them
SHAPES: dict[Any, ShapeRule] = {}  # of functions that can wait, besides those that work entry by entry
PLAIN = frozenset({int, float, bool, str})  # einsum's subscripts too


def can_wait(function: Any, shape: ShapeRule) -> None:
    """Postpone calls of a function too. Its rule gives the shape of a result, or None to make the call at once, as
    where something is wrong; it need not know all arguments."""
    SHAPES[function] = shape


def result_of(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a call of NumPy gives for the values of tracers; later, if it is work and only type and shape are asked."""
    if function in SHAPES or isinstance(function, np.ufunc):
        late = _late(function, args, kwargs)
        if late is not None:
            return late
    return function(*transformed(args, value_of), **kwargs)


def _late(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Late | None:
    operands = list(map(held_by, args))
    if math.prod(map(_entries, operands)) <= LARGE and all(type(x) is not Late for x in operands):
        return None
    depth = 1 + max(x.depth if type(x) is Late else 0 for x in operands)
    if depth > DEEPEST or not all(map(_is_same_later, operands, args)) or set(np.geterr().values()) != {"ignore"}:
        return None
    try:
        one = function(*map(_one_entry, operands), **kwargs)
        shape = _shape(function, operands, kwargs)
    except (ValueError, TypeError):  # the call says what is wrong
        return None
    if shape is None or np.ndim(one) != len(shape) or dtype_of(one).kind not in "fb":
        return None
    if math.prod(shape) <= LARGE and all(type(x) is not Late and _entries(x) <= LARGE for x in operands):
        return None
    given = [x.copy() if type(x) is np.ndarray and x.size <= LARGE else x for x in operands]
    return Late(lambda: function(*map(worked_out, given), **kwargs), shape, dtype_of(one), depth)


def _shape(function: Any, operands: list[Any], kwargs: dict[str, Any]) -> Shape | None:
    """That of the result, where it follows from those of the operands alone."""
    if function in SHAPES:
        return SHAPES[function](*operands, **kwargs)
    own = getattr(np, function.__name__, None) is function  # one of SciPy's may say what is wrong with a value
    entrywise = own and function.signature is None and function.nout == 1 and len(operands) == function.nin
    return np.broadcast_shapes(*map(np.shape, operands)) if entrywise and not kwargs else None


def reduced(x: Any, axis: Any = None, *unknown: Any, keepdims: bool = False, **settings: Any) -> Shape | None:
    """That of a reduction over all axes, one or a tuple of them, which NumPy has found right."""
    if unknown or settings:
        return None
    axes: Iterable[int] = range(len(x.shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = {int(k) % len(x.shape) for k in axes}
    return tuple(1 if k in gone else n for k, n in enumerate(x.shape) if keepdims or k not in gone)


def _chosen(*operands: Any, **settings: Any) -> Shape | None:
    return np.broadcast_shapes(*map(np.shape, operands)) if len(operands) == 3 and not settings else None


def _product(x: Any, y: Any, *unknown: Any, **settings: Any) -> Shape | None:
    """That of a product of matrices and vectors."""
    a, b = np.shape(x), np.shape(y)
    fits = len(a) in (1, 2) and len(b) in (1, 2) and a[-1] == b[0]
    return (*a[:-1], *b[1:]) if fits and not unknown and not settings else None


can_wait(np.where, _chosen)
can_wait(np.matmul, _product)
can_wait(np.dot, _product)
for _reduction in (np.sum, np.mean, np.prod, np.min, np.max, np.var, np.std):
    can_wait(_reduction, reduced)


def _entries(x: Any) -> int:
    return int(x.size) if type(x) in (Late, np.ndarray) else 1


def _is_same_later(x: Any, given: Any) -> bool:
    """Whether an operand will be the same later: a large array only if it is a tracer's, which nobody writes into."""
    kind = type(x)
    if kind is np.ndarray:
        return x.dtype.kind in "fbiu" and (x.size <= LARGE or x is not given)
    return kind is Late or kind in PLAIN or (isinstance(x, np.generic) and x.dtype.kind in "fbiu")


def _one_entry(x: Any) -> Any:
    if type(x) not in (Late, np.ndarray):
        return x
    return np.ones((1,) * x.ndim, x.dtype) if x.ndim else x.dtype.type(1)


def held_by(x: Any) -> Any:
    """The example of a tracer, or what will give it; anything else as it is."""
    return x.held if issubclass(type(x), ArrayMethods) else x


def value_of(x: Any) -> Any:
    """What NumPy computes with."""
    return x.value if issubclass(type(x), ArrayMethods) else int(x) if isinstance(x, Size) else plain(x)
