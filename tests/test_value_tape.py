"""Functions that go another way at every call: past the bound, runs on a tape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_control_flow import slope

import steepest as st
from steepest.api import function, transformed
from steepest.api.function import FEW, record_of

Program = Callable[..., Any]


def ranked(x: Any) -> Any:
    total = 0.0
    for k, v in enumerate(sorted(x)):
        total = total + (k + 1) * v**2 * x[k]
    return total


def filled(x: Any) -> Any:
    y = np.zeros(len(x))
    for k in sorted(range(len(x)), key=lambda k: x[k]):
        y[k] = np.sin(x[k]) * y[k - 1] + 1
    y[1:] += x[:-1]
    y *= 2
    return y @ x


def selected(x: Any) -> Any:
    kept = x[x > np.median(x)]
    head, tail = np.split(np.concatenate([kept, x]), [2])
    return np.linalg.norm(head) * np.sum(tail[::-1] * np.arange(len(tail))) + np.where(x > 0, x, x**2).max()


def nested(x: Any) -> Any:
    order = sorted(x)
    return st.grad(lambda y: np.sum(y**3) * order[0])(x)[1] * order[-1]


def of_matrices(x: Any) -> Any:
    A = np.outer(x, x) + np.diag(sorted(abs(v) + 1 for v in x))
    return np.linalg.solve(A, x)[int(np.argmax(x))] + np.einsum("ij,j->i", A, x).sum()


def nested_written_out(x: Any) -> Any:
    return 3 * x[1] ** 2 * min(x) * max(x)


def signed(x: Any) -> Any:
    return sum((k + 1) * (2 * np.copysign(v, -0.0) + 3 * np.copysign(v, 0.0)) for k, v in enumerate(sorted(x)))


TAPED = [
    (ranked, ranked),
    (filled, filled),
    (selected, selected),
    (nested, nested_written_out),
    (of_matrices, of_matrices),
    (signed, signed),
]


def on_tape(f: Program) -> int:
    return sum(ways.taped for ways in record_of(f).ways.values())


@pytest.mark.parametrize(("f", "plain"), TAPED, ids=lambda f: f.__name__)
def test_a_new_way_at_every_call(f: Program, plain: Program) -> None:
    gradient, both, jacobian = st.grad(f), st.value_and_grad(f), st.jacobian(lambda x: np.stack([f(x), x[0] * f(x)]))
    rng = np.random.default_rng(4)
    while not on_tape(f):
        gradient(rng.normal(size=7))
    traces = record_of(f).traces
    for _ in range(4):
        x, v = rng.normal(size=7), rng.normal(size=7)
        g, value = slope(plain, x), plain(x)
        close = {"rtol": 1e-6, "atol": 1e-8 * np.abs(g).max()}
        np.testing.assert_allclose(gradient(x), g, **close)
        np.testing.assert_allclose(both(x)[0], value)
        np.testing.assert_allclose(both(x)[1], g, **close)
        np.testing.assert_allclose(st.jvp(f, (x,), (v,))[1], g @ v, **close)
        np.testing.assert_allclose(st.vjp(f, x)[1](2.0)[0], 2 * g, **close)
        np.testing.assert_allclose(jacobian(x)[0], g, **close)
    assert record_of(f).traces == traces
    assert on_tape(f) >= 4
    assert "calls on a tape" in str(gradient.explain())
    assert "each call is different" in str(gradient.explain())


def test_second_derivatives_of_a_new_way_at_every_call() -> None:
    def f(x: Any) -> Any:
        return sum((k + 1) * v**3 * x[0] for k, v in enumerate(sorted(x)))

    hessian, product = st.hessian(f), st.hvp(f)
    rng = np.random.default_rng(5)
    for _ in range(FEW):
        hessian(rng.normal(size=6))
    for _ in range(3):
        x, v = rng.normal(size=6), rng.normal(size=6)
        expected = st.numeric.hessian(f, x).value
        np.testing.assert_allclose(hessian(x), expected, rtol=1e-5, atol=1e-4)
        np.testing.assert_allclose(product(x, v), expected @ v, rtol=1e-5, atol=1e-4)
    assert on_tape(f)


def test_floats_of_single_precision_stay_so_on_a_tape() -> None:
    g = st.grad(lambda x: sum(0.5 * k * v**2 for k, v in enumerate(sorted(x))))
    rng = np.random.default_rng(6)
    for _ in range(FEW + 2):
        x = rng.normal(size=6).astype(np.float32)
        found = g(x)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, np.argsort(np.argsort(x)) * x, rtol=1e-5)


def test_several_arguments_on_a_tape() -> None:
    def f(p: Any, n: int, y: Any) -> Any:
        return sum(v * k for k, v in enumerate(sorted(p["a"]))) * y**n + p["b"]

    g = st.grad(f, argnums=(0, 2))
    rng = np.random.default_rng(7)
    for _ in range(FEW + 3):
        a, y = rng.normal(size=5), rng.normal()
        found, slope_of_y = g({"a": a, "b": 1.0}, 3, y)
        ranks = np.argsort(np.argsort(a))
        np.testing.assert_allclose(found["a"], ranks * y**3)
        assert found["b"] == 1
        np.testing.assert_allclose(slope_of_y, ranks @ a * 3 * y**2)
    assert on_tape(f)


def test_a_derivative_that_is_not_finite_names_its_cause_on_a_tape_too() -> None:
    def f(x: Any) -> Any:
        return sum(k * v for k, v in enumerate(sorted(x))) + np.arccos(2 + x[0] ** 2)

    def g(x: Any) -> Any:
        return sum(k * v for k, v in enumerate(sorted(x))) + np.where(x > 0, np.log(np.abs(x)), 0.0).sum()

    rng = np.random.default_rng(8)
    for _ in range(FEW + 1):
        st.grad(g)(rng.normal(size=6))
    assert on_tape(g)
    x = np.array([0.0, 1.0, 2.0, 3.0, -4.0, 5.0])  # log|0| is not chosen, and must not spoil the sum
    np.testing.assert_allclose(st.grad(g)(x), np.argsort(np.argsort(x)) + np.array([0, 1, 1 / 2, 1 / 3, 0, 1 / 5]))
    for _ in range(FEW + 2):
        with pytest.raises(st.errors.NonFiniteError, match="arccos"):
            st.grad(f)(rng.normal(size=6))


def test_what_is_read_may_change_on_a_tape() -> None:
    factor = [1.0]

    def f(x: Any) -> Any:
        return sum(k * v for k, v in enumerate(sorted(x))) * factor[0]

    g = st.grad(f)
    rng = np.random.default_rng(9)
    for k in range(FEW + 4):
        x, factor[0] = rng.normal(size=6), float(k)
        np.testing.assert_allclose(g(x), k * np.argsort(np.argsort(x)))
    assert on_tape(f)


def test_ways_that_turn_out_to_recur_are_captured_after_all() -> None:
    def f(x: Any) -> Any:
        total = x @ x
        for k in range(4):
            total = total * (np.sin(x[k]) if x[k] > 0 else x[k])
        return total

    g = st.grad(f)
    corners = [np.array([a, b, c, d]) for a in (-1, 1) for b in (-2, 2) for c in (-3, 3) for d in (-0.5, 0.5)]
    expected = [slope(f, x) for x in corners]
    rng = np.random.default_rng(16)
    taped = []
    for k in (*range(16), *rng.integers(0, 16, 150)):
        np.testing.assert_allclose(g(corners[k] * 1.0), expected[k], rtol=1e-6)
        taped.append(on_tape(f))
    assert 0 < taped[-1] == taped[90] <= function.OFTEN + FEW
    assert record_of(f).traces == 16
    assert "until the ways of some were taken again" in str(g.explain())


def test_the_bound_of_captures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(function, "SPECIALISATIONS", 3)

    def f(x: Any) -> Any:
        return x ** int(x)

    g = st.grad(f)
    for _ in range(3):
        for k in range(1, 7):
            assert g(k + 0.5) == pytest.approx(k * (k + 0.5) ** (k - 1))
    assert record_of(f).traces == 3
    assert "3 captures are kept, and none of them holds" in str(g.explain())


def test_runs_on_a_tape_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    real = transformed.check_on_tape
    monkeypatch.setattr(transformed, "check_on_tape", lambda *args: (calls.append(1), real(*args)))
    g = st.grad(lambda x: sum(k * v for k, v in enumerate(sorted(x))))
    rng = np.random.default_rng(10)
    for _ in range(FEW + 6):
        g(rng.normal(size=6))
    assert len(calls) == transformed.CHECKED
