"""The operations that the vector mathematics computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Value
from steepest.engines.native.vector_math.library import name
from steepest.ops import elementary, power, special_error, special_logistic
from steepest.ops.operation import Operation

from .code import Code, by_own_types

OPERATIONS = (
    elementary.exp, elementary.exp2, elementary.expm1, elementary.log2, elementary.log10, elementary.log1p, power.log,
    elementary.sin, elementary.cos, elementary.tan, elementary.arcsin, elementary.arccos, elementary.arctan,
    elementary.sinh, elementary.cosh, elementary.tanh, elementary.arcsinh, elementary.arccosh, elementary.arctanh,
    elementary.arctan2, elementary.hypot, power.cbrt, special_error.erf, special_error.erfc, special_logistic.expit,
    special_logistic.logaddexp,
)  # fmt: skip


def call_own(b: Builder, function: str, *xs: Value) -> Value:
    """A function of the vector mathematics, of floating-point values."""

    def symbol(element: str, lanes: int) -> str:
        b.math.add((function, element, lanes))
        return name(function, element, lanes)

    return b.call(symbol, *xs)


def _own(function: str) -> Callable[..., Value]:
    return lambda b, s, *xs: call_own(b, function, *xs)


ELEMENTARY: Mapping[Operation, Code] = by_own_types({op: _own(op.name) for op in OPERATIONS})
