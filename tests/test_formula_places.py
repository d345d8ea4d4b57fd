"""Where formulas are tried: at sizes and points at which there is something to compare."""

from __future__ import annotations

import numpy as np
import pytest

from steepest.api.examples import is_steady
from steepest.api.formula import formula
from steepest.expr.build import add, contract, variable
from steepest.expr.dimension import Dim


def test_a_determinant_that_is_rounding_alone_is_not_compared():
    f = formula("logdet(X*X')", X="m n")
    assert str(f.gradient("X")) == "2(XXᵀ)⁻¹X"
    assert f.gradient("X").check()
    assert str(formula("logdet(X'*X)", X="m n").gradient("X")) == "2X(XᵀX)⁻¹"


def test_the_pseudo_inverse_has_one_gradient_for_tall_and_wide():
    f = formula(lambda X: np.sum(np.linalg.pinv(X)), X="m n")
    text = str(f.gradient("X"))
    assert text.count(" + ") + text.count(" − ") == 4, text  # five terms, of which two vanish for either
    rng = np.random.default_rng(4)
    for shape in ((5, 3), (3, 5)):
        x, ones = rng.normal(size=shape), np.ones(shape)
        p = np.linalg.pinv(x)
        printed = (p.T @ p @ ones + ones @ p @ p.T - x @ p @ ones @ p @ p.T - p.T @ p @ ones @ p @ x
                   - p.T @ ones.T @ p.T)  # fmt: skip
        np.testing.assert_allclose(f.gradient("X")(x), printed, rtol=1e-9, atol=1e-11)


def test_a_digest_does_not_know_how_long_a_named_axis_is():
    def sum_at(m: int, n: int) -> int:
        x, y = variable("x", (Dim(n, "n"),)), variable("X", (Dim(m, "m"), Dim(n, "n")))
        return add(x, contract([((0, 1), y), ((1,), x), ((0, 2), y)], (2,))).digest

    assert sum_at(6, 4) == sum_at(5, 7)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("arccos(x + x)", "−2/√(1 − 4x²)"),
        ("log1p(x - 4)", "1/(x − 3)"),
        ("log(arcsin(2 + x))", "1/(arcsin(x + 2) √(1 − (x + 2)²))"),
    ],
)
def test_a_narrow_domain_is_found(text, printed):
    assert str(formula(text, x="").gradient("x")) == printed


def test_a_formula_is_compared_where_rounding_does_not_count():
    assert str(formula("sigmoid(sum(X))", X="m n").gradient("X")) == "σ(Σ X) (1 − σ(Σ X)) 𝟏𝟏ᵀ"


def test_eigenvalues_of_a_symmetric_part():
    f = formula(lambda X: np.linalg.eigvalsh((X + X.T) / 2)[-1], X="n n")
    assert str(f.gradient("X")).replace("V", "S") == "S diag(I[-1]) Sᵀ\nwhere S = eigenvectors(1/2 (X + Xᵀ))"
    assert f.gradient("X").check()
    assert str(formula(lambda A, X: np.sum(np.tril(X) * A), A="n n", X="n n").gradient("X")).startswith("A ⊙ L\n")


def test_a_root_whose_radicand_was_counted_before():
    f = formula("sqrt(abs(3*x))*(c + abs(tanh(x)))", x="", c="")
    assert f.hessian("x").check()


def test_steadiness():
    wide = np.random.default_rng(2).normal(size=(3, 5))

    def determinant(x: np.ndarray) -> float:
        return float(np.linalg.det(x @ x.T))

    assert is_steady(determinant, [wide], [determinant(wide)])
    assert not is_steady(determinant, [wide.T], [determinant(wide.T)])
