"""Gamma and beta functions, their logarithms, and sums of powers (polygamma, zeta)."""

from __future__ import annotations

import math

import scipy.special as sp

from steepest.errors import UnknownFunctionError
from steepest.expr.build import add, multiply, negate, scale
from steepest.expr.dtype import DType, is_complex
from steepest.expr.node import Expr
from steepest.expr.number import ONE, ZERO, constant

from . import interval, order_slopes
from .elementary import cos, one_minus, sin
from .logic import filled_like, less, where
from .operation import Curvature, Monotone, Operation, Smoothness, elementwise, float_type, uniform, uniforms
from .special_rules import of_operand_type, order_and, orders_and, shifted, total, unknown

CONVEX, CONCAVE = Curvature.CONVEX, Curvature.CONCAVE
DECREASING = Monotone.DECREASING
POSITIVE = uniform(0.3, 4)

# --- the gamma function and its logarithmic derivatives ---------------------------------------------


def _polygamma_type(order: DType, x: DType) -> DType:
    if is_complex(x):
        raise UnknownFunctionError("SciPy knows digamma of complex numbers, but not its derivatives")
    return float_type(order, x)


digamma = elementwise(
    "digamma", sp.digamma, [lambda y, x: polygamma(ONE, x)], sample=POSITIVE, domain="x ≠ 0, -1, -2, …",
    curvature=CONCAVE, curvature_sample=POSITIVE, curved_on=interval.POSITIVE, cost=40, latex=r"\psi",
    source="DLMF 5.2.2",
)  # fmt: skip
polygamma: Operation = elementwise(
    "polygamma", of_operand_type(sp.polygamma),
    [unknown("polygamma", "n"), lambda y, n, x: polygamma(shifted(n, 1), x)],
    sample=orders_and(0.3, 4, largest=3), domain="x ≠ 0, -1, -2, …", latex=r"\psi^{{({0})}}({1})", cost=80,
    dtype=_polygamma_type,
    source="DLMF 5.15",
)  # fmt: skip
gamma = elementwise(
    "gamma", sp.gamma, [lambda y, x: multiply(y, digamma(x))], sample=POSITIVE, domain="x ≠ 0, -1, -2, …",
    curvature=CONVEX, curvature_sample=POSITIVE, curved_on=interval.POSITIVE, cost=40, latex=r"\Gamma",
    source="DLMF 5.2.2", rule_text=("d Γ(x) = Γ(x) ψ(x) dx",),
)  # fmt: skip
gammaln = elementwise(
    "gammaln", sp.gammaln, [lambda y, x: digamma(x)], sample=POSITIVE, domain="x ≠ 0, -1, -2, …", curvature=CONVEX,
    curvature_sample=POSITIVE, curved_on=interval.POSITIVE, cost=40, latex=r"\log \Gamma", source="DLMF 5.2.2",
    rule_text=("d log Γ(x) = ψ(x) dx",),
)  # fmt: skip
loggamma = elementwise(
    "loggamma", sp.loggamma, [lambda y, x: digamma(x)], sample=POSITIVE, domain="x > 0, or complex", curvature=CONVEX,
    cost=40, latex=r"\log \Gamma", source="DLMF 5.2.2", arguments=(interval.POSITIVE,),
)  # fmt: skip
gammasgn = elementwise(
    "gammasgn", sp.gammasgn, [None], sample=uniform(-3, 3), smoothness=Smoothness.STEPS, cost=3,
    latex=r"\operatorname{sign} \Gamma",
)  # fmt: skip


def _reciprocal_gamma_rule(y: Expr, x: Expr) -> Expr:
    """−ψ(x)/Γ(x); left of ½ from 1/Γ(x) = Γ(1 − x) sin(πx)/π (DLMF 5.5.3), which is smooth at the poles of Γ."""
    mirrored, turn = one_minus(x), scale(constant(math.pi), x)
    swing = add(cos(turn), scale(constant(-1 / math.pi), multiply(digamma(mirrored), sin(turn))))
    left = multiply(gamma(mirrored), swing)
    return where(less(x, filled_like(x, 0.5)), left, negate(multiply(digamma(x), y)))


rgamma = elementwise(
    "rgamma", sp.rgamma, [_reciprocal_gamma_rule], sample=uniform(-2.5, 3), cost=40,
    source="DLMF 5.2.2, 5.5.3",
)  # fmt: skip


# ∂ⁿ/∂aⁿ (ψ(a + b) − ψ(a)): where b is small beside a the difference itself would keep few digits
psi_rise: Operation = elementwise(
    "psi_rise", of_operand_type(order_slopes.psi_rise_by_order),
    [
        unknown("psi_rise", "n"),
        lambda y, n, a, b: psi_rise(shifted(n, 1), a, b),
        lambda y, n, a, b: polygamma(shifted(n, 1), total(a, b)),
    ],
    sample=order_and((0.3, 4), (0.3, 4)), domain="a > 0, a + b > 0", cost=300, source="DLMF 5.5.2, 5.11.2",
)  # fmt: skip


def _log_beta_slope(a: Expr, b: Expr) -> Expr:
    """∂ log B(a, b) / ∂a."""
    return negate(psi_rise(ZERO, a, b))


beta = elementwise(
    "beta", sp.beta,
    [lambda y, a, b: multiply(y, _log_beta_slope(a, b)), lambda y, a, b: multiply(y, _log_beta_slope(b, a))],
    sample=uniforms((0.3, 3), (0.3, 3)), domain="a > 0, b > 0", curvature=CONVEX, monotone=DECREASING, cost=60,
    latex=r"\mathrm{B}", source="DLMF 5.12.1", curved_on=interval.POSITIVE,
    curvature_sample=uniforms((0.3, 3), (0.3, 3)),
)  # fmt: skip
betaln = elementwise(
    "betaln", sp.betaln, [lambda y, a, b: _log_beta_slope(a, b), lambda y, a, b: _log_beta_slope(b, a)],
    sample=uniforms((0.3, 3), (0.3, 3)), domain="a > 0, b > 0", curvature=CONVEX, monotone=DECREASING, cost=60,
    latex=r"\log \mathrm{B}", source="DLMF 5.12.1", curved_on=interval.POSITIVE,
    curvature_sample=uniforms((0.3, 3), (0.3, 3)),
)  # fmt: skip


def _binomial_by_n(y: Expr, n: Expr, k: Expr) -> Expr:
    return multiply(y, psi_rise(ZERO, total(n, negate(k), ONE), k))


def _binomial_by_k(y: Expr, n: Expr, k: Expr) -> Expr:
    return multiply(y, total(digamma(total(n, negate(k), ONE)), negate(digamma(shifted(k, 1)))))


# Γ(n + 1) / (Γ(k + 1) Γ(n − k + 1)) and Γ(z + m) / Γ(z), differentiated through ψ = Γ′/Γ
binom = elementwise(
    "binom", sp.binom, [_binomial_by_n, _binomial_by_k], sample=uniforms((4, 7), (0.3, 3.5)),
    domain="n > -1, -1 < k < n + 1", cost=60, latex=r"\binom{{{0}}}{{{1}}}", source="DLMF 5.2.2",
)  # fmt: skip
poch = elementwise(
    "poch", sp.poch,
    [
        lambda y, z, m: multiply(y, psi_rise(ZERO, z, m)),
        lambda y, z, m: multiply(y, digamma(total(z, m))),
    ],
    sample=uniforms((0.4, 3), (0.3, 2.5)), domain="z > 0, z + m > 0", cost=60, latex="({0})_{{{1}}}",
    source="DLMF 5.2.5",
)  # fmt: skip


zeta: Operation = elementwise(
    "zeta", of_operand_type(sp.zeta),
    [unknown("zeta", "x"), lambda y, s, q: negate(multiply(s, zeta(shifted(s, 1), q)))],
    sample=orders_and(0.4, 3, smallest=2, largest=5), domain="x > 1, q > 0", cost=80, latex=r"\zeta",
    source="DLMF 25.11.17",
)  # fmt: skip
