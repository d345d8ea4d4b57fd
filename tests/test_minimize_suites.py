"""The two suites of the field: Moré, Garbow and Hillstrom's problems, and NIST's nonlinear regressions."""

from __future__ import annotations

import numpy as np
import pytest
from more_garbow_hillstrom import PROBLEMS, Problem
from nist_models import data_of, residuals_of

import steepest as st
from steepest.data.accuracy import correct_digits
from steepest.data.strd_nonlinear import NAMES, load, parse


def test_there_are_forty_problems():
    assert len(PROBLEMS) == len({p.name for p in PROBLEMS}) == 40


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: p.name)
def test_the_default_method_solves(problem: Problem):
    found = st.minimize(lambda x: problem(x), problem.start)
    assert problem.is_solved(found.fun)
    assert found.success


@pytest.mark.parametrize("name", NAMES)
def test_the_models_have_the_certified_residuals(name: str):
    dataset = load(name)
    r = residuals_of(name)(dataset.certified, *data_of(dataset))
    # What is certified to 11 digits leaves of a tiny sum only its size.
    tolerance = 1e-8 if dataset.residual_sum_of_squares > 1e-12 else 2
    assert r @ r == pytest.approx(dataset.residual_sum_of_squares, rel=tolerance, abs=1e-20)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("start", [0, 1], ids=["far", "near"])
def test_gauss_newton_has_the_certified_parameters(name: str, start: int):
    dataset = load(name)
    found = st.minimize(residuals_of(name), dataset.starts[start], data_of(dataset), method="gauss-newton")
    assert found.success
    assert correct_digits(found.x, dataset.certified).min() >= 8
    assert 2 * found.fun == pytest.approx(dataset.residual_sum_of_squares, rel=1e-8, abs=1e-20)


def test_the_parser_refuses_other_files():
    with pytest.raises(ValueError, match="no data set"):
        load("Norris")
    with pytest.raises(ValueError, match="header"):
        parse("something else")


def test_a_data_set_is_as_it_stands_in_its_file():
    nelson = load("Nelson")
    assert nelson.model == "log[y] = b1 - b2*x1 * exp[-b3*x2]  +  e"
    assert nelson.X.shape == (128, 2)
    np.testing.assert_array_equal(nelson.starts, [[2, 0.0001, -0.01], [2.5, 0.000000005, -0.05]])
    np.testing.assert_array_equal(nelson.certified, [2.5906836021, 5.6177717026e-09, -5.7701013174e-02])
    assert nelson.standard_deviation[2] == 3.9572366543e-03
