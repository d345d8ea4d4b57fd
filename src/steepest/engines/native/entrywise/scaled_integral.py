"""``exp(x²) iⁿerfc(x)`` for an order known now: the recurrences of the record, of which the lower part is shared.

Up to 1 it goes up from erfcx; beyond, where that cancels, it is a product of ratios from a continued fraction that
begins far out (DLMF 7.18.7).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import scipy.special as sp

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Kind, Val, Value
from steepest.ops.operation import Operation
from steepest.ops.special_error import SLOPE, TAIL, scaled_integral

from .casts import cast
from .code import Code
from .extremes import larger
from .loop_call import call_loop
from .signature import Signature, Type

ERFCX = Signature((Kind.DOUBLE,), Kind.DOUBLE)
LARGEST = 16  # orders that are written out


def _types(order: Type, x: Type) -> Signature | None:
    """In double precision, as the record; the order is a plain number."""
    if order is not int or x not in (float, np.dtype(np.float64), np.dtype(np.float32)):
        return None
    return Signature((Kind.INT, Kind.DOUBLE), Kind.DOUBLE)


def _emit(b: Builder, s: Signature, order: Value, x: Value) -> Value:
    if isinstance(order, Val) or not 0 <= order <= LARGEST:
        raise ValueError(f"ierfcx of order {order} is not written as machine code")
    n = int(order)
    (here,) = call_loop(b, sp.erfcx, ERFCX, x)
    below: Value = SLOPE
    for k in range(1, n + 1):
        below, here = here, b.div(b.sub(below, b.mul(2.0, b.mul(x, here))), 2.0 * k)
    if n == 0:
        return here
    return b.select(b.compare(">", x, 1.0), _by_ratios(b, n, larger(b, Kind.DOUBLE, x, 1.0)), here)


def _by_ratios(b: Builder, n: int, x: Value) -> Value:
    """erfcx times the ratios of neighbouring orders 1…n, for x ≥ 1."""
    assert isinstance(x, Val)
    far = n + TAIL
    reach = b.intrinsic("sqrt", b.add(b.mul(x, x), 2.0 * (far + 1)))
    ratio = b.div(b.sub(reach, x), 2.0 * (far + 1))
    ratio = _continued(b, x, ratio, far, n)
    (found,) = call_loop(b, sp.erfcx, ERFCX, x)
    for k in range(n, 0, -1):
        ratio = _inner(b, x, ratio, 2.0 * (k + 1))
        found = b.mul(found, ratio)
    return found


def _inner(b: Builder, x: Value, ratio: Value, factor: Value) -> Value:
    """The ratio one order below."""
    return b.div(1.0, b.add(b.mul(2.0, x), b.mul(factor, ratio)))


def _continued(b: Builder, x: Val, ratio: Value, far: int, near: int) -> Value:
    """The ratio of order ``near + 1`` from that of order ``far + 1``, in a loop through memory."""
    t, lanes = b.type(Kind.DOUBLE, x.vector), b.width if x.vector else 1
    assert isinstance(ratio, Val)
    room = b.alloca(len(x.parts) * lanes, "double")
    places = [b.address(room, k * lanes, "double") for k in range(len(x.parts))]
    for part, place in zip(ratio.parts, places, strict=True):
        b.do(f"store {t} {part}, ptr {place}, align 8")
    with b.loop(0, far - near) as i:
        left = b.whole("sub", far + 1, i)
        factor = b.mul(2.0, cast(b, Val(Kind.INT, (left,), False), Kind.DOUBLE))
        before = Val(Kind.DOUBLE, tuple(b.emit(f"load {t}, ptr {place}, align 8") for place in places), x.vector)
        after = _inner(b, x, before, factor)
        assert isinstance(after, Val)
        for part, place in zip(after.parts, places, strict=True):
            b.do(f"store {t} {part}, ptr {place}, align 8")
    return Val(Kind.DOUBLE, tuple(b.emit(f"load {t}, ptr {place}, align 8") for place in places), x.vector)


SCALED_INTEGRAL: Mapping[Operation, Code] = {scaled_integral: Code(_emit, _types)}
