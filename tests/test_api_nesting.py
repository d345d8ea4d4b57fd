"""Derivatives inside derivatives, in closures, in threads: perturbations are never confused."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy

import steepest as st
from steepest.errors import CaptureError, SteepestError

X = np.array([0.7, -1.3, 2.1])
ONES = np.ones(3)
SOFTMAX = np.exp(X) / np.exp(X).sum()


def fourth(x: Any) -> Any:
    return np.sum(x**4)


def descended(x: Any) -> Any:
    """Three steps of descent on (y − x)⁴, from 0."""
    y = 0.0
    for _ in range(3):
        y = y - 0.05 * st.grad(lambda y: (y - x) ** 4)(y)
    return y


NESTED: dict[str, tuple[Callable[[], Any], Any]] = {
    "x times the derivative of x + y": (lambda: st.grad(lambda x: x * st.grad(lambda y: x + y)(2.0))(3.0), 1.0),
    "of x y": (lambda: st.grad(lambda x: x * st.grad(lambda y: x * y)(2.0))(3.0), 6.0),
    "same names": (lambda: st.grad(lambda x: x * st.grad(lambda x: x**2)(x))(3.0), 12.0),
    "three levels": (
        lambda: st.grad(lambda x: st.grad(lambda y: y * st.grad(lambda z: x * y * z)(x))(x))(2.0),
        8.0,
    ),
    "grad grad": (lambda: st.grad(st.grad(np.sin))(1.0), -np.sin(1.0)),
    "grad grad grad": (lambda: st.grad(st.grad(st.grad(lambda x: x**4)))(2.0), 48.0),
    "jacobian of the grad of a library's function": (
        lambda: st.jacobian(st.grad(scipy.special.logsumexp))(X),
        np.diag(SOFTMAX) - np.outer(SOFTMAX, SOFTMAX),
    ),
    "grad of the grad of a library's function": (
        lambda: st.grad(lambda x: st.grad(scipy.linalg.norm)(x)[1])(X),
        (np.eye(3)[1] - X[1] * X / (X @ X)) / np.sqrt(X @ X),
    ),
    "hessian of grad": (lambda: st.hessian(lambda x: np.sum(st.grad(fourth)(x)))(X), np.diag(24 * X)),
    "jacobian of grad": (lambda: st.jacobian(st.grad(fourth))(X), np.diag(12 * X**2)),
    "jacfwd of jacrev": (lambda: st.jacfwd(st.jacrev(fourth))(X), np.diag(12 * X**2)),
    "jacrev of jacfwd": (lambda: st.jacrev(st.jacfwd(fourth))(X), np.diag(12 * X**2)),
    "jacobian of hessian": (
        lambda: np.einsum("iii->i", st.jacobian(st.hessian(lambda x: np.sum(x**5)))(X)),
        60 * X**2,
    ),
    "jvp of grad": (lambda: st.jvp(st.grad(fourth), (X,), (ONES,))[1], 12 * X**2),
    "grad of jvp": (lambda: st.grad(lambda x: st.jvp(fourth, (x,), (ONES,))[1])(X), 12 * X**2),
    "grad of vjp": (lambda: st.grad(lambda x: st.vjp(lambda y: y**3, x)[1](ONES)[0].sum())(X), 6 * X),
    "grad of linearize": (lambda: st.grad(lambda x: st.linearize(lambda y: y**3, x)[1](ONES).sum())(X), 6 * X),
    "grad of hvp": (lambda: st.grad(lambda x: np.sum(st.hvp(fourth)(x, ONES)))(X), 24 * X),
    "grad of value_and_grad": (lambda: st.grad(lambda x: st.value_and_grad(lambda y: y**3)(x)[1])(2.0), 12.0),
    "grad by a direction": (lambda: st.grad(lambda v: st.jvp(fourth, (X,), (v,))[1])(ONES), 4 * X**3),
    "grad of derivative": (lambda: st.grad(lambda x: st.derivative(lambda t: t**4, 2)(x))(2.0), 48.0),
    "grad of partial_derivative": (
        lambda: st.grad(lambda x: st.partial_derivative(lambda a, b: a**2 * b**3, "b")(2.0, x))(3.0),
        72.0,
    ),
    "grad of directional_derivative": (
        lambda: st.grad(lambda x: st.directional_derivative(lambda y: y @ y, x, ONES))(X),
        2 * ONES,
    ),
    "vmap of grad": (lambda: st.vmap(st.grad(lambda x: x**3))(X), 3 * X**2),
    "grad of vmap": (lambda: st.grad(lambda x: np.sum(st.vmap(lambda t: t**3)(x)))(X), 3 * X**2),
    "vmap of vmap": (lambda: st.vmap(st.vmap(lambda t: t**3))(np.outer(X, X)), np.outer(X, X) ** 3),
    "hessian of vmap of grad": (
        lambda: st.hessian(lambda x: np.sum(st.vmap(st.grad(lambda t: t**4))(x)))(X),
        np.diag(24 * X),
    ),
    "vmap with a traced closure": (
        lambda: st.grad(lambda a: np.sum(st.vmap(lambda t: a * t)(X)))(2.0),
        X.sum(),
    ),
    "grad of jit": (lambda: st.grad(st.jit(fourth))(X), 4 * X**3),
    "jit of grad": (lambda: st.jit(st.grad(fourth))(X), 4 * X**3),
    "grad in a loop": (
        lambda: st.grad(lambda x: descended(x))(1.5),
        st.numeric.derivative(lambda x: float(descended(x)), 1.5).value,
    ),
    "inner object": (
        lambda: st.grad(lambda x: sum(st.grad(lambda p: p["a"] ** 2 * p["b"])({"a": x, "b": 3.0}).values()))(2.0),
        6.0 + 4.0,
    ),
    "a check inside": (lambda: st.grad(lambda x: x.sum() if st.check(fourth, X) else x.prod())(X), ONES),
}


@pytest.mark.parametrize("name", NESTED)
def test_nested(name: str) -> None:
    compute, expected = NESTED[name]
    for _ in range(2):
        np.testing.assert_allclose(compute(), expected, rtol=1e-7)


def test_integer_derivatives_stay_floats_inside() -> None:
    def f(x: Any) -> Any:
        slope = st.grad(lambda y: np.sum(2 * y))(x)  # is 2 everywhere, and may be written to
        slope[0] = 0.5
        return slope @ x

    np.testing.assert_allclose(st.grad(f)(X), [0.5, 2.0, 2.0])


def test_writing_across_levels() -> None:
    def f(x: Any) -> Any:
        y = np.zeros(3)

        def inner(t: Any) -> Any:
            z = np.zeros(3)
            z[0], z[1] = t, x[0] * t
            return z @ x

        y[0] = st.grad(inner)(x[1])
        y[1] = x[2] ** 2
        return y.sum()

    np.testing.assert_allclose(st.grad(f)(X), st.numeric.gradient(f, X).value, rtol=1e-7)


def test_a_value_that_leaves_its_function() -> None:
    kept: list[Any] = []

    def inner(y: Any) -> Any:
        kept.append(y * 2)
        return y**2

    def f(x: Any) -> Any:
        st.grad(inner)(x)
        return kept[-1] * x

    with pytest.raises(CaptureError, match=r"after the function it belongs to has ended\n +at test_api_nesting\.py"):
        st.grad(f)(2.0)


def test_a_branch_in_an_inner_function_is_watched() -> None:
    def f(x: Any) -> Any:
        return st.grad(lambda y: y**2 if y > x[0] else y**3)(x[1])

    g = st.grad(f)
    for x in ([1.0, 2.0], [2.0, 1.0], [1.0, 3.0]):
        np.testing.assert_allclose(g(np.array(x)), st.numeric.gradient(f, np.array(x)).value, rtol=1e-6, atol=1e-9)


def test_numeric_differences_of_a_traced_value_are_refused() -> None:
    with pytest.raises(SteepestError, match=r"test_api_nesting\.py"):
        st.grad(lambda x: st.numeric.derivative(np.sin, x).value)(1.0)
    with pytest.raises(SteepestError):
        st.grad(lambda x: x.sum() if st.check(fourth, x) else x.prod())(X)


def test_a_function_that_fails_leaves_nothing_behind() -> None:
    def f(x: Any) -> Any:
        if len(x) == 3:
            raise KeyError("not three")
        return x @ x

    with pytest.raises(KeyError, match="not three"):
        st.grad(f)(X)
    np.testing.assert_array_equal(st.grad(f)(np.ones(2)), [2.0, 2.0])  # and no trace is still under way


def shared(z: Any) -> Any:
    total = 0.0
    for v in z:
        total = total + (v**4 if v > 0 else np.sin(v))
    return total


def own(rng: np.random.Generator) -> None:
    a, x = rng.normal(), rng.normal(size=3)

    def f(x: Any) -> Any:
        y = np.zeros(3)
        for i in range(3):
            y[i] = np.sin(a * x[i]) * x[i] ** 2
        return y.sum() + st.grad(lambda t: t * t * a)(x[0])

    expected = np.cos(a * x) * a * x**2 + 2 * x * np.sin(a * x)
    expected[0] += 2 * a
    np.testing.assert_allclose(st.grad(f)(x), expected)


def test_threads() -> None:
    gradient = st.grad(shared)
    failures: list[str] = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        try:
            for _ in range(6):
                own(rng)
                z = rng.normal(size=int(rng.integers(1, 5)))
                np.testing.assert_allclose(gradient(z), np.where(z > 0, 4 * z**3, np.cos(z)))
        except Exception:
            failures.append(traceback.format_exc())

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(5)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert failures == []
