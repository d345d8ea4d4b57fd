"""The reference data: the files say what they say, and the parser reads them so."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from steepest.data.accuracy import correct_digits
from steepest.data.strd import NAMES, Dataset, load, load_longley, load_norris, parse


@pytest.fixture(params=NAMES)
def dataset(request: pytest.FixtureRequest) -> Dataset:
    return load(request.param)


def exact_fit(dataset: Dataset) -> np.ndarray:
    """D β in rational numbers: the decimals of the file, without the rounding of their powers."""
    columns = [[Fraction(repr(v)) for v in row] for row in dataset.X.tolist()]
    beta = [Fraction(t) for t in dataset.certified_text]
    if dataset.degree is not None:
        columns = [[x**k for k in range(dataset.degree + 1)] for (x,) in columns]
    elif len(beta) > dataset.X.shape[1]:
        columns = [[Fraction(1), *row] for row in columns]
    return np.array([float(sum(b * v for b, v in zip(beta, row, strict=True))) for row in columns])


def test_the_certified_fit_leaves_the_certified_residuals(dataset: Dataset) -> None:
    r = dataset.y - exact_fit(dataset)
    if not dataset.residual_sum_of_squares:
        assert np.all(np.abs(r) <= 1e-14 * np.max(dataset.y))
        return
    assert correct_digits(r @ r, dataset.residual_sum_of_squares) > 10
    dof = len(r) - len(dataset.certified)
    assert dof == dataset.residual_degrees_of_freedom
    assert correct_digits(np.sqrt(r @ r / dof), dataset.residual_standard_deviation) > 10
    # NIST's R² of a line through the origin compares with no fit at all, not with the mean.
    compared = dataset.y - dataset.y.mean() * ("B0" in dataset.parameters)
    assert correct_digits(1 - (r @ r) / (compared @ compared), dataset.r_squared) > 11


def test_the_certified_fit_is_stationary(dataset: Dataset) -> None:
    design = dataset.design()
    r = dataset.y - exact_fit(dataset)
    # Digits are lost where terms cancel: compare with their size. The certified numbers themselves end at the 15th.
    terms = np.abs(design) @ np.abs(dataset.certified) + np.abs(dataset.y)
    assert np.all(np.abs(design.T @ r) <= 1e-14 * (np.abs(design).T @ terms))


def test_the_certified_standard_deviations(dataset: Dataset) -> None:
    triangle = np.linalg.qr(dataset.design(), mode="r")
    inverse = np.linalg.inv(triangle)
    spread = dataset.residual_standard_deviation * np.sqrt(np.sum(inverse**2, axis=1))
    assert np.all(correct_digits(spread, dataset.standard_deviation) > (6 if dataset.name == "Filip" else 9))


def test_printed_and_parsed_agree(dataset: Dataset) -> None:
    n, k = dataset.X.shape
    first = 0 if dataset.parameters[0] == "B0" else 1
    assert dataset.y.shape == (n,)
    assert len(dataset.predictors) == k
    assert [float(t) for t in dataset.certified_text] == dataset.certified.tolist()
    assert [float(t) for t in dataset.standard_deviation_text] == dataset.standard_deviation.tolist()
    assert dataset.parameters == tuple(f"B{i}" for i in range(first, (dataset.degree or k) + 1))


def test_norris() -> None:
    norris = load_norris()
    assert norris.name == "Norris"
    assert norris.level == "Lower Level of Difficulty"
    assert norris.model == "y = B0 + B1*x + e"
    assert (norris.response, norris.predictors) == ("y", ("x",))
    assert norris.X.shape == (36, 1)
    assert (norris.y[0], norris.X[0, 0], norris.y[-1], norris.X[-1, 0]) == (0.1, 0.2, 0.2, 0.5)
    assert norris.certified_text == ("-0.262323073774029", "1.00211681802045")


def test_longley() -> None:
    longley = load_longley()
    assert longley.name == "Longley"
    assert longley.predictors == ("x1", "x2", "x3", "x4", "x5", "x6")
    assert longley.X[0].tolist() == [83.0, 234289, 2356, 1590, 107608, 1947]
    assert longley.y[-1] == 70551
    assert longley.reference.startswith("Longley, J. W. (1967). An Appraisal of Least Squares Programs for the")


def test_each_load_is_a_copy_of_its_own() -> None:
    load_norris().y[0] = -1.0
    assert load_norris().y[0] == 0.1


def test_a_name_that_is_not_here() -> None:
    with pytest.raises(ValueError, match="no data set 'Noris' here; there are Norris, Pontius, NoInt1"):
        load("Noris")


@pytest.mark.parametrize(
    "text",
    ["", "Certified Values (lines 1 to 2)\nProcedure: Nonlinear Least Squares Regression\n"],
    ids=["empty", "nonlinear"],
)
def test_a_text_that_is_not_linear_least_squares(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)


LINEAR = """\
Dataset Name:  Tiny (Tiny.dat)
               Certified Values  (lines 8 to 13)
               Data              (lines 15 to 16)
Procedure:     Linear Least Squares Regression
Reference:     Nobody.
Data:          Lower Level of Difficulty
Model:         y = {model}
        B1         0.5E+00     0.1E-01
     Residual
     Standard Deviation   0.0
     R-Squared            1.0
Regression  1  1.0  1.0  1.0
Residual    1  0.0  0.0
Data:  y   x
       1   2
       2   4
"""


def test_a_model_through_the_origin_has_no_column_of_ones() -> None:
    tiny = parse(LINEAR.format(model="B1*x + e"))
    assert tiny.design().tolist() == [[2.0], [4.0]]
    assert tiny.certified.tolist() == [0.5]


def test_a_model_with_other_terms_has_no_design_here() -> None:
    with pytest.raises(ValueError, match="terms other than"):
        parse(LINEAR.format(model="B1*(x**2)")).design()


def test_polynomials() -> None:
    assert {name: load(name).degree for name in NAMES if load(name).degree is not None} == {
        "Norris": 1, "Pontius": 2, "Filip": 10,
        "Wampler1": 5, "Wampler2": 5, "Wampler3": 5, "Wampler4": 5, "Wampler5": 5,
    }  # fmt: skip
    assert load("Pontius").design().tolist()[0] == [1.0, 150000.0, 150000.0**2]


@pytest.mark.parametrize(
    ("value", "certified", "digits"),
    [
        (1.0, 1.0, 15.0),
        (1.001, 1.0, 3.0),
        (-1.0, 1.0, -0.30103),
        (1e-4, 0.0, 4.0),
        (0.0, 0.0, 15.0),
        (2e-8, 1e-8, 0.0),
        (np.inf, 1.0, -np.inf),
        (np.nan, 1.0, np.nan),
    ],
)
def test_correct_digits(value: float, certified: float, digits: float) -> None:
    np.testing.assert_allclose(correct_digits(value, certified), digits, atol=1e-5)


def test_correct_digits_of_an_array() -> None:
    assert correct_digits([1.1, 2.0], [1.0, 2.0]).shape == (2,)
