"""Derivatives of special functions far out and near singular points, where textbook formulas for them cancel."""

from collections.abc import Callable
from typing import Any

import mpmath as mp
import pytest
import scipy.special as sp

import steepest as st

DIGITS = 90
TINY, LARGE = [1e-12, 1e-5, 0.3], [1.7, 40.0, 1e6, 1e9]


def dawson(x: Any) -> Any:
    return mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x)


# Function, reference, points, orders.
CASES: dict[str, tuple[Callable[..., Any], Callable[..., Any], list[float], int]] = {
    "dawsn": (sp.dawsn, dawson, [-30.0, -0.3, 1e-3, 3.0, 6.9, 7.1, 30.0], 3),
    "spence": (sp.spence, lambda z: mp.polylog(2, 1 - z), [*TINY, 0.5001, 1 - 1e-9, 1 + 1e-9, *LARGE], 2),
    "ellipk": (sp.ellipk, mp.ellipk, [-1e9, -40.0, -1e-9, *TINY, 0.999, 1 - 1e-9], 2),
    "ellipe": (sp.ellipe, mp.ellipe, [-1e9, -40.0, -1e-9, *TINY, 0.999, 1 - 1e-9], 2),
    "ellipkm1": (sp.ellipkm1, lambda p: mp.ellipk(1 - p), [*TINY, *LARGE], 1),
    "struve": (lambda x: sp.struve(0, x), lambda x: mp.struveh(0, x), [1e-9, 1e-3, 0.3, 5.0], 2),
    "modstruve": (lambda x: sp.modstruve(0, x), lambda x: mp.struvel(0, x), [1e-9, 1e-3, 0.3, 5.0], 2),
}


@pytest.mark.parametrize("name", CASES)
def test_slopes(name: str) -> None:
    f, exact, points, orders = CASES[name]
    derivative = f
    for order in range(1, orders + 1):
        derivative = st.grad(lambda x, g=derivative: g(x))
        with mp.workdps(DIGITS):
            for x in points:
                known = mp.diff(exact, mp.mpf(x), order, h=abs(mp.mpf(x)) * mp.mpf(10) ** -20)
                assert abs(derivative(x) - known) < 1e-10 * abs(known), (order, x)


@pytest.mark.parametrize("a", [30.0, 1e4, 1e8, 1e12])
def test_incomplete_functions_of_large_order(a: float) -> None:
    """The density at the mode, by Stirling's series: logarithms of a size of a log a would leave few digits."""
    with mp.workdps(60):
        order = mp.mpf(a)
        density = mp.exp((order - 1) * mp.log(order) - order - mp.loggamma(order))
        assert st.grad(lambda x: sp.gammainc(a, x))(a) == pytest.approx(float(density), rel=1e-13)
        assert st.grad(sp.gammainc, argnums=1)(a, a) == pytest.approx(float(density), rel=1e-13)
        logarithm = 2 * mp.loggamma(order) - mp.loggamma(2 * order)
        density = mp.exp((2 * order - 2) * mp.log(mp.mpf(0.5)) - logarithm)
        assert st.grad(lambda x: sp.betainc(a, a, x))(0.5) == pytest.approx(float(density), rel=1e-13)
