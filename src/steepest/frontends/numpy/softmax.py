"""Translations of log-sum-exp, softmax and its logarithm over any axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import scipy.special as sp

from steepest.errors import CaptureError
from steepest.expr.build import add, contract, fill, multiply, negate, transpose_axes
from steepest.expr.dtype import DType, inexact, is_complex, promote
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.frontends.tracing.lifting import broadcast, broadcast_shape, keep_dims, lift, normalized_axes
from steepest.frontends.tracing.postponing import can_wait, reduced
from steepest.frontends.tracing.translation import translates
from steepest.ops import logic
from steepest.ops.complex_parts import cast
from steepest.ops.elementary import exp
from steepest.ops.power import log
from steepest.ops.rearrange import merge_last, reshape
from steepest.ops.reduction import logsumexp as logsumexp_of_rows
from steepest.ops.reduction import softmax as softmax_of_rows
from steepest.ops.selection import largest


def _real(x: Any, name: str, beside: DType = None) -> Expr:
    """In floating point, of one type with what stands beside it."""
    e = lift(x)
    if is_complex(e.dtype):
        raise CaptureError(f"{name} of complex numbers cannot be recorded; write it with np.log, np.sum and np.exp")
    return e if e.dtype is None else cast(e, inexact(promote(e.dtype, beside)))


def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: Any = False, return_sign: Any = False) -> Expr:
    """log Σ b·exp(a): without weights one operation, with weights shifted by the largest exponent."""
    if return_sign:
        raise CaptureError("logsumexp with return_sign=True cannot be recorded: the sign is piecewise constant")
    e = _real(a, "logsumexp")
    weights = None if b is None else _real(b, "logsumexp", e.dtype)
    if weights is not None:
        e = _real(e, "logsumexp", weights.dtype)
        shape = broadcast_shape(e.shape, weights.shape)
        e, weights = broadcast(e, shape), broadcast(weights, shape)
    axes = normalized_axes(axis, e.ndim)
    if any(e.shape[k] == 0 for k in axes):
        result = _nothing([n for k, n in enumerate(e.shape) if k not in axes], e)
    elif not e.ndim:
        result = e if weights is None else add(e, log(weights))
    elif weights is None:
        result = logsumexp_of_rows(merge_last(e, axes))
    else:
        result = _weighted(merge_last(e, axes), merge_last(weights, axes))
    return keep_dims(result, axes) if keepdims else result


def _nothing(shape: Sequence[int], like: Expr) -> Expr:
    """The logarithm of sums without terms."""
    e = fill(constant(float("-inf")), tuple(shape))
    return e if like.dtype is None else cast(e, like.dtype)


def _weighted(a: Expr, b: Expr) -> Expr:
    rows, full = tuple(range(a.ndim - 1)), tuple(range(a.ndim))
    counted = logic.where(logic.nonzero(b), a, _nothing(a.shape, a))
    top = largest(counted)
    top = logic.select(logic.isfinite(top), top)
    spread = contract([(rows, top)], full, dict(enumerate(a.shape)))
    return add(log(contract([(full, multiply(b, exp(add(a, negate(spread)))))], rows)), top)


def over_axes(build: Callable[[Expr], Expr], name: str) -> Callable[..., Expr]:
    """A function of rows that keeps their length, over one or several axes taken as one row."""

    def rule(x: Any, axis: Any = None) -> Expr:
        e = _real(x, name)
        if not e.ndim:
            return reshape(build(reshape(e, (1,))), ())
        axes = normalized_axes(axis, e.ndim)
        order = (*(k for k in range(e.ndim) if k not in axes), *axes)
        rows = build(merge_last(e, axes))
        moved = reshape(rows, [e.shape[k] for k in order])
        return transpose_axes(moved, [order.index(k) for k in range(e.ndim)])

    return rule


def log_softmax_of_rows(x: Expr) -> Expr:
    """x − logsumexp(x): nothing underflows."""
    rows, full = tuple(range(x.ndim - 1)), tuple(range(x.ndim))
    return add(x, negate(contract([(rows, logsumexp_of_rows(x))], full, dict(enumerate(x.shape)))))


translates(sp.logsumexp)(logsumexp)
can_wait(sp.logsumexp, reduced)
translates(sp.softmax)(over_axes(softmax_of_rows, "softmax"))
translates(sp.log_softmax)(over_axes(log_softmax_of_rows, "log_softmax"))
