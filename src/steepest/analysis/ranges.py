"""Where the entries of an expression lie: one rule for each kind of node, over the intervals of its operands.

Sizes are taken as at least 1, whatever they are in this trace; complex values are not looked into.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np

from steepest.expr.build import Operand
from steepest.expr.dimension import Dim
from steepest.expr.dtype import BOOL
from steepest.expr.fact import Fact
from steepest.expr.node import Add, Apply, Constant, Delta, Einsum, Expr, Scan, Structured, Variable
from steepest.expr.pattern import Affine
from steepest.ops.interval import (
    AT_LEAST_ONE,
    EVERYTHING,
    NONNEGATIVE,
    POSITIVE,
    SYMMETRIC_UNIT,
    UNIT,
    Interval,
    decreasing,
    exactly,
    increasing,
)
from steepest.ops.operation import Monotone, Operation

Ranges = Callable[[Expr], Interval]

RANGE_OF_FACT: dict[Fact, Interval] = {
    Fact.POSITIVE: POSITIVE,
    Fact.NONNEGATIVE: NONNEGATIVE,
    Fact.PROBABILITY: UNIT,
    Fact.UNIT: SYMMETRIC_UNIT,
    Fact.ORTHOGONAL: SYMMETRIC_UNIT,
}


def range_of(n: Expr, of: Ranges) -> Interval:
    """The interval of a real-valued node, `of` giving those of its operands."""
    if n.dtype == BOOL:
        return UNIT
    match n:
        case Variable():
            return _variable_range(n)
        case Constant():
            return _constant_range(n)
        case Delta():
            return UNIT
        case Structured():
            return UNIT if isinstance(n.pattern, Affine) else EVERYTHING
        case Add():
            total = exactly(0)
            for a in n.args:
                total = total + of(a)
            return total
        case Einsum():
            return _product_range(n, of)
        case Apply():
            return _applied_range(n, of)
        case Scan():
            return EVERYTHING
    raise TypeError(f"{type(n).__name__} is not a kind of node")


def _variable_range(v: Variable) -> Interval:
    found = EVERYTHING
    for fact, interval in RANGE_OF_FACT.items():
        if fact in v.facts:
            found = found.meet(interval)
    return found


def _constant_range(c: Constant) -> Interval:
    if c.dtype is not None:
        values = np.asarray(c.value)
        if not values.size or values.dtype.kind == "c" or np.isnan(values).any():
            return EVERYTHING
        return Interval(float(values.min()), float(values.max()))
    if isinstance(c.value, complex) or c.value != c.value:
        return EVERYTHING
    found = exactly(float(c.value))
    for _, exponent in c.sizes:
        found = found * (AT_LEAST_ONE if exponent > 0 else Interval(0, 1, low_open=True))
    return found


def _product_range(n: Einsum, of: Ranges) -> Interval:
    """A sum of k entries lies in k times their interval."""
    found = factors_range(n.operands(), of)
    for label, size in n.label_sizes().items():
        if label not in n.out:
            found = found * (AT_LEAST_ONE if isinstance(size, Dim) else exactly(int(size)))
    return found


def factors_range(operands: Iterable[Operand], of: Ranges) -> Interval:
    """Of a product of entries. Equal factors are one power: x·x is never negative."""
    found = exactly(1)
    for (_, a), count in Counter(operands).items():
        found = found * of(a).whole_power(count)
    return found


def _applied_range(n: Apply, of: Ranges) -> Interval:
    op: Operation = n.op
    operands = [of(a) for a in n.args]
    if op.arguments:  # outside of the domain there is no value
        operands = [a.meet(domain) for a, domain in zip(operands, op.arguments, strict=True)]
    if op.range is not None:
        return op.range(*operands, **dict(n.params))
    if not op.elementwise or n.params or not (op.arguments or op.domain == Operation.domain):
        return EVERYTHING
    corner_to_corner = {Monotone.INCREASING: increasing, Monotone.DECREASING: decreasing}.get(op.monotone)
    if corner_to_corner is None:
        return EVERYTHING
    with np.errstate(all="ignore"):
        return corner_to_corner(lambda *x: op.numpy(*map(np.float64, x)), operands)
