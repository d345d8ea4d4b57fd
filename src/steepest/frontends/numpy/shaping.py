"""Translations of changes of shape: the same entries under other axes. Nothing is computed by any of them."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from steepest.errors import CaptureError
from steepest.expr.build import contract, transpose_axes
from steepest.expr.dimension import Shape
from steepest.expr.dtype import is_complex
from steepest.expr.node import Constant, Expr
from steepest.frontends.tracing.lifting import broadcast, broadcast_shape, lift, normalized_axes, normalized_axis
from steepest.frontends.tracing.size import Size
from steepest.frontends.tracing.tracer import Tracer, as_expr
from steepest.frontends.tracing.translation import astype, copied, flattened, translates, translates_with_values
from steepest.ops.complex_parts import cast, real
from steepest.ops.rearrange import flatten, sliced
from steepest.ops.rearrange import reshape as same_entries


def length(n: Any) -> int:
    """The length of an axis as a user gives it; the size of a named axis keeps its name."""
    if isinstance(n, Size) and isinstance(n.expr, Constant) and n.expr.value == 1 and len(n.expr.sizes) == 1:
        ((dim, exponent),) = n.expr.sizes
        if exponent == 1:
            return dim
    return operator.index(n) if not isinstance(n, Size) else int(n)


def shape_of(shape: Any) -> Shape:
    return tuple(length(n) for n in shape) if isinstance(shape, (tuple, list, np.ndarray)) else (length(shape),)


def in_order(e: Expr, order: str | None, build: Any) -> Expr:
    """`build` on entries in row-major order; column-major is that of the transpose."""
    if order in ("C", None) or (order in ("A", "K") and e.ndim <= 1):
        return build(e)
    if order == "F":
        return build(reversed_axes(e))
    raise CaptureError(f"order={order!r} depends on how an array lies in memory; say 'C' or 'F'")


def reversed_axes(e: Expr) -> Expr:
    return transpose_axes(e, range(e.ndim)[::-1])


def reshape(a: Any, /, shape: Any, order: Any = "C", *, copy: Any = None) -> Expr:
    e, wanted = lift(a), list(shape_of(shape))
    if -1 in wanted:
        known = prod(int(n) for n in wanted if n != -1)
        wanted[wanted.index(-1)] = prod(map(int, e.shape)) // known if known else 0
    if order == "F":
        return reversed_axes(same_entries(reversed_axes(e), wanted[::-1]))
    return in_order(e, order, lambda x: same_entries(x, wanted))


def ravel(a: Any, order: Any = "C") -> Expr:
    return in_order(lift(a), order, flatten)


def transpose(a: Any, axes: Any = None) -> Expr:
    e = lift(a)
    if axes is None:
        return reversed_axes(e)
    order = axes if isinstance(axes, (tuple, list, np.ndarray)) else (axes,)
    return transpose_axes(e, [normalized_axis(k, e.ndim) for k in order])


def moveaxis(a: Any, source: Any, destination: Any) -> Expr:
    e = lift(a)
    origin, target = ([normalized_axis(k, e.ndim) for k in _several(ks)] for ks in (source, destination))
    order = [k for k in range(e.ndim) if k not in origin]
    for to, k in sorted(zip(target, origin, strict=True)):
        order.insert(to, k)
    return transpose_axes(e, order)


def _several(axes: Any) -> Sequence[Any]:
    return tuple(axes) if isinstance(axes, (tuple, list, np.ndarray)) else (axes,)


def swapaxes(a: Any, axis1: Any, axis2: Any) -> Expr:
    e = lift(a)
    order = list(range(e.ndim))
    j, k = normalized_axis(axis1, e.ndim), normalized_axis(axis2, e.ndim)
    order[j], order[k] = order[k], order[j]
    return transpose_axes(e, order)


def rollaxis(a: Any, axis: Any, start: Any = 0) -> Expr:
    """np.rollaxis: the axis is moved until it stands before `start`."""
    e = lift(a)
    k = normalized_axis(axis, e.ndim)
    to = start + e.ndim if start < 0 else start
    order = [j for j in range(e.ndim) if j != k]
    order.insert(to - 1 if k < to else to, k)
    return transpose_axes(e, order)


def expand_dims(a: Any, axis: Any) -> Expr:
    e = lift(a)
    new = normalized_axes(axis, e.ndim + len(_several(axis)))
    return sliced(e, _with_new(e, new))


def _with_new(e: Expr, new: Sequence[int]) -> list[range | None]:
    """The whole array, with new axes at the given places of the result."""
    old = iter(e.shape)
    return [None if k in new else range(next(old)) for k in range(e.ndim + len(new))]


def squeeze(a: Any, axis: Any = None) -> Expr:
    e = lift(a)
    axes = [k for k, n in enumerate(e.shape) if n == 1] if axis is None else normalized_axes(axis, e.ndim)
    return sliced(e, [0 if k in axes else range(n) for k, n in enumerate(e.shape)])


def at_least_1d(e: Expr) -> Expr:
    return e if e.ndim else sliced(e, [None])


def at_least_2d(e: Expr) -> Expr:
    return e if e.ndim >= 2 else sliced(e, [None] * (2 - e.ndim) + [range(n) for n in e.shape])


def at_least_3d(e: Expr) -> Expr:
    """Vectors become (1, n, 1), matrices (m, n, 1)."""
    return e if e.ndim >= 3 else sliced(at_least_2d(e), [*map(range, at_least_2d(e).shape), None])


def for_each(build: Any) -> Any:
    """np.atleast_1d and its like: one result for one operand, a tuple for several."""

    def rule(*arrays: Any) -> Any:
        results = tuple(build(lift(a)) for a in arrays)
        return results[0] if len(results) == 1 else results

    return rule


def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Expr:
    return broadcast(lift(array), shape_of(shape))


def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Expr, ...]:
    operands = [lift(a) for a in args]
    shape = broadcast_shape(*(e.shape for e in operands))
    return tuple(broadcast(e, shape) for e in operands)


def as_type(e: Expr, dtype: Any) -> Expr:
    """`e` in another element type; of a complex number that is made real, the real part stays."""
    wanted = np.dtype(dtype)
    if is_complex(e.dtype) and wanted.kind not in "cb":
        e = real(e)
    return cast(e, wanted)


def kept(a: Any, *_: Any, **__: Any) -> Expr:
    """A copy, or another memory layout: the same value."""
    return lift(a)


def shape(a: Any) -> tuple[int, ...]:
    """Lengths, which remember the names of axes."""
    return a.shape if isinstance(a, Tracer) else as_expr(a).shape


def real_if_close(a: Any, tol: Any = 100) -> Any:
    """Whether imaginary parts are small enough to be dropped is guarded."""
    if a.dtype.kind != "c":
        return a
    room = tol * np.finfo(a.dtype).eps if tol > 1 else tol
    return np.real(a) if np.all(np.abs(np.imag(a)) < room) else a


def size(a: Any, axis: Any = None) -> int:
    lengths = shape(a)
    total: int = 1
    for k in normalized_axes(axis, len(lengths)):
        total = total * lengths[k]
    return total


def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Expr, ...]:
    """np.meshgrid: each vector along its own axis of a common grid; 'xy' swaps the first two axes."""
    vectors = [flatten(lift(x)) for x in xi]
    place = list(range(len(vectors)))
    if indexing == "xy" and len(vectors) > 1:
        place[:2] = [1, 0]
    lengths = [1] * len(vectors)
    for k, v in zip(place, vectors, strict=True):
        lengths[k] = v.shape[0]
    grids = []
    for k, v in zip(place, vectors, strict=True):
        sizes = {j: (n if j == k or not sparse else 1) for j, n in enumerate(lengths)}
        grids.append(contract([((k,), v)], range(len(vectors)), sizes))
    return tuple(grids)


translates(np.reshape)(reshape)
translates(np.ravel, flattened)(ravel)
translates(np.transpose)(transpose)
translates(np.moveaxis)(moveaxis)
translates(np.swapaxes)(swapaxes)
translates(np.rollaxis)(rollaxis)
translates(np.expand_dims)(expand_dims)
translates(np.squeeze)(squeeze)
translates(np.atleast_1d)(for_each(at_least_1d))
translates(np.atleast_2d)(for_each(at_least_2d))
translates(np.atleast_3d)(for_each(at_least_3d))
translates(np.broadcast_to)(broadcast_to)
translates(np.broadcast_arrays)(broadcast_arrays)
translates(np.copy, copied)(kept)
translates(astype, np.ndarray.astype, np.astype)(lambda a, dtype, *_, **__: as_type(lift(a), dtype))
translates(np.meshgrid)(meshgrid)
translates_with_values(np.real_if_close)(real_if_close)
translates_with_values(np.isrealobj)(lambda x: x.dtype.kind != "c")
translates_with_values(np.iscomplexobj)(lambda x: x.dtype.kind == "c")
translates_with_values(np.isreal)(lambda x: np.imag(x) == 0)
translates_with_values(np.iscomplex)(lambda x: np.imag(x) != 0)
translates_with_values(np.shape)(shape)
translates_with_values(np.ndim)(lambda a: len(shape(a)))
translates_with_values(np.size)(size)
