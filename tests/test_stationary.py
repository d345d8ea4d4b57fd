"""`Formula.stationary`: normal equations derived, and solved through a stable factorisation."""

from __future__ import annotations

import numpy as np
import pytest

import steepest as st
from steepest.api.stationary import StationaryPoints
from steepest.data.accuracy import correct_digits
from steepest.data.strd import load
from steepest.errors import ArgumentError, FormulaError, NotScalarError, ShapeError

RNG = np.random.default_rng(7)
X, W, B = RNG.normal(size=(12, 3)), RNG.uniform(0.5, 2, 12), RNG.normal(size=(5, 3))
y, Y = RNG.normal(size=12), RNG.normal(size=(12, 2))
A, b = RNG.normal(size=(3, 3)), RNG.normal(size=3)


def points(text: str, unknown: str, **shapes: str) -> StationaryPoints:
    return st.formula(text, **shapes).stationary(unknown)


def test_least_squares() -> None:
    S = points("norm2(X*theta - y)^2 / m", "theta", X="m n", theta="n", y="m")
    assert str(S).splitlines() == [
        "∇_θ f = 0:  XᵀXθ = Xᵀy",
        "θ = (XᵀX)⁻¹Xᵀy",
        "unique if and only if the columns of X are linearly independent; it is the minimum then",
    ]
    found = S.solve(X=X, y=y)
    assert (found.kind, found.method) == ("minimum", "QR")
    np.testing.assert_allclose(found.x, np.linalg.lstsq(X, y, rcond=None)[0], rtol=1e-12)
    np.testing.assert_allclose(S.solution(theta=np.zeros(3), X=X, y=y), found.x, rtol=1e-10)


def test_a_numpy_function() -> None:
    F = st.formula(lambda theta, X, y: np.mean((X @ theta - y) ** 2), theta="n", X="m n", y="m")
    assert "XᵀXθ = Xᵀy" in str(F.stationary("theta"))


def test_ridge() -> None:
    S = points("norm2(X*theta - y)^2/m + c*norm2(theta)^2", "theta", X="m n", theta="n", y="m", c="")
    assert "(XᵀX + m c I)θ = Xᵀy" in str(S)
    expected = np.linalg.solve(X.T @ X + 12 * 0.3 * np.eye(3), X.T @ y)
    found = S.solve(X=X, y=y, c=0.3)
    assert found.method == "QR"
    np.testing.assert_allclose(found.x, expected, rtol=1e-12)
    assert S.unique == "unique if and only if XᵀX + m c I is invertible"
    declared = points("norm2(X*theta - y)^2/m + c*norm2(theta)^2", "theta", X="m n", theta="n", y="m", c="positive")
    assert declared.unique == "unique: it is the minimum"


@pytest.mark.parametrize("text", ["sum(w .* (X*theta - y).^2)", "(X*theta - y)'*diag(w)*(X*theta - y)"])
def test_weighted_least_squares(text: str) -> None:
    S = points(text, "theta", X="m n", theta="n", y="m", w="m")
    assert "Xᵀ diag(w) Xθ = Xᵀ(w ⊙ y)" in str(S)
    assert S.unique == "unique if and only if Xᵀ diag(w) X is invertible"
    root = np.sqrt(W)
    found = S.solve(X=X, y=y, w=W)
    assert (found.kind, found.method) == ("minimum", "QR")
    np.testing.assert_allclose(found.x, np.linalg.lstsq(root[:, None] * X, root * y, rcond=None)[0], rtol=1e-11)
    assert S.solve(X=X, y=y, w=-W).kind == "maximum"
    mixed = np.where(np.arange(12) < 6, W, -W)
    found = S.solve(X=X, y=y, w=mixed)
    np.testing.assert_allclose(X.T @ (mixed * (X @ found.x - y)), 0, atol=1e-11)
    assert found.method != "QR"


def test_several_outputs() -> None:
    S = points("normF(X*T - Y)^2 + c*normF(T)^2", "T", X="m n", T="n k", Y="m k", c="")
    assert "(XᵀX + c I)T = XᵀY" in str(S)
    expected = np.linalg.solve(X.T @ X + 0.3 * np.eye(3), X.T @ Y)
    np.testing.assert_allclose(S(X=X, Y=Y, c=0.3), expected, rtol=1e-12)


def test_an_unknown_on_the_left_of_its_matrix() -> None:
    S = points("normF(T*X' - Y')^2", "T", X="m n", T="k n", Y="m k")
    assert "TXᵀX = YᵀX" in str(S)
    assert "T = YᵀX(XᵀX)⁻¹" in str(S)
    np.testing.assert_allclose(S(X=X, Y=Y), np.linalg.lstsq(X, Y, rcond=None)[0].T, rtol=1e-11)


def test_an_unknown_between_two_matrices_is_solved_without_one_formula() -> None:
    S = points("normF(A*T*B - C)^2", "T", A="p n", B="k q", C="p q", T="n k")
    P, Q, C = RNG.normal(size=(5, 3)), RNG.normal(size=(2, 4)), RNG.normal(size=(5, 4))
    assert S.solution is None
    np.testing.assert_allclose(S(A=P, B=Q, C=C), np.linalg.pinv(P) @ C @ np.linalg.pinv(Q), rtol=1e-10)


def test_a_quadratic_form_may_have_a_saddle() -> None:
    S = points("x'*A*x/2 - b'*x", "x", A="n n", b="n", x="n")
    assert "invertible" in S.unique
    found = S.solve(A=np.diag([1.0, -2.0, 3.0]), b=b)
    assert (found.kind, found.method) == ("saddle point", "LU")
    np.testing.assert_allclose(found.x, b / [1, -2, 3], rtol=1e-14)
    np.testing.assert_allclose(S(A=A, b=b), np.linalg.solve((A + A.T) / 2, b), rtol=1e-11)
    assert S.solve(A=-np.eye(3), b=b).kind == "maximum"


def test_a_parabola() -> None:
    S = points("a*x^2 + b*x + c", "x", a="", b="", c="", x="")
    assert "x = −b/(2a)" in str(S)
    assert S(a=2.0, b=3.0, c=1.0) == -0.75
    assert S.solve(a=-2.0, b=3.0, c=1.0).kind == "maximum"
    with pytest.raises(ArgumentError, match="no one solution"):
        S(a=0.0, b=3.0, c=1.0)


def test_the_unknown_alone() -> None:
    S = points("norm2(x - u)^2", "x", x="n", u="n")
    assert "x = u" in str(S)
    np.testing.assert_array_equal(S(u=b), b)
    assert S.unique == "unique: it is the minimum"
    assert "x = u" in str(points("-norm2(x - u)^2", "x", x="n", u="n"))


def test_generalised_least_squares() -> None:
    S = points("(y - X*b)'*inv(S)*(y - X*b)", "b", X="m n", b="n", y="m", S="m m spd")
    assert str(S).splitlines()[1:] == [
        "b = (XᵀS⁻¹X)⁻¹XᵀS⁻¹y",
        "unique if and only if XᵀS⁻¹X is invertible; it is the minimum then",
    ]
    root = np.sqrt(W)
    expected = np.linalg.lstsq(X / root[:, None], y / root, rcond=None)[0]
    np.testing.assert_allclose(S(X=X, y=y, S=np.diag(W)), expected, rtol=1e-11)


@pytest.mark.parametrize(("name", "least"), [("Norris", 13.0), ("Longley", 11.0)])
def test_the_certified_digits_are_reached(name: str, least: float) -> None:
    data = load(name)
    S = points("norm2(X*theta - y)^2 / m", "theta", X="m n", theta="n", y="m")
    assert np.min(correct_digits(S(X=data.design(), y=data.y), data.certified)) > least


def test_dependent_columns_are_told() -> None:
    S = points("norm2(X*theta - y)^2", "theta", X="m n", theta="n", y="m")
    with pytest.raises(ArgumentError, match=r"linearly dependent \(rank 3 of 4\)"):
        S(X=np.c_[X, X[:, 0]], y=y)
    with pytest.raises(ArgumentError, match=r"rank 2 of 3"):
        S(X=X[:2], y=y[:2])
    with pytest.raises(ArgumentError, match="rank 0 of 3"):
        S(X=0 * X, y=y)


def test_a_matrix_that_is_always_singular_is_told() -> None:
    S = points("norm2(X*theta - y)^2", "X", X="m n", theta="n", y="m")
    assert str(S).splitlines() == ["∇_X f = 0:  X θ θᵀ = y θᵀ", "not unique where n > 1: θ θᵀ is singular"]
    np.testing.assert_allclose(S(theta=b[:1], y=y), y[:, None] / b[0])
    with pytest.raises(ArgumentError, match="no one solution"):
        S(theta=b, y=y)


@pytest.mark.parametrize("shape", ["d N", "N d"])
def test_observations_as_columns(shape: str) -> None:
    """Whatever sizes the function is tried at, XXᵀ is not called singular."""
    S = points("norm2(X'*w - y)^2", "w", X=shape)
    assert str(S).splitlines() == [
        "∇_w f = 0:  XXᵀw = Xy",
        "w = (XXᵀ)⁻¹Xy",
        "unique if and only if the rows of X are linearly independent; it is the minimum then",
    ]
    np.testing.assert_allclose(S(X=X.T, y=y), np.linalg.lstsq(X, y, rcond=None)[0], rtol=1e-11)


def test_a_matrix_that_is_not_defined_everywhere() -> None:
    """A logarithm in the way is no reason to call a matrix singular, or not to."""
    S = points("norm2(log(c).*(X*w) - y)^2", "w", X="m n", c="m")
    assert str(S).splitlines()[-1].startswith("unique if and only if ")
    S = points("norm2(X*w/log(c) - y)^2", "X", X="m n", c="")
    assert str(S).splitlines()[-1].startswith("not unique where n > 1")


def test_names_in_the_equation_are_explained_below_it() -> None:
    S = points("norm2(W2*maximum(W1*x + b1, 0) + b2 - y)^2", "W2", W1="h n", W2="k h", b1="h", b2="k")
    first, *_, last = str(S).splitlines()
    assert " = (y − b2)" in first
    assert "where" not in first
    assert last.startswith("not unique where h > 1: ")


def test_entries_that_are_not_finite_are_told() -> None:
    S = points("norm2(X*theta - y)^2", "theta", X="m n", theta="n", y="m")
    with pytest.raises(st.SteepestError, match=r"not finite|NaN"):
        S(X=np.where(X > 1, np.nan, X), y=y)
    with pytest.raises(st.SteepestError, match=r"not finite|NaN"):
        S(X=X, y=np.where(y > 1, np.nan, y))


@pytest.mark.parametrize(
    ("text", "unknown", "why"),
    [("sum(exp(X*w))", "w", "not linear in w"), ("u'*x", "x", "linear in x"), ("tr(X*X*X)", "X", "not linear in X"),
     ("sum(log(x))", "x", "not linear in x")],
)  # fmt: skip
def test_what_is_not_affine_is_refused(text: str, unknown: str, why: str) -> None:
    with pytest.raises(FormulaError, match=why):
        st.formula(text).stationary(unknown)


def test_arrays_that_are_missing_or_unknown_are_named() -> None:
    S = points("norm2(X*theta - y)^2", "theta", X="m n", theta="n", y="m")
    with pytest.raises(ArgumentError, match="needs X, y; got X"):
        S(X=X)
    with pytest.raises(ArgumentError, match="needs X, y; got X, y, theta"):
        S(X=X, y=y, theta=b)
    with pytest.raises(ShapeError):
        S(X=X, y=y[:5])


def test_an_unknown_with_facts_is_refused() -> None:
    with pytest.raises(FormulaError, match="declared symmetric"):
        st.formula("normF(A*S - B)^2", A="m n", S="n n symmetric", B="m n").stationary("S")


def test_stationary_points_show_typeset() -> None:
    bundle = st.formula("norm2(X*theta - y)^2", X="m n").stationary("theta")._repr_mimebundle_()
    assert "\\begin{aligned}" in bundle["text/latex"]
    assert "<math" in bundle["text/html"]
    assert "linearly independent" in bundle["text/html"]


def test_an_array_has_no_stationary_points() -> None:
    with pytest.raises(NotScalarError, match="only a number"):
        st.formula("A*x", A="m n", x="n").stationary("x")
