"""Branches and roundings whose outcome hangs on the last digit: they go as NumPy goes, in every call."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.api.function import record_of

TENTHS = [k / 10 for k in range(1, 10)]
ENGINES = ["off", "eager"]


def equal_to_a_quotient(x: Any) -> Any:
    return x**2 if x / 10.0 == 0.3 else x**3


def beyond_a_product(x: Any) -> Any:
    return x**2 if 0.1 * x * 3 >= 0.9 else x**3


def quotient_of_a_sum(x: Any) -> Any:
    return x**2 if (x + 1) / 10 > 0.4 else x**3


def whole_steps(x: Any) -> Any:
    return x ** int(x * 0.7 / 0.7)


def until_the_end(x: Any) -> Any:
    """One step more or less, as the times add up."""
    t, y = 0.0, 1.0
    while t < 1:
        y, t = y - x * y / 16, t + x / 16
    return y


NUMBERS = [equal_to_a_quotient, beyond_a_product, quotient_of_a_sum, whole_steps, until_the_end]


@pytest.mark.parametrize("f", NUMBERS, ids=lambda f: f.__name__)
def test_the_branch_is_that_of_numpy(f: Callable[..., Any]) -> None:
    """Also where the same capture has answered nearby."""
    g, slope = st.jit(f), st.grad(f)
    for x in (1.7, 2.6, 4.3, 0.9):
        g(x), slope(x)
    for x in (1.0, 2.0, 3.0, 4.0, 1.6, 3.2, np.nextafter(3, 0), np.nextafter(3, 4)):
        np.testing.assert_allclose(g(float(x)), f(float(x)), rtol=1e-12)


def test_sums_in_any_order() -> None:
    def f(x: Any) -> Any:
        return x[0] ** 2 if x[0] + x[1] + x[2] <= 0.6 else x[0] ** 3

    g = st.jit(f)
    g(np.array([1.0, 2.0, 3.0])), g(np.array([0.1, 0.1, 0.1]))
    for p in itertools.permutations([0.1, 0.2, 0.3]):
        np.testing.assert_allclose(g(np.array(p)), f(np.array(p)), rtol=1e-12)


def test_a_call_that_is_too_close_is_made_by_numpy() -> None:
    """The capture is for all other calls; those in between are recorded anew, or run on a tape."""

    def f(x: Any) -> Any:
        return x**2 if 0.1 * x * 3 >= 0.9 else x**3

    g = st.jit(f)
    g(4.0), g(2.0)
    traces = record_of(f).traces
    g(5.0), g(2.5), g(3.1)
    assert record_of(f).traces == traces
    assert g(3.0) == f(3.0)
    assert record_of(f).traces > traces


def test_what_is_read_needs_no_margin() -> None:
    """Ties of inputs, of what is picked from them, of products and differences of two: the digits are the same."""

    def f(x: Any) -> Any:
        big = max(x[0], x[1]) if x[0] >= x[1] else x[1] * x[2]
        mean = 1.0 if np.median(x) == x[2] else 2.0
        even = 1.0 if x[0] * x[1] > x[2] - x[0] else 3.0
        return big * mean * even * (2.0 if x[1] / 10 == 0.3 else 1.0)

    g = st.jit(f)
    x = np.array([3.0, 3.0, 3.0])
    for _ in range(12):
        np.testing.assert_allclose(g(x), f(x))
    assert record_of(f).traces == 1


def test_a_tie_of_zeros_is_none() -> None:
    """Sums and products that are 0 on both sides are so in any order of computing, where all their terms are."""

    def f(x: Any) -> Any:
        return x[0] if np.sum(x[1:] * x[1:] * x[1:]) == 0 else x[1]

    g = st.jit(f)
    for _ in range(12):
        assert g(np.array([2.0, 0.0, 0.0])) == 2
    assert record_of(f).traces == 1


def test_masks_of_computed_values() -> None:
    def f(x: Any) -> Any:
        y = x / 7 * 3
        return np.sum(y[y >= 0.3] ** 2) + 10 * len(y[y >= 0.3])

    g = st.jit(f)
    g(np.array([0.5, 1.5, 0.9]))
    for x in (0.7, np.nextafter(0.7, 0), np.nextafter(0.7, 1)):
        v = np.array([0.5, x, 0.9])
        np.testing.assert_allclose(g(v), f(v), rtol=1e-12)


def _ten(x: Any) -> Any:
    """Adds up to 0.9999999999999999 for 0.1."""
    return x + x + x + x + x + x + x + x + x + x


WITHIN = {
    "floor": lambda x: np.floor(_ten(x)) > 0.5,
    "floor as a whole number": lambda x: np.floor(_ten(x)).astype(int) >= 1,
    "any": lambda x: (np.floor(np.array([_ten(x), 0.2])) >= 1).any(),
    "count": lambda x: np.count_nonzero(np.array([_ten(x), 0.2]) >= 1) == 1,
    "sign": lambda x: np.sign(_ten(x) - 1) >= 0,
    "where": lambda x: np.where(_ten(x) >= 1, 5.0, 0.0) >= 3,
    "heaviside": lambda x: np.heaviside(_ten(x) - 1, 1.0) > 0.5,
    "decimals": lambda x: np.round(_ten(x) - 0.95, 1) > 0.05,
    "remainder": lambda x: _ten(x) % 1 < 0.5,
    "fmod": lambda x: np.fmod(_ten(x), 0.5) < 0.25,
    "whole quotient": lambda x: _ten(x) // 0.5 >= 2,
}


@pytest.mark.parametrize("kind", WITHIN)
def test_decisions_within_decisions(kind: str) -> None:
    """A comparison looks at what a rounding or another comparison has decided."""
    g = st.jit(lambda x: x**2 if WITHIN[kind](x) else x**3)
    for x in (0.33, 0.26, 0.21, 0.17, 0.13, 0.07, 0.04):
        g(x)
    for x in (0.1, np.nextafter(0.1, 1), 0.2, 0.3, 0.05, 0.15, 0.4):
        np.testing.assert_allclose(g(x), x**2 if WITHIN[kind](x) else x**3, rtol=1e-12)


# --- quotients by a number -------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("by", [0.1, 0.3, 3, 7.0, 10, 1e-3, 49.0, -0.1])
def test_bins(engine: str, by: float) -> None:
    """x / 0.1 rounded down is not 10 x rounded down."""

    def f(x: Any) -> Any:
        return np.floor(x / by) * x + (x / by).astype(int) * np.where(x / by >= 3 / by, x, 1.0) + np.rint(x / by)

    x = np.array([*(k * by for k in range(-9, 10)), *TENTHS, *(3 * v for v in TENTHS)])
    g = st.jit(f, compile=engine)
    g(np.linspace(0.11, 2.2, x.size))
    for _ in range(2):
        np.testing.assert_allclose(g(x), f(x), rtol=1e-12, atol=1e-12)


def test_a_quotient_is_rounded_once() -> None:
    x = np.random.default_rng(0).normal(size=200)
    for by in (10, 3.0, 0.3, np.pi, 255, -7):
        np.testing.assert_array_equal(st.jit(lambda x, by=by: x / by, compile="off")(x), x / by)
        np.testing.assert_array_equal(st.jit(lambda x, by=by: -x / by, compile="off")(x), -x / by)


def test_a_formula_shows_the_same() -> None:
    F = st.formula(lambda x: x / 10 + x**2 / 3, x="scalar")
    assert str(F) == str(st.formula(lambda x: 0.1 * x + x**2 / 3, x="scalar"))
    assert F.gradient("x")(2.0) == pytest.approx(0.1 + 4 / 3)


# --- Python's round --------------------------------------------------------------------------------------------


def test_pythons_round_looks_at_what_a_float_is_exactly() -> None:
    """2.675 lies below its decimal digits, and 267.5 does not."""
    g = st.jit(lambda x: x * round(x, 2))
    for x in (1.3, 2.675, 1.005, 0.125, 0.375, -2.675, 0.145, 1e20):
        assert g(x) == x * round(x, 2)
    numpys = st.jit(lambda x: x[0] * round(x[0], 2))
    assert numpys(np.array([2.675])) == 2.675 * round(np.float64(2.675), 2)
    assert st.grad(lambda x: x * round(x, 2))(2.675) == 2.67


# --- constants --------------------------------------------------------------------------------------------------


def test_constants_are_written_into_plain_arrays() -> None:
    """What does not vary goes into an array that NumPy made by itself; what varies is refused."""

    def window(x: Any) -> Any:
        w = np.frombuffer(bytearray(32))
        w += np.cos(np.linspace(0.0, 1.0, 4))
        return w @ x**2

    x = np.array([0.3, 1.2, -0.7, 0.4])
    np.testing.assert_allclose(st.grad(window)(x), 2 * np.cos(np.linspace(0.0, 1.0, 4)) * x)

    def varies(x: Any) -> Any:
        w = np.frombuffer(bytearray(32))
        w += x
        return w @ x

    with pytest.raises(st.errors.CaptureError, match="written into a plain array"):
        st.grad(varies)(x)


def test_the_type_of_a_quotient() -> None:
    """What stands beside a quotient by a number is of the type that it is in NumPy: whole numbers and truths too."""
    w, x = np.arange(12.0).reshape(3, 4), np.array([0.3, 1.2, -0.7, 0.4])

    def f(x: Any) -> Any:
        ranks = np.argsort(x) / 3 + (x > 0) / 7
        picked = (w @ x)[np.arange(3) // 2] / 10
        return np.sum(ranks * x) + picked.sum() - np.sum((x > 0.35) * 1 / 3) - np.mean(w[:, 0] @ w[:, :3] * x[0])

    np.testing.assert_allclose(st.jit(f)(x), f(x), rtol=1e-14)
    np.testing.assert_allclose(st.grad(f)(x), st.numeric.gradient(f, x).value, rtol=1e-7)
    small = np.array([3, 5, 7], np.int32)
    for engine in ENGINES:
        found = st.jit(lambda v: small / 10 + v / 3, compile=engine)(np.float32(0.25) * np.ones(3, np.float32))
        assert found.dtype == (small / 10 + np.ones(3, np.float32) / 3).dtype


def largest_of_two(x: Any) -> Any:
    return (x**2, x**3)[int(np.argmax(np.array([0.1 * x * 3, 0.3 * x])))]


def smallest_of_three(x: Any) -> Any:
    return (x**2, x**3, x)[int(np.argmin(np.array([0.1 * x * 3, 0.3 * x, 3 * x])))]


def in_order(x: Any) -> Any:
    return (x**2, x**3, x)[int(np.argsort(np.array([0.1 * x * 3, 0.3 * x, 3 * x]))[0])]


def between_knots(x: Any) -> Any:
    return (x**2, x**3, x)[int(np.searchsorted(np.array([0.3, 0.6]), 0.1 * x * 3 - 0.3))]


def rounded(x: Any) -> Any:
    return x**2 if round(0.1 * x * 3, 1) > 0.6 else x**3


@pytest.mark.parametrize("f", [largest_of_two, smallest_of_three, in_order, between_knots, rounded])
def test_places_and_decimals(f: Callable[..., Any]) -> None:
    """What nearly ties is put in order as NumPy does, where the order is a branch."""
    g, points = st.jit(f), np.linspace(1.9, 3.1, 13).tolist()
    for x in (*points, 13 / 6, np.nextafter(13 / 6, 0), np.nextafter(13 / 6, 3), 1.0, 2.0, 3.0, np.nextafter(3, 0)):
        np.testing.assert_allclose(g(float(x)), f(float(x)), rtol=1e-12)
