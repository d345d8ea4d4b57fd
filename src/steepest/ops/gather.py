"""Reading and adding up entries at given positions: contractions with one-hot rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from steepest.expr.build import add, array, contract, scale
from steepest.expr.dimension import Shape
from steepest.expr.dtype import INT, DType
from steepest.expr.node import Apply, Expr
from steepest.expr.number import constant

from .operation import Smoothness, define
from .rearrange import moved, row_major
from .selection import argmax, argmin, argsort, one_hot


def _within_numpy(index: Any, size: int) -> np.ndarray:
    index = np.asarray(index)
    if index.size and (index.min() < -size or index.max() >= size):
        bad = index[(index < -size) | (index >= size)].flat[0]
        raise IndexError(f"index {bad} is out of bounds for axis with size {size}")
    return np.where(index < 0, index + size, index).astype(np.int64)


def _int_type(_: DType, **__: Any) -> DType:
    return INT


within = define(
    name="within", numpy=_within_numpy, differentials=(None,), shape=lambda s, size: s, dtype=_int_type,
    text="{0}", latex="{0}", smoothness=Smoothness.STEPS, cost=1,
    sample=lambda rng: (rng.integers(-5, 5, (2, 3)),), sample_params=({"size": 5},),
)  # fmt: skip


def _insertion_numpy(ascending: Any, x: Any, side: str) -> np.ndarray:
    return np.asarray(np.searchsorted(np.asarray(ascending), x, side=side), dtype=np.int64)  # type: ignore[call-overload]


def _insertion_shape(ascending: Shape, x: Shape, side: str) -> Shape:
    if len(ascending) != 1:
        raise ValueError(f"places are looked up in a vector, not in an array of shape {ascending}")
    return x


insertion = define(
    name="insertion", numpy=_insertion_numpy, differentials=(None, None), shape=_insertion_shape,
    dtype=lambda a, x, side: INT, text="insertion", latex=r"\operatorname{insertion}", smoothness=Smoothness.STEPS,
    cost=10, sample=lambda rng: (np.sort(rng.uniform(0, 1, 4)), rng.uniform(0, 1, (2, 3))),
    sample_params=({"side": "left"}, {"side": "right"}),
)  # fmt: skip

POSITIONS = frozenset({argmax, argmin, argsort})  # operations that give places on the last axis of their operand


def rows_at(index: Expr | np.ndarray, size: int) -> Expr:
    """One-hot rows for places counted from either end; a place outside is an error, as in NumPy.

    Constant places are checked already.
    """
    size = int(size)
    if isinstance(index, np.ndarray):
        return one_hot(array(np.where(index < 0, index + size, index).astype(np.int64)), size)
    if isinstance(index, Apply) and index.op in POSITIONS and index.args[0].shape[-1] == size:
        return one_hot(index, size)
    return one_hot(within(index, size=size), size)


def take(x: Expr, index: Expr | np.ndarray, axis: int) -> Expr:
    """x read at places of one axis, which becomes the axes of `index`."""
    labels = tuple(range(x.ndim))
    block = tuple(range(x.ndim, x.ndim + index.ndim))
    rows = rows_at(index, x.shape[axis])
    return moved(contract([((*block, axis), rows), (labels, x)], (*labels[:axis], *block, *labels[axis + 1 :])), x)


def pick_along(x: Expr, along: int, axis: int, index: Expr | np.ndarray) -> Expr:
    """x read at one place of an axis for each place of another, which becomes the last: ``x[i, index[i]]``."""
    labels = tuple(range(x.ndim))
    others = tuple(k for k in labels if k not in (along, axis))
    rows = rows_at(index, x.shape[axis])
    return contract([((along, axis), rows), (labels, x)], (*others, along))


def scattered(v: Expr, index: Expr | np.ndarray, axis: int, size: int) -> Expr:
    """The reverse of `take`: v added up at the places of a new axis of length `size`, which replaces index's axes."""
    labels = tuple(range(v.ndim))
    block = labels[axis : axis + index.ndim]
    out = (*labels[:axis], v.ndim, *labels[axis + index.ndim :])
    return contract([((*block, v.ndim), rows_at(index, size)), (labels, v)], out)


def linear_index(indices: Sequence[Expr | np.ndarray], shape: Sequence[int]) -> Expr | np.ndarray:
    """One place in an array laid out in rows, from the places on its axes; all of one shape."""
    sizes = tuple(int(n) for n in shape)
    steps = row_major(sizes)
    known = [np.where(i < 0, i + n, i) for i, n in zip(indices, sizes, strict=True) if isinstance(i, np.ndarray)]
    if len(known) == len(indices):
        return np.asarray(sum(step * places for step, places in zip(steps, known, strict=True)))
    terms = []
    for index, n, step in zip(indices, sizes, steps, strict=True):
        place = array(np.where(index < 0, index + n, index)) if isinstance(index, np.ndarray) else within(index, size=n)
        terms.append(scale(constant(step), place))
    return add(*terms)
