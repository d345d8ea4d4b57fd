"""Translations of scipy.special's entrywise functions, and of the few that NumPy has itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sp

from steepest.errors import CaptureError, UnknownFunctionError
from steepest.expr.build import multiply, negate, scale
from steepest.expr.dtype import inexact
from steepest.expr.node import Expr
from steepest.expr.number import ONE, constant
from steepest.frontends.tracing.lifting import broadcast_all, lift
from steepest.frontends.tracing.translation import translates
from steepest.ops import (
    elementary,
    logic,
    special_angle,
    special_bessel,
    special_boxcox,
    special_elliptic,
    special_entropy,
    special_error,
    special_gamma,
    special_hypergeometric,
    special_incomplete,
    special_integrals,
    special_jacobi,
    special_logistic,
    special_polynomials,
    special_spherical,
    special_struve,
    special_student,
)
from steepest.ops import power as powers
from steepest.ops.complex_parts import cast
from steepest.ops.operation import Operation
from steepest.ops.special_rules import shifted, total

from .arithmetic import entrywise, quotient

Build = Callable[..., Any]


def with_floats(build: Build, orders: int = 0) -> Build:
    """`build` on floating-point operands; the first `orders` ones stay whole numbers where they are."""

    def rule(*operands: Expr) -> Any:
        return build(*operands[:orders], *(as_float(e) for e in operands[orders:]))

    return rule


def as_float(e: Expr) -> Expr:
    return e if e.dtype is None else cast(e, inexact(e.dtype))


def operands(*args: Any) -> list[Expr]:
    """Arguments broadcast together."""
    return broadcast_all(*args)


# --- ufuncs -----------------------------------------------------------------------------------------


def _fresnel(x: Expr) -> tuple[Expr, Expr]:
    return special_error.fresnel_s(x), special_error.fresnel_c(x)


def _sici(x: Expr) -> tuple[Expr, Expr]:
    return special_integrals.sine_integral(x), special_integrals.cosine_integral(x)


def _shichi(x: Expr) -> tuple[Expr, Expr]:
    return special_integrals.sinh_integral(x), special_integrals.cosh_integral(x)


def _half(e: Expr) -> Expr:
    return scale(constant(0.5), as_float(e))


def _poisson(incomplete: Operation) -> Build:
    """The incomplete gamma function at one more than the count, rounded down."""
    return lambda k, m: incomplete(shifted(logic.floor(k), 1), m)


def _binomial(incomplete: Operation) -> Build:
    """The incomplete beta function at one more than the count, rounded down, and at what is left."""

    def build(k: Expr, n: Expr, p: Expr) -> Expr:
        whole = logic.floor(k)
        return incomplete(shifted(whole, 1), total(n, negate(whole)), p)

    return build


def _variance_ratio(incomplete: Operation) -> Build:
    """Fisher's law: an incomplete beta function of n·x / (d + n·x)."""

    def build(n: Expr, d: Expr, x: Expr) -> Expr:
        weighted = multiply(n, x)
        return incomplete(_half(n), _half(d), quotient(weighted, total(d, weighted)))

    return build


# By the number of leading operands that are whole orders.
WITHOUT_ORDER: dict[Any, Build] = {
    sp.erf: special_error.erf, sp.erfc: special_error.erfc, sp.erfcx: special_error.erfcx, sp.erfi: special_error.erfi,
    sp.erfinv: special_error.erfinv, sp.erfcinv: special_error.erfcinv, sp.dawsn: special_error.dawsn,
    sp.wofz: special_error.wofz, sp.fresnel: _fresnel, sp.voigt_profile: special_error.voigt_profile,
    sp.ndtr: special_error.ndtr, sp.ndtri: special_error.ndtri, sp.log_ndtr: special_error.log_ndtr,
    sp.ndtri_exp: special_error.ndtri_exp, sp.owens_t: special_error.owens_t,
    sp.gamma: special_gamma.gamma, sp.gammaln: special_gamma.gammaln, sp.loggamma: special_gamma.loggamma,
    sp.digamma: special_gamma.digamma, sp.gammasgn: special_gamma.gammasgn, sp.rgamma: special_gamma.rgamma,
    sp.beta: special_gamma.beta, sp.betaln: special_gamma.betaln, sp.binom: special_gamma.binom,
    sp.poch: special_gamma.poch, sp.gammainc: special_incomplete.gammainc, sp.gammaincc: special_incomplete.gammaincc,
    sp.gammaincinv: special_incomplete.gammaincinv, sp.gammainccinv: special_incomplete.gammainccinv,
    sp.betainc: special_incomplete.betainc, sp.betaincc: special_incomplete.betaincc,
    sp.betaincinv: special_incomplete.betaincinv, sp.betainccinv: special_incomplete.betainccinv,
    sp.stdtr: special_student.stdtr, sp.stdtrit: special_student.stdtrit,
    sp.chdtr: lambda v, x: special_incomplete.gammainc(_half(v), _half(x)),
    sp.chdtrc: lambda v, x: special_incomplete.gammaincc(_half(v), _half(x)),
    sp.gdtr: lambda a, b, x: special_incomplete.gammainc(b, multiply(a, x)),
    sp.gdtrc: lambda a, b, x: special_incomplete.gammaincc(b, multiply(a, x)),
    sp.bdtr: _binomial(special_incomplete.betaincc), sp.bdtrc: _binomial(special_incomplete.betainc),
    sp.pdtr: _poisson(special_incomplete.gammaincc), sp.pdtrc: _poisson(special_incomplete.gammainc),
    sp.fdtr: _variance_ratio(special_incomplete.betainc), sp.fdtrc: _variance_ratio(special_incomplete.betaincc),
    sp.xlogy: special_entropy.xlogy, sp.xlog1py: special_entropy.xlog1py, sp.entr: special_entropy.entr,
    sp.rel_entr: special_entropy.rel_entr, sp.kl_div: special_entropy.kl_div,
    sp.expit: special_logistic.expit, sp.logit: special_logistic.logit, sp.log_expit: special_logistic.log_expit,
    sp.huber: special_logistic.huber, sp.pseudo_huber: special_logistic.pseudo_huber,
    sp.boxcox: special_boxcox.boxcox, sp.boxcox1p: special_boxcox.boxcox1p, sp.inv_boxcox: special_boxcox.inv_boxcox,
    sp.inv_boxcox1p: special_boxcox.inv_boxcox1p,
    sp.j0: special_bessel.j0, sp.j1: special_bessel.j1, sp.y0: special_bessel.y0, sp.y1: special_bessel.y1,
    sp.i0: special_bessel.i0, sp.i1: special_bessel.i1, sp.i0e: special_bessel.i0e, sp.i1e: special_bessel.i1e,
    sp.k0: special_bessel.k0, sp.k1: special_bessel.k1, sp.k0e: special_bessel.k0e, sp.k1e: special_bessel.k1e,
    sp.airy: special_bessel.airy, np.sinc: special_spherical.sinc, np.i0: special_bessel.i0,
    sp.expi: special_integrals.expi, sp.exp1: special_integrals.exp1, sp.sici: _sici, sp.shichi: _shichi,
    sp.wrightomega: special_integrals.wrightomega,
    sp.exprel: special_hypergeometric.exprel, sp.spence: special_hypergeometric.spence,
    sp.ellipk: special_elliptic.ellipk, sp.ellipkm1: special_elliptic.ellipkm1,
    sp.ellipe: special_elliptic.ellipe, sp.ellipkinc: special_elliptic.ellipkinc,
    sp.ellipeinc: special_elliptic.ellipeinc, sp.ellipj: special_jacobi.jacobi,
    sp.sindg: special_angle.sindg, sp.cosdg: special_angle.cosdg, sp.tandg: special_angle.tandg,
    sp.cotdg: special_angle.cotdg, sp.cosm1: special_angle.cosm1,
    sp.exp2: elementary.exp2, sp.exp10: lambda x: powers.power(constant(10), x), sp.expm1: elementary.expm1,
    sp.log1p: elementary.log1p, sp.cbrt: powers.cbrt, sp.round: logic.rint,
}  # fmt: skip
WITH_ONE_ORDER: dict[Any, Build] = {
    sp.jv: special_bessel.bessel_j, sp.yv: special_bessel.bessel_y, sp.yn: special_bessel.bessel_y,
    sp.iv: special_bessel.bessel_i, sp.ive: special_bessel.bessel_ie, sp.kv: special_bessel.bessel_k,
    sp.kn: special_bessel.bessel_k, sp.kve: special_bessel.bessel_ke, sp.hankel1: special_bessel.hankel1,
    sp.hankel2: special_bessel.hankel2, sp.expn: special_integrals.exponential_integral,
    sp.hyp0f1: special_hypergeometric.hyp0f1, sp.eval_legendre: special_polynomials.eval_legendre,
    sp.eval_chebyt: special_polynomials.eval_chebyt, sp.eval_chebyu: special_polynomials.eval_chebyu,
    sp.eval_hermite: special_polynomials.eval_hermite, sp.eval_hermitenorm: special_polynomials.eval_hermitenorm,
    sp.eval_laguerre: special_polynomials.eval_laguerre, sp.struve: special_struve.struve,
    sp.modstruve: special_struve.modstruve,
}  # fmt: skip
WITH_TWO_ORDERS: dict[Any, Build] = {
    sp.hyp1f1: special_hypergeometric.hyp1f1, sp.eval_gegenbauer: special_polynomials.eval_gegenbauer,
    sp.eval_genlaguerre: special_polynomials.eval_genlaguerre,
}  # fmt: skip
WITH_THREE_ORDERS: dict[Any, Build] = {
    sp.hyp2f1: special_hypergeometric.hyp2f1, sp.eval_jacobi: special_polynomials.eval_jacobi,
}  # fmt: skip

for _orders, _family in enumerate((WITHOUT_ORDER, WITH_ONE_ORDER, WITH_TWO_ORDERS, WITH_THREE_ORDERS)):
    for _function, _build in _family.items():
        entrywise(with_floats(_build, _orders), _function)


# --- functions with settings --------------------------------------------------------------------------


def polygamma(n: Any, x: Any) -> Expr:
    order, e = operands(n, x)
    return special_gamma.polygamma(order, as_float(e))


def zeta(x: Any, q: Any = None, out: Any = None) -> Expr:
    """Hurwitz's function of q."""
    if q is None:
        raise UnknownFunctionError(
            "no derivative of Riemann's zeta function is known\n    Compute it outside the function, or give it q."
        )
    s, e = operands(x, q)
    return special_gamma.zeta(s, as_float(e))


def lambertw(z: Any, k: Any = 0, tol: Any = 1e-8) -> Expr:
    e, branch = operands(z, k)
    e = as_float(e)
    return special_integrals.lambertw(e) if branch is constant(0) else special_integrals.lambertw_branch(e, branch)


def spherical(family: Operation) -> Build:
    """A spherical Bessel function, or its derivative."""

    def rule(n: Any, z: Any, derivative: Any = False) -> Expr:
        order, e = operands(n, z)
        return special_spherical.slope(family, order, as_float(e)) if derivative else family(order, as_float(e))

    return rule


def softplus(x: Any, **settings: Any) -> Expr:
    if settings:
        raise CaptureError(f"the settings {sorted(settings)} of softplus cannot be recorded")
    return special_logistic.softplus(as_float(lift(x)))


def multigammaln(a: Any, d: Any) -> Expr:
    """log Γ_d(a): a sum of d logarithms of gamma functions (DLMF 35.3.4)."""
    e = as_float(lift(a))
    start = constant(float(d * (d - 1) / 4 * np.log(np.pi)))
    return total(start, *(special_gamma.gammaln(shifted(e, -j / 2)) for j in range(int(d))))


# --- counting, continued by the gamma function -----------------------------------------------------------


def _refuse_exact(exact: Any, name: str) -> None:
    if exact:
        raise CaptureError(f"{name} with exact=True counts in whole numbers and has no derivative; leave exact away")


def factorial(n: Any, exact: Any = False, extend: str = "zero") -> Expr:
    """Γ(n + 1); of negative numbers 0, unless extended to complex ones."""
    _refuse_exact(exact, "factorial")
    x = as_float(lift(n))
    value = special_gamma.gamma(shifted(x, 1))
    return value if extend == "complex" else logic.select(logic.less_equal(logic.filled_like(x, 0), x), value)


def _counted(n: Expr, k: Expr, value: Expr) -> Expr:
    """`value` where 0 ≤ k ≤ n, else 0."""
    zero = constant(0)
    fits = multiply(logic.less_equal(k, n), logic.less_equal(zero, n), logic.less_equal(zero, k))
    return logic.select(fits, value)


def comb(N: Any, k: Any, *, exact: Any = False, repetition: Any = False) -> Expr:
    _refuse_exact(exact, "comb")
    n, chosen = (as_float(e) for e in operands(N, k))
    n = total(n, chosen, constant(-1)) if repetition else n
    return _counted(n, chosen, special_gamma.binom(n, chosen))


def perm(N: Any, k: Any, exact: Any = False) -> Expr:
    _refuse_exact(exact, "perm")
    n, chosen = (as_float(e) for e in operands(N, k))
    return _counted(n, chosen, special_gamma.poch(total(n, negate(chosen), ONE), chosen))


translates(sp.polygamma)(polygamma)
translates(sp.zeta)(zeta)
translates(sp.lambertw)(lambertw)
translates(sp.spherical_jn)(spherical(special_spherical.jn))
translates(sp.spherical_yn)(spherical(special_spherical.yn))
translates(sp.spherical_in)(spherical(special_spherical.modified_in))
translates(sp.spherical_kn)(spherical(special_spherical.modified_kn))
translates(sp.multigammaln)(multigammaln)
translates(sp.factorial)(factorial)
translates(sp.comb)(comb)
translates(sp.perm)(perm)
if hasattr(sp, "softplus"):  # from SciPy 1.17 on
    translates(sp.softplus)(softplus)
