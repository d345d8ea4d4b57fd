"""The error function and its relatives: Gauss's integral, its inverse, scaled and complex forms, the normal law."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from steepest.errors import UnknownFunctionError
from steepest.expr.build import multiply, scale
from steepest.expr.dtype import COMPLEX64, DType, inexact, is_complex, promote
from steepest.expr.node import Expr
from steepest.expr.number import ONE, constant

from . import dawson_slopes
from .complex_parts import real
from .elementary import cos, exp, one_plus, sin
from .joint import Part
from .operation import Curvature, Monotone, Operation, elementwise, uniform, uniforms
from .power import reciprocal, square
from .special_rules import ORDER, of_operand_type, order_and, shifted, total, unknown

CONVEX, CONCAVE = Curvature.CONVEX, Curvature.CONCAVE
INCREASING, DECREASING = Monotone.INCREASING, Monotone.DECREASING

SLOPE = 2 / math.sqrt(math.pi)  # of erf at 0
PEAK = 1 / math.sqrt(2 * math.pi)  # of the normal density
ROOT_HALF = math.sqrt(0.5)


def gauss(x: Expr, height: float, width: float) -> Expr:
    """``height · exp(-width · x²)``."""
    return scale(constant(height), exp(scale(constant(-width), square(x))))


# --- erf and its inverse ----------------------------------------------------------------------------

erf = elementwise(
    "erf", sp.erf, [lambda y, x: gauss(x, SLOPE, 1)], monotone=INCREASING, cost=25, source="DLMF 7.10.1",
    rule_text=("d erf(x) = 2/√π exp(-x²) dx",), rule_name="error function",
)  # fmt: skip
erfc = elementwise(
    "erfc", sp.erfc, [lambda y, x: gauss(x, -SLOPE, 1)], monotone=DECREASING, cost=25, source="DLMF 7.10.1",
    rule_text=("d erfc(x) = -2/√π exp(-x²) dx",),
)  # fmt: skip
erfi = elementwise(
    "erfi", sp.erfi, [lambda y, x: gauss(x, SLOPE, -1)], monotone=INCREASING, cost=30, source="DLMF 7.10.1 at iz",
)  # fmt: skip
erfinv = elementwise(
    "erfinv", sp.erfinv, [lambda y, x: gauss(y, 1 / SLOPE, -1)], sample=uniform(-0.9, 0.9), domain="-1 < x < 1",
    monotone=INCREASING, cost=30, source="DLMF 7.17.1", latex=r"\operatorname{erf}^{-1}",
)  # fmt: skip
erfcinv = elementwise(
    "erfcinv", sp.erfcinv, [lambda y, x: gauss(y, -1 / SLOPE, -1)], sample=uniform(0.1, 1.9), domain="0 < x < 2",
    monotone=DECREASING, cost=30, source="DLMF 7.17.1", latex=r"\operatorname{erfc}^{-1}",
)  # fmt: skip


# --- scaled and complex forms -----------------------------------------------------------------------

TAIL = 140  # steps of the continued fraction before the order asked for: enough to the last digit for x ≥ 1


def _scaled_integral_numpy(order: Any, x: Any) -> Any:
    """``exp(x²) iⁿerfc(x)``: forward recurrence below 1, and above it, where that cancels, a continued fraction."""
    order, x = np.broadcast_arrays(order, np.asarray(x, dtype=np.float64))
    highest = int(np.max(order, initial=0))
    result = sp.erfcx(x)
    below, here = np.full(x.shape, SLOPE), result
    beyond = np.maximum(x, 1.0)
    ratios = _ratios(beyond, highest)
    product = sp.erfcx(beyond)
    with np.errstate(all="ignore"):
        for n in range(1, highest + 1):
            below, here = here, (below - 2 * x * here) / (2 * n)  # DLMF 7.18.7
            product = product * ratios[n - 1]
            result = np.where(order == n, np.where(x > 1, product, here), result)
    return result


def _ratios(x: np.ndarray, highest: int) -> list[np.ndarray]:
    """Of neighbouring orders 1…highest, for x ≥ 1: ``1 / (2x + 2(n + 1) · the next)`` from far out (DLMF 7.18.7)."""
    far = highest + TAIL
    ratio = (np.sqrt(x * x + 2 * (far + 1)) - x) / (2 * (far + 1))
    found = []
    for n in range(far, 0, -1):
        ratio = 1 / (2 * x + 2 * (n + 1) * ratio)
        found.append(ratio)
    return found[::-1][:highest]


scaled_integral: Operation = elementwise(
    "ierfcx", of_operand_type(_scaled_integral_numpy),
    [
        unknown("ierfcx", "n"),
        lambda y, n, x: scale(constant(-2), multiply(shifted(n, 1), scaled_integral(shifted(n, 1), x))),
    ],
    sample=lambda rng: (rng.integers(0, 4, (2, 3)).astype(ORDER), rng.uniform(-1, 4, (2, 3))), cost=300,
    latex=r"\operatorname{{ierfcx}}_{{{0}}}({1})", source="DLMF 7.18.4",
)  # fmt: skip


def _erfcx_rule(y: Expr, x: Expr) -> Expr:
    """2x·erfcx(x) − 2/√π; for real x as an integral of erfc, which does not cancel where x is large."""
    if is_complex(x.dtype):
        return total(scale(constant(2), multiply(x, y)), constant(-SLOPE))
    return scale(constant(-2), scaled_integral(ONE, x))


erfcx = elementwise(
    "erfcx", sp.erfcx, [_erfcx_rule], curvature=CONVEX, monotone=DECREASING, cost=25, source="DLMF 7.18.4",
)  # fmt: skip
dawsn_by_order: Operation = elementwise(
    "dawsn_by_order", of_operand_type(dawson_slopes.dawsn_by_order),
    [unknown("dawsn_by_order", "n"), lambda y, n, x: dawsn_by_order(shifted(n, 1), x)],
    sample=order_and((-3, 9)), cost=200, source="DLMF 7.2.5, 7.12.1",
)  # fmt: skip


def _dawsn_rule(y: Expr, x: Expr) -> Expr:
    if is_complex(x.dtype):
        return total(ONE, scale(constant(-2), multiply(x, y)))
    return dawsn_by_order(ONE, x)


dawsn = elementwise(
    "dawsn", sp.dawsn, [_dawsn_rule], cost=30, source="DLMF 7.2.5",
    rule_text=("d F(x) = (1 - 2x F(x)) dx",),
)  # fmt: skip


def complex_type(*dtypes: DType) -> DType:
    """Complex in any case: the type of functions that leave the real line."""
    return promote(inexact(promote(*dtypes)), COMPLEX64)


def _complex_sample(rng: np.random.Generator) -> tuple[np.ndarray]:
    return (rng.uniform(-2, 2, (2, 3)) + 1j * rng.uniform(0.2, 2, (2, 3)),)


wofz = elementwise(
    "wofz", of_operand_type(sp.wofz),
    [lambda y, z: total(scale(constant(-2), multiply(z, y)), constant(1j * SLOPE))],
    dtype=complex_type, sample=_complex_sample, cost=60, source="DLMF 7.10.2",
    rule_text=("d w(z) = (2i/√π - 2z w(z)) dz",),
)  # fmt: skip


def _voigt_from_faddeeva(x: Expr, sigma: Expr, gamma: Expr) -> Expr:
    """Re w(z) / (σ√(2π)) with z = (x + iγ) / (σ√2): DLMF 7.19.3."""
    if any(is_complex(e.dtype) for e in (x, sigma, gamma)):
        raise UnknownFunctionError("voigt_profile is a function of real numbers")
    width = reciprocal(sigma)
    z = scale(constant(ROOT_HALF), multiply(total(x, scale(constant(1j), gamma)), width))
    return scale(constant(PEAK), multiply(width, real(wofz(z))))


voigt_profile = elementwise(
    "voigt_profile", sp.voigt_profile, [None, None, None], expansion=_voigt_from_faddeeva, cost=60,
    sample=uniforms((-2, 2), (0.5, 2), (0.3, 2)), domain="σ > 0", source="DLMF 7.19",
)  # fmt: skip

# Fresnel's integrals, as scipy has them: of sin(πt²/2) and cos(πt²/2)
fresnel_s = elementwise(
    "fresnel_S", Part(sp.fresnel, 0),
    [lambda y, x: sin(scale(constant(math.pi / 2), square(x)))], cost=30, source="DLMF 7.2.8",
)  # fmt: skip
fresnel_c = elementwise(
    "fresnel_C", Part(sp.fresnel, 1),
    [lambda y, x: cos(scale(constant(math.pi / 2), square(x)))], cost=30, source="DLMF 7.2.7",
)  # fmt: skip


# --- the normal law ---------------------------------------------------------------------------------


def inverse_mills(x: Expr) -> Expr:
    """φ(x) / Φ(x) as √(2/π) / erfcx(-x/√2): right in both tails."""
    return scale(constant(2 * PEAK), reciprocal(erfcx(scale(constant(-ROOT_HALF), x))))


ndtr = elementwise(
    "ndtr", sp.ndtr, [lambda y, x: gauss(x, PEAK, 0.5)], monotone=INCREASING, cost=25, latex=r"\Phi",
    rule_text=("d Φ(x) = φ(x) dx",), rule_name="normal distribution", source="DLMF 7.18.9",
)  # fmt: skip
ndtri = elementwise(
    "ndtri", sp.ndtri, [lambda y, x: gauss(y, 1 / PEAK, -0.5)], sample=uniform(0.05, 0.95), domain="0 < x < 1",
    monotone=INCREASING, cost=25, latex=r"\Phi^{-1}",
)  # fmt: skip
log_ndtr = elementwise(
    "log_ndtr", sp.log_ndtr, [lambda y, x: inverse_mills(x)], curvature=CONCAVE, monotone=INCREASING, cost=30,
    latex=r"\log \Phi", rule_text=("d log Φ(x) = φ(x)/Φ(x) dx",),
)  # fmt: skip
ndtri_exp = elementwise(
    "ndtri_exp", sp.ndtri_exp, [lambda y, x: reciprocal(inverse_mills(y))], sample=uniform(-3, -0.1), domain="x < 0",
    monotone=INCREASING, cost=60,
)  # fmt: skip


def _owens_by_h(y: Expr, h: Expr, a: Expr) -> Expr:
    return multiply(gauss(h, -PEAK / 2, 0.5), erf(scale(constant(ROOT_HALF), multiply(a, h))))


def _owens_by_a(y: Expr, h: Expr, a: Expr) -> Expr:
    growth = one_plus(square(a))
    decay = exp(scale(constant(-0.5), multiply(square(h), growth)))
    return scale(constant(0.5 / math.pi), multiply(decay, reciprocal(growth)))


owens_t = elementwise(
    "owens_t", sp.owens_t, [_owens_by_h, _owens_by_a], cost=60,
    source="Owen 1956, Ann. Math. Stat. 27, eqs. 2.1 and 2.4",
)  # fmt: skip
