"""Elliptic integrals and Jacobi's functions by their parameter, where closed forms cancel.

That is near m = 0 and at it, near m = 1, and for small angles.
"""

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import special

import steepest as st
from steepest.errors import NonFiniteError

SMALL = [1e-14, 1e-10, 1e-6, 1e-3, 0.0099, 0.0101, 0.2]
FUNCTIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "ellipkinc": (special.ellipkinc, mpmath.ellipf),
    "ellipeinc": (special.ellipeinc, mpmath.ellipe),
    "sn": (lambda u, m: special.ellipj(u, m)[0], lambda u, m: mpmath.ellipfun("sn", u, m=m)),
    "am": (lambda u, m: special.ellipj(u, m)[3], lambda u, m: mpmath.asin(mpmath.ellipfun("sn", u, m=m))),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("u", [0.7, -1.3])
def test_by_a_small_parameter(name: str, u: float) -> None:
    f, exact = FUNCTIONS[name]
    slope = st.grad(lambda m: f(u, m))
    with mpmath.workdps(40):
        for m in SMALL:
            step = mpmath.mpf(10) ** -18
            known = (exact(u, m + step) - exact(u, m - step)) / (2 * step)
            assert slope(m) == pytest.approx(float(known), rel=1e-11)


def _moment(p: int, q: int, phi: float, m: float) -> Any:
    """∫ sin²ᵖ (1 − m sin²)^(−q−½), from 0 to an angle within a quarter turn."""
    near = [mpmath.mpf(phi) * k for k in (0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 1)]
    power = -q - mpmath.mpf(1) / 2
    return mpmath.quad(lambda t: mpmath.sin(t) ** (2 * p) * (1 - m * mpmath.sin(t) ** 2) ** power, near)


@pytest.mark.parametrize("m", [-30.0, 1e-9, 0.3, 0.99, 1 - 1e-6, 1 - 1e-12])
def test_small_angles_and_parameters_near_one(m: float) -> None:
    """To first and second order."""
    first, second = (st.grad(f, argnums=1) for f in (special.ellipkinc, special.ellipeinc))
    bends = [st.hessian(lambda m, f=f: f(0.01, m)) for f in (special.ellipkinc, special.ellipeinc)]
    with mpmath.workdps(30):
        for phi in (1e-6, 0.01, -0.8, 1.5):
            assert first(phi, m) == pytest.approx(float(_moment(1, 1, phi, m) / 2), rel=1e-12)
            assert second(phi, m) == pytest.approx(float(-_moment(1, 0, phi, m) / 2), rel=1e-12)
        assert bends[0](m) == pytest.approx(float(0.75 * _moment(2, 2, 0.01, m)), rel=1e-12)
        assert bends[1](m) == pytest.approx(float(-0.25 * _moment(2, 1, 0.01, m)), rel=1e-12)


def test_the_parameter_one_itself() -> None:
    """F(φ, 1) = artanh(sin φ) and E(φ, 1) = sin φ are smooth there by m: ½ ∫ sin²/cos³ and -½ ∫ sin²/cos."""
    phi = 0.6
    rise, turn = np.sin(phi) / np.cos(phi) ** 2, np.arctanh(np.sin(phi))
    assert st.grad(special.ellipkinc, argnums=1)(phi, 1.0) == pytest.approx((rise - turn) / 4, rel=1e-14)
    assert st.grad(special.ellipeinc, argnums=1)(phi, 1.0) == pytest.approx(-(turn - np.sin(phi)) / 2, rel=1e-14)


def test_beyond_a_turn() -> None:
    """∫ sin² = φ/2 − sin(2φ)/4 for any angle."""
    for phi in (3.0, -5.0, 40.0):
        known = phi / 2 - np.sin(2 * phi) / 4
        assert st.grad(special.ellipkinc, argnums=1)(phi, 0.0) == pytest.approx(known / 2, rel=1e-13)
        assert st.grad(special.ellipeinc, argnums=1)(phi, 0.0) == pytest.approx(-known / 2, rel=1e-13)


def test_the_second_derivative_goes_on_through_the_border() -> None:
    below, above = (st.hessian(lambda m: special.ellipkinc(0.9, m))(m) for m in (0.0099999, 0.0100001))
    assert below == pytest.approx(above, rel=1e-6)


def test_complete_integrals_where_they_are_infinite() -> None:
    """dK/dm and dE/dm go to infinity at m = 1, as 1/(2(1 - m)) and log(1 - m)/4."""
    at_the_end = [
        (st.grad(special.ellipk), (1.0,), np.inf), (st.grad(st.grad(special.ellipk)), (1.0,), np.inf),
        (st.grad(special.ellipe), (1.0,), -np.inf), (st.grad(st.grad(special.ellipe)), (1.0,), -np.inf),
        (st.grad(special.ellipkinc, argnums=1), (np.pi / 2, 1.0), np.inf), (st.grad(special.ellipkm1), (0.0,), -np.inf),
    ]  # fmt: skip
    for slope, at, known in at_the_end:
        with pytest.warns(st.NonFiniteWarning):
            assert slope(*at) == known
    with pytest.raises(NonFiniteError, match="complete_elliptic_moment' of 1e-300"):
        st.grad(st.grad(special.ellipkm1))(1e-300)


@pytest.mark.parametrize("p", [1e-100, 1e-20, 1e-9, 0.3, 0.7, 4.0])
def test_beside_the_parameter_one(p: float) -> None:
    slope = st.grad(special.ellipkm1)
    with mpmath.workdps(120):
        first, second = (_by_rest(p, order) for order in (1, 2))
    assert slope(p) == pytest.approx(float(first), rel=1e-13)
    assert st.grad(slope)(p) == pytest.approx(float(second), rel=1e-13)


def _by_rest(p: float, order: int) -> Any:
    """K by p = 1 - m, as K(m) = π/2 / agm(1, √p)."""
    step = mpmath.mpf(p) / 10**40

    def value(k: int) -> Any:
        return mpmath.pi / 2 / mpmath.agm(1, mpmath.sqrt(p + k * step))

    if order == 1:
        return (value(1) - value(-1)) / (2 * step)
    return (value(1) - 2 * value(0) + value(-1)) / step**2
