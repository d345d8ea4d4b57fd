"""Spherical Bessel functions of whole orders, and the sinc they begin with.

SciPy's loops are for arguments that are not negative; the others are reflected (DLMF 10.47.14 to 10.47.16).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import scipy.special as sp

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Kind, Value
from steepest.ops import special_spherical
from steepest.ops.operation import Operation

from .code import Code
from .elementary import call_own
from .loop_call import call_loop
from .signature import Resolution, Signature, Type, beside, loop_of


def _reflected(function: np.ufunc, even: float) -> Callable[..., Value]:
    """The function for ``|x|``, times `even` or its opposite, by the order, where x is negative."""

    def emit(b: Builder, s: Signature, n: Value, x: Value) -> Value:
        (found,) = call_loop(b, function, s, n, b.intrinsic("fabs", x))
        odd = b.compare("!=", b.logic("and", n, 1), 0)
        turned = b.logic("and", b.compare("<", x, 0.0), odd if even > 0 else b.invert(odd))
        return b.select(turned, b.neg(found), found)

    return emit


def _types(function: np.ufunc) -> Resolution:
    """The order is a whole number of 64 bits, whatever it was; orders that are none are left to SciPy."""

    def resolve(order: Type, x: Type) -> Signature | None:
        if order not in (int, np.dtype(np.int64)) or x == np.dtype(np.bool_):
            return None
        found = loop_of(function)(np.dtype(np.int64), x)
        return found if found is not None and found.operands[0] is Kind.INT else None

    return resolve


def _sinc(b: Builder, s: Signature, x: Value) -> Value:
    """sin(πx)/(πx), and 1 at 0."""
    turn = b.mul(math.pi, x)
    return b.select(b.compare("==", turn, 0.0), 1.0, b.div(call_own(b, "sin", turn), turn))


LOOPS = {  # not public names, so they may be gone; with the sign of the reflection of even orders
    special_spherical.jn: ("_spherical_jn", 1.0),
    special_spherical.yn: ("_spherical_yn", -1.0),
    special_spherical.modified_in: ("_spherical_in", 1.0),
}
SPHERICAL: Mapping[Operation, Code] = {
    special_spherical.sinc: Code(_sinc, beside(np.multiply, float)),
    **{
        op: Code(_reflected(function, even), _types(function))
        for op, (name, even) in LOOPS.items()
        if (function := getattr(sp._ufuncs, name, None)) is not None
    },
}
