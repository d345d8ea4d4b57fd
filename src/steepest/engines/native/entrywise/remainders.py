"""Remainders and whole quotients, with NumPy's signs and its answers for a divisor of 0.

`fmod` has the sign of the dividend, `mod` that of the divisor; `floor_divide` is the quotient that goes with `mod`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Kind, Val, Value
from steepest.ops import logic, piecewise, power
from steepest.ops.operation import Operation

from .code import Code, by_own_types, in_registers
from .loop_call import call_loop
from .rare_lanes import any_lane, unless
from .signature import Signature

# Below it a quotient and its whole part are exact enough for one correction.
LARGEST_QUOTIENT = {Kind.DOUBLE: 2.0**52, Kind.FLOAT: 2.0**23}


def _float_fmod(b: Builder, s: Signature, x: Value, y: Value) -> Value:
    """``x - y·trunc(x/y)``, which is a floating-point number and therefore exact when rounded once.

    The rounded quotient may be 1 too far, which the sign of the remainder shows. Where the quotient is too long for
    its whole part, NumPy's own loop answers for all lanes.
    """
    size, step = b.intrinsic("fabs", x), b.intrinsic("fabs", y)
    quotient = b.intrinsic("trunc", b.div(size, step))
    rest = b.intrinsic("fma", b.neg(quotient), step, size)
    rest = b.select(b.compare("<", rest, 0.0), b.add(rest, step), rest)
    finite = b.compare("<", size, math.inf)
    rest = b.select(b.logic("and", finite, b.compare("==", step, math.inf)), size, rest)
    quick = b.intrinsic("copysign", rest, x)
    beyond = b.compare(">=", quotient, LARGEST_QUOTIENT[s.result])
    dear = b.logic("and", b.logic("and", finite, b.compare(">", step, 0.0)), beyond)
    return unless(b, any_lane(b, dear), quick, lambda: call_loop(b, np.fmod, s, x, y)[0])


def _float_parts(b: Builder, s: Signature, x: Value, y: Value) -> tuple[Value, Value]:
    """The whole quotient and the remainder of the divisor's sign, as in NumPy's ``npy_divmod``."""
    rest = _float_fmod(b, s, x, y)
    quotient = b.div(b.sub(x, rest), y)
    exact = b.compare("==", rest, 0.0)
    astray = b.logic("xor", b.compare("<", y, 0.0), b.compare("<", rest, 0.0))
    moved = b.logic("and", astray, b.invert(exact))
    quotient = b.select(moved, b.sub(quotient, 1.0), quotient)
    rest = b.select(moved, b.add(rest, y), rest)
    return quotient, b.select(exact, b.intrinsic("copysign", 0.0, y), rest)


def _float_mod(b: Builder, s: Signature, x: Value, y: Value) -> Value:
    return _float_parts(b, s, x, y)[1]


def _float_floor_divide(b: Builder, s: Signature, x: Value, y: Value) -> Value:
    ratio = b.div(x, y)
    quotient, _ = _float_parts(b, s, x, y)
    whole = b.intrinsic("floor", quotient)
    whole = b.select(b.compare(">", b.sub(quotient, whole), 0.5), b.add(whole, 1.0), whole)
    whole = b.select(b.compare("==", quotient, 0.0), b.intrinsic("copysign", 0.0, ratio), whole)
    return b.select(b.compare("==", y, 0.0), ratio, whole)


def _instruction(b: Builder, word: str, x: Value, y: Value) -> Value:
    """``sdiv`` or ``srem``: the divisor must not be 0 or -1, where a processor may stop."""
    kind, vector = Kind.INT, any(isinstance(v, Val) and v.vector for v in (x, y))
    t = b.type(kind, vector)
    return b.each(
        kind, vector, (b.texts(x, kind, vector), b.texts(y, kind, vector)), lambda p, q: f"{word} {t} {p}, {q}"
    )


def _safe(b: Builder, y: Value) -> Value:
    """The divisor, and 1 in place of 0 and -1: the remainder is 0 for all three."""
    return b.select(b.logic("or", b.compare("==", y, 0), b.compare("==", y, -1)), 1, y)


def _whole_fmod(b: Builder, s: Signature, x: Value, y: Value) -> Value:
    return _instruction(b, "srem", x, _safe(b, y))


def _astray(b: Builder, rest: Value, y: Value) -> Value:
    """Whether a remainder has not the divisor's sign."""
    return b.logic("and", b.compare("!=", rest, 0), b.compare("<", b.logic("xor", rest, y), 0))


def _whole_mod(b: Builder, s: Signature, x: Value, y: Value) -> Value:
    rest = _whole_fmod(b, s, x, y)
    return b.select(_astray(b, rest, y), b.add(rest, y), rest)


def _whole_floor_divide(b: Builder, s: Signature, x: Value, y: Value) -> Value:
    """0 where the divisor is; by -1 the least whole number stays, as in NumPy."""
    quotient = _instruction(b, "sdiv", x, _safe(b, y))
    quotient = b.select(_astray(b, _whole_fmod(b, s, x, y), y), b.sub(quotient, 1), quotient)
    quotient = b.select(b.compare("==", y, -1), b.neg(x), quotient)
    return b.select(b.compare("==", y, 0), 0, quotient)


def _by_kind(of_floats: Callable[..., Value], of_whole: Callable[..., Value]) -> Callable[..., Value]:
    return in_registers(lambda b, s, x, y: (of_floats if s.result.floating else of_whole)(b, s, x, y))


REMAINDERS: Mapping[Operation, Code] = by_own_types(
    {
        piecewise.fmod: _by_kind(_float_fmod, _whole_fmod),
        piecewise.mod: _by_kind(_float_mod, _whole_mod),
        power.quotient_rounded_once: in_registers(lambda b, s, x, y: b.div(x, y)),
        logic.floor_divide: _by_kind(_float_floor_divide, _whole_floor_divide),
    }
)
