"""Bessel functions of any order, plain, modified and scaled, and Airy functions.

A derivative is half a sum of the neighbouring orders. Orders 0 and 1 are written with their own functions,
which are the quicker ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import scipy.special as sp

from steepest.errors import UnknownFunctionError
from steepest.expr.build import multiply, negate, scale
from steepest.expr.dtype import is_complex
from steepest.expr.node import Expr
from steepest.expr.number import constant

from . import interval
from .joint import Part
from .logic import sign
from .operation import Curvature, Monotone, Operation, Rule, Smoothness, elementwise, settled, uniform
from .special_error import complex_type
from .special_rules import orders_and, shifted, total, unknown

Family = Callable[[Expr, Expr], Expr]
POSITIVE = (0.4, 6.0)


def _family(name: str, numpy: Any, neighbours: Rule, letter: str, **facts: Any) -> Operation:
    facts.setdefault("sample", orders_and(*POSITIVE))
    return elementwise(
        name, numpy, [unknown(name, "v"), neighbours], latex=f"{letter}_{{{{{{0}}}}}}({{1}})", cost=80, **facts
    )


def _with_own_names(general: Operation, zeroth: Operation, first: Operation, reflection: int) -> Family:
    """The family with orders 0, 1 and −1 as functions of their own."""

    def build(v: Expr, x: Expr) -> Expr:
        order = settled(v)
        if is_complex(x.dtype) or order not in (-1, 0, 1):
            return general(v, x)
        if order == 0:
            return zeroth(x)
        return first(x) if order == 1 or reflection > 0 else negate(first(x))

    return build


def _half(*terms: Expr) -> Expr:
    return scale(constant(0.5), total(*terms))


def _difference(family: Family, v: Expr, x: Expr) -> Expr:
    """(F_{v−1} − F_{v+1}) / 2."""
    return _half(family(shifted(v, -1), x), negate(family(shifted(v, 1), x)))


def _sum(family: Family, v: Expr, x: Expr) -> Expr:
    """(F_{v−1} + F_{v+1}) / 2."""
    return _half(family(shifted(v, -1), x), family(shifted(v, 1), x))


def _real(x: Expr, name: str) -> Expr:
    if is_complex(x.dtype):
        raise UnknownFunctionError(f"{name} is scaled by |Re z|: it has no complex derivative; take the unscaled one")
    return x


ONE, TWO = constant(1), constant(2)

# --- J and Y ----------------------------------------------------------------------------------------

jv = _family("jv", sp.jv, lambda y, v, x: _difference(bessel_j, v, x), "J", source="DLMF 10.6.1")
yv = _family("yv", sp.yv, lambda y, v, x: _difference(bessel_y, v, x), "Y", domain="x > 0", source="DLMF 10.6.1")
j0 = elementwise("j0", sp.j0, [lambda y, x: negate(j1(x))], latex="J_0", cost=30, source="DLMF 10.6.3")
j1: Operation = elementwise(
    "j1", sp.j1, [lambda y, x: _half(j0(x), negate(jv(TWO, x)))], latex="J_1", cost=30, source="DLMF 10.6.1"
)  # fmt: skip
y0 = elementwise(
    "y0", sp.y0, [lambda y, x: negate(y1(x))], sample=uniform(*POSITIVE), domain="x > 0", latex="Y_0", cost=30,
    source="DLMF 10.6.3",
)  # fmt: skip
y1: Operation = elementwise(
    "y1", sp.y1, [lambda y, x: _half(y0(x), negate(yv(TWO, x)))], sample=uniform(*POSITIVE), domain="x > 0",
    latex="Y_1", cost=30, source="DLMF 10.6.1",
)  # fmt: skip
bessel_j: Family = _with_own_names(jv, j0, j1, -1)  # J₋₁ = −J₁, DLMF 10.4.1
bessel_y: Family = _with_own_names(yv, y0, y1, -1)

hankel1: Operation = _family(
    "hankel1", sp.hankel1, lambda y, v, x: _difference(hankel1, v, x), "H^{{(1)}}", dtype=complex_type, domain="z ≠ 0",
    source="DLMF 10.6.1",
)  # fmt: skip
hankel2: Operation = _family(
    "hankel2", sp.hankel2, lambda y, v, x: _difference(hankel2, v, x), "H^{{(2)}}", dtype=complex_type, domain="z ≠ 0",
    source="DLMF 10.6.1",
)  # fmt: skip

# --- I and K ----------------------------------------------------------------------------------------

iv = _family("iv", sp.iv, lambda y, v, x: _sum(bessel_i, v, x), "I", source="DLMF 10.29.1")
kv = _family("kv", sp.kv, lambda y, v, x: negate(_sum(bessel_k, v, x)), "K", domain="x > 0", source="DLMF 10.29.1")
i0 = elementwise(
    "i0", sp.i0, [lambda y, x: i1(x)], latex="I_0", curvature=Curvature.CONVEX, cost=30, source="DLMF 10.29.3"
)  # fmt: skip
i1: Operation = elementwise(
    "i1", sp.i1, [lambda y, x: _half(i0(x), iv(TWO, x))], latex="I_1", monotone=Monotone.INCREASING, cost=30,
    source="DLMF 10.29.1",
)  # fmt: skip
k0 = elementwise(
    "k0", sp.k0, [lambda y, x: negate(k1(x))], sample=uniform(*POSITIVE), domain="x > 0", latex="K_0",
    curvature=Curvature.CONVEX, monotone=Monotone.DECREASING, cost=30, source="DLMF 10.29.3",
    arguments=(interval.POSITIVE,),
)  # fmt: skip
k1: Operation = elementwise(
    "k1", sp.k1, [lambda y, x: negate(_half(k0(x), kv(TWO, x)))], sample=uniform(*POSITIVE), domain="x > 0",
    latex="K_1", curvature=Curvature.CONVEX, monotone=Monotone.DECREASING, cost=30, source="DLMF 10.29.1",
    arguments=(interval.POSITIVE,),
)  # fmt: skip
bessel_i: Family = _with_own_names(iv, i0, i1, 1)  # I₋₁ = I₁, DLMF 10.27.1
bessel_k: Family = _with_own_names(kv, k0, k1, 1)


# --- scaled: I exp(−|x|) and K exp(x) -----------------------------------------------------------------


def _damped(family: Family, name: str, y: Expr, v: Expr, x: Expr) -> Expr:
    return total(_sum(family, v, x), negate(multiply(sign(_real(x, name)), y)))


def _undamped(family: Family, y: Expr, v: Expr, x: Expr) -> Expr:
    return total(y, negate(_sum(family, v, x)))


ive = _family(
    "ive", sp.ive, lambda y, v, x: _damped(bessel_ie, "ive", y, v, x), r"\bar I", smoothness=Smoothness.KINKS,
    kink="at x = 0 the mean of both sides", source="DLMF 10.29.1",
)  # fmt: skip
kve = _family(
    "kve", sp.kve, lambda y, v, x: _undamped(bessel_ke, y, v, x), r"\bar K", domain="x > 0", source="DLMF 10.29.1"
)  # fmt: skip
i0e = elementwise(
    "i0e", sp.i0e, [lambda y, x: _damped(bessel_ie, "i0e", y, constant(0), x)], cost=30,
    smoothness=Smoothness.KINKS, kink="0 at x = 0", source="DLMF 10.29.3",
)  # fmt: skip
i1e = elementwise(
    "i1e", sp.i1e, [lambda y, x: _damped(bessel_ie, "i1e", y, ONE, x)], cost=30,
    source="DLMF 10.29.1",
)  # fmt: skip
k0e = elementwise(
    "k0e", sp.k0e, [lambda y, x: _undamped(bessel_ke, y, constant(0), x)], sample=uniform(*POSITIVE), domain="x > 0",
    cost=30, source="DLMF 10.29.3",
)  # fmt: skip
k1e = elementwise(
    "k1e", sp.k1e, [lambda y, x: _undamped(bessel_ke, y, ONE, x)], sample=uniform(*POSITIVE), domain="x > 0",
    cost=30, source="DLMF 10.29.1",
)  # fmt: skip
bessel_ie: Family = _with_own_names(ive, i0e, i1e, 1)
bessel_ke: Family = _with_own_names(kve, k0e, k1e, 1)


# --- Airy: y″ = x y (DLMF 9.2.1) ----------------------------------------------------------------------


def _airy(name: str, index: int, rule: Callable[[Expr, Expr], Expr], latex: str) -> Operation:
    return elementwise(name, Part(sp.airy, index), [rule], latex=latex, cost=60, source="DLMF 9.2.1")


airy_ai = _airy("airy_Ai", 0, lambda y, x: airy_aip(x), r"\mathrm{Ai}")
airy_aip: Operation = _airy("airy_Aip", 1, lambda y, x: multiply(x, airy_ai(x)), r"\mathrm{Ai}'")
airy_bi = _airy("airy_Bi", 2, lambda y, x: airy_bip(x), r"\mathrm{Bi}")
airy_bip: Operation = _airy("airy_Bip", 3, lambda y, x: multiply(x, airy_bi(x)), r"\mathrm{Bi}'")


def airy(x: Expr) -> Sequence[Expr]:
    """Ai, Ai′, Bi, Bi′."""
    return airy_ai(x), airy_aip(x), airy_bi(x), airy_bip(x)
