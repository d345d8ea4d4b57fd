"""Derivatives with three and four axes: written as matrices, checked by value at distinct sizes."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from notation_values import evaluate, unstacked

import steepest as steep
from steepest.calculus.jacobian import jacobian
from steepest.engines.python.compile import evaluate as computed
from steepest.expr.build import add, contract, delta, einsum, multiply, negate, scale, variable
from steepest.expr.node import Expr, Variable
from steepest.expr.number import constant
from steepest.expr.traversal import toposort
from steepest.formula.printing import formula_ascii, formula_latex, formula_of, formula_text
from steepest.formula.stacking import stacked
from steepest.ops.elementary import tanh
from steepest.ops.linalg_inverse import inverse

X, W = variable("X", (3, 4)), variable("W", (2, 4))
A, B, C, D = variable("A", (2, 3)), variable("B", (4, 5)), variable("C", (3, 3)), variable("D", (3, 4))
S = variable("S", (3, 3))
a, b, c, w = variable("a", (3,)), variable("b", (4,)), variable("c", (4,)), variable("w", (4,))
K = "\nwhere K vec({0}) = vec({0}ᵀ)"

JACOBIANS = {
    "Bᵀ ⊗ A": (einsum("ij,jk,kl->il", A, X, B), X),  # Magnus & Neudecker, ch. 9: d vec(AXB) = (Bᵀ ⊗ A) d vec(X)
    "K" + K.format("X"): (einsum("ij->ji", X), X),
    "(A ⊗ Bᵀ)K" + K.format("X"): (einsum("ij,jk,kl->li", A, X, B), X),
    "I ⊗ Xᵀ + (Xᵀ ⊗ I)K" + K.format("X"): (einsum("ki,kj->ij", X, X), X),
    "(I ⊗ X)K + X ⊗ I" + K.format("X"): (einsum("ik,jk->ij", X, X), X),
    "I ⊗ S + Sᵀ ⊗ I": (einsum("ij,jk->ik", S, S), S),
    "−S⁻ᵀ ⊗ S⁻¹": (inverse(S), S),
    "diag(vec(D))": (multiply(D, X), X),
    "2 diag(vec(X))": (multiply(X, X), X),
    "I": (X, X),
    "2I": (scale(constant(2), X), X),
    "vec(a bᵀ) vec(D)ᵀ": (contract([((0,), a), ((1,), b), ((2, 3), D), ((2, 3), X)], (0, 1)), X),
    # a vector by a matrix, a matrix by a vector
    "wᵀ ⊗ I": (einsum("ij,j->i", X, w), X),
    "I ⊗ aᵀ": (einsum("ij,i->j", X, a), X),
    "cᵀ ⊗ A": (einsum("ij,jk,k->i", A, X, c), X),
    "b vec(D)ᵀ": (contract([((0,), b), ((2, 3), D), ((2, 3), X)], (0,)), X),
    "I ⊗ w + w ⊗ I": (einsum("i,j->ij", w, w), w),
    "b ⊗ I": (einsum("i,j->ij", a, b), a),
    "I ⊗ a": (einsum("i,j->ij", a, b), b),
    "vec(D) bᵀ": (contract([((0, 1), D), ((2,), b), ((2,), c)], (0, 1)), c),
    # weights within the rows and within the columns
    "I_4 ⊗ 𝟏_3": (contract([((1,), b)], (0, 1), {0: 3}), b),
    "(𝟏_4ᵀ ⊗ I_3) diag(vec(D))": (contract([((0, 1), X), ((0, 1), D)], (0,)), X),
    "diag(vec(D)) (𝟏_4 𝟏_4ᵀ ⊗ I_3) diag(vec(X))": (contract([((0, 1), D), ((0, 2), X), ((0, 2), X), (
        (), constant(0.5))], (0, 1)), X),
}  # fmt: skip


def values_of(*es: Expr) -> dict[Expr, np.ndarray]:
    rng = np.random.default_rng(5)
    return {v: rng.uniform(0.3, 1.5, v.shape) for v in toposort(es) if isinstance(v, Variable)}


def assert_right(e: Expr, by: Variable) -> None:
    values = values_of(e, by)
    (want,) = computed([e], values)
    got = evaluate(formula_of(e, by=by), values)
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12, err_msg=formula_text(e, by=by))
    assert formula_ascii(e, by=by).isascii()
    assert formula_latex(e, by=by).count("{") == formula_latex(e, by=by).count("}")


@pytest.mark.parametrize("text", JACOBIANS)
def test_jacobians(text: str) -> None:
    y, x = JACOBIANS[text]
    derivative = jacobian(y, x)
    assert formula_text(derivative, by=x) == text
    assert_right(derivative, x)


def test_a_matrix_is_multiplied_with_what_is_stacked() -> None:
    """``∂vec(Y)/∂vec(X)ᵀ · vec(dX) = vec(dY)``: for a matrix function that is linear, dX may be X."""
    rng = np.random.default_rng(0)
    values = {v: rng.uniform(-1, 1, v.shape) for v in (A, X, B)}
    y = einsum("ij,jk,kl->il", A, X, B)
    (derivative, product) = computed([jacobian(y, X), y], values)
    matrix = stacked(derivative, 2)
    np.testing.assert_allclose(matrix, np.kron(values[B].T, values[A]))
    np.testing.assert_allclose(matrix @ values[X].reshape(-1, order="F"), product.reshape(-1, order="F"))
    np.testing.assert_array_equal(unstacked(matrix, derivative.shape, 2), derivative)


def test_notes_say_what_the_matrix_is() -> None:
    f = steep.formula("tr(X'*C*X*B)", X="m n", B="n n", C="m m")
    assert str(f.hessian("X")) == "B ⊗ Cᵀ + Bᵀ ⊗ C\n  as ∂vec(∇_X f)/∂vec(X)ᵀ, vec stacking columns"
    y = steep.formula("X*w", X="m n", w="n")
    assert str(y.jacobian("X")) == "wᵀ ⊗ I\n  as ∂f/∂vec(X)ᵀ, vec stacking columns"
    assert y.jacobian("X").ascii() == "kron(w', I)"
    assert y.jacobian("X").latex() == r"w^{\top} \otimes I"


def test_a_name_in_use_is_not_taken_for_the_commutation_matrix() -> None:
    k = variable("K", (2, 3))
    derivative = jacobian(einsum("ij,jk->ki", k, X), X)
    assert formula_text(derivative, by=X) == "(K ⊗ I)K₂\nwhere K₂ vec(X) = vec(Xᵀ)"
    assert_right(derivative, X)


def test_names_of_the_declaration_are_not_taken() -> None:
    f = steep.formula("tr(X^2) + sum(K)", X="n n", K="n n")
    assert str(f.hessian("X")).startswith("2K₂\nwhere K₂ vec(X) = vec(Xᵀ)")
    g = steep.formula("sum(softmax(x).^2) + p", x="n", p="")
    assert str(g.gradient("x")) == "2q ⊙ (q − ‖q‖²)\nwhere q = softmax(x)"
    h = steep.formula("sum(softmax(W*x).^2)", W="p n", x="n")
    assert "where q = softmax(Wx)" in str(h.gradient("W"))


def test_a_matrix_before_and_behind_what_splits() -> None:
    m, q = variable("M", (3, 4)), variable("Q", (4, 4))
    tied = contract([((0, 2), C), ((0, 3), m), ((1, 3), q)], (0, 1, 2, 3))
    assert formula_text(tied, by=X) == "(Q ⊗ I) diag(vec(M)) (I ⊗ C)"
    assert_right(tied, X)


def test_what_does_not_split_stays_in_indices() -> None:
    """Every row goes with every column."""
    m, q = variable("M", (3, 4)), variable("Q", (4, 4))
    tied = contract([((0, 2), C), ((0, 3), m), ((1, 3), q), ((2, 1), D)], (0, 1, 2, 3))
    assert formula_text(tied, by=X) == "[C_ik D_kj M_il Q_jl]_ijkl"
    assert_right(tied, X)


def test_softmax_cross_entropy_by_its_weights() -> None:
    """Rows that share their weights: (I ⊗ Xᵀ) (second derivative by the scores) (I ⊗ X)."""

    def loss(W, X, Y):
        Z = X @ W
        return np.mean(scipy.special.logsumexp(Z, axis=1) - np.sum(Y * Z, axis=1))

    text = str(steep.formula(loss, W="n k", X="m n", Y="m k").hessian("W"))
    assert text == (
        "1/m (I ⊗ Xᵀ) diag(vec(P)) (I − (𝟏_k 𝟏_kᵀ ⊗ I_m) diag(vec(P)))(I ⊗ X)\n"
        "where P = softmax(XW; rows)\n"
        "  as ∂vec(∇_W loss)/∂vec(W)ᵀ, vec stacking columns"
    )


def test_functions_of_matrices() -> None:
    y = tanh(einsum("ij,jk->ik", A, X))
    assert_right(jacobian(y, X), X)
    assert "[" not in formula_text(jacobian(y, X), by=X)


# --- random networks -----------------------------------------------------------------------------------

LENGTHS = (2, 3, 4, 5, 3, 2)


@st.composite
def tensors(draw: st.DrawFn) -> tuple[Expr, Variable]:
    """A sum of contractions with three or four free labels, and a variable with the last of them as its axes."""
    rank = draw(st.integers(3, 4))
    columns = draw(st.sampled_from([1, 2] if rank == 3 else [2]))
    lengths = [draw(st.sampled_from([2, 3, 4])) for _ in range(rank)] + [3, 4]
    terms = []
    for t in range(draw(st.integers(1, 3))):
        operands = []
        for k in range(draw(st.integers(1, 6))):
            at = draw(st.lists(st.integers(0, len(lengths) - 1), max_size=2, unique=True))
            shape = tuple(lengths[i] for i in at)
            if len(at) == 2 and shape[0] == shape[1] and draw(st.booleans()):
                operands.append((tuple(at), delta(shape[0])))
            else:
                name = draw(st.sampled_from([f"s{t}{k}", "m", "n"])) + "".join(map(str, shape))
                operands.append((tuple(at), variable(name, shape)))
        term = contract(operands, tuple(range(rank)), dict(enumerate(lengths[:rank])))
        terms.append(draw(st.sampled_from([term, negate(term), scale(constant(2), term)])))
    shape = tuple(lengths[rank - columns : rank])
    return add(*terms) if len(terms) > 1 else terms[0], variable("V", shape)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(tensors())
def test_random_tensors(case: tuple[Expr, Variable]) -> None:
    e, by = case
    assert_right(e, by)
    assert_right(e, variable("T", e.shape))  # no rows: entry by entry
