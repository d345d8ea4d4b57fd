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
from steepest.api.function import record_of

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
