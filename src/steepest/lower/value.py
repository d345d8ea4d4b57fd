"""What a node of an expression became: a register, which of the node's axes it holds, and a number to multiply.

An axis along which nothing changes is not held, a transposed array stays as it is, and a factor waits until
somebody needs it: most users (sums, products) take all three for free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from steepest.expr.dimension import Shape
from steepest.expr.dtype import BOOL, DType
from steepest.expr.node import Number

from .emitter import Emitter
from .program import Axes, Register


@dataclass(frozen=True, slots=True)
class Value:
    """``factor`` times the array whose k-th axis is axis ``axes[k]`` of the node."""

    register: Register
    axes: Axes = ()
    factor: Number = 1


def multiplied(emitter: Emitter, v: Value) -> Value:
    """The waiting factor multiplied in."""
    if v.factor == 1:
        return v
    return Value(emitter.arithmetic("*", emitter.literal(v.factor), v.register), v.axes)


def in_type(emitter: Emitter, v: Value, dtype: DType) -> Value:
    """An array in the element type its node has, where NumPy would give another without losing anything."""
    own = emitter.dtype(v.register)
    if own is None or dtype is None or own == dtype or not _converts(own, dtype):
        return v
    return Value(emitter.convert(v.register, dtype), v.axes, v.factor)


def _converts(own: np.dtype, dtype: np.dtype) -> bool:
    return own == BOOL or (dtype.kind in "fc" and np.can_cast(own, dtype, "same_kind"))


def common_axes(values: Sequence[Value]) -> Axes:
    """An order of all the axes any of the values holds: that of the node, or of all values if they agree."""
    held = sorted({k for v in values for k in v.axes})
    complete = [v.axes for v in values if len(v.axes) == len(held)]
    if complete and all(axes == complete[0] for axes in complete):
        return complete[0]
    return tuple(held)


def aligned(emitter: Emitter, v: Value, axes: Axes) -> Register:
    """The register with its axes in that order, ready to broadcast along those it does not hold."""
    return emitter.rearrange(v.register, [v.axes.index(k) if k in v.axes else None for k in axes])


def whole(emitter: Emitter, v: Value, shape: Shape, dtype: DType) -> Register:
    """The array in the node's own shape; one that a plain number fills gets the node's type."""
    v = multiplied(emitter, v)
    axes = tuple(range(len(shape)))
    register = aligned(emitter, v, axes)
    if len(v.axes) == len(shape):
        return register
    return emitter.fill(register, shape, dtype if emitter.number(register) is not None else None)
