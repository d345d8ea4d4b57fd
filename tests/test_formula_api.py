"""`st.formula`: declarations, derivatives as formulas, their values, their proof, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.api.declaration import assigned_sizes, declare
from steepest.errors import ArgumentError, FormulaError, NotScalarError, ShapeError


def loss(theta: Any, X: Any, y: Any) -> Any:
    return np.mean((X @ theta - y) ** 2)


SHAPES = {"theta": "n", "X": "m n", "y": "m"}

# function, shapes, by, its text, its gradient's text; from textbooks on matrix calculus:
# K. B. Petersen and M. S. Pedersen, The Matrix Cookbook (2012), equation numbers where there is one
TEXTS: list[tuple[Any, dict[str, str], str, str, str]] = [
    (loss, SHAPES, "theta", "1/m ‖Xθ − y‖²", "2/m Xᵀ(Xθ − y)"),  # 84
    (loss, SHAPES, "X", "1/m ‖Xθ − y‖²", "2/m (Xθ − y)θᵀ"),  # 88
    (lambda theta, X, y: (X @ theta - y) @ (X @ theta - y) / len(y), SHAPES, "theta",
     "1/m ‖Xθ − y‖²", "2/m Xᵀ(Xθ − y)"),
    (lambda x, A: x @ A @ x, {"x": "n", "A": "n n"}, "x", "xᵀAx", "(A + Aᵀ)x"),  # 81
    (lambda x, A: x @ A @ x, {"x": "n", "A": "n n"}, "A", "xᵀAx", "x xᵀ"),  # 72
    (lambda a, X, b: a @ X @ b, {"a": "m", "X": "m n", "b": "n"}, "X", "aᵀXb", "a bᵀ"),  # 70
    (lambda a, X, b: a @ X.T @ b, {"a": "n", "X": "m n", "b": "m"}, "X", "bᵀXa", "b aᵀ"),  # 71
    (lambda A, B: np.trace(A @ B), {"A": "m n", "B": "n m"}, "A", "tr(AB)", "Bᵀ"),  # 100
    (lambda X: np.linalg.slogdet(X)[1], {"X": "n n"}, "X", "log |det X|", "X⁻ᵀ"),  # 57
    (lambda x: np.sum(np.exp(x)), {"x": "n"}, "x", "Σ exp(x)", "exp(x)"),
    (lambda x: 3 * x**2 - 4 * x, {"x": ""}, "x", "3x² − 4x", "6x − 4"),
    (lambda x: np.prod(x), {"x": "n"}, "x", "prod(x)", "prodothers(x)"),
]  # fmt: skip


@pytest.mark.parametrize(("f", "shapes", "by", "text", "gradient"), TEXTS)
def test_functions_and_gradients_read_as_in_the_books(
    f: Any, shapes: dict[str, str], by: str, text: str, gradient: str
) -> None:
    F = st.formula(f, **shapes)
    assert str(F) == text
    assert str(F.gradient(by)) == gradient


@pytest.mark.parametrize(("f", "shapes", "by", "text", "gradient"), TEXTS)
def test_each_is_proved(f: Any, shapes: dict[str, str], by: str, text: str, gradient: str) -> None:
    report = st.formula(f, **shapes).gradient(by).check()
    assert report, report
    assert report.paths[0] == "formula"
    assert len(report.paths) == 4


def test_second_derivatives() -> None:
    F = st.formula(loss, **SHAPES)
    assert str(F.hessian("theta")) == "2/m XᵀX"
    assert str(F.gradient("theta").jacobian("theta")) == "2/m XᵀX"
    assert str(F.hessian("theta", "y")) == "−2/m Xᵀ"
    assert F.hessian("theta").check()


def test_one_entry_in_index_notation() -> None:
    F = st.formula(loss, **SHAPES)
    assert F.gradient("theta").entry("j") == "2/m Σ_i X_ij (Σ_k X_ik θ_k − y_i)"


def test_sums_in_an_entry_do_not_run_over_its_own_letters() -> None:
    F = st.formula(lambda A, B: A @ B, A="m n", B="n k")  # k is a size: no sum is written over k
    assert F.entry("i", "j") == "Σ_l A_il B_lj"
    assert st.formula(lambda T, x: T @ x, T="m n k", x="k").entry("j", "i") == "Σ_l T_jil x_l"


def test_latex_and_ascii() -> None:
    G = st.formula(loss, **SHAPES).gradient("theta")
    assert G.latex() == r"\frac{2}{m} X^{\top} \left(X \theta - y\right)"
    assert G.ascii().isascii()
    assert G.latex() in G._repr_latex_()


def test_a_formula_is_computed_at_any_sizes(rng: np.random.Generator) -> None:
    G = st.formula(loss, **SHAPES).gradient("theta")
    for m, n in ((5, 2), (2, 5), (1, 1)):
        theta, X, y = rng.normal(size=n), rng.normal(size=(m, n)), rng.normal(size=m)
        np.testing.assert_allclose(G(theta, X, y), 2 / m * X.T @ (X @ theta - y), rtol=1e-12)
        np.testing.assert_allclose(G(y=y, X=X, theta=theta), G(theta, X, y))


def test_what_a_program_computes_is_what_is_printed(rng: np.random.Generator) -> None:
    F = st.formula(lambda w, X: np.sum(np.logaddexp(0, X @ w)), w="n", X="m n")
    w, X = rng.normal(size=3), rng.normal(size=(4, 3))
    np.testing.assert_allclose(F.gradient("w")(w, X), X.T @ (1 / (1 + np.exp(-X @ w))), rtol=1e-12)
    assert str(F.gradient("w")) == "Xᵀ σ(Xw)"


def test_steps_and_the_difference_quotient_end_in_the_gradient() -> None:
    F = st.formula(loss, **SHAPES)
    gradient = F.gradient("theta")
    assert F.steps("theta").result is gradient.readable
    assert F.from_definition("theta").result is gradient.readable
    assert "sum rule, linear map: dr = d(Xθ) = X dθ" in str(F.steps("theta"))
    assert r"\begin{aligned}" in F.steps("theta").latex()
    assert len(list(F.steps("theta"))) == len(F.steps("theta"))


def test_a_difference_quotient_that_is_not_worked_out_is_refused() -> None:
    with pytest.raises(FormulaError, match="arctan"):
        st.formula(lambda x: np.arctan(x), x="").from_definition("x")


# --- one formula for all sizes ------------------------------------------------------------------------


def unrolled(x: Any) -> Any:
    total = 0.0
    for i in range(len(x)):
        total = total + (i + 1) * x[i] ** 2
    return total


def other_when_short(x: Any) -> Any:
    return np.sum(x) if len(x) < 30 else np.sum(x * x)


@pytest.mark.parametrize("f", [unrolled, other_when_short])
def test_what_differs_between_sizes_has_no_general_formula(f: Any) -> None:
    F = st.formula(f, x="n")
    with pytest.raises(FormulaError, match="no one formula for all sizes"):
        str(F)
    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(F.gradient("x")(x), st.grad(f)(x))  # the number is right all the same


def test_sizes_may_be_numbers() -> None:
    F = st.formula(unrolled, x="2")
    np.testing.assert_allclose(F.gradient("x")(np.array([1.0, 1.0])), [2.0, 4.0])
    assert str(F)


def test_sizes_of_tall_matrices_are_assigned_from_the_columns() -> None:
    sizes = assigned_sizes([declare("X", "m n"), declare("y", "m")], (2, 3))
    assert sizes == {"n": 2, "m": 3}


# --- what is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ({"theta": "n", "X": "m n"}, "missing: y"),
        ({**SHAPES, "z": "n"}, "z"),
        ({**SHAPES, "y": 3}, "written as text"),
        ({**SHAPES, "y": "m!"}, "a name or a number"),
        ({**SHAPES, "y": "k"}, "do not fit"),
    ],
)
def test_wrong_declarations(shapes: dict[str, Any], message: str) -> None:
    with pytest.raises((ArgumentError, ShapeError), match=message):
        st.formula(loss, **shapes)


def test_facts_are_not_taken_for_sizes() -> None:
    assert declare("S", "n n spd").sizes == ("n", "n")
    assert str(st.formula(lambda S: np.trace(S), S="n n spd")) == "tr(S)"


def test_wrong_arguments() -> None:
    G = st.formula(loss, **SHAPES).gradient("theta")
    with pytest.raises(ArgumentError, match="missing: y"):
        G(np.ones(2), np.ones((3, 2)))
    with pytest.raises(ShapeError, match=r"m is 3 in X and 4 in y"):
        G(np.ones(2), np.ones((3, 2)), np.ones(4))
    with pytest.raises(ShapeError, match="declared with 1 axes"):
        G(np.ones((2, 1)), np.ones((3, 2)), np.ones(3))


def test_derivatives_that_do_not_exist() -> None:
    F = st.formula(lambda x: np.exp(x), x="n")
    with pytest.raises(NotScalarError, match="jacobian"):
        F.gradient("x")
    with pytest.raises(ArgumentError, match="no variable 'z'"):
        F.jacobian("z")
    assert str(F.jacobian("x")) == "diag(exp(x))"


def test_a_function_that_is_nowhere_defined_is_not_printed_unchecked() -> None:
    with pytest.raises(FormulaError, match="no point was found"):
        str(st.formula(lambda x: np.log(-(x**2)), x=""))


# --- what a formula takes for granted -----------------------------------------------------------------


def test_the_branch_that_was_taken_is_said() -> None:
    F = st.formula(lambda x, a: np.sum(x) * a if a > 0 else np.sum(x * x), x="n", a="")
    assert str(F) == "a Σ x\n  for a > 0"
    assert F.qualification.conditions == ("a > 0",)
    np.testing.assert_allclose(
        F.gradient("x")(np.array([1.0, 2.0]), -1.0), [2.0, 4.0]
    )  # the number is right all the same


def test_fixed_arrays_are_written_out() -> None:
    weights = np.array([1.0, 2.0, 4.0])
    F = st.formula(lambda x: np.sum(weights * x), x="3")
    assert str(F.gradient("x")) == "c1\n  with c1 = [1., 2., 4.]"


def test_an_array_made_from_a_size_is_no_constant() -> None:
    with pytest.raises(FormulaError, match="made from a size"):
        str(st.formula(lambda x: np.arange(len(x)) * x, x="n"))


def test_a_power_of_a_size_below_a_line_stands_apart_from_a_bracket() -> None:
    assert str(st.formula("mean(x)^2", x="n")) == "1/n² (Σ x)²"


def test_the_gradient_of_the_nuclear_norm_says_which_factor_is_transposed() -> None:
    F = st.formula(lambda A: np.linalg.norm(A, "nuc"), A="m n")
    assert str(F.gradient("A")) == "(left singular vectors(A)) transposed right singular vectors(A)"
