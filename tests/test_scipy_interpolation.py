"""scipy.interpolate inside functions: fixed curves at traced places, and curves through traced data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.interpolate as ip

import steepest as st
from steepest.errors import NonFiniteError, UnknownFunctionError

NODES = np.array([0.0, 0.4, 0.9, 1.5, 1.8, 2.4, 3.0])
HEIGHTS = np.sin(2 * NODES) + 0.1 * NODES
X = np.array([0.71, 1.93])
CUBIC = ip.CubicSpline(NODES, HEIGHTS)
PCHIP = ip.PchipInterpolator(NODES, HEIGHTS)
AKIMA = ip.Akima1DInterpolator(NODES, HEIGHTS)
BASIS = ip.make_interp_spline(NODES, HEIGHTS, k=3)
SMOOTHED = ip.UnivariateSpline(NODES, HEIGHTS, s=0.01)
LINEAR = ip.interp1d(NODES, HEIGHTS)
THIRD = ip.interp1d(NODES, HEIGHTS, kind="cubic")
NEAREST = ip.interp1d(NODES, HEIGHTS, kind="nearest")
FILLED = ip.interp1d(NODES, HEIGHTS, fill_value=0.5, bounds_error=False)
BEYOND = ip.interp1d(NODES, HEIGHTS, fill_value="extrapolate")
PAIR = ip.CubicSpline(NODES, np.stack([HEIGHTS, HEIGHTS**2], axis=1))
PERIODIC = ip.CubicSpline(NODES, [*HEIGHTS[:-1], HEIGHTS[0]], bc_type="periodic")


def data(x: Any) -> Any:
    return np.sin(NODES * x[0]) * x[1]


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "CubicSpline": lambda x: np.sum(CUBIC(x) ** 2),
    "of a matrix of places": lambda x: np.sum(CUBIC(np.multiply.outer(x, x)) ** 2),
    "its derivatives": lambda x: CUBIC(x[0], 1) + CUBIC.derivative()(x[1]) + CUBIC(x[1], nu=2),
    "its integral": lambda x: CUBIC.integrate(x[0], x[1]),
    "PchipInterpolator": lambda x: np.sum(PCHIP(x) ** 2),
    "Akima1DInterpolator": lambda x: np.sum(AKIMA(x) ** 2),
    "BSpline": lambda x: np.sum(BASIS(x) ** 2),
    "UnivariateSpline": lambda x: np.sum(SMOOTHED(x) ** 2) + SMOOTHED.integral(0, 1),
    "interp1d": lambda x: np.sum(LINEAR(x) ** 2),
    "interp1d, cubic": lambda x: np.sum(THIRD(x) ** 2),
    "interp1d, nearest": lambda x: np.sum(NEAREST(x) * x),
    "interp1d, filled": lambda x: np.sum(FILLED(3 * x) * x),
    "interp1d, extrapolated": lambda x: np.sum(BEYOND(3 * x) * x),
    "several values": lambda x: np.sum(PAIR(x) ** 2 * np.array([1.0, 2.0])),
    "extrapolated": lambda x: np.sum(CUBIC(2 * x, extrapolate=True)),
    "periodic": lambda x: np.sum(PERIODIC(5 * x) ** 2),
    "made inside": lambda x: np.sum(ip.CubicSpline(NODES, HEIGHTS, bc_type="natural")(x)),
    "through data": lambda x: ip.CubicSpline(NODES, data(x))(1.3),
    "through data at places": lambda x: np.sum(ip.CubicSpline(NODES, data(x), bc_type="clamped")(x) ** 2),
    "through data, linear": lambda x: np.sum(ip.interp1d(NODES, data(x))(x) ** 2),
    "through data, cubic": lambda x: ip.interp1d(NODES, data(x), kind="cubic")(x[1]),
    "through data, by a basis": lambda x: ip.make_interp_spline(NODES, data(x), k=3)(x[1]),
    "through data, its integral": lambda x: ip.CubicSpline(NODES, data(x)).integrate(0, x[0]),
    "through data, its slope": lambda x: ip.CubicSpline(NODES, data(x)).derivative()(x[0]),
    "through columns": lambda x: np.sum(ip.CubicSpline(NODES, np.multiply.outer(data(x), x))(x[0]) ** 2),
    "coefficients": lambda x: ip.BSpline(np.arange(8.0), x[0] * np.cos(np.arange(4) * x[1]), 3)(3.4),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_value_and_derivatives(name: str) -> None:
    f = PROGRAMS[name]
    np.testing.assert_allclose(st.jit(f)(X), f(X), rtol=1e-12)
    np.testing.assert_allclose(st.grad(f)(X), st.numeric.gradient(f, X).value, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(
        st.hessian(f)(X), st.numeric.jacobian(st.grad(f), X).value, rtol=1e-6, atol=1e-7
    )  # fmt: skip


def test_rows_and_orders() -> None:
    t = np.array([0.2, 1.1, 2.7])
    np.testing.assert_allclose(st.vmap(CUBIC)(t), CUBIC(t))
    np.testing.assert_allclose(st.vmap(st.grad(CUBIC))(t), CUBIC(t, 1))
    third = st.grad(st.grad(st.grad(CUBIC)))
    np.testing.assert_allclose([third(v) for v in t], CUBIC(t, 3))
    assert st.grad(st.grad(st.grad(st.grad(SMOOTHED))))(0.7) == 0.0


def test_refusals() -> None:
    for f, match in (
        (lambda x: ip.PchipInterpolator(NODES, data(x))(1.3), "PchipInterpolator through traced data"),
        (lambda x: ip.CubicSpline(NODES * x[0], HEIGHTS)(1.3), "traced nodes"),
        (lambda x: ip.interp1d(NODES, data(x), fill_value=0.0, bounds_error=False)(1.3), "fill_value=0.0"),
        (lambda x: ip.CubicSpline(NODES, data(x), bc_type=((1, 2.0), (1, 0.0)))(1.3), "bc_type="),
    ):
        with pytest.raises(UnknownFunctionError, match=match):
            st.grad(f)(X)
    with pytest.raises(ValueError, match="above the interpolation range"):
        st.grad(lambda x: np.sum(LINEAR(10 * x)))(X)


def test_no_slope_outside_where_the_last_value_is_kept() -> None:
    x = np.linspace(0, 3, 8)
    for spline, settings in (
        (ip.UnivariateSpline(x, np.sin(x), s=0, ext=3), {}),
        (ip.UnivariateSpline(x, np.sin(x), s=0), {"ext": "const"}),
    ):
        slope = st.grad(lambda t, spline=spline, settings=settings: spline(t, **settings))
        assert slope(1.0) == pytest.approx(np.cos(1.0), rel=1e-2)
        assert slope(3.5) == slope(-0.5) == 0
    with pytest.raises(UnknownFunctionError, match="keeps its last value"):
        st.grad(lambda t: spline(t, 1, ext=3))(1.0)


def test_no_slope_where_there_is_no_value() -> None:
    x = np.linspace(0, 3, 8)
    item = ip.interp1d(x, np.sin(x), bounds_error=False)
    slope = st.grad(lambda t: item(t))
    assert slope(1.0) == pytest.approx(np.cos(1.0), rel=0.2)
    with pytest.raises(NonFiniteError):
        slope(3.5)
