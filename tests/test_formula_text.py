"""Expressions and how they print."""

from __future__ import annotations

import numpy as np
import pytest
from notation_values import evaluate

from steepest.calculus.jacobian import hessian
from steepest.calculus.reverse import gradients
from steepest.errors import FormulaError
from steepest.expr.build import (
    add,
    array,
    contract,
    delta,
    einsum,
    fill,
    multiply,
    negate,
    ones,
    scale,
    subtract,
    transpose_axes,
    variable,
    zeros,
)
from steepest.expr.dimension import Dim
from steepest.expr.number import constant
from steepest.formula.names import display_names, latex_name
from steepest.formula.printing import formula_ascii, formula_latex, formula_of, formula_text, index_text
from steepest.ops.elementary import cos, exp, sin, tanh
from steepest.ops.linalg_inverse import determinant, inverse
from steepest.ops.logic import greater, greater_equal, select, where
from steepest.ops.piecewise import absolute
from steepest.ops.power import divide, log, power, reciprocal, sqrt, square
from steepest.ops.rearrange import embed, entry, part, strided
from steepest.ops.reduction import norm, softmax
from steepest.ops.selection import largest
from steepest.rewrite.readable.form import readable

m, n = Dim(7, "m"), Dim(5, "n")
X, theta, y, d = variable("X", (m, n)), variable("theta", (n,)), variable("y", (m,)), variable("d", (m,))
residual = subtract(einsum("ij,j->i", X, theta), y)
loss = contract([((), constant(1, ((m, -1),))), ((0,), residual), ((0,), residual)], ())

A, B, S = variable("A", (4, 3)), variable("B", (3, 4)), variable("S", (3, 3))
x, a, b, z = (variable(name, (3,)) for name in "xabz")
c = variable("c", (4,))
s, t, b0, b1 = (variable(name) for name in ("s", "t", "b0", "b1"))
T = variable("T", (2, 3, 4))
nonlinear = contract([((0,), tanh(einsum("ij,j->i", A, x)))], ())
line = subtract(add(fill(b0, (3,)), scale(b1, x)), z)


def gradient(f, by):
    return gradients(f, [by])[0]


PRINTED = {
    # least squares
    "1/m ‖Xθ − y‖²": loss,
    "2/m Xᵀ(Xθ − y)": gradient(loss, theta),
    "2/m XᵀX": hessian(loss, theta),
    "Xᵀ(Xθ − y)": readable(add(einsum("ki,kj,j->i", X, X, theta), negate(einsum("ki,k->i", X, y)))),
    "Xᵀ diag(d) X": einsum("ki,k,kj->ij", X, d, X),
    "2/m Xᵀ(Xθ − y) + 2λ θ": gradient(add(loss, scale(variable("lambda_"), einsum("i,i->", theta, theta))), theta),
    # matrices
    "(S + Sᵀ)x": readable(gradient(einsum("i,ij,j->", x, S, x), x)),
    "xᵀSx": einsum("i,ij,j->", x, S, x),
    "AᵀA": einsum("ki,kj->ij", A, A),
    "BᵀAᵀ": einsum("ij,jk->ki", A, B),
    "tr(AB)": einsum("ij,ji->", A, B),
    "‖A‖_F²": einsum("ij,ij->", A, A),
    "diag(x)": contract([((0, 1), delta(3)), ((0,), x)], (0, 1)),
    "a bᵀ": einsum("i,j->ij", a, b),
    "A a bᵀ B": einsum("ij,j,k,kl->il", A, a, b, B),
    "A𝟏": einsum("ij->i", A),
    "Σ A": einsum("ij->", A),
    "Aᵀc + x": add(einsum("ij,i->j", A, c), x),
    "𝟏bᵀ": contract([((1,), b)], (0, 1), {0: 4}),
    "2I": scale(constant(2), delta(3)),
    "‖Ax‖²": einsum("ij,j,ik,k->", A, x, A, x),
    "a ⊙ x": multiply(a, x),
    "c ⊙ Ax": multiply(einsum("ij,j->i", A, x), c),
    "A(a ⊙ x)": einsum("ij,j,j->i", A, a, x),
    "S⁻¹b": einsum("ij,j->i", inverse(S), b),
    "S⁻ᵀ": transpose_axes(inverse(S), (1, 0)),
    "det(S)": determinant(S),
    # regression with named scalars
    "b0 + b1 x − z": line,
    "1/3 Σ(b0 + b1 x − z)": contract([((), constant(1 / 3)), ((0,), line)], ()),
    "b0·b1": multiply(b0, b1),
    # functions
    "Σ tanh(Ax)": nonlinear,
    "Aᵀ(1 − tanh²(Ax))": gradient(nonlinear, x),
    "−2Aᵀ diag(tanh(Ax) ⊙ (1 − tanh²(Ax))) A": hessian(nonlinear, x),
    "1/s": reciprocal(s),
    "s/t": divide(s, t),
    "a/b": divide(a, b),
    "1/(2s)": scale(constant(0.5), reciprocal(s)),
    "1/s²": reciprocal(square(s)),
    "4/s⁴": multiply(square(s), power(scale(constant(0.25), power(s, constant(6))), constant(-1))),
    "4s⁴": square(scale(constant(2), square(s))),
    "tanh([s > 1])": tanh(greater(s, constant(1))),
    "s⁴": power(s, constant(4)),
    "s^(1/3)": power(s, constant(1 / 3)),
    "s^t": power(s, t),
    "√s": sqrt(s),
    "√(s + 1)": sqrt(add(constant(1), s)),
    "s/√t": divide(s, sqrt(t)),
    "exp(−s²)": exp(negate(square(s))),
    "log(1 + exp(s))": log(add(constant(1), exp(s))),
    "sin²(s)": square(sin(s)),
    "2s cos(s²)": scale(constant(2), multiply(s, cos(square(s)))),
    "|s|": absolute(s),
    "‖x‖": norm(x),
    "‖A‖_F": sqrt(einsum("ij,ij->", A, A)),
    "1/‖Ax‖": reciprocal(sqrt(einsum("i,i->", einsum("ij,j->i", A, x), einsum("ij,j->i", A, x)))),
    "softmax(A; rows)": softmax(A),
    "A ⊙ A": multiply(A, A),
    "A^∘4": power(A, constant(4)),
    # choices and selections
    "x[1:]": part(x, 1, 3),
    "x[:-1]": part(x, 0, 2),
    "x[::-1]": strided(x, 2, -1, 3),
    "x[0]": entry(x, 0),
    "x[-1]": entry(x, 2),
    "A[1]": transpose_axes(entry(transpose_axes(A, (1, 0)), 1), (0,)),
    "I[1:-1]ᵀ x": embed(x, 1, 1, 5),
    "[x > 0] ⊙ x": select(greater(x, zeros((3,))), x),
    "[x < 1] ⊙ [x ≥ 0]": multiply(greater(ones((3,)), x), greater_equal(x, zeros((3,)))),
    "[x ≥ 0]": greater_equal(x, zeros((3,))),
    "x if x > 0 else exp(x)": where(greater(x, zeros((3,))), x, exp(x)),
    "x[argmax(x)]": largest(x),
    # signs, precedence, order
    "−(a + b)": negate(add(a, b)),
    "a − (b − x)": subtract(a, subtract(b, x)),
    "(s + t)²": square(add(s, t)),
    "s²": square(negate(s)),
    "6x": scale(constant(2), scale(constant(3), x)),
    "s²/(b0·b1)": divide(divide(s, b1), divide(b0, s)),
    "3s² − 4s + 1": add(scale(constant(3), square(s)), scale(constant(-4), s), constant(1)),
    "1 − s²": subtract(constant(1), square(s)),
    "s exp(−s)": multiply(s, exp(negate(s))),
    "(A + Bᵀ)x": einsum("ij,j->i", add(A, transpose_axes(B, (1, 0))), x),
    # numbers
    "0.001 x": scale(constant(1e-3), x),
    "3/2 x": scale(constant(1.5), x),
    "1/36 x": scale(constant(1 / 36), x),
    "0.1 x": scale(constant(0.1), x),
    "1/(2m) x": scale(constant(0.5, ((m, -1),)), x),
    "m n x": scale(constant(1, ((m, 1), (n, 1))), x),
    "2i s": scale(constant(2j), s),
    # filled arrays
    "𝟏": ones((3,)),
    "0": zeros((3,)),
    "s 𝟏𝟏ᵀ": scale(s, ones((3, 2))),
    # index notation
    "[T_jki]_ijk": transpose_axes(T, (2, 0, 1)),
    "[Σ_k T_ijk c_k]_ij": einsum("ijk,k->ij", T, c),
    "2 tanh(T)": scale(constant(2), tanh(T)),
}  # fmt: skip


def test_a_sum_is_printed_as_it_is() -> None:
    """Common factors are taken out of expressions, not of what is printed of them."""
    assert formula_text(add(einsum("ki,kj,j->i", X, X, theta), negate(einsum("ki,k->i", X, y)))) == "XᵀXθ − Xᵀy"


@pytest.mark.parametrize("text", PRINTED)
def test_text(text):
    assert formula_text(PRINTED[text]) == text


def test_index_notation():
    assert index_text(gradient(loss, theta), ("j",)) == "2/m Σ_i X_ij (Σ_k X_ik θ_k − y_i)"
    assert index_text(loss) == "1/m Σ_i (Σ_j X_ij θ_j − y_i)²"
    assert index_text(hessian(loss, theta), ("j", "k")) == "2/m Σ_i X_ij X_ik"
    assert index_text(tanh(einsum("ij,j->i", A, x)), ("p",)) == "tanh(Σ_i A_pi x_i)"
    with pytest.raises(FormulaError, match="2 axes needs 2 different letters"):
        index_text(A, ("i", "i"))


def test_latex():
    assert formula_latex(gradient(loss, theta)) == r"\frac{2}{m} X^{\top} \left(X \theta - y\right)"
    assert formula_latex(divide(s, sqrt(t))) == r"\frac{s}{\sqrt{t}}"
    assert formula_latex(square(sin(s))) == r"\sin^{2}\left(s\right)"
    assert formula_latex(power(s, constant(4))) == "s^{4}"
    assert formula_latex(einsum("ijk,k->ij", T, c)) == r"{\left[\sum_{k} T_{i j k} c_{k}\right]}_{i j}"


def test_ascii():
    assert formula_ascii(gradient(loss, theta)) == "2/m X'(X theta - y)"
    assert formula_ascii(select(greater(x, zeros((3,))), x)) == "[x > 0] .* x"


def test_names():
    names = ["theta_0", "lambda_", "x_12", "b0", "Sigma", "weights", "dtheta", "dx"]
    shown = display_names(variable(name) for name in names)
    assert [shown[variable(name)] for name in names] == ["θ₀", "λ", "x₁₂", "b0", "Sigma", "weights", "dθ", "dx"]
    assert [latex_name(shown[variable(name)]) for name in names] == [
        r"\theta_{0}", r"\lambda", "x_{12}", "b_{0}", r"\Sigma",
        r"\mathrm{weights}", r"\mathrm{d}\theta", r"\mathrm{d}x",
    ]  # fmt: skip


def test_names_that_would_print_alike_stay_apart():
    same = [variable("theta"), variable("θ"), variable("lambda"), variable("lambda_")]
    assert len(set(display_names(same).values())) == 4
    inner, outer = variable("x", tag=1), variable("x")
    assert formula_text(multiply(inner, outer)) == "x x′"


def test_fixed_arrays_get_names_and_keep_their_values():
    e = einsum("ij,j->i", array(np.arange(6.0).reshape(2, 3)), x)
    assert formula_text(e) == "c1 x"
    np.testing.assert_array_equal(evaluate(formula_of(e), {x: np.ones(3)}), [3, 12])


def test_a_shared_graph_prints_in_proportion_to_its_nodes():
    e = s
    for _ in range(60):  # a tree of more than 3^60 leaves
        e = sin(add(multiply(e, e), e))
    text = formula_text(e)
    assert len(text) < 4000
    assert text.splitlines()[1].startswith("where t1 = ")
    value = 0.7
    for _ in range(60):
        value = np.sin(value * value + value)
    np.testing.assert_allclose(evaluate(formula_of(e), {s: 0.7}), value, rtol=1e-12)


def test_depth_is_unlimited():
    e = s
    for _ in range(20_000):
        e = sin(e)
    assert formula_text(e).count("sin") == 20_000


def test_a_complex_vector_has_no_squared_norm_without_conjugation():
    w = variable("w", (3,), np.dtype(complex))
    assert formula_text(einsum("i,i->", w, w)) == "wᵀw"
