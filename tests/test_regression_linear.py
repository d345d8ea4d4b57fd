"""Least squares against NIST's certified values, rational arithmetic, and scikit-learn's rules for estimators."""

from __future__ import annotations

import warnings
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.data.accuracy import correct_digits
from steepest.data.strd import NAMES, Dataset, load
from steepest.errors import DataError
from steepest.regression.linear import DESCENTS, SOLVERS

# The digits of the worst coefficient that are asked for; Filip by its degree only.
WANTED = {
    "Norris": 12, "Pontius": 12, "NoInt1": 12, "NoInt2": 12, "Longley": 13, "Wampler1": 13, "Wampler2": 13,
    "Wampler3": 13, "Wampler4": 13, "Wampler5": 13,
}  # fmt: skip


def predictors(dataset: Dataset) -> tuple[np.ndarray, bool]:
    design = dataset.design()
    return (design[:, 1:], True) if dataset.parameters[0] == "B0" else (design, False)


def all_coefficients(model: Any) -> np.ndarray:
    return np.r_[model.intercept_, model.coef_]


@pytest.mark.parametrize("name", WANTED)
def test_certified_values(name: str) -> None:
    dataset = load(name)
    X, intercept = predictors(dataset)
    model = st.LinearRegression(fit_intercept=intercept).fit(X, dataset.y)
    found = all_coefficients(model)[0 if intercept else 1 :]
    assert np.min(correct_digits(found, dataset.certified)) >= WANTED[name]
    errors = np.r_[model.intercept_standard_error_, model.standard_errors_][0 if intercept else 1 :]
    if dataset.residual_sum_of_squares:
        assert np.min(correct_digits(errors, dataset.standard_deviation)) > 12
    else:
        assert np.all(errors < 1e-8 * np.abs(found))
    assert correct_digits(model.r_squared_, dataset.r_squared) > 12
    assert model.degrees_of_freedom_ == dataset.residual_degrees_of_freedom


@pytest.mark.parametrize("name", [n for n in NAMES if load(n).degree is not None])
def test_certified_polynomials(name: str) -> None:
    dataset = load(name)
    assert dataset.degree is not None
    model = st.PolynomialRegression(dataset.degree).fit(dataset.X, dataset.y)
    found = all_coefficients(model)
    assert np.min(correct_digits(found, dataset.certified)) >= WANTED.get(name, 13)
    if dataset.residual_sum_of_squares:
        errors = np.r_[model.intercept_standard_error_, model.standard_errors_]
        assert np.min(correct_digits(errors, dataset.standard_deviation)) > 12
    assert model.digits_ >= 13
    assert model.condition_ < 1.1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("solver", ["qr", "normal", "svd", "l-bfgs"])
def test_digits_to_trust_are_not_promised_too_high(name: str, solver: str) -> None:
    dataset = load(name)
    X, intercept = predictors(dataset)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model = st.LinearRegression(solver, fit_intercept=intercept).fit(X, dataset.y)
    found = all_coefficients(model)[0 if intercept else 1 :]
    right = max(float(np.min(correct_digits(found, dataset.certified))), 0.0)
    assert min(model.digits_, 14.4) <= right + 0.35
    assert model.digits_ >= right - 1.5
    assert [issubclass(w.category, st.FitWarning) for w in told] == [True] * (model.digits_ < 4)


def test_filip_from_its_powers_says_what_rounding_them_has_cost() -> None:
    dataset = load("Filip")
    model = st.LinearRegression().fit(dataset.design()[:, 1:], dataset.y)
    right = np.min(correct_digits(all_coefficients(model), dataset.certified))
    assert model.digits_of_solver_ > 15
    assert 6 < model.digits_of_data_ < right + 0.5 < 8.5
    assert 1e9 < model.condition_ < 1e10


def test_single_precision_is_rounded_earlier() -> None:
    rng = np.random.default_rng(13)
    X = rng.normal(size=(30, 2)) + 5
    y = X @ [1.0, 2.0] + rng.normal(size=30)
    double, single = st.LinearRegression().fit(X, y), st.LinearRegression().fit(np.float32(X), np.float32(y))
    assert 5 < single.digits_ < 8.5 < 13 < double.digits_
    right = np.min(correct_digits(all_coefficients(single), all_coefficients(double)))
    assert single.digits_ == pytest.approx(right, abs=1.2)
    cubes = [st.PolynomialRegression(3).fit(X[:, 0].astype(t), y.astype(t)) for t in (np.float64, np.float32)]
    right = np.min(correct_digits(*map(all_coefficients, reversed(cubes))))
    assert cubes[1].digits_ == pytest.approx(right, abs=1.2)


@pytest.mark.parametrize("solver", ["normal", "gradient-descent", "sgd"])
def test_a_solver_that_cannot_says_so_with_the_condition_number(solver: str) -> None:
    dataset = load("Filip")
    with pytest.warns(st.FitWarning, match=r"condition number 5\.\de\+09"):
        model = st.LinearRegression(solver, max_iter=200).fit(dataset.design()[:, 1:], dataset.y)
    assert model.digits_ < 4


@pytest.mark.parametrize("solver", SOLVERS)
def test_all_solvers_on_an_easy_problem(solver: str) -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(60, 3)) * [1, 10, 0.1] + [5, 0, 1]
    Y = X @ rng.normal(size=(3, 2)) + [1.0, -2.0] + 0.1 * rng.normal(size=(60, 2))
    weight = rng.uniform(0.5, 2, size=60)
    exact = st.LinearRegression(alpha=0.3).fit(X, Y, weight)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", st.FitWarning)  # of mini-batches
        passes = 60 if solver == "sgd" else None
        model = st.LinearRegression(solver, alpha=0.3, random_state=0, max_iter=passes).fit(X, Y, weight)
    tolerance = 0.2 if solver == "sgd" else 1e-5 if solver in DESCENTS else 1e-11
    np.testing.assert_allclose(model.coef_, exact.coef_, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(model.predict(X), exact.predict(X), atol=10 * tolerance)
    assert model.coef_.shape == (2, 3)
    assert model.intercept_.shape == (2,)
    assert model.n_iter_ >= 1


def rational_solution(A: np.ndarray, y: np.ndarray, w: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """(AᵀWA + penalty) x = AᵀWy in rational numbers, by elimination."""
    n, p = A.shape
    F, f, u = [[Fraction(v) for v in row] for row in A.tolist()], list(map(Fraction, y)), list(map(Fraction, w))
    M = [[sum((u[i] * F[i][j] * F[i][k] for i in range(n)), Fraction(0)) for k in range(p)] for j in range(p)]
    for j in range(p):
        M[j][j] += Fraction(penalty[j])
        M[j].append(sum((u[i] * F[i][j] * f[i] for i in range(n)), Fraction(0)))
    for j in range(p):
        M[j] = [v / M[j][j] for v in M[j]]
        for k in range(p):
            if k != j:
                M[k] = [a - M[k][j] * b for a, b in zip(M[k], M[j], strict=True)]
    return np.array([float(row[-1]) for row in M])


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("alpha", [0.0, 0.7])
def test_the_solution_is_right_to_the_last_digit_whatever_the_condition(intercept: bool, alpha: float) -> None:
    rng = np.random.default_rng(2)
    base = rng.normal(size=(12, 1))
    X = np.hstack([base + 10.0**-k * rng.normal(size=(12, 1)) for k in (1, 4, 7)]) * [1e-3, 1.0, 1e9]
    y, w = rng.normal(size=12) + 3, rng.uniform(0.1, 4, size=12)
    model = st.LinearRegression(fit_intercept=intercept, alpha=alpha).fit(X, y, w)
    A = np.hstack([np.ones((12, 1)), X]) if intercept else X
    exact = rational_solution(A, y, w, np.array([0.0] * intercept + [alpha] * 3))
    np.testing.assert_allclose(all_coefficients(model)[0 if intercept else 1 :], exact, rtol=4e-16)


def test_a_polynomial_is_right_to_the_last_digit() -> None:
    rng = np.random.default_rng(3)
    x = 1000 + rng.uniform(size=25)
    y, w = rng.normal(size=25), rng.uniform(0.5, 2, size=25)
    A = np.array([[Fraction(v) ** k for k in range(5)] for v in x.tolist()])
    exact = rational_solution(A, y, w, np.zeros(5))
    model = st.PolynomialRegression(4).fit(x, y, w)
    np.testing.assert_allclose(all_coefficients(model), exact, rtol=4e-16)
    assert model.digits_of_data_ < 13  # x has been rounded, and that is what counts here


def test_extreme_scales_neither_overflow_nor_underflow() -> None:
    rng = np.random.default_rng(4)
    X = rng.normal(size=(20, 2))
    y = X @ [2.0, -3.0] + 0.5 + 0.01 * rng.normal(size=20)
    plain = st.LinearRegression().fit(X, y)
    for scale in (2.0**-600, 2.0**600):
        model = st.LinearRegression().fit(X * [scale, 1.0], y * 2.0**300)
        np.testing.assert_allclose(model.coef_ * [scale, 1.0], plain.coef_ * 2.0**300, rtol=1e-15)
        assert np.isfinite(model.standard_errors_).all()


def test_weights_of_zero_and_whole_weights_are_rows_left_out_and_repeated() -> None:
    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(12, 2)), rng.normal(size=12)
    weight = np.array([0, 1, 2, 3] * 3)
    weighed = st.LinearRegression().fit(X, y, weight)
    repeated = st.LinearRegression().fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    np.testing.assert_allclose(weighed.coef_, repeated.coef_, rtol=1e-15)
    assert weighed.score(X, y, weight) == pytest.approx(repeated.score(*(np.repeat(a, weight, axis=0) for a in (X, y))))


# --- not one solution ---------------------------------------------------------------------------------


def test_collinear_columns_give_the_shortest_solution_and_say_so() -> None:
    rng = np.random.default_rng(6)
    X = rng.integers(-9, 9, size=(15, 3)).astype(float)
    X[:, 2] = X[:, 0] + X[:, 1]
    y = X @ [1.0, 2.0, 3.0] + 4 + 0.1 * rng.normal(size=15)
    with pytest.warns(st.FitWarning, match=r"3 of 4 columns are independent \(condition number"):
        model = st.LinearRegression().fit(X, y)
    centred = X - X.mean(axis=0)
    np.testing.assert_allclose(model.coef_, np.linalg.pinv(centred) @ (y - y.mean()), rtol=1e-10)
    np.testing.assert_allclose(model.predict(X), centred @ model.coef_ + y.mean(), rtol=1e-12)
    assert (model.rank_, model.digits_) == (3, 0.0)
    assert np.isnan(model.standard_errors_).all()
    assert "unknown" in str(model.report())


@pytest.mark.parametrize("solver", SOLVERS)
def test_more_columns_than_rows(solver: str) -> None:
    rng = np.random.default_rng(7)
    X, y = rng.normal(size=(4, 6)), rng.normal(size=4)
    with pytest.warns(st.FitWarning, match="4 rows for 7 coefficients"):
        model = st.LinearRegression(solver).fit(X, y)
    np.testing.assert_allclose(model.predict(X), y, atol=1e-12)
    np.testing.assert_allclose(model.coef_, np.linalg.pinv(X - X.mean(axis=0)) @ (y - y.mean()), rtol=1e-9)


def test_a_constant_column_beside_the_intercept() -> None:
    with pytest.warns(st.FitWarning, match="2 of 3 columns"):
        model = st.LinearRegression().fit([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]], [2.0, 4.0, 6.0])
    np.testing.assert_allclose(model.coef_, [2.0, 0.0], atol=1e-14)


def test_ridge_makes_it_one() -> None:
    X = np.array([[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]])
    model = st.LinearRegression(alpha=1e-3).fit(X, [1.0, 2.0, 4.0])
    np.testing.assert_allclose(model.coef_, [0.5, 0.5], rtol=1e-3)
    assert model.digits_ > 10


@pytest.mark.parametrize("shift", [0.0, 1.0, 1e3])
def test_a_constant_column_alone_beside_the_intercept(shift: float) -> None:
    """What the intercept leaves of it is rounding, which is no column."""
    y = np.array([1.0, 2.0, 3.0, 4.5])
    with pytest.warns(st.FitWarning, match="1 of 2 columns"):
        model = st.LinearRegression().fit(np.full((4, 1), 0.1 + shift), y)
    assert model.predict(np.full((2, 1), 0.1 + shift)) == pytest.approx(np.mean(y))
    assert abs(model.coef_[0]) < 1e-6
    assert model.method_.endswith("(rank 1 of 2)")
    with pytest.warns(st.FitWarning):
        model = st.LinearRegression().fit((np.arange(4) + 2**60)[:, None], y)  # one number, as doubles
    assert model.predict([[2.0**60]]) == pytest.approx(np.mean(y))


@pytest.mark.parametrize("weight", [1e-300, 1e300])
def test_weights_whose_squares_are_no_doubles(weight: float) -> None:
    with pytest.raises(DataError, match="divide all of them"):
        st.LinearRegression().fit([[1.0], [2.0], [4.0]], [1.0, 2.0, 3.0], [weight, weight, 0.0])
