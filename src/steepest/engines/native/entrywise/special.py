"""Special functions: the loops that SciPy compiled, and polygamma and ζ, which SciPy writes in Python around them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.special as sp

from steepest.engines.native.externals import ufunc_name
from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Kind, Val, Value
from steepest.ops import special_gamma
from steepest.ops.joint import Part
from steepest.ops.operation import Operation

from .casts import cast
from .code import Code
from .loop_call import call_loop
from .signature import DTYPES, Resolution, Signature, Type, has_loop, loop_of


def by_loop(function: np.ufunc, resolve: Resolution, wanted: int = 0) -> Code:
    """An operation as one of the results of a ufunc."""

    def emit(b: Builder, s: Signature, *xs: Value) -> Value:
        return call_loop(b, function, s, *xs)[wanted]

    return Code(emit, resolve)


def compiled(op: Operation) -> Code | None:
    """The code of an operation that NumPy or SciPy computes by a single ufunc."""
    joint = op.numpy if isinstance(op.numpy, Part) else Part(op.numpy, 0)
    function = getattr(joint.function, "__wrapped__", joint.function)  # as it is before its result is narrowed
    if not isinstance(function, np.ufunc) or ufunc_name(function) is None:
        return None
    return by_loop(function, has_loop(function), joint.index)


ZETA: Any = getattr(sp._ufuncs, "_zeta", None)  # of two operands; not a public name, so it may be gone


def _loop(b: Builder, function: np.ufunc, *operands: tuple[Value, Kind]) -> tuple[Value, Kind]:
    """The value of a ufunc and its kind, in the types it chooses for operands of these kinds."""
    s = loop_of(function)(*(DTYPES[kind] for _, kind in operands))
    assert s is not None
    (found,) = call_loop(b, function, s, *(cast(b, x, k) for (x, _), k in zip(operands, s.operands, strict=True)))
    return found, s.result


def _polygamma_types(order: Type, x: Type) -> Signature | None:
    """Each operand by itself, as SciPy makes arrays of both; double precision unless both are float32."""
    types = [np.dtype(t) for t in (order, x)]
    if any(t not in DTYPES.values() or t.kind == "b" for t in types):
        return None
    n, y = (Kind.FLOAT if t == np.float32 else Kind.DOUBLE for t in types)
    return Signature((n, y), Kind.FLOAT if Kind.DOUBLE not in (n, y) else Kind.DOUBLE)


def _polygamma(b: Builder, s: Signature, n: Value, x: Value) -> Value:
    """``(-1)ⁿ⁺¹ n! ζ(n + 1, x)``, and ψ for order 0 (DLMF 5.15.1, 25.11.12)."""
    order, kind = s.operands
    above = b.add(n, 1.0)
    if not isinstance(n, Val) and n == 0:
        return cast(b, _loop(b, sp.psi, (x, kind))[0], s.result)
    zeta = cast(b, _loop(b, ZETA, (above, order), (x, kind))[0], s.result)
    if not isinstance(n, Val):
        return b.mul(_alternating_factorial(float(n)), zeta)
    factorial = cast(b, _loop(b, sp.gamma, (above, order))[0], s.result)
    half = b.mul(0.5, above)
    sign = b.select(b.compare("==", b.intrinsic("floor", half), half), b.constant(1.0, s.result), -1.0)
    sign = b.select(b.compare("==", b.intrinsic("floor", n), n), sign, math.nan)
    digamma = cast(b, _loop(b, sp.psi, (x, kind))[0], s.result)
    return b.select(b.compare("==", n, 0.0), digamma, b.mul(b.mul(sign, factorial), zeta))


def _alternating_factorial(n: float) -> float:
    with np.errstate(all="ignore"):
        return float(np.power(-1.0, n + 1) * sp.gamma(n + 1))


SPECIAL: Mapping[Operation, Code] = (
    {}
    if ZETA is None
    else {
        special_gamma.zeta: by_loop(ZETA, loop_of(ZETA)),
        special_gamma.polygamma: Code(_polygamma, _polygamma_types),
    }
)
