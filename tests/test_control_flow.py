"""Branches, loops and errors that depend on values: the way that the values take, at every call."""

from __future__ import annotations

import bisect
import heapq
import math
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.api import branching, function, transformed
from steepest.api.function import FEW, record_of
from steepest.errors import MismatchError, ShapeError

Program = Callable[..., Any]


def slope(f: Program, x: Any) -> Any:
    return st.numeric.gradient(f, x).value


# --- the way values take --------------------------------------------------------------------------------


def chained(x: Any) -> Any:
    return x[0] ** 2 if -0.5 < x[1] < x[2] else x.prod()


def popped(x: Any) -> Any:
    heap = [(v**2, k) for k, v in enumerate(x)]
    heapq.heapify(heap)
    (first, k), (second, _) = heapq.heappop(heap), heapq.heappop(heap)
    return first * second + x[k]


def nearest(x: Any) -> Any:
    return heapq.nsmallest(2, x)[1] * heapq.nlargest(1, x)[0]


def between(x: Any) -> Any:
    edges = [-1.0, 0.0, 1.0]
    k = bisect.bisect(edges, x[0])
    return x[1] * k + x[0] ** (k + 1)


def inserted(x: Any) -> Any:
    ascending: list[Any] = []
    for v in x:
        bisect.insort(ascending, v)
    return ascending[0] * ascending[1] ** 2


def by_key(x: Any) -> Any:
    order = sorted(range(3), key=lambda k: -x[k])
    return sum((j + 1) * x[k] ** 2 for j, k in enumerate(order))


def sorted_in_place(x: Any) -> Any:
    values = list(x)
    values.sort(reverse=True)
    return values[0] * values[1] + values[2] ** 3


def positive_part(x: Any) -> Any:
    (places,) = np.nonzero(x > 0)
    return np.sum(x[places] ** 2) + len(places) * x[0]


def without_smallest(x: Any) -> Any:
    return np.delete(x, np.argmin(x)).prod() + np.insert(x, np.argmax(x), x[0] ** 2)[1]


def counted(x: Any) -> Any:
    return np.sum(x[np.flatnonzero(x < 0.5)]) * np.count_nonzero(x > 0)


def looked_up(x: Any) -> Any:
    edges = np.array([-1.0, 0.0, 0.7])
    return np.sum(np.append(edges, 2.0)[np.searchsorted(edges, x)] * x**2)


def any_and_all(x: Any) -> Any:
    if all(v > -1 for v in x) and any(v > 0.5 for v in x):
        return np.sum(x**2)
    return x.prod() if np.any(x < -1) else np.sum(x)


def converged(x: Any) -> Any:
    a, y = x[0] ** 2 + 1, 1.0
    while abs(y * y - a) > 1e-12:
        y = 0.5 * (y + a / y)
    return y * x[1]


def for_else(x: Any) -> Any:
    for v in x:
        if v > 0.3:
            break
    else:
        return x.sum()
    return v**2


def matched(x: Any) -> Any:
    match int(x[0]):
        case 0:
            return x[1]
        case k if k > 0:
            return x[1] ** 2 * k
        case _:
            return x[1] ** 3


def recursive(x: Any) -> Any:
    return x[0] if abs(x[0]) < 0.2 else x[1] * recursive(x / 2)


def nan_in_condition(x: Any) -> Any:
    y = np.sqrt(x[0] - 0.3)
    return x[1] ** 2 if np.isnan(y) else x[1] * y


def median(x: Any) -> Any:
    return statistics.median(x) ** 2


PROGRAMS = [
    chained, popped, nearest, between, inserted, by_key, sorted_in_place, positive_part, counted, looked_up,
    without_smallest, any_and_all, converged, for_else, matched, recursive, nan_in_condition, median,
]  # fmt: skip


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_the_branch_the_values_take(f: Program) -> None:
    g = st.grad(f)
    rng = np.random.default_rng(1)
    with np.errstate(invalid="ignore"):
        for _ in range(16):
            x = rng.normal(size=3)
            np.testing.assert_allclose(g(x), slope(f, x), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("f", [converged, popped, matched, any_and_all], ids=lambda f: f.__name__)
def test_second_derivatives_on_the_way_the_values_take(f: Program) -> None:
    hessian, gradient = st.hessian(f), st.grad(f)
    rng = np.random.default_rng(2)
    for _ in range(4):
        x = rng.normal(size=3)
        np.testing.assert_allclose(hessian(x), st.numeric.jacobian(gradient, x).value, rtol=1e-5, atol=1e-6)


# --- errors that depend on values -----------------------------------------------------------------------


def inverse_or_squares(x: Any) -> Any:
    try:
        return np.linalg.inv(x)[0, 0]
    except np.linalg.LinAlgError:
        return np.sum(x**2)


def factor_or_trace(x: Any) -> Any:
    try:
        return np.linalg.cholesky(x)[1, 1]
    except np.linalg.LinAlgError:
        return np.trace(x) ** 2


def root_or_square(x: Any) -> Any:
    try:
        return math.sqrt(x[0, 0]) * x[1, 1]
    except ValueError:
        return x[0, 0] ** 2


def power_or_zero(x: Any) -> Any:
    try:
        return math.exp(1000 * x[0, 0])
    except OverflowError:
        return 3 * x[0, 0]


def entry_or_sum(x: Any) -> Any:
    try:
        return x[int(x[0, 0]), 0] ** 2
    except IndexError:
        return x.sum()


REGULAR, SINGULAR = np.array([[0.5, 0.1], [0.1, 0.7]]), np.array([[2.5, 2.5], [2.5, 2.5]])
TRIED = [
    (inverse_or_squares, REGULAR, SINGULAR),
    (factor_or_trace, REGULAR, -REGULAR),
    (root_or_square, REGULAR, -REGULAR),
    (power_or_zero, REGULAR, SINGULAR),
    (entry_or_sum, REGULAR, SINGULAR),
]


@pytest.mark.parametrize(("f", "a", "b"), TRIED, ids=lambda case: getattr(case, "__name__", ""))
@pytest.mark.parametrize("turned", [False, True], ids=["raises later", "raises first"])
def test_an_error_that_is_caught(f: Program, a: Any, b: Any, turned: bool) -> None:
    g = st.grad(f)
    expected = [st.grad(f)(x) for x in (a, b)]
    record_of(f).specialisations.clear()
    places = [(a, expected[0]), (b, expected[1])]
    for x, want in (places[::-1] if turned else places) * 2:
        np.testing.assert_allclose(g(x), want)
    assert not np.allclose(*expected)
    h = 1e-6
    change = np.array([[0.3, 0.1], [0.1, -0.2]])
    if f is not inverse_or_squares:  # beside a singular matrix is a regular one
        np.testing.assert_allclose(
            np.vdot(expected[1], change), (f(b + h * change) - f(b - h * change)) / (2 * h), 1e-5
        )


def test_an_error_that_is_not_caught_is_the_function_s_own() -> None:
    g = st.grad(lambda x: math.log(x) * 2)
    assert g(2.0) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="math domain error"):
        g(-2.0)
    inverse = st.grad(lambda x: np.linalg.inv(x)[0, 0])
    inverse(REGULAR)
    with pytest.raises(np.linalg.LinAlgError):
        inverse(SINGULAR)


def test_the_domain_of_a_function_of_math_is_no_branch_in_a_formula() -> None:
    formula = st.formula(lambda x: math.exp(x), x="")
    assert "for" not in str(formula.gradient("x"))


# --- captures that are found again ----------------------------------------------------------------------


def three_ways(x: Any) -> Any:
    if x[0] > 0:
        return x[0] ** 2 * x[1]
    return x[1] ** 3 if x[1] > 0 else x.sum()


def test_few_branches_are_found_again() -> None:
    g = st.grad(three_ways)
    rng = np.random.default_rng(0)
    for _ in range(100):
        x = rng.normal(size=2)
        np.testing.assert_allclose(g(x), slope(three_ways, x), rtol=1e-6, atol=1e-8)
    assert record_of(three_ways).traces == 3
    account = str(g.explain())
    assert "guard: True at test_control_flow.py" in account
    assert "a branch was taken differently (False at test_control_flow.py" in account
    assert "used again" in account
    assert "tape" not in account


def test_what_one_capture_saw_rules_out_others() -> None:
    def f(x: Any) -> Any:
        return sum((k + 1) * v**2 for k, v in enumerate(x) if v > 0)

    g = st.grad(f)
    signs = [np.array([a, b, c]) for a in (-1.0, 1.0) for b in (-1.0, 1.0) for c in (-1.0, 1.0)]
    for x in (*signs, *signs):
        g(x)
    (found,) = record_of(f).specialisations.values()
    tiers = [program.tiers for s in found for program in s.programs.values()]
    assert len(found) == 8
    assert sum(t.interpreted_calls for t in tiers) < 40  # 16 results, 8 traces, and few looks elsewhere


# --- past the bound -------------------------------------------------------------------------------------


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


# --- rows that take different branches ------------------------------------------------------------------


def halved(x: Any) -> Any:
    y, n = x[0], 0
    while abs(y) > 0.1:
        y, n = y / 2 + x[1] * 0.01, n + 1
    return y * n


def picked(x: Any) -> Any:
    return x[int(abs(x[0]) * 2) % 3] * x[1]


def sometimes_inverted(x: Any) -> Any:
    A = np.outer(x, x)
    return x[1] ** 3 if x[0] < 0 else np.linalg.inv(A + np.eye(3))[0, 1]


def singular_elsewhere(x: Any) -> Any:
    A = np.outer(x, x) + (x[0] > 0) * np.eye(3)
    return np.linalg.inv(A)[0, 1] if x[0] > 0 else x[1] ** 3


BY_ROW = [three_ways, halved, picked, ranked, sometimes_inverted, singular_elsewhere]


@pytest.mark.parametrize("f", BY_ROW, ids=lambda f: f.__name__)
def test_a_map_over_rows_that_branch(f: Program) -> None:
    rng = np.random.default_rng(11)
    X = rng.normal(size=(8, 3))
    expected = np.array([f(x) for x in X])
    gradients = np.array([st.grad(f)(x) for x in X])
    np.testing.assert_allclose(st.vmap(f)(X), expected)
    np.testing.assert_allclose(st.vmap(st.grad(f))(X), gradients)
    of_squares = st.grad(lambda X: np.sum(st.vmap(f)(X) ** 2))(X)
    np.testing.assert_allclose(of_squares, 2 * expected[:, None] * gradients)
    jacobian = st.jacobian(lambda X: st.vmap(f)(X))(X)
    np.testing.assert_allclose(np.einsum("iij->ij", jacobian), gradients)
    assert np.count_nonzero(jacobian) <= 8 * 3
    deep = X.reshape(2, 4, 3)
    np.testing.assert_allclose(st.vmap(st.vmap(f))(deep), expected.reshape(2, 4))


def test_rows_may_change_branches_without_a_new_trace() -> None:
    def f(x: Any) -> Any:
        return x**2 if x > 0 else np.sin(x)

    rows = st.vmap(f)
    rng = np.random.default_rng(12)
    rows(rng.normal(size=20))
    traces = record_of(f).traces
    for _ in range(5):
        x = rng.normal(size=20)
        np.testing.assert_allclose(rows(x), np.where(x > 0, x**2, np.sin(x)))
    assert record_of(f).traces == traces


def test_many_branches_are_grouped(monkeypatch: pytest.MonkeyPatch) -> None:
    f = picked
    X = np.random.default_rng(13).normal(size=(12, 3))
    expected = np.array([f(x) for x in X])
    for few, most in ((0, 64), (0, 1)):
        monkeypatch.setattr(branching, "FEW", few)
        monkeypatch.setattr(branching, "MOST", most)
        rows = st.vmap(lambda x: f(x))
        np.testing.assert_allclose(rows(X), expected)
        np.testing.assert_allclose(st.grad(lambda X, rows=rows: np.sum(rows(X)))(X), [st.grad(f)(x) for x in X])


def test_a_shared_argument_and_several_results() -> None:
    def f(x: Any, scale: Any) -> Any:
        return (x[0] * scale, x) if x[0] > scale else (x[1], x * scale)

    X = np.random.default_rng(14).normal(size=(9, 3))
    number, rows = st.vmap(f, in_axes=(0, None))(X, 0.2)
    expected = [f(x, 0.2) for x in X]
    np.testing.assert_allclose(number, [a for a, _ in expected])
    np.testing.assert_allclose(rows, [b for _, b in expected])
    by_scale = st.grad(lambda s: st.vmap(f, in_axes=(0, None))(X, s)[0].sum())(0.2)
    np.testing.assert_allclose(by_scale, sum(x[0] for x in X if x[0] > 0.2))


def test_branches_of_different_shapes_are_refused() -> None:
    with pytest.raises(st.errors.ShapeError, match=r"different shapes\n +at test_control_flow"):
        st.vmap(lambda x: x if x[0] > 0 else x[0])(np.random.default_rng(15).normal(size=(9, 3)))


def test_rows_that_raise_an_error_take_another_branch() -> None:
    def f(x: Any) -> Any:
        try:
            return math.log(x) * x
        except ValueError:
            return 3 * x

    X = np.array([0.5, -1.2, 2.0, -0.1])
    np.testing.assert_allclose(st.vmap(f)(X), [f(x) for x in X])
    g = st.grad(lambda X: np.sum(st.vmap(f)(X)))
    for Y in (X, -X, X[::-1].copy()):
        np.testing.assert_allclose(g(Y), [math.log(y) + 1 if y > 0 else 3.0 for y in Y])


def test_a_map_needs_a_row() -> None:
    with pytest.raises(ShapeError, match="length 0"):
        st.vmap(lambda x: x if x > 0 else -x)(np.zeros(0))


@pytest.mark.parametrize("at_0", [lambda x: 1.0 + 0 * x, lambda x: 1.0])
def test_a_gap_that_is_filled_by_its_limit(at_0: Any) -> None:
    g = st.grad(lambda x: np.sin(x) / x if x != 0 else at_0(x))
    assert g(0.0) == 0.0
    assert g(2.0) == pytest.approx((2 * np.cos(2.0) - np.sin(2.0)) / 4)
    slanted = st.grad(lambda x: np.expm1(x) / x if x != 0 else at_0(x))
    with pytest.raises(MismatchError, match="dependence was lost"):
        slanted(0.0)  # 1 / 2, and no branch says so
