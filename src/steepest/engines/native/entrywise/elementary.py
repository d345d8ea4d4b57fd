"""The operations that the vector mathematics computes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Val, Value
from steepest.engines.native.vector_math.angle_function import REMAINDER, AngleFunction, remainder_type
from steepest.engines.native.vector_math.body import symbol
from steepest.engines.native.vector_math.format import FORMATS
from steepest.engines.native.vector_math.library import OF_ANGLE, name
from steepest.ops import elementary, power, special_angle, special_error, special_logistic
from steepest.ops.operation import Operation

from .code import Code, by_own_types
from .signature import Signature

OPERATIONS = (
    elementary.exp, elementary.exp2, elementary.expm1, elementary.log2, elementary.log10, elementary.log1p, power.log,
    elementary.sin, elementary.cos, special_angle.cosm1, elementary.tan, elementary.arcsin, elementary.arccos,
    elementary.arctan, elementary.sinh, elementary.cosh, elementary.tanh, elementary.arcsinh, elementary.arccosh,
    elementary.arctanh, elementary.arctan2, elementary.hypot, power.cbrt, special_error.erf, special_error.erfc,
    special_logistic.logaddexp,
)  # fmt: skip

LARGE = 2.0**60  # e / (1 + e) of a larger e rounds to 1


def call_own(b: Builder, function: str, *xs: Value) -> Value:
    """A function of the vector mathematics, of floating-point values."""

    def named(element: str, lanes: int) -> str:
        b.math.add((function, element, lanes))
        return name(function, element, lanes)

    first = xs[0]
    if isinstance(first, Val) and (angled := OF_ANGLE.get((function, first.kind.value))) is not None:
        return _of_angle(b, angled, first)
    return b.call(named, *xs)


def _of_angle(b: Builder, function: AngleFunction, x: Val) -> Val:
    """In two calls, the first of which functions of the same angle share."""
    element, lanes = x.kind.value, b.width if x.vector else 1
    real = b.type(x.kind, x.vector)
    pair = remainder_type(real, b.register(FORMATS[element].word, x.vector))
    first, rest = ((f, element, lanes) for f in (REMAINDER, function.rest))
    b.math |= {first, rest}

    def write(angle: str) -> str:
        remainder = b.pure(f"call {pair} {symbol(*first)}({real} {angle}){b.call_site}")
        return f"call {real} {symbol(*rest)}({real} {angle}, {pair} {remainder}){b.call_site}"

    return b.each(x.kind, x.vector, [x.parts], write)


def _expit(b: Builder, s: Signature, x: Value) -> Value:
    """``e / (1 + e)`` of an exponential ``e`` that is there already; where that is large, 1."""
    powers = b.called(functools.partial(name, "exp"), x) if isinstance(x, Val) else None
    if powers is None:
        return call_own(b, "expit", x)
    return b.select(b.compare(">", powers, LARGE), 1.0, b.div(powers, b.add(powers, 1.0)))


def _own(function: str) -> Callable[..., Value]:
    return lambda b, s, *xs: call_own(b, function, *xs)


ELEMENTARY: Mapping[Operation, Code] = by_own_types(
    {**{op: _own(op.name) for op in OPERATIONS}, special_logistic.expit: _expit}
)
