"""Positions: one-hot rows, the place of the largest entry, the order of entries. All act on the last axis.

Each is piecewise constant. ``max`` is a one-hot row times the data, ``sort`` a permutation times the data:
so their derivatives need no rule of their own, and ties follow one convention (the first entry).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.expr.build import contract
from steepest.expr.dtype import BOOL, INT, DType
from steepest.expr.node import Expr

from .operation import Operation, Smoothness, define


def _one_hot_numpy(index: Any, size: int) -> np.ndarray:
    return np.asarray(index)[..., None] == np.arange(size)


def _int_type(*_: DType, **__: Any) -> DType:
    return INT


def _position(name: str, numpy: Any, shape: Any, text: str) -> Operation:
    return define(
        name=name, numpy=numpy, differentials=(None,), shape=shape, dtype=_int_type, text=text,
        latex=rf"\operatorname{{{text}}}", smoothness=Smoothness.STEPS, cost=2,
        sample=lambda rng: (rng.permutation(12).reshape(3, 4) + rng.uniform(0, 0.3, (3, 4)),),
    )  # fmt: skip


one_hot_op = define(
    name="one_hot", numpy=_one_hot_numpy, differentials=(None,), text="onehot", latex=r"\operatorname{onehot}",
    shape=lambda s, size: (*s, size), dtype=lambda d, size: BOOL, smoothness=Smoothness.STEPS, cost=1,
    sample=lambda rng: (rng.integers(0, 5, (2, 3)),), sample_params=({"size": 5},),
)  # fmt: skip

argmax = _position("argmax", lambda x: np.argmax(x, axis=-1), lambda s: s[:-1], "argmax")
argmin = _position("argmin", lambda x: np.argmin(x, axis=-1), lambda s: s[:-1], "argmin")
argsort = _position("argsort", lambda x: np.argsort(x, axis=-1, kind="stable"), lambda s: s, "argsort")


def _running_numpy(accumulate: Any, beats: Any) -> Any:
    def places(x: Any) -> np.ndarray:
        x = np.asarray(x)
        before, after = accumulate(x, axis=-1)[..., :-1], x[..., 1:]
        new = beats(after, before) | (np.isnan(after) & ~np.isnan(before))  # a NaN stays, as in NumPy
        first = np.zeros((*x.shape[:-1], min(x.shape[-1], 1)), dtype=np.int64)
        return np.maximum.accumulate(np.concatenate([first, new * np.arange(1, x.shape[-1])], axis=-1), axis=-1)

    return places


running_argmax = _position("running_argmax", _running_numpy(np.maximum.accumulate, np.greater), lambda s: s, "argmaxes")
running_argmin = _position("running_argmin", _running_numpy(np.minimum.accumulate, np.less), lambda s: s, "argmins")


def most_at_one_place(index: np.ndarray, size: int) -> int:
    """How many positions are the same, of those that are places among so many."""
    places = index[(index >= 0) & (index < size)].astype(np.int64)
    return int(np.bincount(places).max(initial=0))


def one_hot(index: Expr, size: int) -> Expr:
    """1 at the given position of a new last axis of length `size`."""
    return one_hot_op(index, size=size)


def pick(x: Expr, index: Expr) -> Expr:
    """``x[..., index]`` where `index` has x's leading axes: one entry of each row."""
    rows = tuple(range(x.ndim - 1))
    last = x.ndim - 1
    return contract([((*rows, last), one_hot(index, x.shape[-1])), ((*rows, last), x)], rows)


def largest(x: Expr) -> Expr:
    """The largest entry of each row; of equal ones the first counts."""
    return pick(x, argmax(x))


def smallest(x: Expr) -> Expr:
    return pick(x, argmin(x))


def sort(x: Expr) -> Expr:
    """Each row in ascending order; equal entries keep their order."""
    return take_rows(x, argsort(x))


def take_rows(x: Expr, index: Expr) -> Expr:
    """``x[r, index[r, k]]`` for every row r: NumPy's ``take_along_axis`` on the last axis."""
    rows = tuple(range(x.ndim - 1))
    last, place = x.ndim - 1, x.ndim
    chosen = one_hot(index, x.shape[-1])
    return contract([((*rows, place, last), chosen), ((*rows, last), x)], (*rows, place))
