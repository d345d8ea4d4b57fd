"""Translations of ufuncs' methods ``outer``, ``reduce``, ``accumulate`` and ``reduceat``, beyond sums and products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.errors import CaptureError
from steepest.expr.build import contract
from steepest.expr.node import Expr
from steepest.frontends.tracing.lifting import axis_from_last, axis_to_last, lift, normalized_axis
from steepest.frontends.tracing.translation import TRANSLATIONS, translates
from steepest.ops import selection

from . import folding
from .arithmetic import ENTRYWISE
from .softmax import logsumexp


def outer(ufunc: np.ufunc) -> Callable[..., Expr]:
    """Every entry of one array with every entry of the other."""
    pair = TRANSLATIONS[ufunc]

    def rule(a: Any, b: Any, **settings: Any) -> Expr:
        x, y = lift(a), lift(b)
        lengths = dict(enumerate((*x.shape, *y.shape)))
        spread = contract([(tuple(range(x.ndim)), x)], range(x.ndim + y.ndim), lengths)
        result: Expr = pair(spread, y, **settings)
        return result

    return rule


def accumulate(position: Callable[[Expr], Expr]) -> Callable[..., Expr]:
    """The largest (or smallest) entry so far, along one axis."""

    def rule(array: Any, axis: Any = 0, dtype: Any = None) -> Expr:
        if dtype is not None:
            raise CaptureError("a running extreme with dtype= is not recorded; convert the result with astype")
        e = lift(array)
        k = normalized_axis(axis, e.ndim)
        rows = axis_to_last(e, k)
        return axis_from_last(selection.take_rows(rows, position(rows)), k)

    return rule


def logaddexp_reduce(array: Any, axis: Any = 0, dtype: Any = None, keepdims: Any = False, **settings: Any) -> Expr:
    if settings or dtype is not None:
        raise CaptureError("np.logaddexp.reduce is recorded with axis= and keepdims= only")
    return logsumexp(array, axis, keepdims=keepdims)


translates(np.maximum.accumulate)(accumulate(selection.running_argmax))
translates(np.minimum.accumulate)(accumulate(selection.running_argmin))
translates(np.logaddexp.reduce)(logaddexp_reduce)
translates(np.subtract.reduce)(folding.spread_reduce(np.subtract, np.add))
translates(np.true_divide.reduce)(folding.spread_reduce(np.true_divide, np.multiply))
for _ufunc in ENTRYWISE:
    if _ufunc.nin == 2 and _ufunc.nout == 1 and _ufunc.signature is None:
        for _method, _rule in (
            (_ufunc.outer, outer), (_ufunc.reduce, folding.reduce), (_ufunc.accumulate, folding.accumulate),
            (_ufunc.reduceat, folding.reduceat),
        ):  # fmt: skip
            if _method not in TRANSLATIONS:  # the reductions have better ways for some
                translates(_method)(_rule(_ufunc))
