"""Least squares as an estimator: bad input, what it says of itself, and scikit-learn's rules."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import steepest as st
from steepest.errors import ArgumentError, DataError, NotFittedError

X_GOOD, Y_GOOD = np.arange(6.0).reshape(3, 2) ** 2, np.array([1.0, 2.0, 4.0])


@pytest.mark.parametrize(
    ("X", "y", "weight", "message"),
    [
        (np.zeros((0, 2)), [], None, r"0 sample\(s\)"),
        (np.zeros((3, 0)), Y_GOOD, None, r"0 feature\(s\)"),
        (Y_GOOD, Y_GOOD, None, "Reshape your data"),
        (X_GOOD, Y_GOOD[:2], None, "X has 3 rows, y has 2"),
        (X_GOOD, None, None, "requires y"),
        (X_GOOD, [1.0, np.inf, 2.0], None, r"y\[1\] is infinity"),
        ([[1.0, 2.0], [3.0, np.nan]], [1.0, 2.0], None, r"X\[1, 1\] is NaN"),
        ([["a"], ["b"]], [1.0, 2.0], None, "no number"),
        ([[1.0, 2.0], [3.0]], [1.0, 2.0], None, "not an array"),
        (X_GOOD + 1j, Y_GOOD, None, "Complex data not supported"),
        (np.ma.masked_less(X_GOOD, 2), Y_GOOD, None, "masked entries"),
        (np.array(["2020", "2021", "2022"], "M8[Y]")[:, None], Y_GOOD, None, "no numbers"),
        (scipy.sparse.csr_array(X_GOOD), Y_GOOD, None, "sparse"),
        (X_GOOD, Y_GOOD, [1.0, -1.0, 1.0], r"sample_weight\[1\] is negative"),
        (X_GOOD, Y_GOOD, [0.0, 0.0, 0.0], "all weights are zero"),
        (X_GOOD, Y_GOOD, [1.0, 1.0], "sample_weight has shape"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("estimator", [st.LinearRegression(), st.LossRegressor()])
def test_bad_data(X: Any, y: Any, weight: Any, message: str, estimator: Any) -> None:
    with pytest.raises(DataError, match=message):
        estimator.fit(X, y, sample_weight=weight)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (st.LinearRegression("qrr"), "solver='qrr' is none of"),
        (st.LinearRegression(alpha=-1.0), "alpha=-1.0 is no number from 0 on"),
        (st.LinearRegression("sgd", max_iter=0), "max_iter=0 is no whole number from 1 on"),
        (st.PolynomialRegression(1.5), "degree=1.5 is no whole number from 0 on"),  # type: ignore[arg-type]
    ],
)
def test_bad_parameters(model: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        model.fit(X_GOOD[:, :1], Y_GOOD)


def test_bad_polynomials() -> None:
    with pytest.raises(DataError, match="degree 3 needs 4 different values of x, here are 3"):
        st.PolynomialRegression(3).fit([1.0, 2.0, 2.0, 4.0], [1.0, 2.0, 3.0, 4.0])
    with pytest.raises(DataError, match="a polynomial is in one variable"):
        st.PolynomialRegression(1).fit(X_GOOD, Y_GOOD)


def test_columns_at_the_end_of_the_range() -> None:
    with pytest.raises(DataError, match=r"column 1 of X has entries of 3\.0e\+300"):
        st.LinearRegression().fit([[1.0, 1e300], [2.0, 3e300], [4.0, 1e300]], Y_GOOD)
    with pytest.raises(DataError, match=r"powers of x up to x\^3 are no doubles"):
        st.PolynomialRegression(3).fit(np.arange(1.0, 7.0) * 1e100, np.ones(6))


def test_a_response_that_does_not_vary_has_no_r_squared() -> None:
    model = st.LinearRegression().fit(X_GOOD[:, :1], np.full(3, 3.3))
    assert np.isnan(model.r_squared_)
    assert model.intercept_ == 3.3


def test_before_the_fit() -> None:
    with pytest.raises(NotFittedError, match="has not been fitted"):
        st.LinearRegression().predict(X_GOOD)


def test_a_row_that_is_too_short_for_the_fit() -> None:
    model = st.LinearRegression().fit(X_GOOD[:, :1], Y_GOOD)
    with pytest.raises(DataError, match="X has 2 features, but LinearRegression is expecting 1 features"):
        model.predict(X_GOOD)


# --- what it says, and scikit-learn -------------------------------------------------------------------


def test_the_report() -> None:
    model = st.LinearRegression().fit([[0.0, 1.0], [1.0, 0.0], [2.0, 5.0], [3.0, 1.0]], [1.0, 3.0, 4.0, 7.5])
    text = str(model.report())
    assert text.splitlines()[0] == "y = 1.07778 + 2.18889 x1 - 0.277778 x2"
    for word in ("R²", "condition number", "digits to trust", "standard error", "QR, refined"):
        assert word in text
    assert str(st.PolynomialRegression(2).fit([0.0, 1, 2, 3], [0.0, 1, 4, 9]).report()).startswith(
        "y = 0 + 0 x + 1 x^2"
    )


def test_parameters_and_copies() -> None:
    model = st.LinearRegression("svd", alpha=0.5)
    assert repr(model) == "LinearRegression(solver='svd', alpha=0.5)"
    assert model.get_params()["alpha"] == 0.5
    assert model.set_params(alpha=0.0).alpha == 0.0
    with pytest.raises(DataError, match="has no parameter 'alfa'"):
        model.set_params(alfa=1)
    model.fit(X_GOOD[:, :1], Y_GOOD)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).coef_, model.coef_)


def test_scikit_learn_is_not_imported() -> None:
    fit = "steepest.LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0])"
    code = f"import sys, steepest; {fit}; print('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "estimator",
    [
        st.LinearRegression(),
        st.LossRegressor(),
        pytest.param(st.LinearRegression("svd", alpha=0.1), marks=pytest.mark.heavy),
        pytest.param(st.LinearRegression("l-bfgs"), marks=pytest.mark.heavy),
        pytest.param(st.LossRegressor(loss="huber"), marks=pytest.mark.heavy),
    ],
    ids=repr,
)
def test_scikit_learn_accepts_it(estimator: Any) -> None:
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    checks.check_estimator(estimator)


@pytest.mark.filterwarnings("ignore::steepest.FitWarning")
def test_in_scikit_learn_s_hands() -> None:
    selection = pytest.importorskip("sklearn.model_selection")
    pipeline = pytest.importorskip("sklearn.pipeline")
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    rng = np.random.default_rng(11)
    X = rng.normal(size=(60, 3))
    y = X @ [1.0, -2.0, 0.5] + 0.1 * rng.normal(size=60)
    search = selection.GridSearchCV(st.LinearRegression(), {"alpha": [0.0, 1e3], "solver": ["qr", "svd"]}).fit(X, y)
    assert search.best_params_["alpha"] == 0.0
    steps = pipeline.make_pipeline(preprocessing.StandardScaler(), st.LossRegressor(loss="huber"))
    assert selection.cross_val_score(steps, X, y).mean() > 0.95
