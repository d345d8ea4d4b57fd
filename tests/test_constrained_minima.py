"""Minima under constraints: derivatives by the conditions of Karush, Kuhn and Tucker, and what they do not cover."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.optimize as so

import steepest as st
from steepest.errors import CaptureError, NonFiniteError, NotConvergedError

X = np.array([1.3, 0.7, 2.1])
RISK = np.array([[1.0, 0.2, 0.1], [0.2, 2.0, 0.3], [0.1, 0.3, 1.5]])
SHARES = np.array([1.0, 2.0, 3.0])
EXACT: dict[str, Any] = {"options": {"ftol": 1e-14, "maxiter": 500}}
BUDGET = {"type": "eq", "fun": lambda w: w.sum() - 1}


def in_the_ball(x: Any) -> Any:
    """The nearest point of the unit ball; the second constraint holds with room to spare."""
    ball = [{"type": "ineq", "fun": lambda z: 1 - z @ z}, {"type": "ineq", "fun": lambda z: 5 - z[0]}]
    return so.minimize(lambda z: (z - x) @ (z - x), np.zeros(3), constraints=ball, **EXACT).x @ SHARES


def portfolio(x: Any) -> Any:
    found = so.minimize(
        lambda w: w @ RISK @ w - 1.2 * x @ w, np.ones(3) / 3, bounds=[(0, 1)] * 3, constraints=BUDGET, **EXACT
    )
    return found.x @ SHARES


def moving(x: Any) -> Any:
    """The constraint moves too, is given arguments, and its slope."""
    line = {"type": "eq", "fun": lambda z, a: z[0] + z[1] * a - 1, "args": (x[0],), "jac": lambda z, a: [1.0, a]}
    found = so.minimize(
        lambda z: (z[0] - x[0]) ** 2 + (z[1] - x[1]) ** 2 + 0.3 * x[2] * z[0] * z[1],
        [1.0, 1.0],
        constraints=line,
        **EXACT,
    )
    return found.x[0] + 2 * found.x[1] + found.fun


def linear(x: Any) -> Any:
    both = so.LinearConstraint([[1, 1, 1.0], [1, -1, 0]], [1, -np.inf], [1, 0.2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy would have each kind in a constraint of its own
        return so.minimize(lambda w: np.sum(np.exp(w) - x * w), SHARES / 6, constraints=[both], **EXACT).x @ SHARES


def nonlinear(x: Any) -> Any:
    size = so.NonlinearConstraint(lambda w: w @ w * x[0], -np.inf, 1.0)
    return so.minimize(lambda w: np.sum(np.exp(w) - x * w), SHARES / 6, constraints=size, **EXACT).x @ SHARES


def with_slope(x: Any) -> Any:
    def value_and_slope(w: Any) -> Any:
        return np.sum((w - x) ** 4), 4 * (w - x) ** 3

    return so.minimize(value_and_slope, np.zeros(3), jac=True, constraints=BUDGET, **EXACT).x @ SHARES


def slopes(f: Callable[[Any], Any], h: float = 1e-3) -> np.ndarray:
    return np.array([(f(X + d) - f(X - d)) / (2 * h) for d in h * np.eye(3)])


@pytest.mark.parametrize("f", [in_the_ball, portfolio, moving, linear, nonlinear, with_slope], ids=lambda f: f.__name__)
def test_slopes(f: Callable[[Any], Any]) -> None:
    np.testing.assert_allclose(st.grad(f)(X), slopes(f), rtol=2e-4, atol=2e-4)
    np.testing.assert_allclose(st.jvp(f, (X,), (SHARES,))[1], st.grad(f)(X) @ SHARES, rtol=1e-9)


def test_the_nearest_point_of_a_ball() -> None:
    """It is x/|x|, so that its slope is known."""
    size = np.linalg.norm(X)
    np.testing.assert_allclose(st.grad(in_the_ball)(X), SHARES / size - X * (X @ SHARES) / size**3, rtol=1e-6)


def test_what_is_bounded_does_not_move() -> None:
    def second(x: Any) -> Any:
        return so.minimize(
            lambda w: w @ RISK @ w - 1.2 * x @ w, np.ones(3) / 3, bounds=[(0, 1)] * 3, constraints=BUDGET, **EXACT
        ).x[1]

    assert abs(second(X)) < 1e-10
    np.testing.assert_allclose(st.grad(second)(X), 0, atol=1e-10)


def test_second_derivatives() -> None:
    h = 1e-4
    bends = [(st.grad(moving)(X + d) - st.grad(moving)(X - d)) / (2 * h) for d in h * np.eye(3)]
    np.testing.assert_allclose(st.hessian(moving)(X), bends, rtol=1e-3, atol=1e-4)


def test_where_the_solution_has_a_kink() -> None:
    def touching(x: Any) -> Any:
        room = {"type": "ineq", "fun": lambda z: x[0] + x[1] - z.sum()}
        return so.minimize(lambda z: (z - x[:2]) @ (z - x[:2]), [0.0, 0.0], constraints=room, **EXACT).x[0]

    with pytest.raises(NotConvergedError, match="holds with equality but does not push"):
        st.grad(touching)(X)


def test_what_is_said_twice_has_no_multipliers() -> None:
    with pytest.raises((NonFiniteError, NotConvergedError)):
        st.grad(lambda x: so.minimize(lambda w: w @ w - x @ w, SHARES, constraints=[BUDGET] * 2, **EXACT).x[0])(X)


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"constraints": BUDGET, "method": "trust-constr"}, "method="),
        ({"constraints": BUDGET, "callback": print}, "callback="),
        ({"constraints": [print]}, "constraints="),
    ],
)
def test_refused(settings: Any, what: str) -> None:
    with pytest.raises(CaptureError, match=what):
        st.grad(lambda x: so.minimize(lambda w: (w - x) @ (w - x), SHARES, **settings).x[0])(X)
