"""Powers and roots. Exponents that are known now and easy are roots, products and quotients."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Kind, Val, Value
from steepest.ops import power
from steepest.ops.operation import Operation

from .code import Code
from .elementary import call_own
from .signature import Signature, Type, beside, loop_of


def _sqrt(b: Builder, s: Signature, x: Value) -> Value:
    return b.intrinsic("sqrt", x)


def _root(b: Builder, x: Value) -> Value:
    """``x^½`` as C has it: unlike the square root it is +0 at -0, and +∞ at -∞ (C99 F.9.4.4)."""
    root = b.add(b.intrinsic("sqrt", x), 0.0)
    return b.select(b.compare("==", x, -math.inf), math.inf, root)


def _size(b: Builder, x: Value) -> Value:
    return b.intrinsic("fabs", x)


EASY: Mapping[float, Callable[[Builder, Value], Value]] = {
    0.0: lambda b, x: 1.0,
    1.0: lambda b, x: x,
    2.0: lambda b, x: b.mul(x, x),
    0.5: lambda b, x: b.intrinsic("sqrt", x),  # as in NumPy, also where C's pow differs: -0 and -∞
    1.5: lambda b, x: b.mul(_size(b, x), _root(b, x)),
    -1.0: lambda b, x: b.div(1.0, x),
    -0.5: lambda b, x: b.div(1.0, _root(b, x)),
    -1.5: lambda b, x: b.div(b.div(1.0, _size(b, x)), _root(b, x)),  # the product of the divisors may overflow
}


def _power(b: Builder, s: Signature, x: Value, p: Value) -> Value:
    if not isinstance(p, Val):
        if s.result is Kind.INT:
            return _whole_power(b, x, int(p))
        if p in EASY:
            return EASY[float(p)](b, x)
    if not isinstance(x, Val) and x == 2:
        return call_own(b, "exp2", p)
    return call_own(b, "power", x, p)


def _whole_power(b: Builder, x: Value, p: int) -> Value:
    """By repeated squaring, modulo 2⁶⁴ as in NumPy."""
    if p < 0:
        raise ValueError("NumPy has no negative powers of whole numbers")
    result: Value = 1
    for digit in f"{p:b}":
        result = b.mul(result, result)
        if digit == "1":
            result = b.mul(result, x)
    return result


def _reciprocal_or_zero(b: Builder, s: Signature, x: Value) -> Value:
    return b.select(b.compare("==", x, 0.0), 0.0, b.div(1.0, x))


def _log_power(b: Builder, s: Signature, x: Value, p: Value, order: Value) -> Value:
    x, p = (v if isinstance(v, Val) else b.constant(v, kind) for v, kind in zip((x, p), s.operands, strict=False))
    logarithm = call_own(b, "log", x)
    if isinstance(order, Val) or order not in (1, 2, 3):
        powers = call_own(b, "power", logarithm, order)
    else:
        powers = _whole_power(b, logarithm, int(order))
    vanishes = b.logic("and", b.compare("==", x, 0.0), b.compare(">", p, 0.0))
    return b.select(vanishes, 0.0, b.mul(powers, call_own(b, "power", x, p)))


def _log_power_types(base: Type, exponent: Type, order: Type) -> Signature | None:
    found = loop_of(np.power)(base, exponent)
    return (
        None if found is None or found.result is Kind.INT else Signature((*found.operands, found.result), found.result)
    )


def _power_types(base: Type, exponent: Type) -> Signature | None:
    """Of whole numbers only powers known now: a negative one among others is an error in NumPy."""
    found = loop_of(np.power)(base, exponent)
    return None if found is not None and found.result is Kind.INT and exponent is not int else found


POWERS: Mapping[Operation, Code] = {
    power.sqrt: Code(_sqrt, loop_of(np.sqrt)),
    power.length: Code(_sqrt, loop_of(np.sqrt)),
    power.power_op: Code(_power, _power_types),
    power.root_of_powers: Code(_power, _power_types),
    power.log_power: Code(_log_power, _log_power_types),
    power.reciprocal_or_zero: Code(_reciprocal_or_zero, beside(np.true_divide, int)),
}
