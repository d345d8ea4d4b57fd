"""SciPy's solvers inside functions: what has no derivative is refused, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.optimize as so
from integrals import INTEGRALS, X, slopes
from scipy.integrate import quad, solve_ivp
from scipy.optimize import brentq

import steepest as st
from steepest.errors import CaptureError, FormulaError, NonFiniteError, NotConvergedError, UnknownFunctionError

# --- refusals -----------------------------------------------------------------------------------------------


def refused(f: Callable[[Any], Any], error: type[Exception], match: str, x: Any = X) -> None:
    with pytest.raises(error, match=match):
        st.grad(f)(x)


def test_what_is_refused() -> None:
    def branching(x: Any) -> Any:
        return brentq(lambda y: y - x[0] if y > 0 else y, -1, 1)

    refused(branching, CaptureError, r"branch that depends on the unknown\n    at test_solvers_refused\.py")
    refused(lambda x: so.minimize(lambda y: y @ y, X, bounds=[(x[0], 2), (0, 1)]).fun, CaptureError, "bounds=")
    refused(lambda x: so.brentq(lambda y: y - x[0], -1, 1, full_output=True)[0], CaptureError, "full_output=")
    refused(lambda x: quad(lambda t: t, 0, x[0], weight="cos", wvar=2.0)[0], CaptureError, "weight=")
    refused(lambda x: so.root(lambda y: [y[0] - x[0]], X).x[0], CaptureError, "as many equations as unknowns")
    refused(lambda x: so.minimize(lambda y: y - x, X).x[0], CaptureError, "must give one number")
    refused(lambda x: np.sum(solve_ivp(lambda t, y: -x * y, (0, 1), X).y), CaptureError, "t_eval")
    refused(lambda x: solve_ivp(lambda t, y: -x * y, (0, 1), X).y[0, 1], CaptureError, "t_eval")
    refused(lambda x: solve_ivp(lambda t, y: -x * y, (0, 1), X).nfev * x[0], CaptureError, "'nfev'")
    refused(lambda x: so.minimize(lambda y: (y - x) @ (y - x), X).nit * x[0], CaptureError, "'nit'")
    refused(
        lambda x: so.linprog(x, [[1, 1]], [1]).fun,
        UnknownFunctionError,
        r"linprog finds is known\n    at",
    )
    refused(
        lambda x: so.differential_evolution(lambda y: (y - x) @ (y - x), [(0, 1), (0, 1)], seed=0).fun,
        UnknownFunctionError, "differential_evolution",
    )  # fmt: skip


def test_a_solution_that_does_not_move_smoothly() -> None:
    refused(lambda x: so.bisect(lambda y: (y - x[0]) ** 3, 0, 1), NonFiniteError, "no derivative here")
    flat = {"bounds": (1, 2), "method": "bounded"}
    refused(lambda x: so.minimize_scalar(lambda y: (y - x[0]) ** 2, **flat).x, NotConvergedError, "at a bound")


def test_no_solution() -> None:
    def f(x: Any) -> Any:
        return so.root(lambda y: y**2 + x[0], [1.0]).x[0]

    refused(f, NotConvergedError, r"scipy.optimize.root inside the function did not succeed")


def test_text_is_refused() -> None:
    f = st.formula(INTEGRALS["quad"], x="2")
    for text in (str, lambda f: f.python(), lambda f: f.c()):
        with pytest.raises(FormulaError):
            text(f)


def test_settings_made_inside_the_function() -> None:
    """Arrays of plain numbers that the function makes are settings like those made outside."""

    def f(x: Any) -> Any:
        bounds = np.array([[0.8, 2.0], [-5.0, 5.0]])
        return so.minimize(lambda y: np.sum((y - x) ** 2), np.zeros(2), bounds=bounds).x @ np.array([1.0, 2.0])

    np.testing.assert_allclose(st.grad(f)(X), [0, 2], atol=1e-6)


def test_a_search_that_ends_for_want_of_digits() -> None:
    """SciPy calls it a failure when more digits are asked for than there are; a true one is told."""

    def f(x: Any) -> Any:
        return so.minimize(lambda y: np.sum((y - x) ** 4 + (y - x) ** 2) + y[0] * y[1], np.zeros(2), tol=1e-15).x @ X

    assert not so.minimize(lambda y: np.sum((y - X) ** 4 + (y - X) ** 2) + y[0] * y[1], np.zeros(2), tol=1e-15).success
    np.testing.assert_allclose(st.grad(f)(X), slopes(f, X), rtol=1e-5)
    refused(
        lambda x: so.minimize(lambda y: np.sum((y - x) ** 4), np.ones(2), options={"maxiter": 2}).x @ X,
        NotConvergedError, "scipy.optimize.minimize inside the function did not succeed",
    )  # fmt: skip


def test_jumps_that_move_are_refused() -> None:
    """Leibniz' rule, the sensitivities and the implicit-function theorem do not see a jump that moves."""
    absolute = quad_of_distance
    np.testing.assert_allclose(st.grad(absolute)(X), slopes(absolute, X), rtol=1e-6)  # a kink is none
    for f in (
        lambda x: quad(lambda t: np.where(t < x[0], 1.0, 2.0), 0, 1)[0],
        lambda x: st.grad(absolute)(x)[0],
        lambda x: solve_ivp(lambda t, y: np.where(t < x[0], 1.0, -y), (0, 1), x).y[0, -1],
        lambda x: solve_ivp(lambda t, y: np.where(y > 0.6, -x[0], -y), (0, 1), x).y[0, -1],
        lambda x: so.minimize(lambda y: np.sum(np.abs(y - x)), np.zeros(2), method="Nelder-Mead").x @ X,
    ):
        refused(f, UnknownFunctionError, "may jump")
    fixed = quad_of_a_step
    np.testing.assert_allclose(st.grad(fixed)(X), slopes(fixed, X), rtol=1e-6, atol=1e-9)


def quad_of_distance(x: Any) -> Any:
    return quad(lambda t: np.abs(t - x[0]) * x[1], 0, 1, epsabs=1e-12)[0]


def quad_of_a_step(x: Any) -> Any:
    return quad(lambda t: np.where(t < 0.3, 1.0, 2.0) * np.exp(x[0] * t), 0, 1, points=[0.3])[0]


def test_a_jump_is_no_root() -> None:
    def f(x: Any) -> Any:
        return brentq(lambda y: np.where(y < x[0], -1.0, 1.0) + 0.1 * (y - x[1]) * x[0], -3, 3)

    refused(f, NonFiniteError, "no solution of smooth equations")


@pytest.mark.parametrize("method", [None, "Nelder-Mead", "SLSQP", "Powell"])
def test_a_bound_that_does_not_push(method: str | None) -> None:
    """The minimum lies on the bound also without it: on one side it moves with x, on the other it stays."""

    def f(x: Any) -> Any:
        bounds = [(0.0, None), (0.0, 3.0)]
        return so.minimize(lambda y: np.sum((y - x) ** 2), np.ones(2), bounds=bounds, method=method).x @ X

    refused(f, NotConvergedError, "at a bound that does not push", np.array([0.0, 1.0]))


def test_a_bound_that_pushes_and_one_that_leaves_no_room() -> None:
    def f(x: Any) -> Any:
        bounds = [(0.0, None), (0.0, 3.0), (2.0, 2.0)]
        return so.minimize(lambda y: np.sum((y - x) ** 2), np.ones(3), bounds=bounds).x @ np.array([1.0, 2.0, 4.0])

    np.testing.assert_allclose(st.grad(f)(np.array([-1.0, 1.0, 2.0])), [0, 2, 0], atol=1e-6)
