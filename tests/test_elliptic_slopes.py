"""Elliptic integrals and Jacobi's functions by their parameter, where closed forms cancel: near m = 0, and at it."""

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import special

import steepest as st

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


def test_beyond_a_turn() -> None:
    """∫ sin² = φ/2 − sin(2φ)/4 for any angle."""
    for phi in (3.0, -5.0, 40.0):
        known = phi / 2 - np.sin(2 * phi) / 4
        assert st.grad(special.ellipkinc, argnums=1)(phi, 0.0) == pytest.approx(known / 2, rel=1e-13)
        assert st.grad(special.ellipeinc, argnums=1)(phi, 0.0) == pytest.approx(-known / 2, rel=1e-13)


def test_the_second_derivative_goes_on_through_the_border() -> None:
    below, above = (st.hessian(lambda m: special.ellipkinc(0.9, m))(m) for m in (0.0099999, 0.0100001))
    assert below == pytest.approx(above, rel=1e-6)
