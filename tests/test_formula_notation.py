"""How things are written: powers, norms, numbers with names, spaces, and names for repeated parts."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import scipy.special
from notation_values import evaluate

import steepest as st
from steepest.calculus.jacobian import hessian
from steepest.calculus.reverse import gradients
from steepest.expr.build import (
    add,
    contract,
    delta,
    einsum,
    fill,
    multiply,
    negate,
    scale,
    structured,
    subtract,
    transpose_axes,
    variable,
)
from steepest.expr.dimension import Dim
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.expr.pattern import Affine
from steepest.formula.atoms import with_names
from steepest.formula.latex import LATEX
from steepest.formula.printing import formula_ascii, formula_latex, formula_of, formula_text
from steepest.formula.text import ASCII, UNICODE
from steepest.ops import special_elliptic, special_shapes
from steepest.ops.elementary import exp, tanh
from steepest.ops.linalg_inverse import inverse, log_determinant
from steepest.ops.operation import Operation
from steepest.ops.piecewise import absolute
from steepest.ops.power import divide, log, power, reciprocal, sqrt, square
from steepest.ops.reduction import norm, softmax
from steepest.ops.special_logistic import expit, log_expit

n = Dim(5, "n")
A, X, Y = variable("A", (4, 3)), variable("X", (3, 3)), variable("Y", (4, 4))
a, b, x, y, u = (variable(name, (3,)) for name in "abxyu")
c, w = variable("c", (4,)), variable("w", (3,))
p = variable("p", (3,))
s, t = variable("s"), variable("t")
gram = einsum("ki,kj->ij", A, A)
Xt, inv = transpose_axes(X, (1, 0)), inverse(X)
invt = transpose_axes(inv, (1, 0))
r = subtract(einsum("ij,j->i", A, w), c)
PI, LOG2 = math.pi, math.log(2)


def numbered(value: float) -> Expr:
    return scale(constant(value), s)


PRINTED = {
    # matrix powers and inverses
    "X³": einsum("ij,jk,kl->il", X, X, X),
    "(X²)ᵀ": einsum("ij,jk->ik", Xt, Xt),
    "(AᵀA)²": einsum("ij,jk->ik", gram, gram),
    "X⁻²": einsum("ij,jk->ik", inv, inv),
    "(X⁻²)ᵀ": einsum("ij,jk->ik", invt, invt),
    "xᵀX²y": einsum("i,ij,jk,k->", x, X, X, y),
    "tr(X³)": einsum("ij,jk,ki->", X, X, X),
    "X⁻ᵀ": invt,
    "(AᵀA)⁻¹": transpose_axes(inverse(gram), (1, 0)),
    "−X⁻ᵀ a bᵀ X⁻ᵀ": negate(einsum("ji,j,k,lk->il", inv, a, b, inv)),
    "X a bᵀ": einsum("ij,j,k->ik", X, a, b),
    "x xᵀ": einsum("i,j->ij", x, x),
    "(x − u)(x − u)ᵀ": einsum("i,j->ij", subtract(x, u), subtract(x, u)),
    "𝟏𝟏ᵀ": fill(constant(1), (3, 4)),
    "X x²": einsum("ij,j->i", X, square(x)),
    # norms
    "‖x‖⁴": square(einsum("i,i->", x, x)),
    "1/‖x‖³": power(norm(x), constant(-3)),
    "‖A‖_F⁴": square(einsum("ij,ij->", A, A)),
    "x/‖x‖": multiply(x, reciprocal(sqrt(einsum("i,i->", x, x)))),
    "xᵀXx x/‖x‖²": multiply(einsum("i,ij,j->", x, X, x), multiply(x, reciprocal(einsum("i,i->", x, x)))),
    "‖(‖x‖ x)‖": norm(multiply(norm(x), x)),
    "‖s 𝟏‖": norm(fill(s, (3,))),
    "‖x‖₁": einsum("i->", absolute(x)),
    "|(|s| − 1)|": absolute(subtract(absolute(s), constant(1))),
    "log |det((Σ A) X)|": log_determinant(multiply(einsum("ij->", A), X)),
    # scalars before arrays, each by itself
    "(Σ c)(Σ x)": multiply(einsum("i->", x), einsum("i->", c)),
    "(Σ x) c": multiply(einsum("i->", x), c),
    "s xᵀy u": multiply(s, multiply(einsum("i,i->", x, y), u)),
    "2xᵀy u": scale(constant(2), multiply(einsum("i,i->", x, y), u)),
    # numbers
    "π s": numbered(PI),
    "2π/3 s": numbered(2 * PI / 3),
    "s/(2π)": numbered(1 / (2 * PI)),
    "log(2) s": numbered(LOG2),
    "−log(2) s": numbered(-LOG2),
    "s/log(2)": numbered(1 / LOG2),
    "s/√(2π)": numbered(1 / math.sqrt(2 * PI)),
    "2s/√π": numbered(2 / math.sqrt(PI)),
    "√2 s": numbered(math.sqrt(2)),
    "0.6931471805599 s": numbered(0.6931471805599),
    "s²/2": scale(constant(0.5), square(s)),
    "exp(−s²/2)": exp(scale(constant(-0.5), square(s))),
    "1/(4s^(3/2))": scale(constant(0.25), power(sqrt(s), constant(-3))),
    "√s √t": multiply(sqrt(s), sqrt(t)),
    # sums
    "log(s) + 1": add(log(s), constant(1)),
    "1 − log(s)": subtract(constant(1), log(s)),
    "−log(s) − 1": add(negate(log(s)), constant(-1)),
    "1 + exp(s)": add(constant(1), exp(s)),
    "s² − 4t + 2": add(square(s), scale(constant(-4), t), constant(2)),
    "I − 1/n 𝟏𝟏ᵀ": subtract(delta(n), fill(constant(1, ((n, -1),)), (n, n))),
    "X ⊙ X + 1": add(fill(constant(1), (3, 3)), multiply(X, X)),
    # choices of rows and columns
    "softplus(s)": negate(log_expit(negate(s))),
    "−softplus(−s)": log_expit(s),
}  # fmt: skip


@pytest.mark.parametrize("text", PRINTED)
def test_text(text: str) -> None:
    assert formula_text(PRINTED[text]) == text


def test_a_symmetric_sum_is_its_own_transpose() -> None:
    both = add(X, Xt)
    assert formula_text(transpose_axes(both, (1, 0))) == "X + Xᵀ"
    assert formula_text(transpose_axes(inverse(both), (1, 0))) == "(X + Xᵀ)⁻¹"
    assert formula_text(transpose_axes(add(inv, invt), (1, 0))) == formula_text(add(inv, invt))


def test_columns_and_rows() -> None:
    f = st.formula(lambda A: np.sum(A[1:, :-1] ** 2), A="m n")
    assert str(f) == "‖A[1:, :-1]‖_F²"
    assert str(st.formula(lambda t, A: np.trace(A[1:, :-1]) * t, t="", A="n n")) == "t tr(A[1:, :-1])"
    d = variable("d", (3,))
    scaled = einsum("ij,j,ji->", A, d, variable("B", (3, 4)))
    assert formula_text(gradients(scaled, [d])[0]) == "diagvec(BA)"


def test_ascii_and_latex() -> None:
    assert formula_ascii(PRINTED["−X⁻ᵀ a bᵀ X⁻ᵀ"]) == "-inv(X)' a b' inv(X)'"
    assert formula_latex(PRINTED["−X⁻ᵀ a bᵀ X⁻ᵀ"]) == r"-X^{-\top} a \, b^{\top} \, X^{-\top}"
    assert formula_ascii(PRINTED["X⁻²"]) == "inv(X)^2"
    assert formula_latex(PRINTED["(AᵀA)²"]) == r"\left(A^{\top} A\right)^{2}"
    assert formula_ascii(PRINTED["s/√(2π)"]) == "s/sqrt(2 * pi)"
    assert formula_latex(PRINTED["2π/3 s"]) == r"\frac{2 \pi}{3} s"
    assert formula_latex(PRINTED["log(2) s"]) == r"\log\left(2\right) s"


def test_a_named_number_is_that_very_number() -> None:
    rng = np.random.default_rng(0)
    for value in rng.uniform(-4, 4, 2000).tolist():
        assert formula_text(numbered(value)).removesuffix(" s").replace("−", "-") == repr(value)


def test_parameters_stand_first() -> None:
    F = st.formula("alpha x^2 + beta x + gamma")
    assert (str(F), str(F.gradient("x"))) == ("α x² + β x + γ", "2α x + β")


def test_fractions_that_rounding_has_missed() -> None:
    """1/3 − 1 is not the float nearest to −2/3."""
    assert str(st.formula("x^(1/3)", x="").gradient("x")) == "1/(3x^(2/3))"
    assert str(st.formula("x^0.7", x="").gradient("x")) == "0.7/x^0.3"
    assert str(st.formula("0.6666666666666 x", x="").gradient("x")) == "0.6666666666666"


def test_signs_make_room_for_variables_of_that_name() -> None:
    f = st.formula(lambda sigma, x: scipy.special.expit(x * sigma), sigma="", x="")
    assert str(f) == "sigmoid(σ x)"
    assert f.latex() == r"\operatorname{sigmoid}\left(\sigma x\right)"
    g = st.formula(lambda pi, x: pi * x * np.pi, pi="", x="")
    assert str(g) == "3.141592653589793 π x"
    eye = variable("I", (3, 3))
    assert formula_text(add(eye, delta(3))) == "I + Id"


# --- names for repeated parts --------------------------------------------------------------------------

sigma = expit(einsum("ij,j->i", A, w))
NAMED = {
    "Aᵀ diag(p ⊙ (1 − p)) A\nwhere p = σ(Aw)": einsum(
        "ki,k,k,kj->ij", A, sigma, subtract(fill(constant(1), (4,)), sigma), A
    ),
    "diag(p) − p pᵀ\nwhere p = softmax(x)": subtract(
        contract([((0, 1), delta(3)), ((0,), softmax(x))], (0, 1)), einsum("i,j->ij", softmax(x), softmax(x))
    ),
    # a name that is taken is not given again
    "diag(q) − p pᵀ − q qᵀ\nwhere q = softmax(x)": add(
        contract([((0, 1), delta(3)), ((0,), softmax(x))], (0, 1)),
        negate(einsum("i,j->ij", softmax(x), softmax(x))), negate(einsum("i,j->ij", p, p)),
    ),
    "(I − r rᵀ/‖r‖²)/‖r‖\nwhere r = x − u": multiply(
        reciprocal(norm(subtract(x, u))),
        subtract(delta(3), divide(einsum("i,j->ij", subtract(x, u), subtract(x, u)), fill(
            einsum("i,i->", subtract(x, u), subtract(x, u)), (3, 3)))),
    ),
    # short formulas stay on one line
    "(x − u)(x − u)ᵀ − X⁻ᵀ": subtract(einsum("i,j->ij", subtract(x, u), subtract(x, u)), invt),
    "2Aᵀ(Aw − c)": scale(constant(2), einsum("ij,i->j", A, r)),
    "−2Aᵀ diag(tanh(Aw) ⊙ (1 − tanh²(Aw))) A": hessian(einsum("i->", tanh(einsum("ij,j->i", A, w))), w),
    # matrices of zeros and ones
    "Lx\nwhere L_ij = [i ≥ j]": contract([((0, 1), structured(Affine((1, -1), 0, ">="), (3, 3))), ((1,), x)], (0,)),
}  # fmt: skip


@pytest.mark.parametrize("text", NAMED)
def test_names(text: str) -> None:
    e = NAMED[text]
    named = with_names(formula_of(e))
    assert named.write(UNICODE) == text
    rng = np.random.default_rng(3)
    values = {v: rng.uniform(0.3, 1.5, v.shape) for v in (A, X, a, b, x, y, u, c, w, p)}
    np.testing.assert_allclose(evaluate(named, values), evaluate(formula_of(e), values), rtol=1e-12)


def test_definitions_in_ascii_and_latex() -> None:
    named = with_names(formula_of(NAMED["Lx\nwhere L_ij = [i ≥ j]"]))
    assert named.write(ASCII) == "Lx\nwhere L_ij = [i >= j]"
    assert named.write(LATEX) == (
        r"\begin{aligned} & L x \\ & \text{where } L_{i j} = \left[i \ge j\right] \end{aligned}"
    )


def test_reserved_names_are_not_given() -> None:
    e = NAMED["diag(p) − p pᵀ\nwhere p = softmax(x)"]
    assert with_names(formula_of(e), reserved={"p"}).write(UNICODE) == "diag(q) − q qᵀ\nwhere q = softmax(x)"


def test_names_of_ours_are_explained() -> None:
    page = (Path(__file__).parents[1] / "docs" / "notation.md").read_text(encoding="utf-8")
    made = [
        op
        for module in (special_elliptic, special_shapes)
        for op in vars(module).values()
        if isinstance(op, Operation) and op.text == op.name
    ]
    ours = {op.name for op in made if not any(hasattr(m, op.name) for m in (np, scipy.special))}
    assert "psi_rise" in ours
    assert {name for name in ours if f"`{name}(" not in page} == set()
