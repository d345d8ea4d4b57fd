"""What stands between the brackets of ``x[…]``: NumPy's subscripts, taken apart, and reading and adding by them.

An array is read in two steps: entries, slices and new axes first (one contraction with constant selections),
then the arrays of positions (one contraction with one-hot rows). Adding by a subscript is the transpose.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias, TypeGuard

import numpy as np

from steepest.errors import CaptureError, located, user_line
from steepest.expr.build import transpose_axes
from steepest.expr.dimension import Shape
from steepest.expr.dtype import BOOL
from steepest.expr.node import Expr
from steepest.frontends.tracing.lifting import broadcast, broadcast_shape, lift
from steepest.frontends.tracing.tracer import Tracer, find_tracers, innermost, to_exprs, to_values
from steepest.ops.gather import linear_index, pick_along, scattered, take
from steepest.ops.rearrange import Place, merge_last, placed, reshape, sliced

Positions: TypeAlias = Expr | np.ndarray  # integers, traced or not
Part: TypeAlias = int | range | Positions | None
Resolve: TypeAlias = Callable[[Tracer], Positions]  # what becomes of a traced array of integers in a key


@dataclass(frozen=True, eq=False)
class Subscript:
    """One part for each axis of the array, and None for each new axis, in the order of the key.

    Entries are counted from the front; constant arrays of positions may count from the end.
    """

    parts: tuple[Part, ...]
    shape: Shape  # of the array
    scattered: bool  # whether something stands between the arrays of positions; then their axes come first

    @property
    def is_basic(self) -> bool:
        return not any(is_positions(p) for p in self.parts)

    @property
    def places(self) -> list[Place]:
        """The first step; axes that are read at positions are left whole."""
        axes = iter(self.shape)
        return [p if p is None else _place(p, next(axes)) for p in self.parts]

    @property
    def target(self) -> Shape:
        """The shape of what is read."""
        rest = [_length(p, n) for p, n in self._kept() if not is_positions(p)]
        at = self.block_place()
        return (*rest[:at], *self.block, *rest[at:])

    @property
    def block(self) -> Shape:
        """The common shape of the arrays of positions."""
        return broadcast_shape(*(p.shape for p in self.parts if is_positions(p)))

    def block_place(self) -> int:
        """Which axis of the result the block starts at: where its first part stands."""
        if self.scattered or self.is_basic:
            return 0
        return next(k for k, p in enumerate(self.parts) if is_positions(p) or isinstance(p, int))

    def _kept(self) -> list[tuple[Part, int]]:
        """The parts that leave an axis after the first step, with the length of the axis they read."""
        axes = iter(self.shape)
        pairs = [(p, 1 if p is None else next(axes)) for p in self.parts]
        return [(p, n) for p, n in pairs if not isinstance(p, int)]

    def positions(self) -> tuple[list[int], list[Positions], list[int]]:
        """Where the positions are after the first step, they themselves in one shape, and the lengths they read."""
        found = [(k, p, n) for k, (p, n) in enumerate(self._kept()) if is_positions(p)]
        return [k for k, _, _ in found], [_spread(p, self.block) for _, p, _ in found], [n for _, _, n in found]


def is_positions(part: Part) -> TypeGuard[Positions]:
    return isinstance(part, (Expr, np.ndarray))


def _place(part: Part, size: int) -> Place:
    return part if isinstance(part, (int, range)) else range(size)


def _length(part: Part, size: int) -> int:
    if isinstance(part, range):
        return size if len(part) == size else len(part)
    return 1


def _spread(p: Positions, shape: Shape) -> Positions:
    return np.broadcast_to(p, shape) if isinstance(p, np.ndarray) else broadcast(p, shape)


# --- reading, and its transpose -----------------------------------------------------------------------


def read(x: Expr, subscript: Subscript) -> Expr:
    """``x[subscript]``."""
    y = sliced(x, subscript.places)
    if subscript.is_basic:
        return y
    axes, indices, sizes = subscript.positions()
    if len(axes) == 1:
        y, at, index = y, axes[0], indices[0]
    elif (steps := _in_step(indices, sizes)) is not None:
        picked = pick_along(y, axes[steps], axes[1 - steps], indices[1 - steps])
        return _move_block(picked, 1, y.ndim - 2, subscript.block_place())
    else:
        y, at, index = merge_last(y, axes), y.ndim - len(axes), linear_index(indices, sizes)
    return _move_block(take(y, index, at), index.ndim, at, subscript.block_place())


def _in_step(indices: Sequence[Positions], sizes: Sequence[int]) -> int | None:
    """Which of two arrays of positions goes through its axis from end to end: ``x[np.arange(n), labels]``."""
    if len(indices) != 2 or indices[0].ndim != 1:
        return None
    runs = (k for k, (p, n) in enumerate(zip(indices, sizes, strict=True)) if _runs(p, n))
    return next(runs, None)


def _runs(p: Positions, n: int) -> bool:
    return isinstance(p, np.ndarray) and len(p) == n and np.array_equal(p, np.arange(n))


def add_up(v: Expr, subscript: Subscript) -> Expr:
    """The transpose of `read`: v added up at its places in an array that is 0 elsewhere."""
    if not subscript.is_basic:
        axes, indices, sizes = subscript.positions()
        rank = len(subscript.block)
        others = v.ndim - rank
        if len(axes) == 1:
            v = scattered(_move_block(v, rank, subscript.block_place(), axes[0]), indices[0], axes[0], sizes[0])
        else:
            moved = _move_block(v, rank, subscript.block_place(), others)
            v = scattered(moved, linear_index(indices, sizes), others, prod(map(int, sizes)))
            v = reshape(v, (*v.shape[:-1], *sizes))
            order = [k for k in range(v.ndim) if k not in axes] + axes
            v = transpose_axes(v, [order.index(k) for k in range(v.ndim)])
    return placed(v, subscript.places, subscript.shape)


def _move_block(e: Expr, rank: int, start: int, to: int) -> Expr:
    """`rank` neighbouring axes moved."""
    block = list(range(start, start + rank))
    rest = [k for k in range(e.ndim) if k not in block]
    return e if start == to else transpose_axes(e, [*rest[:to], *block, *rest[to:]])


# --- taking a key apart -----------------------------------------------------------------------------


def parse(key: Any, shape: Shape, resolve: Resolve) -> Subscript:
    """The parts of a key. That it fits the shape has been seen to by NumPy, on the example."""
    items = [_array(item) for item in (key if isinstance(key, tuple) else (key,))]
    consumed = sum(_axes_of(item) for item in items)
    if not any(item is Ellipsis for item in items):
        items.append(Ellipsis)
    parts: list[Part] = []
    axis = 0
    for item in items:
        if item is None:
            parts.append(None)
            continue
        count = len(shape) - consumed if item is Ellipsis else _axes_of(item)
        parts.extend(_parts_of(item, shape[axis : axis + count], resolve))
        axis += count
    return Subscript(tuple(parts), shape, _separated(items))


def as_one_truth(key: Any) -> bool | None:
    """What a key says that is a single boolean, with or without ``...``; None for any other. The trace holds for it."""
    (item, *more) = [i for i in key if i is not Ellipsis] or [None] if isinstance(key, tuple) else [key]
    if more or not (isinstance(item, (bool, np.bool_)) or (_is_mask(item) and item.ndim == 0)):
        return None
    return bool(item)


def _array(item: Any) -> Any:
    """A sequence in a key is an array of positions, or a mask."""
    if not isinstance(item, (list, tuple)):
        return item
    values = np.asarray(to_values(item))
    if tracers := list(find_tracers(item)):
        return Tracer(innermost(tracers), lift(to_exprs(item)), values)
    return values if values.size else values.astype(np.int64)


def _axes_of(item: Any) -> int:
    if item is None or item is Ellipsis:
        return 0
    if isinstance(item, (bool, np.bool_)) or (_is_mask(item) and item.ndim == 0):
        raise CaptureError(located("a single boolean is used as an index", user_line()) + "\n    Use np.where instead.")
    return item.ndim if _is_mask(item) else 1


def _is_mask(item: Any) -> bool:
    return getattr(item, "dtype", None) == BOOL


def _parts_of(item: Any, sizes: Shape, resolve: Resolve) -> Iterator[Part]:
    if item is Ellipsis:
        yield from map(range, sizes)
    elif isinstance(item, slice):
        yield range(*item.indices(int(sizes[0])))
    elif _is_mask(item):
        yield from np.nonzero(item.concrete() if isinstance(item, Tracer) else item)
    elif isinstance(item, Tracer):
        yield resolve(item)
    elif isinstance(item, np.ndarray) and item.ndim:
        yield item
    else:
        yield operator.index(item) % int(sizes[0])


def _separated(items: Sequence[Any]) -> bool:
    """Whether a slice, a new axis or an ellipsis (even one that spans nothing) stands between arrays of positions."""
    basic = [item is None or item is Ellipsis or isinstance(item, slice) for item in items]
    advanced = [k for k, is_basic in enumerate(basic) if not is_basic]
    return bool(advanced) and advanced[-1] - advanced[0] >= len(advanced)


def traced(index: Tracer) -> Positions:
    """Positions that stay in the trace: read wherever they point when the function is called."""
    return index.expr


def fixed(index: Tracer) -> Positions:
    """Positions that must stay as they are; a trace for each choice of them."""
    return np.asarray(index.concrete())
