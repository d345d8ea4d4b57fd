"""One short test for each wrong result that was found by comparing random programs with differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import logsumexp, softmax

import steepest as st
from steepest.api.every_way import unless_rounding
from steepest.expr.dimension import Dim
from steepest.expr.number import numeric_value, size_constant
from steepest.verify.compare import compare_jacobian

X = np.array([0.1, 2.0, 0.3])


@pytest.mark.parametrize("transform", [st.jacobian, st.jacfwd, st.jacrev])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_jacobian_of_plain_numbers_has_the_type_of_the_input(transform, dtype):
    x = X.astype(dtype)
    for f in (lambda x: -x, lambda x: x[::-1], lambda x: np.tile(x, 2), lambda x: np.reshape(x[None].T, -1)):
        assert transform(f)(x).dtype == dtype


def test_forward_derivative_of_a_clipped_sum_is_not_boolean():
    slope = st.jacfwd(lambda x: np.sum(np.clip(x, -0.5, 0.8)))(X)
    assert slope.dtype == np.float64
    np.testing.assert_array_equal(slope, [1, 0, 1])


def test_backward_derivative_of_where_is_not_boolean():
    slope = st.jacrev(lambda x: np.where(np.array([True, False]), x, 1.0))(1.0)
    assert slope.dtype == np.float64
    np.testing.assert_array_equal(slope, [1, 0])


def test_gradient_by_doubles_through_single_precision_data_is_double():
    data = np.array([1, 2, 3], dtype=np.float32)
    assert st.grad(lambda x, w: np.sum(x * w))(X, data).dtype == np.float64


def test_gradient_of_a_sum_beside_doubles_is_not_integer():
    slope = st.grad(lambda x, y: np.sum(x[1:]) + np.sum(y))(X.astype(np.float32), X)
    assert slope.dtype.kind == "f"


def test_power_of_constant_zero_has_no_slope_in_its_exponent():
    assert st.grad(lambda p: np.sum(np.zeros(2) ** p))(2.0) == 0


def test_a_constant_condition_selects_beside_infinity():
    def f(x):
        return np.sum(np.where(np.zeros(3) > 0, np.inf, x * x))

    np.testing.assert_allclose(st.grad(f)(X), 2 * X)


def test_product_with_a_matrix_without_rows():
    gradient = st.grad(lambda x, A: np.sum((A @ x) ** 2))(X, np.zeros((0, 3)))
    np.testing.assert_array_equal(gradient, np.zeros(3))


def test_numbers_are_reduced_along_an_axis_they_have_not_got():
    def f(x):
        return np.sum(x[0] ** 2, axis=0) + np.max(x[1] ** 2, axis=-1)

    np.testing.assert_allclose(st.grad(f)(X), [0.2, 4.0, 0.0])


def test_extremes_and_products_with_initial_and_where():
    mask = np.array([True, False, True])
    assert st.jit(lambda x: np.max(x, where=mask, initial=0.2))(X) == 0.3
    np.testing.assert_array_equal(st.grad(lambda x: np.max(x, where=mask, initial=0.2))(X), [0, 0, 1])
    np.testing.assert_array_equal(st.grad(lambda x: np.max(x, initial=5.0))(X), [0, 0, 0])
    np.testing.assert_allclose(st.grad(lambda x: np.min(3 * x, initial=5.0))(X), [3, 0, 0])
    np.testing.assert_allclose(st.grad(lambda x: np.prod(x, where=mask, initial=4.0))(X), [1.2, 0, 0.4])


def test_running_reductions_convert_before_they_add():
    def f(x):
        return np.cumsum(x, dtype=int) @ x

    np.testing.assert_allclose(st.grad(f)(X), np.cumsum(X, dtype=int))


def test_a_named_size_has_the_length_of_its_own_trace():
    first = size_constant(Dim(4, "n"))
    assert (numeric_value(first), numeric_value(size_constant(Dim(5, "n")))) == (4, 5)


def test_identity_of_a_named_length_in_a_formula():
    f = st.formula(lambda A, a, x: x @ (A + a * np.eye(len(x))) @ x, A="n n", a="", x="n")
    assert str(f) == "xᵀ(A + a I)x"


def test_derivative_keeps_its_type_where_simplification_leaves_integers():
    def f(x):
        y = np.sort(x) ** 4
        return np.sum(np.sort(x)) + np.sum(y) + np.sum(-y)

    slope = st.jacfwd(f)(X)
    assert slope.dtype == np.float64
    np.testing.assert_array_equal(slope, [1, 1, 1])


def test_a_numpy_scalar_widens_a_float32_array() -> None:
    """float32 beside np.float64 was computed in float32 and called float64."""
    x = np.array([0.1, 0.7], np.float32)
    c = np.float64(1 / 3)
    values = st.jit(lambda x: x * c)(x)
    assert values.dtype == np.float64
    np.testing.assert_allclose(values, x * c, rtol=1e-15)
    assert st.jit(lambda x: x * (1 / 3))(x).dtype == np.float32


def test_masks_add_as_numbers() -> None:
    """The sum of two masks, as in the derivative of max(x, 0) + max(x, -1), was a mask."""
    g = st.grad(lambda x: np.sum(np.maximum(x, 0.0) + np.maximum(x, -1.0)))
    np.testing.assert_array_equal(g(np.array([2.0, -0.5, -3.0])), [2.0, 1.0, 0.0])


def test_a_mask_times_data_is_numpys_product() -> None:
    """(x > 0) * log(x) selected, where NumPy's product of 0 and NaN is NaN."""
    f = st.jit(lambda x: (x > 0) * np.log(np.abs(x) - 1))
    assert np.isfinite(f(np.array([3.0, 2.0]))).all()
    np.testing.assert_array_equal(np.isnan(f(np.array([3.0, -0.5]))), [False, True])


def test_data_that_is_not_a_number_stays_behind_where() -> None:
    """NaN in data that `where` did not choose reached the gradient through the sum."""
    X = np.array([1.0, np.nan, 3.0])
    assert st.grad(lambda t: np.sum(np.where(np.isnan(X), 0.0, X * t)))(2.0) == 4.0
    assert st.grad(lambda t, X: np.nansum(X * t))(2.0, X) == 4.0


def test_equal_entries_in_the_middle_are_no_mismatch() -> None:
    """The median of equal numbers was taken for a wrong rule: its one-sided slopes agree with each other."""
    np.testing.assert_array_equal(st.grad(np.median)(np.ones(4)), [0, 0.5, 0.5, 0])
    np.testing.assert_array_equal(st.grad(lambda x: np.sort(x)[1])(np.ones(4)), [0, 1, 0, 0])


def test_norms_of_matrices_read_alike_at_all_sizes() -> None:
    """A flattened matrix put its sizes into the formula, which was then refused."""
    F = st.formula(lambda A: np.linalg.norm(A), A="m n")
    assert str(F) == "‖A‖_F"
    assert F.gradient("A").check()
    np.testing.assert_array_equal(st.grad(lambda A: np.linalg.norm(A))(np.zeros((2, 2))), np.zeros((2, 2)))
    np.testing.assert_allclose(
        st.hessian(lambda A: np.linalg.norm(A) ** 2)(np.zeros((2, 2))).reshape(4, 4), 2 * np.eye(4)
    )


def test_explain_says_why_a_function_was_traced_again() -> None:
    """After a changed global the reason read "first call"."""
    settings = {"scale": 2.0}
    g = st.grad(lambda x: settings["scale"] * x**2)
    assert g(1.0) == 4.0
    settings["scale"] = 3.0
    assert g(1.0) == 6.0
    assert "something it reads besides its arguments has changed" in str(g.explain())


@pytest.mark.parametrize(
    "f", [np.sin, lambda x: np.where(x > 0, x, 0.0), lambda x: x**x, lambda x: np.interp(x, [0, 9], [0, 3])]
)
def test_a_number_comes_back_as_a_numpy_scalar(f):
    """Some kernels gave an array of shape ()."""
    assert type(st.grad(f)(2.0)) is np.float64
    assert type(st.jit(f)(2.0)) is np.float64


@pytest.mark.parametrize(
    ("g", "good", "bad"),
    [
        (lambda f: st.jit(st.grad(f)), 4.0, -1.0),
        (lambda f: st.vmap(st.grad(f)), np.array([4.0, 1.0]), np.array([4.0, -1.0])),
        (lambda f: st.derivative(f), np.array([4.0, 1.0]), np.array([4.0, -1.0])),
    ],
    ids=["jit of grad", "vmap of grad", "derivative"],
)
def test_a_nan_in_a_derivative_inside_a_compiled_function_is_told(g, good, bad):
    """At the second call, with the program at hand, the NaN came back without a word."""
    derivative = g(lambda x: np.sqrt(x))
    assert np.isfinite(derivative(good)).all()
    with pytest.raises(st.errors.NonFiniteError, match="sqrt"):
        derivative(bad)


def test_a_derivative_whose_terms_cancel_to_rounding_is_no_mismatch() -> None:
    mean = st.formula(lambda v: np.mean(softmax(v)), v="n")
    assert np.max(np.abs(mean.hessian("v")(np.array([0.3, 0.5, -0.2])))) < 1e-16
    assert mean.check()
    shifted = st.formula(lambda v: logsumexp(v - np.log(np.sum(np.exp(v)))), v="n")
    assert shifted.check().diagnosis == "its terms cancel: what is left is rounding"
    assert st.formula("det(a*x')", a="n", x="n").gradient("x").check()
    assert not st.check(lambda v: 1e-20 * np.sum(np.sin(v)), np.array([0.3, 0.5]), gradient=lambda v: 2e-20 * np.cos(v))


def test_a_derivative_wrong_at_a_point_alone_is_no_rounding() -> None:
    """Moved a little it is another, and so it was taken for what cancelling terms leave."""
    x = np.array([1.0, 2.0])

    def derivative(v: np.ndarray) -> np.ndarray:
        return np.diag(np.where(v == 1.0, 7.0, 2 * v))

    report = compare_jacobian(lambda v: v**2, x, derivative(x))
    assert not report
    assert not unless_rounding(report, [derivative], x)


@pytest.mark.parametrize(
    "text",
    [
        "where(x>0, sin(x), cos(x))*exp(x)",
        "where(x>0, sinh(x)^2, sin(x))*cosh(x)",
    ],
)
def test_both_branches_together_need_no_condition(text: str) -> None:
    """Printed as [(x > 0) or (x ≤ 0)], and in second derivatives as what cannot be read back."""
    first = st.formula(text).gradient("x")
    second = first.gradient("x")
    assert " or " not in str(first) + str(second)
    for x in (0.7, -0.4, -1.6):
        near = [float(first(x + h)) for h in (1e-5, -1e-5)]
        assert float(second(x)) == pytest.approx((near[0] - near[1]) / 2e-5, rel=1e-6)


def test_letters_of_indices_are_not_names_of_variables() -> None:
    F = st.formula(lambda k: np.einsum("ab,bc,cd,da,ac,bd->", k, k, k, k, k, k), k="l l")  # K₄: no matrix form
    assert str(F) == "Σ_ijpq k_ij k_ip k_jp k_jq k_pq k_qi"


def test_an_index_may_need_longer_arrays_than_are_tried_first() -> None:
    F = st.formula(lambda x: x[7] ** 2, x="n")
    assert str(F.gradient("x")) == "2x[7] e_7"
    assert F.check()
    assert st.formula(lambda X: X[1, 2] ** 2, X="m n").check()
    with pytest.raises(IndexError):
        st.formula(lambda x: x[700] ** 2, x="n")


def test_the_rank_of_least_squares_is_named_by_its_size() -> None:
    F = st.formula(lambda A, b: np.sum(np.linalg.lstsq(A, b)[0]), A="m n", b="m")
    assert "rank(A) = n" in str(F.gradient("b"))


def test_source_code_is_checked_at_a_point_where_the_matrix_is_regular() -> None:
    G = st.formula("logdet(X*diag(w)*X')", X="m n", w="n").gradient("w")
    assert G.check()
    assert "def gradient" in G.python()


@pytest.mark.parametrize(
    "text",
    ["log(cos(s)*cos(s) + 1)", "log(cos(s)^4 + 2)", "1/(sinh(s)^2 + 3)", "tan(s)^3", "sqrt(1 + sin(s)^2*cos(s)^2)"],
)
def test_squares_of_sine_and_cosine_meet_only_their_like(text: str) -> None:
    """sin² cos² + cos² is not cos²."""
    F = st.formula(text, s="")
    for derived in (F.gradient("s"), F.hessian("s"), F.gradient("s").gradient("s").gradient("s")):
        assert str(derived)
        assert derived.check()


def test_an_array_that_is_written_back_to_what_it_was() -> None:
    def f(x: Any) -> Any:
        y = np.zeros(3)
        y[0] = x[0]
        y[0] = 0.0
        return y[1] + y[2] + x[0]

    np.testing.assert_array_equal(st.grad(f)(np.array([1.0, 2.0, 3.0])), [1.0, 0.0, 0.0])


def test_steps_in_single_precision_are_checked_as_such() -> None:
    def f(x: Any) -> Any:
        def step(s: Any, v: Any) -> Any:
            return np.float32(0.9) * s * s + np.sin(v), s * v

        return np.sum(st.scan(step, np.float32(0.5), x.astype(np.float32))[1])

    assert st.check(f, np.random.default_rng(0).normal(size=6))


def test_places_that_are_computed_from_numbers_are_read_back() -> None:
    F = st.formula(lambda x, w: np.sum(w[np.floor(np.abs(x) * 2).astype(int) % 4] * x), x="5", w="4")
    assert str(F) == "w[⌊2|x|⌋ mod 4]ᵀ x"
