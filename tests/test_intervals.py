"""Interval arithmetic: every enclosure holds the true value, found with exact fractions or many digits."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest

from steepest.analysis.intervals.enclosure import Enclosure, between, exactly, hull
from steepest.analysis.intervals.evaluation import Boxed
from steepest.analysis.intervals.functions import MONOTONE, RULES
from steepest.analysis.intervals.numbers import MOST_ENTRIES, vector_entries, written_out
from steepest.errors import FormulaError
from steepest.expr.build import add, array, contract, einsum, multiply, variable
from steepest.expr.number import constant
from steepest.ops.interval import Interval
from steepest.ops.linalg_inverse import determinant
from steepest.ops.operation import OPERATIONS
from steepest.ops.piecewise import absolute
from steepest.ops.power import divide, power_op, reciprocal
from steepest.ops.reduction import logsumexp, norm, softmax
from steepest.ops.special_gamma import gamma

mpmath.mp.dps = 40
RNG = np.random.default_rng(3)
COUNT = 300

EXACT = {
    "sqrt": mpmath.sqrt, "length": mpmath.sqrt, "exp": mpmath.exp, "exp2": lambda x: mpmath.mpf(2) ** x,
    "expm1": mpmath.expm1, "log": mpmath.log, "log2": lambda x: mpmath.log(x, 2), "log10": mpmath.log10,
    "log1p": mpmath.log1p, "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)), "arcsin": mpmath.asin,
    "arccos": mpmath.acos, "arctan": mpmath.atan, "sinh": mpmath.sinh, "tanh": mpmath.tanh, "arcsinh": mpmath.asinh,
    "arccosh": mpmath.acosh, "arctanh": mpmath.atanh, "expit": lambda x: 1 / (1 + mpmath.exp(-x)),
    "log_expit": lambda x: -mpmath.log1p(mpmath.exp(-x)), "erf": mpmath.erf, "erfc": mpmath.erfc, "ndtr": mpmath.ncdf,
    "sin": mpmath.sin, "cos": mpmath.cos, "tan": mpmath.tan, "cosh": mpmath.cosh, "abs": abs, "sign": mpmath.sign,
    "floor": mpmath.floor, "ceil": mpmath.ceil, "rint": lambda x: mpmath.mpf(round(x)),
    "trunc": lambda x: mpmath.floor(x) if x > 0 else mpmath.ceil(x),
}  # fmt: skip
OF_TWO = {
    "maximum": max, "minimum": min, "fmax": max, "fmin": min, "hypot": mpmath.hypot, "arctan2": mpmath.atan2,
    "logaddexp": lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b)),
    "xlogy": lambda a, b: a * mpmath.log(b) if a else mpmath.mpf(0),
    "less": lambda a, b: mpmath.mpf(a < b), "less_equal": lambda a, b: mpmath.mpf(a <= b),
}  # fmt: skip


def boxes(low: float, high: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Intervals of all widths, and a point in each."""
    width = 10.0 ** RNG.uniform(-14, 1, COUNT) * (high - low)
    a = RNG.uniform(low, high, COUNT)
    b = np.minimum(a + width, high)
    return a, b, np.clip(a + RNG.uniform(0, 1, COUNT) * (b - a), a, b)


def holds(e: Enclosure, k: int, value: object) -> bool:
    return bool(mpmath.mpf(float(e.low[k])) <= value <= mpmath.mpf(float(e.high[k])))  # type: ignore[operator]


@pytest.mark.parametrize("name", sorted(EXACT))
def test_a_rule_holds_the_true_value(name: str) -> None:
    domain = (OPERATIONS[name].arguments or (Interval(),))[0]
    low, high, x = boxes(max(domain.low, -20.0) + 1e-9 * domain.low_open, min(domain.high, 20.0) - 1e-9)
    with np.errstate(all="ignore"):
        found = RULES[name](between(low, high))
    for k in range(COUNT):
        assert holds(found, k, EXACT[name](mpmath.mpf(float(x[k])))), (name, x[k], low[k], high[k])


@pytest.mark.parametrize("name", sorted(OF_TWO))
def test_a_rule_of_two_operands_holds_the_true_value(name: str) -> None:
    (a, b, x), (c, d, y) = boxes(-5, 5), boxes(0.01 if name == "xlogy" else -5, 5)
    found = RULES[name](between(a, b), between(c, d))
    for k in range(COUNT):
        assert holds(found, k, OF_TWO[name](mpmath.mpf(float(x[k])), mpmath.mpf(float(y[k])))), (name, x[k], y[k])


def test_every_monotone_rule_is_tested() -> None:
    assert set(MONOTONE) <= EXACT.keys() | OF_TWO.keys()


@pytest.mark.parametrize("exponent", [1, 2, 3, 4, 7])
def test_whole_powers_against_fractions(exponent: int) -> None:
    low, high, x = boxes(-3, 3)
    found = between(low, high).whole_power(exponent)
    for k in range(COUNT):
        assert Fraction(float(found.low[k])) <= Fraction(float(x[k])) ** exponent <= Fraction(float(found.high[k]))


@pytest.mark.parametrize("exponent", [0.5, -1.5, 2.7, -2.0, 3.0])
def test_powers(exponent: float) -> None:
    low, high, x = boxes(0.01, 5)
    found = RULES["power"](between(low, high), exactly(exponent))
    for k in range(COUNT):
        assert holds(found, k, mpmath.mpf(float(x[k])) ** mpmath.mpf(exponent))


def test_powers_with_exponents_that_vary() -> None:
    (a, b, x), (c, d, p) = boxes(0.01, 5), boxes(-3, 3)
    found = RULES["power"](between(a, b), between(c, d))
    for k in range(COUNT):
        assert holds(found, k, mpmath.mpf(float(x[k])) ** mpmath.mpf(float(p[k])))


def test_a_power_has_no_value_below_0() -> None:
    with np.errstate(all="ignore"):
        found = RULES["power"](between(np.array([-2.0, -1.0]), np.array([-1.0, 1.0])), exactly(0.5))
    assert np.isnan(found.low[0])
    assert not found.sure[1]
    assert 0 <= found.low[1] <= found.high[1] < 1.001


def test_sums_products_and_quotients_against_fractions() -> None:
    (a, b, x), (c, d, y) = boxes(-3, 3), boxes(0.1, 3)
    p, q = between(a, b), between(c, d)
    for found, exact in (
        (p + q, Fraction.__add__), (p - q, Fraction.__sub__), (p * q, Fraction.__mul__),
        (p * q.reciprocal(), Fraction.__truediv__),
    ):  # fmt: skip
        for k in range(COUNT):
            true = exact(Fraction(float(x[k])), Fraction(float(y[k])))
            assert Fraction(float(found.low[k])) <= true <= Fraction(float(found.high[k]))


def test_a_sum_of_many_terms_against_fractions() -> None:
    terms = RNG.standard_normal((5, 1000)) * 10.0 ** RNG.uniform(-10, 10, (5, 1000))
    found = between(terms, terms).total(-1)
    for k in range(5):
        true = sum((Fraction(float(t)) for t in terms[k]), Fraction(0))
        assert Fraction(float(found.low[k])) <= true <= Fraction(float(found.high[k]))


def test_ends_that_overflow_stay_outside() -> None:
    large = between(np.array([1e300]), np.array([2e300]))
    with np.errstate(over="ignore"):
        square = large * large
    assert square.high[0] == np.inf
    assert 1e308 < square.low[0] < np.inf
    assert (large * exactly(0.0)).high[0] < 1e-300


def test_an_interval_with_0_inside_has_no_reciprocal() -> None:
    with np.errstate(divide="ignore"):
        found = between(np.array([-1.0, 0.0, 0.0, 1.0]), np.array([1.0, 2.0, 0.0, 2.0])).reciprocal()
    assert (found.low[0], found.high[0]) == (-np.inf, np.inf)
    assert found.high[1] == np.inf
    assert found.low[1] == pytest.approx(0.5)
    assert np.isnan(found.low[2])
    assert found.sure.tolist() == [False, False, False, True]


def test_outside_of_the_domain_there_is_no_value() -> None:
    with np.errstate(all="ignore"):
        found = RULES["log"](between(np.array([-2.0, -1.0, 1.0]), np.array([-1.0, 1.0, 2.0])))
    assert np.isnan(found.low[0])
    assert found.excludes_zero[0]
    assert (found.low[1], found.sure[1], found.sure[2]) == (-np.inf, False, True)
    assert found.high[1] >= 0


def test_a_step_is_sure_only_where_it_is_decided() -> None:
    found = RULES["sign"](between(np.array([-2.0, -1.0, 1.0]), np.array([-1.0, 1.0, 2.0])))
    assert found.low.tolist() == [-1, -1, 1]
    assert found.high.tolist() == [-1, 1, 1]
    assert found.sure.tolist() == [True, False, True]


def test_a_tangent_has_poles() -> None:
    found = RULES["tan"](between(np.array([1.0, 2.0]), np.array([2.0, 3.0])))
    assert np.isinf(found.high[0])
    assert np.isfinite(found.high[1])
    assert found.sure.tolist() == [False, True]


def test_a_hull_takes_what_there_is() -> None:
    empty = between(np.array([np.nan]), np.array([np.nan]))
    assert hull(empty, exactly(1.0)).high[0] == 1


# --- expressions ------------------------------------------------------------------------------------------


X = [variable("a"), variable("b"), variable("c")]


def test_arrays_are_written_out() -> None:
    v = variable("v", (3,))
    m = array(np.arange(9.0).reshape(3, 3))
    (found,) = written_out([einsum("i,ij,j->", v, m, v)], {v: vector_entries(X)})
    low = np.array([[1.0, 2.0, 3.0]])
    (value,) = Boxed([found.item()], X)(low, low)
    assert value.low[0] <= low[0] @ np.arange(9.0).reshape(3, 3) @ low[0] <= value.high[0]


@pytest.mark.parametrize("op", [logsumexp, norm])
def test_row_operations_are_written_out(op: object) -> None:
    v = variable("v", (3,))
    (found,) = written_out([op(v)], {v: vector_entries(X)})  # type: ignore[operator]
    x = np.array([[0.3, -0.2, 1.1]])
    (value,) = Boxed([found.item()], X)(x, x)
    assert value.low[0] <= op.numpy(x)[0] <= value.high[0]  # type: ignore[attr-defined]
    assert value.high[0] - value.low[0] < 1e-12


def test_softmax_is_written_out() -> None:
    v = variable("v", (3,))
    (found,) = written_out([softmax(v)], {v: vector_entries(X)})
    x = np.array([[0.3, -0.2, 1.1]])
    values = Boxed(list(found), X)(x, x)
    assert np.allclose([e.midpoint[0] for e in values], np.exp(x[0]) / np.exp(x[0]).sum())


def test_equal_factors_are_one_power() -> None:
    (found,) = Boxed([multiply(X[0], X[0])], X)(np.array([[-1.0, 0, 0]]), np.array([[2.0, 0, 0]]))
    assert found.low[0] >= 0


def test_what_is_divided_by_itself_is_1_where_it_is_not_0() -> None:
    (e,) = Boxed([multiply(X[0], power_op(X[0], constant(-1)))], X)(np.array([[-1.0, 0, 0]]), np.array([[2.0, 0, 0]]))
    assert (e.low[0], e.high[0], e.sure[0]) == (1, 1, False)


def test_a_mask_selects_whatever_is_not_chosen() -> None:
    chosen = contract([((), OPERATIONS["less"](constant(0), X[0])), ((), OPERATIONS["log"](X[0]))], ())
    (found,) = Boxed([chosen], X)(np.array([[-2.0, 0, 0], [1, 0, 0]]), np.array([[-1.0, 0, 0], [2, 0, 0]]))
    assert (found.low[0], found.high[0], found.sure[0]) == (0, 0, True)
    assert found.high[1] == pytest.approx(np.log(2))


def test_a_random_rational_function_is_enclosed() -> None:
    a, b, c = X
    e = add(multiply(a, a, b), divide(c, add(constant(2), multiply(b, b))), reciprocal(add(constant(5), a)))
    low = RNG.uniform(-2, 1, (COUNT, 3))
    high = low + 10.0 ** RNG.uniform(-10, 0, (COUNT, 1))
    (found,) = Boxed([e], X)(low, high)
    inside = low + RNG.uniform(0, 1, (COUNT, 3)) * (high - low)
    for k in range(COUNT):
        p, q, r = (Fraction(float(v)) for v in inside[k])
        true = p * p * q + r / (2 + q * q) + 1 / (5 + p)
        assert Fraction(float(found.low[k])) <= true <= Fraction(float(found.high[k]))
    assert found.sure.all()


def test_what_has_no_rule_is_refused_by_name() -> None:
    with pytest.raises(FormulaError, match="no interval rule for gamma"):
        Boxed([gamma(X[0])], X)
    with pytest.raises(FormulaError, match="complex"):
        Boxed([multiply(constant(1j), X[0])], X)
    v = variable("v", (3, 3))
    entries = {v: np.array([[X[0]] * 3] * 3, dtype=object)}
    with pytest.raises(FormulaError, match="determinant is not written out"):
        written_out([determinant(v)], entries)


def test_too_many_entries_are_refused() -> None:
    v = variable("v", (3,))
    m = array(RNG.standard_normal((MOST_ENTRIES, 3)))
    with pytest.raises(FormulaError, match="more than"):
        written_out([absolute(einsum("ij,j->i", m, v))], {v: vector_entries(X)})
