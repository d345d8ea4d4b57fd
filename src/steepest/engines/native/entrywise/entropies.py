"""Products with a logarithm, which are 0 where both are 0, and the entropies; as SciPy has them on the whole plane."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Kind, Value
from steepest.ops import special_entropy
from steepest.ops.operation import Operation

from .casts import cast
from .code import Code, by_own_types, in_registers
from .comparisons import is_nan
from .elementary import call_own
from .signature import DTYPES, Signature


def _weighted(logarithm: str) -> Callable[..., Value]:
    def emit(b: Builder, s: Signature, x: Value, y: Value) -> Value:
        absent = b.logic("and", b.compare("==", x, 0.0), b.invert(is_nan(b, y)))
        return b.select(absent, 0.0, b.mul(x, call_own(b, logarithm, y)))

    return emit


def _entropy(b: Builder, s: Signature, x: Value) -> Value:
    rest = b.select(b.compare("==", x, 0.0), 0.0, b.select(is_nan(b, x), x, -math.inf))
    return b.select(b.compare(">", x, 0.0), b.neg(b.mul(x, call_own(b, "log", x))), rest)


def _relative(b: Builder, kind: Kind, x: Value, y: Value, inside: Value, none: Value) -> Value:
    """`inside` where both are positive, `none` where x is 0 and y is not negative, else infinite."""
    positive = b.logic("and", b.compare(">", x, 0.0), b.compare(">", y, 0.0))
    absent = b.logic("and", b.compare("==", x, 0.0), b.compare(">=", y, 0.0))
    found = b.select(positive, inside, b.select(absent, none, b.constant(math.inf, kind)))
    return b.select(b.logic("or", is_nan(b, x), is_nan(b, y)), math.nan, found)


def _relative_entropy(b: Builder, s: Signature, x: Value, y: Value) -> Value:
    """``x log(x/y)``: near x = y from the difference, where the quotient leaves the range from two logarithms."""
    ratio = b.div(x, y)
    near = b.logic("and", b.compare(">", ratio, 0.5), b.compare("<", ratio, 2.0))
    tiny = float(np.finfo(DTYPES[s.result]).tiny)
    quotient = b.logic("and", b.compare(">", ratio, tiny), b.compare("<", ratio, math.inf))
    apart = b.sub(call_own(b, "log", x), call_own(b, "log", y))
    logarithm = b.select(quotient, call_own(b, "log", ratio), apart)
    logarithm = b.select(near, call_own(b, "log1p", b.div(b.sub(x, y), y)), logarithm)
    return _relative(b, s.result, x, y, b.mul(x, logarithm), 0.0)


def _divergence(b: Builder, s: Signature, x: Value, y: Value) -> Value:
    """``x log(x/y) - x + y``, in double precision as SciPy: the quotient leaves the range of float32 too soon."""
    x, y = (cast(b, v, Kind.DOUBLE) for v in (x, y))
    inside = b.add(b.sub(b.mul(x, call_own(b, "log", b.div(x, y))), x), y)
    return _relative(b, Kind.DOUBLE, x, y, inside, y)


RULES: Mapping[Operation, Callable[..., Value]] = {
    special_entropy.xlogy: _weighted("log"),
    special_entropy.xlog1py: _weighted("log1p"),
    special_entropy.entr: _entropy,
    special_entropy.rel_entr: _relative_entropy,
    special_entropy.kl_div: _divergence,
}
ENTROPIES: Mapping[Operation, Code] = by_own_types({op: in_registers(rule) for op, rule in RULES.items()})
