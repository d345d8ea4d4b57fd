"""Translations of ``ufunc.reduce``, ``accumulate`` and ``reduceat`` of any ufunc: the ufunc, entry after entry."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.errors import CaptureError
from steepest.expr.node import Expr
from steepest.frontends.tracing.lifting import broadcast, keep_dims, lift, normalized_axes, normalized_axis
from steepest.frontends.tracing.translation import TRANSLATIONS

from .joining import along, stack, typed

Build = Callable[[Expr, Expr], Expr]


def _layers(e: Expr, axis: int) -> list[Expr]:
    return [along(e, axis, k) for k in range(int(e.shape[axis]))]


def reduce(ufunc: np.ufunc) -> Callable[..., Expr]:
    """((a₀ ∘ a₁) ∘ a₂) … along one axis, the first unless said otherwise."""
    pair: Build = TRANSLATIONS[ufunc]

    def rule(
        array: Any, axis: Any = 0, dtype: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True
    ) -> Expr:
        if where is not True:
            raise CaptureError(f"np.{ufunc.__name__}.reduce with where= is not recorded; use np.where before it")
        e = lift(array)
        axes = normalized_axes(axis, e.ndim)
        if len(axes) != 1:
            raise CaptureError(
                f"np.{ufunc.__name__}.reduce is recorded along one axis; call it for one after the other"
            )
        layers = _layers(typed(e, dtype), axes[0])
        result = functools.reduce(pair, layers) if initial is None else functools.reduce(pair, layers, lift(initial))
        return keep_dims(result, axes) if keepdims else result

    return rule


def accumulate(ufunc: np.ufunc) -> Callable[..., Expr]:
    """All the intermediate results of `reduce`, along the axis."""
    pair: Build = TRANSLATIONS[ufunc]

    def rule(array: Any, axis: Any = 0, dtype: Any = None) -> Expr:
        e = typed(lift(array), dtype)
        k = normalized_axis(axis, e.ndim)
        return stack(list(itertools.accumulate(_layers(e, k), pair)), axis=k)

    return rule


def reduceat(ufunc: np.ufunc) -> Callable[..., Expr]:
    """One result for each given place: of the entries up to the next place, or of one entry if that is not behind."""

    def rule(array: Any, indices: Any, axis: Any = 0, dtype: Any = None) -> Expr:
        e = typed(lift(array), dtype)
        k = normalized_axis(axis, e.ndim)
        starts = [int(i) for i in np.asarray(indices).ravel()]
        ends = [*starts[1:], int(e.shape[k])]
        parts = [along(e, k, range(a, b if a < b else a + 1)) for a, b in zip(starts, ends, strict=True)]
        one: Callable[..., Expr] = TRANSLATIONS[ufunc.reduce]
        return stack([one(part, axis=k) for part in parts], axis=k)

    return rule


def spread_reduce(ufunc: np.ufunc, rest: np.ufunc) -> Callable[..., Expr]:
    """a₀ − (a₁ + a₂ + …), and a₀ / (a₁ a₂ …): the rest is put together first."""
    together, pair = TRANSLATIONS[rest.reduce], TRANSLATIONS[ufunc]

    def rule(array: Any, axis: Any = 0, dtype: Any = None, keepdims: Any = False) -> Expr:
        e = typed(lift(array), dtype)
        k = normalized_axis(axis, e.ndim)
        others = together(along(e, k, range(1, int(e.shape[k]))), axis=k)
        result: Expr = pair(broadcast(along(e, k, 0), others.shape), others)
        return keep_dims(result, [k]) if keepdims else result

    return rule
