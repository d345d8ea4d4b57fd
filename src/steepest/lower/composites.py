"""Operations along the last axis in their parts, for engines whose loops share them.

The softmax and the logsumexp of one array have the exponentials in common; written out, both come from one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from steepest.expr.dtype import BOOL
from steepest.ops.elementary import exp
from steepest.ops.logic import equals, isfinite, isnan, logical_not
from steepest.ops.operation import Operation
from steepest.ops.piecewise import maximum, minimum
from steepest.ops.power import log, sqrt
from steepest.ops.product import cumprod, prod, product_of_others
from steepest.ops.reduction import logsumexp, norm, softmax
from steepest.ops.selection import argmax, argmin

from .emitter import Emitter
from .program import Register


def _softmax(e: Emitter, x: Register) -> Register:
    _, powers, total = _exponentials(e, x)
    return e.arithmetic("*", powers, _stretched(e, e.arithmetic("/", e.literal(1), total)))  # one division a row


def _logsumexp(e: Emitter, x: Register) -> Register:
    """``log Σ exp(x − max) + max``; where the maximum is infinite, that is the result."""
    top, _, total = _exponentials(e, x)
    shape, dtype = e.shape(top), e.dtype(top)
    finite = e.call(isfinite, [top], (), shape, BOOL)
    value = e.arithmetic("+", e.call(log, [total], (), shape, dtype), top)
    infinite = e.call(logical_not, [finite], (), shape, BOOL)
    return e.arithmetic("+", e.select(finite, value), e.select(infinite, top))


def _exponentials(e: Emitter, x: Register) -> tuple[Register, Register, Register]:
    """The maximum along the axis, the exponentials of what is below it, and their sum."""
    top = e.fold(maximum, x)
    below = e.arithmetic("-", x, _stretched(e, top))
    powers = e.call(exp, [below], (), e.shape(below), e.dtype(below))
    return top, powers, e.sum(powers, (len(e.shape(x)) - 1,))


def _norm(e: Emitter, x: Register) -> Register:
    squares = e.sum(e.arithmetic("*", x, x), (len(e.shape(x)) - 1,))
    return e.call(sqrt, [squares], (), e.shape(squares), e.dtype(squares))


def _position(best: Operation) -> Callable[[Emitter, Register], Register]:
    """Where an axis is largest or smallest: the first place that holds that entry, or NaN if there is one."""

    def expanded(e: Emitter, x: Register) -> Register:
        found = e.fold(best, x)
        last = e.shape(x)[-1] - 1  # where it is if it is nowhere before
        same = e.call(equals, [x, _stretched(e, found)], (), e.shape(x), BOOL)
        here = e.arithmetic("|", same, e.call(isnan, [x], (), e.shape(x), BOOL))
        before_last = e.select(here, e.array(np.arange(last + 1) - last))
        index = e.fold(minimum, e.arithmetic("+", before_last, e.literal(last)))
        e.extremes[index] = x, found
        return index

    return expanded


def _product_where(chosen: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable[[Emitter, Register], Register]:
    """For each place i the product of the entries at the places j that are chosen; the others never count."""

    def expanded(e: Emitter, x: Register) -> Register:
        shape, dtype = e.shape(x), e.dtype(x)
        i, j = np.indices((shape[-1], shape[-1]))
        mask = chosen(i, j)
        spread = e.rearrange(x, (*range(len(shape) - 1), None, len(shape) - 1))
        factors = e.arithmetic("+", e.select(e.array(mask), spread), e.array((~mask).astype(dtype)))
        return e.call(prod, [factors], (), shape, dtype)

    return expanded


def _stretched(e: Emitter, x: Register) -> Register:
    """With an axis of length 1 at the end."""
    return e.rearrange(x, (*range(len(e.shape(x))), None))


EXPANSIONS: Mapping[Operation, Callable[[Emitter, Register], Register]] = {
    softmax: _softmax,
    logsumexp: _logsumexp,
    norm: _norm,
    argmax: _position(maximum),
    argmin: _position(minimum),
    cumprod: _product_where(np.greater_equal),
    product_of_others: _product_where(np.not_equal),
}
SHORT = {cumprod: 32, product_of_others: 32}  # these multiply every entry with every other: for axes up to here


def expandable(e: Emitter, op: Operation, operands: list[Register]) -> bool:
    """Whether an operation is written out: it has parts, and its operand is an array of real numbers."""
    if op not in EXPANSIONS:
        return False
    dtype, shape = e.dtype(operands[0]), e.shape(operands[0])
    if dtype is None or dtype not in (np.dtype(np.float64), np.dtype(np.float32)) or not shape:
        return False
    return op not in SHORT or shape[-1] <= SHORT[op]
