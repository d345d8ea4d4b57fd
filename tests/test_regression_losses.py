"""Any loss as an estimator: against closed forms, linear programs, and what other estimators find."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
import scipy.optimize

import steepest as st
from steepest.errors import ArgumentError, DataError, NonFiniteError
from steepest.regression.losses import LOSSES

RNG = np.random.default_rng(20)
X = RNG.normal(size=(80, 3)) * [1.0, 20.0, 0.05] + [0.0, 100.0, 1.0]
Z = X @ [1.0, 0.05, 8.0] - 12.0
Y = Z + RNG.standard_t(2, size=80)


def with_ones(a: np.ndarray) -> np.ndarray:
    return np.hstack([np.ones((len(a), 1)), a])


def coefficients(model: Any) -> np.ndarray:
    return np.r_[model.intercept_, model.coef_]


def test_the_squared_loss_is_least_squares() -> None:
    w = RNG.uniform(0.2, 3, size=80)
    exact = st.LinearRegression().fit(X, Y, w)
    model = st.LossRegressor().fit(X, Y, w)
    np.testing.assert_allclose(coefficients(model), coefficients(exact), rtol=1e-7)
    assert model.score(X, Y, w) == pytest.approx(exact.score(X, Y, w))


@pytest.mark.parametrize(("loss", "level"), [("absolute", None), ("quantile", None), ("quantile", 0.9)])
def test_quantiles_are_those_of_the_linear_program(loss: str, level: float | None) -> None:
    q = 0.5 if level is None else level
    n, A = len(Y), with_ones(X)
    # y = A b + u − v, u, v ≥ 0, with the least Σ q u + (1 − q) v.
    solved = scipy.optimize.linprog(
        np.r_[np.zeros(4), np.full(n, q), np.full(n, 1 - q)],
        A_eq=np.hstack([A, np.eye(n), -np.eye(n)]), b_eq=Y, bounds=[(None, None)] * 4 + [(0, None)] * (2 * n),
    )  # fmt: skip
    model = st.LossRegressor(loss=loss, level=level).fit(X, Y)
    np.testing.assert_allclose(model.predict(X), A @ solved.x[:4], atol=2e-4 * np.std(Y))
    assert np.mean(model.predict(X) > Y) == pytest.approx(q, abs=0.04)


def test_huber_solves_its_equation() -> None:
    model = st.LossRegressor(loss="huber", level=0.8).fit(X, Y)
    psi = np.clip(model.predict(X) - Y, -0.8, 0.8)
    assert np.all(np.abs(with_ones((X - X.mean(axis=0)) / X.std(axis=0)).T @ psi) < 1e-5)


@pytest.mark.parametrize("name", ["poisson", "logistic", "gamma"])
def test_means_of_generalised_linear_models_balance(name: str) -> None:
    eta = Z / np.std(Z) - 0.3 if name != "logistic" else (Z - Z.mean()) / np.std(Z)
    draw = {
        "poisson": lambda: RNG.poisson(np.exp(eta)),
        "logistic": lambda: RNG.uniform(size=80) < 1 / (1 + np.exp(-eta)),
        "gamma": lambda: RNG.gamma(2.0, np.exp(eta) / 2) + 1e-6,
    }[name]
    y = np.asarray(draw(), dtype=float)
    model = st.LossRegressor(loss=name).fit(X, y)
    mean = model.predict(X)
    # The score equations: Aᵀ (y − μ) = 0 with the canonical link, Aᵀ (y − μ) / μ = 0 for gamma with the logarithm.
    balance = (y - mean) / (mean if name == "gamma" else 1.0)
    scaled = with_ones((X - X.mean(axis=0)) / X.std(axis=0))
    assert np.all(np.abs(scaled.T @ balance) < 1e-5 * np.sum(np.abs(balance)))
    assert np.all(mean > 0)


def test_a_model_and_a_loss_of_ones_own_with_nested_parameters() -> None:
    x = np.linspace(0, 5, 60)[:, None]
    y = 3.0 * np.exp(-0.7 * x[:, 0]) + 0.5

    def decay(theta: Any, X: Any) -> Any:
        return theta["scale"] * np.exp(-theta["rate"][0] * X[:, 0]) + theta["rest"]

    def log_cosh(prediction: Any, y: Any) -> Any:
        return np.log(np.cosh(prediction - y))

    start = {"scale": 1.0, "rate": [np.array(0.3)], "rest": 0.0}
    model = st.LossRegressor(decay, log_cosh, start=start).fit(x, y)
    assert model.theta_["scale"] == pytest.approx(3.0, rel=1e-4)
    assert model.theta_["rate"][0] == pytest.approx(0.7, rel=1e-4)
    assert model.theta_["rest"] == pytest.approx(0.5, rel=1e-4)
    assert model.loss_ < 1e-10
    np.testing.assert_allclose(model.predict(x), y, atol=1e-4)
    assert model.get_params()["predict"] is decay
    started = st.LossRegressor(decay, log_cosh, start=lambda X, y: {**start, "rest": y.min()}).fit(x, y)
    assert started.theta_["scale"] == pytest.approx(3.0, rel=1e-4)


def test_a_loss_may_be_a_mean_or_rows_and_only_rows_take_weights() -> None:
    def rows(z: Any, y: Any) -> Any:
        return (z - y) ** 2

    def mean(z: Any, y: Any) -> Any:
        return np.mean((z - y) ** 2)

    by_rows, by_mean = (st.LossRegressor(loss=f).fit(X, Y) for f in (rows, mean))
    np.testing.assert_allclose(by_rows.predict(X), by_mean.predict(X), atol=1e-6)
    with pytest.raises(DataError, match="sample_weight needs a loss for each row"):
        st.LossRegressor(loss=mean).fit(X, Y, np.ones(80))


def test_a_penalty() -> None:
    model = st.LossRegressor(penalty=lambda theta: 0.3 / len(X) * np.sum(theta["coef"] ** 2), solver="trust-region")
    exact = st.LinearRegression(alpha=0.3).fit(X, Y)
    np.testing.assert_allclose(model.fit(X, Y).predict(X), exact.predict(X), rtol=1e-5)


def test_several_outputs() -> None:
    both = np.stack([Y, -2 * Y + 1], 1)
    model = st.LossRegressor(loss="huber", level=5.0).fit(X, both)
    assert (model.coef_.shape, model.intercept_.shape, model.predict(X).shape) == ((2, 3), (2,), (80, 2))


@pytest.mark.parametrize("solver", ["l-bfgs", "trust-region", "newton", "nesterov"])
def test_other_methods_of_descent(solver: str) -> None:
    model = st.LossRegressor(solver=solver, tol=1e-10, max_iter=2000).fit(X, Y)
    np.testing.assert_allclose(model.predict(X), st.LinearRegression().fit(X, Y).predict(X), atol=1e-3)


def test_many_parameters_go_without_a_matrix() -> None:
    wide = np.random.default_rng(21).normal(size=(40, 301))
    penalised = st.LossRegressor(lambda t, X: X @ t, start=np.zeros(301), penalty=lambda t: np.sum(t**2) / 40)
    model = penalised.fit(wide, Y[:40])
    assert model.result_.method == "l-bfgs"
    exact = st.LinearRegression(alpha=1.0, fit_intercept=False).fit(wide, Y[:40])
    np.testing.assert_allclose(model.theta_, exact.coef_, atol=1e-5)


def test_a_fit_that_is_stopped_says_so() -> None:
    with pytest.warns(st.FitWarning, match="as many iterations as allowed"):
        st.LossRegressor(loss="poisson", max_iter=1).fit(X, np.round(np.abs(Y)))


def test_collinear_columns_are_told() -> None:
    with pytest.warns(st.FitWarning, match="1 of 2 columns are independent"):
        st.LossRegressor().fit(np.column_stack([X[:, 0], 2 * X[:, 0]]), Y)


@pytest.mark.parametrize(
    ("parameters", "y", "message"),
    [
        ({"loss": "hubber"}, Y, "loss='hubber' is none of 'squared', 'absolute'"),
        ({"loss": "huber", "level": -1.0}, Y, "level=-1.0 of loss='huber' lies above 0"),
        ({"loss": "quantile", "level": 1.0}, Y, "above 0 and below 1"),
        ({"loss": "squared", "level": 1.0}, Y, "has no level"),
        ({"predict": lambda t, X: X @ t}, Y, "needs `start`"),
        ({"solver": "steep"}, Y, "steep"),
    ],
)
def test_bad_parameters(parameters: Any, y: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        st.LossRegressor(**parameters).fit(X, y)


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        ("poisson", -np.ones(80), r"y\[0\] is -1; loss='poisson' is for responses 0 or more"),
        ("gamma", np.zeros(80), "for responses above 0"),
        ("logistic", np.full(80, 2.0), "from 0 to 1"),
    ],
)
def test_responses_that_a_loss_is_not_for(loss: str, y: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        st.LossRegressor(loss=loss).fit(X, y)


def test_predictions_of_another_shape() -> None:
    with pytest.raises(DataError, match=r"predict\(theta, X\) has shape \(80, 1\)"):
        st.LossRegressor(lambda t, X: X @ t, start=np.zeros((3, 1))).fit(X, Y)


def test_losses_of_another_shape_and_parameters_that_are_none() -> None:
    with pytest.raises(DataError, match=r"loss\(prediction, y\) has shape \(80, 80\)"):
        st.LossRegressor(loss=lambda z, y: np.outer(z, y)).fit(X, Y)
    with pytest.raises(ArgumentError):
        st.LossRegressor(lambda t, X: X @ t, start="a").fit(X, Y)


def test_how_it_prints() -> None:
    assert repr(st.LossRegressor(np.dot, "huber", level=2.0)) == "LossRegressor(predict=dot, loss='huber', level=2.0)"
    assert len(repr(st.LossRegressor(np.dot, start=np.zeros((100, 100))))) < 100


def test_a_loss_that_is_not_finite_at_the_start() -> None:
    with pytest.raises(NonFiniteError), np.errstate(all="ignore"):
        st.LossRegressor(lambda t, X: np.log(X @ t), start=-np.ones(3)).fit(np.abs(X), Y)


def test_a_fitted_model_can_be_kept() -> None:
    model = st.LossRegressor(loss="huber").fit(X, Y)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))


def test_every_named_loss_fits_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in LOSSES:
            st.LossRegressor(loss=name).fit(X[:, :1], 1 / (1 + np.exp(-Z)))


@pytest.mark.parametrize("loss", ["squared", "absolute", "huber", "quantile"])
@pytest.mark.parametrize("size", [1e-100, 1e30])
def test_responses_that_no_descent_reaches(loss: str, size: float) -> None:
    """The slope of a straight loss says nothing of how far there is to go."""
    with pytest.raises(DataError, match="Give y in units"):
        st.LossRegressor(loss=loss).fit([[0.0], [1.0], [2.0]], np.array([1.0, 2.0, 4.0]) * size)
