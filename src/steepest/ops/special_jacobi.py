"""Jacobi's elliptic functions sn, cn, dn of u and the parameter m = k², and their amplitude."""

from __future__ import annotations

from collections.abc import Sequence

import scipy.special as sp

from steepest.expr.build import multiply, negate, scale
from steepest.expr.node import Expr
from steepest.expr.number import constant

from .joint import Part
from .operation import Operation, Rule, elementwise
from .power import divide, square
from .special_elliptic import first_by_m
from .special_rules import total

HALF = constant(0.5)


def _amplitude_by_m(u: Expr, m: Expr) -> Expr:
    """``-dn ∂F(am, m)/∂m``: from u = F(am, m)."""
    _, _, dn, am = jacobi(u, m)
    return negate(multiply(dn, first_by_m(am, m)))


def _delta_by_m(u: Expr, m: Expr) -> Expr:
    """From dn² = 1 - m sn²."""
    sn, cn, dn, _ = jacobi(u, m)
    turned = scale(constant(2), multiply(m, sn, cn, _amplitude_by_m(u, m)))
    return negate(scale(HALF, divide(total(square(sn), turned), dn)))


def _function(name: str, index: int, by_u: Rule, by_m: Rule, latex: str) -> Operation:
    return elementwise(
        name, Part(sp.ellipj, index), [by_u, by_m],
        sample=lambda rng: (rng.uniform(-1.5, 1.5, (2, 3)), rng.uniform(0.2, 0.8, (2, 3))), latex=latex,
        domain="0 ≤ m ≤ 1", cost=80, source="DLMF 22.13.1–22.13.3, 22.16.1",
    )  # fmt: skip


jacobi_sn: Operation = _function(
    "jacobi_sn", 0, lambda y, u, m: multiply(jacobi_cn(u, m), jacobi_dn(u, m)),
    lambda y, u, m: multiply(jacobi_cn(u, m), _amplitude_by_m(u, m)), r"\operatorname{sn}",
)  # fmt: skip
jacobi_cn: Operation = _function(
    "jacobi_cn", 1, lambda y, u, m: negate(multiply(jacobi_sn(u, m), jacobi_dn(u, m))),
    lambda y, u, m: negate(multiply(jacobi_sn(u, m), _amplitude_by_m(u, m))), r"\operatorname{cn}",
)  # fmt: skip
jacobi_dn: Operation = _function(
    "jacobi_dn", 2, lambda y, u, m: negate(multiply(m, jacobi_sn(u, m), jacobi_cn(u, m))),
    lambda y, u, m: _delta_by_m(u, m), r"\operatorname{dn}",
)  # fmt: skip
jacobi_am: Operation = _function(
    "jacobi_am", 3, lambda y, u, m: jacobi_dn(u, m), lambda y, u, m: _amplitude_by_m(u, m), r"\operatorname{am}",
)  # fmt: skip


def jacobi(u: Expr, m: Expr) -> Sequence[Expr]:
    """sn, cn, dn and the amplitude."""
    return jacobi_sn(u, m), jacobi_cn(u, m), jacobi_dn(u, m), jacobi_am(u, m)
