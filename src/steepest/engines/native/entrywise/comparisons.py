"""Comparisons, logic, and questions about one number. NaN is less than, equal to and greater than nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Kind, Value
from steepest.ops import logic
from steepest.ops.operation import Operation

from .code import Code, by_own_types
from .signature import Signature


def _comparison(test: str, of_truth: Callable[[Builder, Value, Value], Value]) -> Callable[..., Value]:
    """A comparison of numbers; truth values in one bit have an order of their own."""

    def emit(b: Builder, s: Signature, x: Value, y: Value) -> Value:
        return of_truth(b, x, y) if s.operands[0] is Kind.TRUTH else b.compare(test, x, y)

    return emit


def _truth(b: Builder, s: Signature, x: Value) -> Value:
    """Whether a number counts as true: it is not 0. NaN is not."""
    return b.convert(x, Kind.TRUTH)


def _not(b: Builder, s: Signature, x: Value) -> Value:
    return b.invert(_truth(b, s, x))


def _or(b: Builder, s: Signature, x: Value, y: Value) -> Value:
    return b.logic("or", _truth(b, s, x), _truth(b, s, y))


def _xor(b: Builder, s: Signature, x: Value, y: Value) -> Value:
    return b.logic("xor", _truth(b, s, x), _truth(b, s, y))


def _of_floats(test: Callable[[Builder, Value], Value], of_others: bool) -> Callable[..., Value]:
    """A question to which whole numbers and truth values all have one answer."""

    def emit(b: Builder, s: Signature, x: Value) -> Value:
        return test(b, x) if s.operands[0].floating else of_others

    return emit


def is_nan(b: Builder, x: Value) -> Value:
    return b.compare("!=", x, x)


def _is_infinite(b: Builder, x: Value) -> Value:
    return b.compare("==", b.intrinsic("fabs", x), math.inf)


def _is_finite(b: Builder, x: Value) -> Value:
    return b.compare("<", b.intrinsic("fabs", x), math.inf)


def _sign_bit(b: Builder, x: Value) -> Value:
    """1 with the sign of x is below 0: so also for -0 and for NaN."""
    return b.compare("<", b.intrinsic("copysign", 1.0, x), 0.0)


RULES: Mapping[Operation, Callable[..., Value]] = {
    logic.less: _comparison("<", lambda b, x, y: b.logic("and", b.invert(x), y)),
    logic.less_equal: _comparison("<=", lambda b, x, y: b.logic("or", b.invert(x), y)),
    logic.equals: _comparison("==", lambda b, x, y: b.invert(b.logic("xor", x, y))),
    logic.differs: _comparison("!=", lambda b, x, y: b.logic("xor", x, y)),
    logic.logical_not: _not,
    logic.logical_or: _or,
    logic.logical_xor: _xor,
    logic.isnan: _of_floats(is_nan, False),
    logic.isinf: _of_floats(_is_infinite, False),
    logic.isfinite: _of_floats(_is_finite, True),
    logic.signbit: _of_floats(_sign_bit, False),
}
COMPARISONS: Mapping[Operation, Code] = by_own_types(RULES)
