"""scipy.special as users write it: values, types and derivatives, exact values at special points, refusals."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special as sp
from differentiation import check_expression, check_function, trace
from reference import evaluate

import steepest as st
from steepest.calculus.forward import jvp
from steepest.calculus.jacobian import jacobian_reverse
from steepest.errors import CaptureError, UnknownFunctionError
from steepest.expr.build import variable
from steepest.frontends.numpy import special as translations
from steepest.ops.special_error import scaled_integral

RNG = np.random.default_rng(20_260_104)


def between(low: float, high: float, *shape: int) -> np.ndarray:
    return RNG.uniform(low, high, shape or (2, 3))


# One user's call of each ufunc: constant orders, generic points.
CALLS: dict[Any, tuple[Any, ...]] = {
    sp.erf: (between(-2, 2),), sp.erfc: (between(-2, 2),), sp.erfcx: (between(-2, 3),), sp.erfi: (between(-2, 2),),
    sp.erfinv: (between(-0.9, 0.9),), sp.erfcinv: (between(0.1, 1.9),), sp.dawsn: (between(-2, 2),),
    sp.wofz: (between(-2, 2) + 1j * between(0.2, 2),), sp.fresnel: (between(-2, 2),),
    sp.voigt_profile: (between(-2, 2), 0.8, between(0.3, 1)), sp.ndtr: (between(-2, 2),),
    sp.ndtri: (between(0.1, 0.9),), sp.log_ndtr: (between(-9, 2),), sp.ndtri_exp: (between(-9, -0.1),),
    sp.owens_t: (between(-2, 2), between(-2, 2)), sp.gamma: (between(-0.9, 4),), sp.gammaln: (between(0.3, 4),),
    sp.loggamma: (between(0.3, 4) + 1j * between(-1, 1),), sp.digamma: (between(0.3, 4),),
    sp.gammasgn: (between(-3, 3),), sp.rgamma: (between(-3, 3),), sp.beta: (between(0.3, 3), 1.3),
    sp.betaln: (between(0.3, 3, 2, 1), between(0.3, 3, 3)), sp.binom: (between(4, 7), between(0.3, 3.5)),
    sp.poch: (between(0.4, 3), 1.7), sp.gammainc: (1.7, between(0.2, 4)),
    sp.gammaincc: (np.array([1, 2, 3]), between(0.2, 4)), sp.gammaincinv: (1.7, between(0.1, 0.9)),
    sp.gammainccinv: (0.6, between(0.1, 0.9)), sp.betainc: (1.2, 0.7, between(0.1, 0.9)),
    sp.betaincc: (1.2, 0.7, between(0.1, 0.9)), sp.betaincinv: (1.2, 0.7, between(0.1, 0.9)),
    sp.betainccinv: (1.2, 0.7, between(0.1, 0.9)), sp.stdtr: (3, between(-2, 2)), sp.chdtr: (3, between(0.3, 4)),
    sp.chdtrc: (3.5, between(0.3, 4)), sp.gdtr: (1.3, 2.2, between(0.3, 4)), sp.gdtrc: (1.3, 2.2, between(0.3, 4)),
    sp.stdtrit: (3.5, between(0.1, 0.9)), sp.bdtr: (2, 7, between(0.1, 0.9)), sp.bdtrc: (2.7, 7, between(0.1, 0.9)),
    sp.ellipj: (between(-1, 1), between(0.2, 0.8)), sp.struve: (2, between(0.4, 6)), sp.modstruve: (0, between(0.4, 3)),
    sp.pdtr: (2, between(0.3, 4)), sp.pdtrc: (2.7, between(0.3, 4)), sp.fdtr: (3, 5.5, between(0.3, 4)),
    sp.fdtrc: (3, 5.5, between(0.3, 4)), sp.xlogy: (between(-2, 2), between(0.2, 2)),
    sp.xlog1py: (between(-2, 2), between(-0.7, 2)), sp.entr: (between(0.1, 2),),
    sp.rel_entr: (between(0.1, 2), between(0.1, 2)), sp.kl_div: (between(0.1, 2), between(0.1, 2)),
    sp.expit: (between(-4, 4),), sp.logit: (between(0.1, 0.9),), sp.log_expit: (between(-4, 4),),
    sp.huber: (1.0, np.array([0.3, -0.4, 1.7, -2.2])), sp.pseudo_huber: (between(0.5, 2), between(-2, 2)),
    sp.boxcox: (between(0.3, 3), between(-1, 2)), sp.boxcox1p: (between(-0.6, 2), 0.0),
    sp.inv_boxcox: (between(-0.6, 1.2), between(-0.5, 1)), sp.inv_boxcox1p: (between(-0.6, 1.2), 0.0),
    sp.j0: (between(-6, 6),), sp.j1: (between(-6, 6),), sp.y0: (between(0.4, 6),), sp.y1: (between(0.4, 6),),
    sp.i0: (between(-3, 3),), sp.i1: (between(-3, 3),), sp.i0e: (between(-3, 3),), sp.i1e: (between(-3, 3),),
    sp.k0: (between(0.4, 3),), sp.k1: (between(0.4, 3),), sp.k0e: (between(0.4, 3),), sp.k1e: (between(0.4, 3),),
    sp.airy: (between(-3, 2),), np.sinc: (between(-3, 3),), np.i0: (between(-3, 3),), sp.expi: (between(0.2, 3),),
    sp.exp1: (between(0.2, 3),), sp.sici: (between(0.3, 4),), sp.shichi: (between(0.3, 3),),
    sp.wrightomega: (between(-2, 2),), sp.exprel: (between(-2, 2),), sp.spence: (between(0.2, 3),),
    sp.ellipk: (between(-2, 0.9),), sp.ellipkm1: (between(0.1, 2),), sp.ellipe: (between(-2, 0.9),),
    sp.ellipkinc: (between(-1, 1), between(0.2, 0.8)), sp.ellipeinc: (between(-1, 1), between(0.2, 0.8)),
    sp.sindg: (between(-70, 70),), sp.cosdg: (between(-70, 70),), sp.tandg: (between(-70, 70),),
    sp.cotdg: (between(20, 160),), sp.cosm1: (between(-2, 2),), sp.exp2: (between(-2, 2),),
    sp.exp10: (between(-2, 2),), sp.expm1: (between(-2, 2),), sp.log1p: (between(-0.7, 2),),
    sp.cbrt: (between(0.2, 2),), sp.round: (between(-2, 2),), sp.jv: (1.5, between(0.4, 6)),
    sp.yv: (0.5, between(0.4, 6)), sp.yn: (2, between(0.4, 6)), sp.iv: (2.5, between(0.4, 3)),
    sp.ive: (2, between(-3, 3)), sp.kv: (0.5, between(0.4, 3)), sp.kn: (3, between(0.4, 3)),
    sp.kve: (1.5, between(0.4, 3)), sp.hankel1: (1, between(0.4, 6)), sp.hankel2: (0.5, between(0.4, 6)),
    sp.expn: (3, between(0.2, 3)), sp.hyp0f1: (1.5, between(-2, 2)), sp.eval_legendre: (3, between(-0.9, 0.9)),
    sp.eval_chebyt: (4, between(-0.9, 0.9)), sp.eval_chebyu: (3, between(-0.9, 0.9)),
    sp.eval_hermite: (3, between(-2, 2)), sp.eval_hermitenorm: (0, between(-2, 2)),
    sp.eval_laguerre: (3, between(0, 2)), sp.hyp1f1: (0.7, 1.9, between(-2, 2)),
    sp.eval_gegenbauer: (3, 0.7, between(-0.9, 0.9)), sp.eval_genlaguerre: (3, 0.7, between(0, 2)),
    sp.hyp2f1: (0.7, 1.2, 2.1, between(-0.9, 0.7)), sp.eval_jacobi: (3, 0.4, 0.7, between(-0.9, 0.9)),
}  # fmt: skip
ORDERS = {  # constant parameters by which no derivative is known
    sp.pdtrc: 1, sp.jv: 1, sp.yv: 1, sp.iv: 1, sp.kv: 1, sp.kve: 1, sp.hankel2: 1, sp.hyp0f1: 1, sp.hyp1f1: 2,
    sp.hyp2f1: 3, sp.eval_gegenbauer: 2, sp.eval_genlaguerre: 2, sp.eval_jacobi: 3,
}  # fmt: skip


def name_of(function: Any) -> str:
    return function.__name__


def test_every_entrywise_function_has_a_case() -> None:
    known = [translations.WITHOUT_ORDER, translations.WITH_ONE_ORDER, translations.WITH_TWO_ORDERS]
    assert set().union(*known, translations.WITH_THREE_ORDERS) == set(CALLS)


@pytest.mark.parametrize("function", CALLS, ids=name_of)
def test_ufuncs(function: Any) -> None:
    args = CALLS[function]
    first = ORDERS.get(function, 0)
    check_function(lambda *rest: function(*args[:first], *rest), *args[first:], order=1)


Case = tuple[str, Callable[..., Any], tuple[Any, ...]]
MATRIX, CUBE, WEIGHTS = between(-2, 2), between(-2, 2, 2, 3, 2), between(0.2, 2)
SETTINGS: list[Case] = [
    ("polygamma of several orders", lambda x: sp.polygamma([[0], [2]], x), (between(0.5, 3, 3),)),
    ("polygamma at left of the poles", lambda x: sp.polygamma(1, x), (between(0.2, 0.8) - 1,)),
    ("Hurwitz zeta", lambda q: sp.zeta(2.5, q), (between(0.4, 3),)),
    ("lambertw", lambda z: sp.lambertw(z).real, (between(0.2, 3),)),
    ("lambertw, another branch", lambda z: sp.lambertw(z, -1).imag, (between(0.2, 3),)),
    ("lambertw, complex", sp.lambertw, (between(0.2, 3) + 1j * between(-1, 1),)),
    ("spherical_jn", lambda x: sp.spherical_jn(2, x), (between(-6, 6),)),
    ("spherical_jn, derivative", lambda x: sp.spherical_jn(0, x, derivative=True), (between(-6, 6),)),
    ("spherical_yn of several orders", lambda x: sp.spherical_yn(np.array([0, 2, 3]), x), (between(0.5, 6, 3),)),
    ("spherical_in, derivative", lambda x: sp.spherical_in(3, x, True), (between(-3, 3),)),
    ("spherical_kn", lambda x: sp.spherical_kn(1, x), (between(0.5, 3),)),
    ("multigammaln", lambda a: sp.multigammaln(a, 3), (between(1.2, 4),)),
    ("factorial", sp.factorial, (between(-0.9, 3),)),
    ("factorial of negative numbers", sp.factorial, (between(-3, -0.1),)),
    ("comb", sp.comb, (between(4, 7), between(0.2, 3))),
    ("comb, repetition", lambda n, k: sp.comb(n, k, repetition=True), (between(4, 7), between(0.2, 3))),
    ("comb out of range", lambda n: sp.comb(n, 8), (between(4, 7),)),
    ("perm", sp.perm, (between(4, 7), between(0.2, 3))),
    ("logsumexp", sp.logsumexp, (MATRIX,)),
    ("logsumexp, axis", lambda x: sp.logsumexp(x, axis=0), (MATRIX,)),
    ("logsumexp, axes kept", lambda x: sp.logsumexp(x, axis=(0, -1), keepdims=True), (CUBE,)),
    ("logsumexp, weights", lambda x, b: sp.logsumexp(x, axis=1, b=b), (MATRIX, WEIGHTS)),
    ("logsumexp, constant weights", lambda x: sp.logsumexp(x, b=np.array([3.0, -0.1, 0.0])), (MATRIX,)),
    ("logsumexp, number", lambda x: sp.logsumexp(x), (1.3,)),
    ("logsumexp, list", lambda x: sp.logsumexp([x[0, 0], x[1, 2], 1.0]), (MATRIX,)),
    ("softmax", sp.softmax, (MATRIX,)),
    ("softmax, axis", lambda x: sp.softmax(x, axis=0), (MATRIX,)),
    ("softmax, axes", lambda x: sp.softmax(x, axis=(0, 2)), (CUBE,)),
    ("log_softmax", sp.log_softmax, (MATRIX,)),
    ("log_softmax, axes", lambda x: sp.log_softmax(x, axis=(-1, 0)), (CUBE,)),
    ("yn of order 0", lambda x: sp.yn(0, x), (between(0.4, 6),)),
    ("jv of order -1", lambda x: sp.jv(-1, x), (between(0.4, 6),)),
    ("jv of several orders", lambda x: sp.jv([0, 1, 2], x), (between(0.4, 6, 3),)),
    ("jv, complex", lambda z: sp.jv(1, z), (between(0.4, 3) + 1j * between(0.2, 2),)),
    ("expn of low orders", lambda x: sp.expn([0, 1, 2], x), (between(0.2, 3, 3),)),
    ("spence at 1", sp.spence, (np.array([1.0, 1.2]),)),
    ("boxcox at 0", sp.boxcox, (between(0.3, 3, 3), np.array([0.0, 0.5, 1e-9]))),
    ("whole numbers beside floats", lambda y: sp.rel_entr(np.array([1, 2, 3]), y), (between(0.2, 2, 3),)),
    ("a number beside an array", lambda a, x: sp.xlogy(a, x), (0.7, between(0.2, 2))),
]  # fmt: skip
if hasattr(sp, "softplus"):
    SETTINGS.append(("softplus", sp.softplus, (between(-3, 3),)))


@pytest.mark.parametrize(("function", "args"), [c[1:] for c in SETTINGS], ids=[c[0] for c in SETTINGS])
def test_settings(function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    check_function(function, *args)


@pytest.mark.parametrize("function", [sp.erf, sp.expit, sp.gammaln, sp.j1, np.sinc, sp.softmax, sp.logsumexp])
@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 1)])
def test_sizes_and_single_precision(function: Any, shape: tuple[int, ...]) -> None:
    if function is sp.logsumexp and shape == (0,):
        pytest.skip("SciPy refuses to reduce nothing")
    if function is sp.softmax and shape in ((0,), ()):
        pytest.skip("SciPy refuses to reduce nothing")
    x = between(0.3, 2, *shape) if shape else RNG.uniform(0.3, 2)
    check_function(function, x, order=1)
    check_function(function, np.float32(x), order=1)


# --- exact values and slopes at special points ----------------------------------------------------------


def slope(function: Callable[..., Any], x: float, order: int = 1) -> tuple[float, float]:
    """Value and derivative at one point, as the library computes them."""
    captured = trace(function, [x], [0])
    (v,), (y,) = captured.variables, captured.outputs
    derivative = y
    for _ in range(order):
        derivative = jacobian_reverse(derivative, v)
    value, found = evaluate([y, derivative], {v: np.float64(x)})
    return float(value), float(found)


POINTS: list[tuple[str, Callable[..., Any], float, float, float]] = [
    ("expit far right", sp.expit, 800.0, 1.0, 0.0),
    ("expit far left", sp.expit, -800.0, 0.0, 0.0),
    ("expit where 1 - y is 0", sp.expit, 40.0, 1.0, 4.248354255291589e-18),
    ("log_expit far left", sp.log_expit, -800.0, -800.0, 1.0),
    ("log_expit far right", sp.log_expit, 800.0, 0.0, 0.0),
    ("entr at 0", sp.entr, 0.0, 0.0, np.inf),
    ("xlogy(0, y)", lambda y: sp.xlogy(0.0, y), 0.0, 0.0, 0.0),
    ("rel_entr(0, y)", lambda y: sp.rel_entr(0.0, y), 0.0, 0.0, 0.0),
    ("kl_div(0, y)", lambda y: sp.kl_div(0.0, y), 0.0, 0.0, 1.0),
    ("kl_div(x, x)", lambda x: sp.kl_div(x, 3.0), 3.0, 0.0, 0.0),
    ("logit at ½", sp.logit, 0.5, 0.0, 4.0),
    ("logit at 0", sp.logit, 0.0, -np.inf, np.inf),
    ("erfcx far right", sp.erfcx, 1e8, 5.641895835477563e-09, -5.641895835477563e-17),
    ("log_ndtr far left", sp.log_ndtr, -1e6, -500000000014.73447, 1e6 + 1e-6),
    ("log_ndtr far right", sp.log_ndtr, 60.0, 0.0, 0.0),
    ("rgamma at a pole of Γ", sp.rgamma, -3.0, 0.0, -6.0),
    ("rgamma at 0", sp.rgamma, 0.0, 0.0, 1.0),
    ("sinc at 0", np.sinc, 0.0, 1.0, 0.0),
    ("spherical_jn(1, 0)", lambda x: sp.spherical_jn(1, x), 0.0, 0.0, 1 / 3),
    ("Si at 0", lambda x: sp.sici(x)[0], 0.0, 0.0, 1.0),
    ("Shi at 0", lambda x: sp.shichi(x)[0], 0.0, 0.0, 1.0),
    ("exprel at 0", sp.exprel, 0.0, 1.0, 0.5),
    ("spence at 1", sp.spence, 1.0, 0.0, -1.0),
    ("ellipk at 0", sp.ellipk, 0.0, np.pi / 2, np.pi / 8),
    ("ellipe at 0", sp.ellipe, 0.0, np.pi / 2, -np.pi / 8),
    ("ellipkm1 near 0", sp.ellipkm1, 1e-200, float(sp.ellipkm1(1e-200)), -5e199),
    ("ellipkm1 at 1", sp.ellipkm1, 1.0, np.pi / 2, -np.pi / 8),
    ("lambertw at 0", lambda z: sp.lambertw(z).real, 0.0, 0.0, 1.0),
    ("boxcox at λ = 0", lambda p: sp.boxcox(np.e**2, p), 0.0, 2.0, 2.0),
    ("inv_boxcox at λ = 0", lambda p: sp.inv_boxcox(1.0, p), 0.0, np.e, -np.e / 2),
    ("gammainc at 0", lambda x: sp.gammainc(1.0, x), 0.0, 0.0, 1.0),
    ("betainc at 0", lambda x: sp.betainc(1.0, 3.0, x), 0.0, 0.0, 3.0),
    ("eval_legendre at 1", lambda x: sp.eval_legendre(3, x), 1.0, 1.0, 6.0),
    ("eval_chebyt of degree 0", lambda x: sp.eval_chebyt(0, x), 0.3, 1.0, 0.0),
    ("i0e at 0", sp.i0e, 0.0, 1.0, 0.0),
    ("airy at 0", lambda x: sp.airy(x)[0], 0.0, 0.3550280538878172, -0.2588194037928068),
]  # fmt: skip


@pytest.mark.parametrize(("function", "x", "value", "derivative"), [p[1:] for p in POINTS], ids=[p[0] for p in POINTS])
def test_special_points(function: Callable[..., Any], x: float, value: float, derivative: float) -> None:
    np.testing.assert_allclose(slope(function, x), (value, derivative), rtol=1e-13, atol=1e-300)


@pytest.mark.parametrize("weights", [None, bool, np.int8, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(2, 3), (2, 0), (0,)])
def test_logsumexp_has_the_type_that_scipy_gives_it(shape: tuple[int, ...], weights: Any) -> None:
    """The gradient has that of its argument; of nothing it is minus infinity."""
    x = np.linspace(-0.013, 0.016, math.prod(shape), dtype=np.float32).reshape(shape)
    b = None if weights is None else np.resize(np.array([2.3, 0, 4], weights), shape)

    def f(x: np.ndarray) -> Any:
        return sp.logsumexp(x, axis=-1, b=b)

    given, expected = st.jit(f)(x), f(x)
    np.testing.assert_allclose(given, expected, rtol=4 * np.finfo(np.asarray(expected).dtype).eps)
    assert np.asarray(given).dtype == np.asarray(expected).dtype
    slopes = st.grad(lambda x: np.sum(np.exp(f(x))))(x)
    assert (slopes.dtype, slopes.shape) == (x.dtype, x.shape)


def test_second_derivatives_in_the_tails() -> None:
    """(log Φ)″ = -h (x + h) with h = φ/Φ: -1 + 3/x² far left, where the two terms cancel."""
    np.testing.assert_allclose(slope(sp.log_ndtr, -1e4, 2)[1], -1 + 1e-8, rtol=1e-12)
    np.testing.assert_allclose(slope(sp.erfcx, 1e6, 2)[1], 2 / np.sqrt(np.pi) * 1e-18, rtol=1e-10)
    np.testing.assert_allclose(slope(np.sinc, 0.0, 2)[1], -(np.pi**2) / 3, rtol=1e-14)


def test_scaled_integrals_obey_their_recurrence() -> None:
    """2n f_n = f_{n-2} - 2x f_{n-1} (DLMF 7.18.7), across the seam of the two ways they are computed."""
    x = np.array([-0.5, 0.1, 0.99, 1.0, 1.01, 1.5, 4.0])
    f = [2 / np.sqrt(np.pi) + 0 * x, sp.erfcx(x), *(scaled_integral.numpy(n, x) for n in range(1, 6))]
    for n in range(1, 6):
        np.testing.assert_allclose(2 * n * f[n + 1] + 2 * x * f[n], f[n - 1], rtol=1e-13)


# --- refusals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "parameter"),
    [
        (lambda v: sp.jv(v, 2.0), "jv by its parameter v"),
        (lambda s: sp.zeta(s, 2.0), "zeta by its parameter x"),
        (lambda a: sp.hyp1f1(a, 2.0, 0.4), "hyp1f1 by its parameter a"),
        (lambda n: sp.eval_legendre(n, 0.4), "eval_legendre by its parameter degree n"),
    ],
)
def test_parameters_without_a_known_derivative_are_refused(function: Callable[..., Any], parameter: str) -> None:
    """Only when they are differentiated by: the value itself is recorded."""
    captured = trace(function, [1.5], [0])
    (v,), (y,) = captured.variables, captured.outputs
    with pytest.raises(UnknownFunctionError, match=parameter):
        jvp(y, {v: variable("dv", (), v.dtype)})


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (sp.zeta, UnknownFunctionError),
        (sp.kei, UnknownFunctionError),
        (lambda x: sp.logsumexp(x, return_sign=True), CaptureError),
    ],
)
def test_unknown_functions_and_settings_are_refused(function: Callable[..., Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        trace(function, [np.array([1.5, 2.5])], [0])


def test_a_varying_argument_beside_a_varying_parameter() -> None:
    """The refusal of one parameter does not touch the derivatives by the others."""
    captured = trace(sp.gammainc, [1.5, 2.0], [0, 1])
    (y,), (a, x) = captured.outputs, captured.variables
    check_expression(y, {a: np.float64(1.5), x: np.float64(2.0)}, x, order=2)
