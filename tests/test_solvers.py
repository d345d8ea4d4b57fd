"""SciPy's solvers inside functions: values as SciPy's, derivatives of first and second order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.integrate as si
import scipy.linalg
import scipy.optimize as so
from integrals import INTEGRALS, X, slopes
from scipy.integrate import quad, solve_ivp
from scipy.optimize import brentq

import steepest as st

TIGHT = {"rtol": 1e-11, "atol": 1e-13}
T = np.linspace(0, 2, 9)


def curve(t: Any, a: Any, b: Any) -> Any:
    return a * np.exp(-b * t)


def pendulum(t: Any, y: Any, w: Any, damping: Any) -> Any:
    return [y[1], -w * np.sin(y[0]) - damping * y[1]]


def pair(y: Any, x: Any) -> Any:
    return [y[0] ** 2 + x[0] * y[1] - 2, y[0] * y[1] * x[1] - 0.5]


# Each takes a vector of two numbers and gives one.
ROOTS: dict[str, Callable[[Any], Any]] = {
    "brentq": lambda x: brentq(lambda y: y - x[0] * np.sin(y) - x[1], -10, 10),
    "brentq with traced ends": lambda x: brentq(lambda y: y**3 + y - x[0], -x[1] - 1, 3 * x[1] + x[0] + 5),
    "brentq with args": lambda x: so.brentq(lambda y, a, b: y - a * np.sin(y) - b, -10, 10, args=(x[0], x[1])),
    "bisect": lambda x: so.bisect(lambda y: np.exp(y) - x[0] - 2, -5, 5, xtol=1e-14),
    "ridder": lambda x: so.ridder(lambda y: np.exp(y) - x[0] - 2, -5, 5),
    "brenth": lambda x: so.brenth(lambda y: np.exp(y) - x[0] - 2, -5, 5),
    "toms748": lambda x: so.toms748(lambda y: np.exp(x[1] * y) - x[0] - 2, -5, 5, k=2),
    "newton by secants": lambda x: so.newton(lambda y: y**3 - x[0] * y - x[1], 2.0, tol=1e-13),
    "newton": lambda x: so.newton(
        lambda y, a: y**3 - a * y - x[1], 2.0, fprime=lambda y, a: 3 * y**2 - a, args=(x[0],), tol=1e-13
    ),
    "newton by Halley": lambda x: so.newton(
        lambda y: y**3 - x[0], 1.0, fprime=lambda y: 3 * y**2, fprime2=lambda y: 6 * y, tol=1e-13
    ),
    "newton for many at once": lambda x: np.sum(
        so.newton(lambda y: y**3 + y - x, np.ones(2), fprime=lambda y: 3 * y**2 + 1, tol=1e-10) ** 2
    ),
    "newton from a traced start": lambda x: so.newton(lambda y: y**3 + y - x[0], x[1] + 1.0, tol=1e-11),
    "root_scalar in a bracket": lambda x: so.root_scalar(lambda y: np.exp(x[0] * y) - x[1] - 2, bracket=[0, 10]).root,
    "root_scalar from a start": lambda x: so.root_scalar(
        lambda y: np.exp(x[0] * y) - x[1] - 2, x0=1.0, fprime=lambda y: x[0] * np.exp(x[0] * y), method="newton"
    ).root,
    "root": lambda x: so.root(lambda y: pair(y, x), [1.0, 1.0], tol=1e-13).x @ np.array([2.0, -1.0]),
    "root with a Jacobian": lambda x: np.sum(
        so.root(
            lambda y, x: np.array(pair(y, x)), [1.0, 1.0], args=(x,), tol=1e-13,
            jac=lambda y, x: np.array([[2 * y[0], x[0]], [y[1] * x[1], y[0] * x[1]]]),
        ).x ** 3
    ),
    "root, its value": lambda x: np.sum(so.root(lambda y: pair(y, x), [1.0, 1.0], tol=1e-13)["fun"]) + x[0],
    "fsolve": lambda x: so.fsolve(lambda y: np.array(pair(y, x)), [1.0, 1.0], xtol=1e-13)[0],
    "fsolve of one": lambda x: so.fsolve(lambda y: y**3 + y - x[0], 1.0, xtol=1e-13)[0] * x[1],
    "fixed_point": lambda x: so.fixed_point(lambda y: np.cos(x[0] * y) + x[1], 0.5, xtol=1e-13),
    "fixed_point of a vector": lambda x: np.sum(so.fixed_point(lambda y: 0.4 * np.cos(x * y), np.ones(2), xtol=1e-11)),
}  # fmt: skip
MINIMA: dict[str, Callable[[Any], Any]] = {
    "minimize": lambda x: so.minimize(
        lambda y: np.sum((y - x) ** 4 + (y - x) ** 2) + y[0] * y[1] * x[0], np.zeros(2), options={"gtol": 1e-9},
        jac=lambda y: 4 * (y - x) ** 3 + 2 * (y - x) + x[0] * y[::-1],
    ).x @ np.array([1.0, 2.0]),
    "minimize with both": lambda x: so.minimize(
        lambda y: (np.sum((y - x) ** 2) + y[0] * x[0], 2 * (y - x) + np.array([1.0, 0]) * x[0]), np.zeros(2), jac=True,
        method="L-BFGS-B",
    ).x @ np.array([1.0, 2.0]),
    "the least value": lambda x: so.minimize(
        lambda y: np.sum((y - x) ** 2) + y[0] * y[1] * x[0], np.zeros(2), jac=lambda y: 2 * (y - x) + x[0] * y[::-1]
    ).fun,
    "minimize at a bound": lambda x: so.minimize(
        lambda y: np.sum((y - x) ** 2) + y[0] * y[1] * x[0], np.zeros(2), bounds=[(0.8, 2), (None, None)], tol=1e-13,
        jac=lambda y: 2 * (y - x) + x[0] * y[::-1],
    ).x @ np.array([1.0, 2.0]),
    "minimize within Bounds": lambda x: so.minimize(
        lambda y: np.sum((y - x) ** 2) + y[0] * y[1] * x[0], np.ones(2), tol=1e-13,
        bounds=so.Bounds([0.8, -1.0], [2, 4.0]),
    ).x @ np.array([1.0, 2.0]),
    "minimize within one bound of all": lambda x: so.minimize(
        lambda y: np.sum((y - x[0]) ** 2 * np.array([1.0, 2.0, 3.0])), np.zeros(3), bounds=so.Bounds(0, 9), tol=1e-13
    ).x @ np.array([1.0, 2.0, x[1]]),
    "least_squares within Bounds": lambda x: so.least_squares(
        lambda y: np.array([y[0] - x[0], 10 * (y[1] - y[0] ** 2 * x[1])]), [1.0, 1.0], bounds=so.Bounds([-9, -8], 9),
        xtol=1e-14, ftol=1e-14, gtol=1e-14,
    ).x @ np.array([1.0, 2.0]),
    "minimize_scalar": lambda x: so.minimize_scalar(lambda y: np.cosh(y - x[0]) + x[1] * y).fun,
    "minimize_scalar within": lambda x: so.minimize_scalar(
        lambda y: np.cosh(y - x[0]) + x[1] * y, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9}
    ).fun,
    "least_squares": lambda x: so.least_squares(
        lambda y: np.array([y[0] - x[0], 10 * (y[1] - y[0] ** 2 * x[1]), y[1] * 0.1]), [1.0, 1.0], xtol=1e-14,
        ftol=1e-14, gtol=1e-14,
    ).x @ np.array([1.0, 2.0]),
    "least_squares, its cost": lambda x: so.least_squares(
        lambda y: curve(T, y[0], y[1]) - x[0] * np.cos(T) - x[1], [1.0, 1.0], loss="soft_l1", f_scale=0.3
    ).cost,
    "curve_fit": lambda x: so.curve_fit(curve, T, x[0] * np.exp(-T) + 0.1 * np.sin(9 * T) + x[1])[0] @ X,
    "curve_fit with deviations": lambda x: so.curve_fit(
        curve, T, np.exp(-T) + 0.1 * x[0] * np.sin(9 * T), p0=[1.0, 1.0], sigma=1 + x[1] * T, absolute_sigma=True
    )[0] @ X,
}  # fmt: skip
TRAJECTORIES: dict[str, Callable[[Any], Any]] = {
    "solve_ivp, the end": lambda x: solve_ivp(pendulum, (0, 2.0), [1.0, 0.0], args=(x[0], x[1]), **TIGHT).y[0, -1],
    "solve_ivp, the end of one": lambda x: solve_ivp(lambda t, y: -x[0] * y * t, (0, x[1]), [1.0], **TIGHT).y[0][-1],
    "solve_ivp at times": lambda x: np.sum(
        solve_ivp(
            lambda t, y: np.array([y[1], -x[0] * np.sin(y[0]) * t]), (0, 2.0), [1.0, x[1]], "DOP853",
            np.linspace(0, 2, 5), **TIGHT,
        ).y ** 2
    ),
    "solve_ivp between traced times": lambda x: np.sum(
        solve_ivp(lambda t, y: -t * y, (x[0], 1 + x[1]), x, method="LSODA", **TIGHT).y.T[-1]
    ),
    "solve_ivp at times before its end": lambda x: np.sum(
        solve_ivp(lambda t, y: -t * x[0] * y, (0, 2), x, t_eval=[x[1] ** 2, 0.9]).y ** 2
    ),
    "solve_ivp, dense": lambda x: solve_ivp(
        lambda t, y: -t * x[0] * y, (0, 2), [1.0], dense_output=True, **TIGHT
    ).sol(x[1])[0],
    "stiff": lambda x: solve_ivp(
        lambda t, y: np.array([-50 * (y[0] - np.cos(x[0] * t))]), (0, 1.0), x[1:], method="Radau", rtol=1e-6, atol=1e-8
    ).y[0, -1],
    "odeint": lambda x: np.sum(si.odeint(lambda y, t: -x[0] * y + t, x, np.linspace(0, 1, 4), **TIGHT) ** 2),
}  # fmt: skip
ROUGH = {"solve_ivp at times before its end", "stiff"}  # with tolerances as people give them
EVERY = {**ROOTS, **MINIMA, **INTEGRALS, **TRAJECTORIES}


@pytest.mark.parametrize("name", EVERY)
def test_value_and_derivatives(name: str) -> None:
    f = EVERY[name]
    loose = 1e-5 if name in MINIMA else 3e-2 if name in ROUGH else 1e-7
    np.testing.assert_allclose(st.jit(f)(X), f(X), rtol=1e-12 if name not in MINIMA else 1e-7)
    np.testing.assert_allclose(st.grad(f)(X), slopes(f, X), rtol=loose, atol=loose)
    np.testing.assert_allclose(st.jvp(f, (X,), (np.array([0.3, -0.8]),))[1], st.grad(f)(X) @ [0.3, -0.8], rtol=1e-9)
    wide = 3e-3 if name in MINIMA else 1e-1 if name in ROUGH else 1e-5
    hessian = st.hessian(f)(X)
    np.testing.assert_allclose(hessian, slopes(st.grad(f), X), rtol=wide, atol=wide)
    np.testing.assert_allclose(hessian, hessian.T, rtol=wide / 100, atol=wide / 100)


# --- truths -------------------------------------------------------------------------------------------------


def test_kepler_to_many_digits() -> None:
    def anomaly(m: Any, e: Any) -> Any:
        return brentq(lambda big: big - e * np.sin(big) - m, -10, 10, xtol=1e-14)

    with mpmath.workdps(30):

        def exact(m: Any, e: Any) -> Any:
            return mpmath.findroot(lambda big: big - e * mpmath.sin(big) - m, 1)

        orders = [(1, 0), (0, 1), (2, 0), (1, 1), (0, 2)]
        truth = {n: float(mpmath.diff(exact, (0.7, 0.3), n)) for n in orders}
    np.testing.assert_allclose(st.grad(anomaly, (0, 1))(0.7, 0.3), [truth[1, 0], truth[0, 1]], rtol=1e-11)
    assert st.hessian(anomaly)(0.7, 0.3) == pytest.approx(truth[2, 0], rel=1e-10)
    both = st.hessian(lambda x: anomaly(x[0], x[1]))(np.array([0.7, 0.3]))
    np.testing.assert_allclose(both, [[truth[2, 0], truth[1, 1]], [truth[1, 1], truth[0, 2]]], rtol=1e-10)


def test_gamma_function_as_an_integral() -> None:
    """Its derivatives are those of scipy.special's."""

    def gamma(a: Any) -> Any:
        return quad(lambda t: t ** (a - 1) * np.exp(-t), 0, np.inf, epsabs=1e-13, epsrel=1e-13)[0]

    with mpmath.workdps(30):
        truth = [float(mpmath.diff(mpmath.gamma, 3.3, n)) for n in (1, 2)]
    assert st.grad(gamma)(3.3) == pytest.approx(truth[0], rel=1e-10)
    assert st.hessian(gamma)(3.3) == pytest.approx(truth[1], rel=1e-9)


def test_linear_system_of_differential_equations() -> None:
    """exp(A t) y₀, of which the derivative by t, A and y₀ is known."""
    A, y0 = np.array([[-0.4, 1.3], [-0.9, 0.2]]), np.array([0.7, -0.4])

    def end(A: Any, y0: Any, t: Any) -> Any:
        return solve_ivp(lambda s, y: A @ y, (0, t), y0, method="DOP853", **TIGHT).y[:, -1]

    def closed(A: Any, y0: Any, t: Any) -> Any:
        return scipy.linalg.expm(A * t) @ y0

    for k in range(3):
        found, truth = (st.jacobian(f, k)(A, y0, 1.1) for f in (end, closed))
        np.testing.assert_allclose(found, truth, rtol=1e-8, atol=1e-10)


def test_default_tolerance_is_no_mismatch() -> None:
    """A trajectory to three digits has derivatives to about as many."""

    def f(x: Any) -> Any:
        return solve_ivp(pendulum, (0, 2.0), [1.0, 0.0], args=(x[0], x[1])).y[0, -1]

    exact = st.grad(TRAJECTORIES["solve_ivp, the end"])(X)
    np.testing.assert_allclose(st.grad(f)(X), exact, rtol=1e-3)


def test_fit_of_a_line_is_the_normal_equations() -> None:
    y = np.array([0.3, 1.2, 1.7, 3.4, 3.9])
    t = np.arange(5.0)

    def fitted(y: Any) -> Any:
        return so.curve_fit(lambda t, a, b: a + b * t, t, y)[0]

    design = np.stack([np.ones(5), t], axis=1)
    np.testing.assert_allclose(st.jacobian(fitted)(y), np.linalg.pinv(design), rtol=1e-6, atol=1e-8)

    def spread(y: Any) -> Any:
        return so.curve_fit(lambda t, a, b: a + b * t, t, y)[1]

    residual = y - design @ np.linalg.pinv(design) @ y
    truth = 2 / 3 * np.multiply.outer(np.linalg.inv(design.T @ design), residual)
    np.testing.assert_allclose(st.jacobian(spread)(y), truth, rtol=1e-5, atol=1e-8)


# --- inside one another and other things ---------------------------------------------------------------------


def test_a_minimum_of_minima() -> None:
    """The outer problem's objective holds the solution of the inner one."""

    def inner(y: Any, x: Any) -> Any:
        return so.newton(lambda z: z**3 + z - y - x, 0.5, tol=1e-13)

    def outer(x: Any) -> Any:
        return so.minimize_scalar(lambda y: inner(y, x) ** 2 + (y - 1) ** 2, bounds=(-3, 3), method="bounded").fun

    assert st.grad(outer)(0.4) == pytest.approx(st.numeric.derivative(outer, 0.4).value, rel=1e-5)


def test_root_of_an_integral() -> None:
    def median(rate: Any) -> Any:
        return brentq(lambda m: quad(lambda t: rate * np.exp(-rate * t), 0, m)[0] - 0.5, 0, 10)

    assert st.grad(median)(0.8) == pytest.approx(-np.log(2) / 0.8**2, rel=1e-9)
    assert st.hessian(median)(0.8) == pytest.approx(2 * np.log(2) / 0.8**3, rel=1e-7)


def test_rows() -> None:
    def f(m: Any) -> Any:
        return brentq(lambda y: y - 0.3 * np.sin(y) - m, -10, 10)

    m = np.array([0.1, 0.5, 1.4])
    np.testing.assert_allclose(st.vmap(f)(m), [f(v) for v in m], rtol=1e-14)
    together = st.grad(lambda m: np.sum(st.vmap(f)(m) ** 2))(m)
    np.testing.assert_allclose(together, [st.grad(lambda v: f(v) ** 2)(v) for v in m], rtol=1e-12)
    areas = st.vmap(st.grad(lambda a: quad(lambda t: np.exp(-a * t), 0, a)[0]))
    np.testing.assert_allclose(areas(m), [st.grad(lambda a: quad(lambda t: np.exp(-a * t), 0, a)[0])(v) for v in m])

    def decay(a: Any) -> Any:
        return solve_ivp(lambda t, y: -a * y, (0, 1.0), [1.0], **TIGHT).y[0, -1]

    np.testing.assert_allclose(st.vmap(decay)(m), np.exp(-m), rtol=1e-9)
    found = st.grad(lambda m: np.sum(st.vmap(decay)(m)))(m)
    np.testing.assert_allclose(found, -np.exp(-m), rtol=1e-8)


def test_branch_outside_of_the_solver() -> None:
    """A branch on what is not the solver's unknown is guarded like any other."""

    def f(x: Any) -> Any:
        def g(y: Any) -> Any:
            return y - x if x > 1 else y - x**2

        return brentq(g, -10, 10)

    derivative = st.grad(f)
    assert [derivative(v) for v in (2.0, 0.5)] == pytest.approx([1.0, 1.0], rel=1e-9)
    assert derivative(0.25) == pytest.approx(0.5, rel=1e-9)


def test_nothing_varies() -> None:
    """What does not depend on the inputs is a plain number."""
    assert st.grad(lambda x: x * brentq(lambda y: y**2 - 2, 0, 2))(3.0) == pytest.approx(np.sqrt(2))
    assert st.grad(lambda x: x ** round(brentq(lambda y: y - 2, 0, 5)))(3.0) == pytest.approx(6.0)


def test_many_calls_by_way_of_machine_code() -> None:
    f = st.grad(lambda x: np.sum(np.exp(np.sin(x))) * brentq(lambda y: y**3 - x[0], 0, 5))
    truth = f(X)
    for _ in range(40):
        np.testing.assert_allclose(f(X), truth, rtol=1e-12)
