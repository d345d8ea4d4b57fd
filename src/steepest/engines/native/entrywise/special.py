"""Special functions: the loops that SciPy compiled, and what SciPy makes of them in Python."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.special as sp

from steepest.engines.native.externals import ufunc_name
from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Kind, Val, Value
from steepest.ops import special_gamma, special_spherical
from steepest.ops.joint import Part
from steepest.ops.operation import Operation

from .code import Code
from .elementary import call_own
from .loop_call import call_loop
from .signature import Resolution, Signature, Type, loop_of, loop_with_order


def by_loop(function: np.ufunc, resolve: Resolution, wanted: int = 0) -> Code:
    """An operation as one of the results of a ufunc."""

    def emit(b: Builder, s: Signature, *xs: Value) -> Value:
        return call_loop(b, function, s, *xs)[wanted]

    return Code(emit, resolve)


def compiled(op: Operation) -> Code | None:
    """The code of an operation that NumPy or SciPy computes by a single ufunc."""
    joint = op.numpy if isinstance(op.numpy, Part) else Part(op.numpy, 0)
    function = getattr(
        joint.function, "__wrapped__", joint.function
    )  # SciPy's own, where only the type of its result is changed
    if not isinstance(function, np.ufunc) or ufunc_name(function) is None:
        return None
    return by_loop(function, loop_of(function), joint.index)


# Functions that SciPy defines in Python around loops of other names: they are found in whatever version has them.
_ZETA: Any = getattr(sp._ufuncs, "_zeta", None)
_SPHERICAL = {
    special_spherical.jn: "_spherical_jn",
    special_spherical.yn: "_spherical_yn",
    special_spherical.modified_in: "_spherical_in",
    special_spherical.modified_kn: "_spherical_kn",
}


def _polygamma_types(order: Type, x: Type) -> Signature | None:
    return Signature((Kind.DOUBLE, Kind.DOUBLE), Kind.DOUBLE)


def _polygamma(b: Builder, s: Signature, n: Value, x: Value) -> Value:
    """``(-1)ⁿ⁺¹ n! ζ(n + 1, x)``, and ψ for order 0 (DLMF 5.15.1, 25.11.12)."""
    one = Signature((Kind.DOUBLE,), Kind.DOUBLE)
    above = b.add(n, 1.0)
    (zeta,) = call_loop(b, _ZETA, s, above, x)
    if not isinstance(n, Val):
        return call_loop(b, sp.psi, one, x)[0] if n == 0 else b.mul(_alternating_factorial(float(n)), zeta)
    (factorial,) = call_loop(b, sp.gamma, one, above)
    half = b.mul(0.5, above)
    sign = b.select(b.compare("==", b.intrinsic("floor", half), half), 1.0, -1.0)
    sign = b.select(b.compare("==", b.intrinsic("floor", n), n), sign, math.nan)
    (digamma,) = call_loop(b, sp.psi, one, x)
    return b.select(b.compare("==", n, 0.0), digamma, b.mul(b.mul(sign, factorial), zeta))


def _alternating_factorial(n: float) -> float:
    with np.errstate(all="ignore"):
        return float(np.power(-1.0, n + 1) * sp.gamma(n + 1))


def _sinc(b: Builder, s: Signature, x: Value) -> Value:
    """sin(πx)/(πx), and 1 at 0."""
    turn = b.mul(math.pi, x)
    return b.select(b.compare("==", turn, 0.0), 1.0, b.div(call_own(b, "sin", turn), turn))


def _special() -> dict[Operation, Code]:
    codes = {special_spherical.sinc: Code(_sinc, loop_of(np.sin))}
    if _ZETA is not None:
        codes[special_gamma.zeta] = by_loop(_ZETA, loop_of(_ZETA))
        codes[special_gamma.polygamma] = Code(_polygamma, _polygamma_types)
    for op, name in _SPHERICAL.items():
        function = getattr(sp._ufuncs, name, None)
        if function is not None:
            codes[op] = by_loop(function, loop_with_order(function))
    return codes


SPECIAL: Mapping[Operation, Code] = _special()
