"""Rounding, sign, size, and the parts of a complex number, of which a real one has only the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Kind, Value
from steepest.ops import complex_parts, logic, piecewise
from steepest.ops.operation import Operation

from .code import Code, by_own_types
from .signature import Signature, loop_of


def _rounded(intrinsic: str) -> Callable[..., Value]:
    """A whole number is rounded already."""
    return lambda b, s, x: b.intrinsic(intrinsic, x) if s.result.floating else x


def _same(b: Builder, s: Signature, x: Value) -> Value:
    return x


def _nothing(b: Builder, s: Signature, x: Value) -> Value:
    return b.convert(0, s.result)


def _absolute(b: Builder, s: Signature, x: Value) -> Value:
    if s.result is Kind.TRUTH:
        return x
    if s.result.floating:
        return b.intrinsic("fabs", x)
    return b.select(b.compare("<", x, 0), b.neg(x), x)  # the least whole number stays, as in NumPy


def _sign(b: Builder, s: Signature, x: Value) -> Value:
    """-1, 0 or 1, and 0 also for -0; NaN stays."""
    zero, one, minus_one = (b.convert(n, s.result) for n in (0, 1, -1))
    rest = b.select(b.compare("==", x, zero), zero, x) if s.result.floating else zero
    below = b.select(b.compare("<", x, zero), minus_one, rest)
    return b.select(b.compare(">", x, zero), one, below)


def _copysign(b: Builder, s: Signature, x: Value, y: Value) -> Value:
    return b.intrinsic("copysign", x, y)


RULES: Mapping[Operation, Callable[..., Value]] = {
    logic.floor: _rounded("floor"),
    logic.ceil: _rounded("ceil"),
    logic.trunc: _rounded("trunc"),
    logic.rint: _rounded("rint"),
    logic.sign: _sign,
    piecewise.absolute: _absolute,
    piecewise.copysign: _copysign,
    complex_parts.conj_op: _same,
}
CONJUGATE = loop_of(np.conjugate)
ROUNDING: Mapping[Operation, Code] = {
    **by_own_types(RULES),
    complex_parts.real_op: Code(_same, CONJUGATE),
    complex_parts.imag_op: Code(_nothing, CONJUGATE),
}
