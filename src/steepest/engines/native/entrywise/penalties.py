"""The logistic function's inverse and logarithm, and the penalties that grow like ``|x|``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Kind, Value
from steepest.ops import special_logistic
from steepest.ops.operation import Operation

from .casts import cast
from .code import Code, by_own_types, in_registers
from .elementary import call_own
from .signature import Signature


def _logit(b: Builder, s: Signature, x: Value) -> Value:
    """``log(x/(1 - x))``, from ¼ on ``log1p((2x - 1)/(1 - x))``, in which the difference is exact."""
    rest = b.sub(1.0, x)
    small = call_own(b, "log", b.div(x, rest))
    large = call_own(b, "log1p", b.div(b.sub(b.mul(2.0, x), 1.0), rest))
    return b.select(b.compare("<", x, 0.25), small, large)


def _log_expit(b: Builder, s: Signature, x: Value) -> Value:
    return b.neg(call_own(b, "softplus", b.neg(x)))


def _huber(b: Builder, s: Signature, d: Value, r: Value) -> Value:
    size = b.intrinsic("fabs", r)
    outside = b.mul(d, b.sub(size, b.mul(0.5, d)))
    found = b.select(b.compare("<=", size, d), b.mul(b.mul(0.5, r), r), outside)
    return b.select(b.compare("<", d, 0.0), math.inf, found)


def _pseudo_huber(b: Builder, s: Signature, d: Value, r: Value) -> Value:
    """``d² (√(1 + t) - 1)`` with ``t = (r/d)²``, written ``d² t / (√(1 + t) + 1)``: no difference is left.

    In double precision, as SciPy: the square leaves the range of float32 where the result does not.
    """
    d, r = (cast(b, x, Kind.DOUBLE) for x in (d, r))
    ratio = b.div(r, d)
    square = b.mul(ratio, ratio)
    growth = b.div(square, b.add(b.intrinsic("sqrt", b.add(1.0, square)), 1.0))
    growth = b.select(b.compare("==", square, math.inf), math.inf, growth)
    none = b.logic("or", b.compare("==", d, 0.0), b.compare("==", r, 0.0))
    found = b.select(none, 0.0, b.mul(b.mul(d, d), growth))
    return b.select(b.compare("<", d, 0.0), math.inf, found)


RULES: Mapping[Operation, Callable[..., Value]] = {
    special_logistic.logit: _logit,
    special_logistic.log_expit: _log_expit,
    special_logistic.huber: _huber,
    special_logistic.pseudo_huber: _pseudo_huber,
}
PENALTIES: Mapping[Operation, Code] = by_own_types({op: in_registers(rule) for op, rule in RULES.items()})
