"""What translations are built from: operands as expressions, NumPy's broadcasting, axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from steepest.expr.build import Operand, add, array, contract, fill, structured, transpose_axes
from steepest.expr.dimension import Dim, Shape, prefer_named
from steepest.expr.node import Expr
from steepest.expr.number import constant, size_constant
from steepest.expr.pattern import Affine
from steepest.ops.rearrange import moved, placed
from steepest.ops.runs import runs

from .size import Size

TALL = 4  # times as many rows as columns


def lift(x: Any) -> Expr:
    """An operand as an expression: numbers stay plain numbers, arrays become constants, lists are stacked."""
    if isinstance(x, Expr):
        return x
    if isinstance(x, Size):
        return x.expr
    if isinstance(x, Dim):
        return size_constant(x)
    if isinstance(x, (bool, int, float, complex)) and not isinstance(x, np.generic):
        return constant(x)
    if isinstance(x, np.generic) or (isinstance(x, np.ndarray) and x.ndim == 0):
        return constant(_checked(np.asarray(x)).item())  # its type counts too: the tracer compares with NumPy's
    if isinstance(x, (list, tuple)) and any_expr(x):
        return _in_columns(x) if is_tall(x) else stack([lift(item) for item in x])
    return array(_checked(np.asarray(x)))


def _checked(value: np.ndarray) -> np.ndarray:
    if value.dtype.kind not in "biufc":
        raise TypeError(f"an array of type {value.dtype} has no derivative")
    return value


def any_expr(x: Any) -> bool:
    if isinstance(x, (list, tuple)):
        return any(any_expr(item) for item in x)
    return isinstance(x, (Expr, Size))


def is_tall(rows: Sequence[Any]) -> bool:
    """Whether these are rows of a few numbers each."""
    first = rows[0]
    if not isinstance(first, (list, tuple)) or not 0 < len(first) * TALL < len(rows):
        return False
    return all(isinstance(row, (list, tuple)) and len(row) == len(first) for row in rows)


def _in_columns(rows: Sequence[Any]) -> Expr:
    """The columns, which may be stretches of arrays, side by side."""
    columns = stack([lift(list(column)) for column in zip(*rows, strict=True)])
    return transpose_axes(columns, [1, 0, *range(2, columns.ndim)])


def stack(items: Sequence[Expr]) -> Expr:
    """Arrays of one shape (or scalars) along a new first axis: a sum of one-hot rows, and of stretches of arrays."""
    shape = broadcast_shape(*dict.fromkeys(e.shape for e in items))
    labels = tuple(range(1, len(shape) + 1))
    terms, start = [], 0
    for count, stretch in runs(items):
        if stretch is not None and items[start].shape == shape:
            places = [range(start, start + count), *map(range, shape)]
            terms.append(stretch if count == len(items) else placed(stretch, places, (len(items), *shape)))
        else:
            for k in range(start, start + count):
                row = structured(Affine((1,), -k), (len(items),))
                terms.append(contract([((0,), row), (labels, broadcast(items[k], shape))], (0, *labels)))
        start += count
    return add(*terms)


def broadcast_shape(*shapes: Shape) -> Shape:
    """NumPy's broadcasting of shapes, keeping the names of sizes."""
    rank = max(map(len, shapes), default=0)
    result: list[int] = [1] * rank
    for shape in shapes:
        for k, n in enumerate(shape, start=rank - len(shape)):
            if result[k] == 1 and not isinstance(result[k], Dim):
                result[k] = n
            elif n != 1 and n != result[k]:
                raise ValueError(f"shapes {' and '.join(map(plain, shapes))} do not fit together")
            else:
                result[k] = prefer_named(result[k], n) if n == result[k] else result[k]
    return tuple(result)


def plain(shape: Shape) -> str:
    return str(tuple(int(n) for n in shape)) if not any(isinstance(n, Dim) for n in shape) else str(shape)


def broadcast(e: Expr, shape: Shape) -> Expr:
    """`e` with NumPy's broadcasting to `shape`; axes of length 1 are read at their only place."""
    if e.shape == shape:
        return e
    if not e.ndim:
        return fill(e, shape)
    offset = len(shape) - e.ndim
    labels: list[int] = []
    fresh = len(shape)
    for k, n in enumerate(e.shape):
        if n == 1 and shape[offset + k] != 1:
            labels.append(fresh)  # summed over its one place
            fresh += 1
        else:
            labels.append(offset + k)
    operands: list[Operand] = [(tuple(labels), e)]
    out = tuple(range(len(shape)))
    return moved(contract(operands, out, dict(zip(out, shape, strict=True))), e)


def broadcast_all(*operands: Any) -> list[Expr]:
    """Operands of an entrywise operation: plain numbers and scalars stay as they are, arrays get one shape."""
    lifted = [lift(x) for x in operands]
    shape = broadcast_shape(*(e.shape for e in lifted))
    return [e if e.ndim == 0 else broadcast(e, shape) for e in lifted]


def normalized_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes meant by NumPy's `axis` argument, None for all, in rising order."""
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    if not ndim and len(axes) == 1 and axes[0] in (0, -1):  # NumPy reduces a number along an axis it has not got
        return ()
    return tuple(sorted(np.lib.array_utils.normalize_axis_tuple(tuple(int(a) for a in axes), ndim)))


def normalized_axis(axis: Any, ndim: int) -> int:
    return int(np.lib.array_utils.normalize_axis_index(int(axis), ndim))


def keep_dims(e: Expr, axes: Sequence[int]) -> Expr:
    """Axes of length 1 put in at `axes` (positions in the result)."""
    rank = e.ndim + len(axes)
    kept = tuple(k for k in range(rank) if k not in axes)
    return contract([(kept, e)], tuple(range(rank)), dict.fromkeys(axes, 1) | dict(zip(kept, e.shape, strict=True)))


def axis_to_last(e: Expr, axis: int) -> Expr:
    order = [k for k in range(e.ndim) if k != axis] + [axis]
    return contract([(tuple(range(e.ndim)), e)], order)


def axis_from_last(e: Expr, axis: int) -> Expr:
    order = list(range(e.ndim - 1))
    order.insert(axis, e.ndim - 1)
    return contract([(tuple(range(e.ndim)), e)], order)
