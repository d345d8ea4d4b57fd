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
        size = e.shape(x)[-1]
        same = e.call(equals, [x, _stretched(e, found)], (), e.shape(x), BOOL)
        here = e.arithmetic("|", same, e.call(isnan, [x], (), e.shape(x), BOOL))
        before_end = e.select(here, e.array(np.arange(size) - size))
        index = e.fold(minimum, e.arithmetic("+", before_end, e.literal(size)))
        e.extremes[index] = x, found
        return index

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
}


def expandable(e: Emitter, op: Operation, operands: list[Register]) -> bool:
    """Whether an operation is written out: it has parts, and its operand is an array of real numbers."""
    if op not in EXPANSIONS:
        return False
    dtype = e.dtype(operands[0])
    return dtype is not None and dtype in (np.dtype(np.float64), np.dtype(np.float32)) and bool(e.shape(operands[0]))
