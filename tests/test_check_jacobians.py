"""Jacobians worked out by hand: right ones pass in every form, wrong ones are told, with the output that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.errors import ArgumentError, NotScalarError, ShapeError
from steepest.verify.mistakes.mistake import Mistake

Function = Callable[..., Any]
R = np.random.default_rng(0)
A, B, M = R.normal(size=(3, 4)), R.normal(size=(4, 4)), R.normal(size=(2, 3))
x, v = R.normal(size=4), R.normal(size=3)


def layer(x: Any, A: Any) -> Any:
    return np.tanh(A @ x)


def by_input(x: Any, A: Any) -> Any:
    return (1 - np.tanh(A @ x) ** 2)[:, None] * A


def by_weights(x: Any, A: Any) -> Any:
    return np.einsum("ik,i,j->ikj", np.eye(3), 1 - np.tanh(A @ x) ** 2, x)


def softmax(z: Any) -> Any:
    return np.exp(z) / np.sum(np.exp(z))


def of_softmax(z: Any) -> Any:
    p = softmax(z)
    return np.diag(p) - np.outer(p, p)


def squares(x: Any, M: Any) -> Any:
    return np.outer(x, M[0]) ** 2


def of_squares(x: Any, M: Any) -> Any:
    return np.einsum("i,j,ik->ijk", 2 * x, M[0] ** 2, np.eye(4))


def polar(p: Any) -> Any:
    return np.array([p[0] * np.cos(p[1]), p[0] * np.sin(p[1])])


def of_polar(p: Any) -> Any:
    return np.array([[np.cos(p[1]), -p[0] * np.sin(p[1])], [np.sin(p[1]), p[0] * np.cos(p[1])]])


def not_recorded(x: Any) -> Any:
    values = [float(v) for v in np.asarray(x).tolist()]
    return np.array([sum(v * v for v in values), sum(v**3 for v in values)])


RIGHT: list[tuple[Function, Function | str, tuple[Any, ...]]] = [
    (layer, by_input, (x, A)),
    (softmax, of_softmax, (x,)),
    (squares, of_squares, (x, M)),
    (polar, of_polar, (np.array([1.3, 0.4]),)),
    (lambda x, B: B @ x, lambda x, B: B, (x, B)),
    (lambda x, B: B @ x, "B", (x, B)),
    (lambda M, v: M @ v, lambda M, v: np.einsum("ik,j->ikj", np.eye(2), v), (M, v)),
    (lambda t: np.array([np.cos(t), np.sin(t)]), lambda t: np.array([-np.sin(t), np.cos(t)]), (0.3,)),
    (not_recorded, lambda x: np.stack([2 * x, 3 * x**2]), (x,)),
    (lambda x: x[:0], lambda x: np.zeros((0, 4)), (x,)),
    (lambda x: np.exp(x), lambda x: np.diag(np.exp(x)), (x,)),
]


@pytest.mark.parametrize(("f", "jacobian", "args"), RIGHT)
def test_right_jacobians_pass(f: Function, jacobian: Function | str, args: tuple[Any, ...]) -> None:
    report = st.check(f, *args, gradient=jacobian)
    assert report, str(report)


@pytest.mark.parametrize(
    ("f", "jacobian", "args"), [case for case in RIGHT if callable(case[1]) and np.size(case[0](*case[2]))]
)
def test_a_sign_a_factor_and_an_entry_are_told(f: Function, jacobian: Function, args: tuple[Any, ...]) -> None:
    report = st.check(f, *args, gradient=lambda *a: -jacobian(*a))
    assert (bool(report), report.mistake) == (False, Mistake.SIGN)
    report = st.check(f, *args, gradient=lambda *a: 2 * jacobian(*a))
    assert (bool(report), report.mistake) == (False, Mistake.FACTOR)
    assert "the factor 2 is too much" in report.diagnosis

    def one_entry(*a: Any) -> np.ndarray:
        found = np.array(jacobian(*a))
        found.reshape(-1)[np.argmax(np.abs(jacobian(*args)))] *= 1.01
        return found

    report = st.check(f, *args, gradient=one_entry)
    assert not report
    assert report.worst == np.unravel_index(np.argmax(np.abs(jacobian(*args))), np.shape(jacobian(*args)))


def in_row(jacobian: Function, row: int, change: Function) -> Function:
    def changed(*args: Any) -> np.ndarray:
        found = np.array(jacobian(*args))
        found[row] = change(found[row], *args)
        return found

    return changed


@pytest.mark.parametrize(
    ("jacobian", "mistake", "words"),
    [
        (in_row(by_input, 1, lambda g, x, A: A[1]), Mistake.MISSING_FACTOR,
         "output (1,): the factor 1 − tanh²(Ax) is missing"),
        (in_row(by_input, 2, lambda g, *_: 2 * g), Mistake.FACTOR, "output (2,): the factor 2 is too much"),
        (in_row(by_input, 0, lambda g, *_: -g), Mistake.SIGN, "output (0,): the sign is wrong"),
        (lambda x, A: by_input(x, A)[[1, 0, 2]], Mistake.SWAPPED, "the rows 0 and 1 are swapped"),
        (lambda x, A: by_input(x, A).T, Mistake.LAYOUT, "its transpose would be right"),
        (lambda x, A: A, Mistake.MISSING_FACTOR, "the factor diag(1 − tanh²(Ax)) is missing"),
        (lambda x, A: np.zeros((3, 4)), Mistake.ZERO, "it is zero"),
        (lambda x, A: by_input(x, A) * np.nan, Mistake.NOT_FINITE, "not finite at entry (0, 0)"),
    ],
)  # fmt: skip
def test_mistakes_are_named_with_the_output(jacobian: Function, mistake: Mistake, words: str) -> None:
    report = st.check(layer, x, A, gradient=jacobian)
    assert not report
    assert report.mistake is mistake
    assert words in report.diagnosis


def test_a_square_one_that_is_transposed() -> None:
    report = st.check(lambda x, B: np.sin(B @ x), x, B, gradient=lambda x, B: (np.cos(B @ x)[:, None] * B).T)
    assert report.mistake is Mistake.TRANSPOSE
    report = st.check(lambda x, B: B @ x, x, B, gradient="2*B'")
    assert "it is transposed" in report.diagnosis
    assert "the factor 2 is too much" in report.diagnosis


def test_results_of_different_lengths_are_refused() -> None:
    with pytest.raises(st.SteepestError, match="the function returns tuple; a number or an array"):
        st.check(lambda x: (x * x, x.sum()), x, gradient=lambda x: np.diag(2 * x))


def test_a_factor_on_the_other_side_of_a_square_matrix_is_said_as_it_is() -> None:
    report = st.check(lambda x, B: B @ x**2, x, B, gradient=lambda x, B: 2 * B * x[:, None])
    assert report.mistake is Mistake.ORDER
    assert report.diagnosis == "diag(x) B stands where B diag(x) should"


def test_a_term_of_all_outputs() -> None:
    report = st.check(softmax, x, gradient=lambda z: np.diag(softmax(z)) + np.outer(softmax(z), softmax(z)))
    assert report.mistake is Mistake.TERM_SIGN
    assert report.formula.startswith("diag(p) − p pᵀ")
    report = st.check(softmax, x, gradient=lambda z: np.diag(softmax(z) * (1 - softmax(z))))
    assert report.mistake is Mistake.ZERO


def test_where_the_jacobian_has_too_many_axes_the_sum_of_outputs_is_looked_at() -> None:
    def wrong(x: Any, A: Any) -> Any:
        return by_input(x, A), np.einsum("ik,i,j->ikj", np.eye(3), 1 + np.tanh(A @ x) ** 2, x)

    report = st.check(layer, x, A, argnums=(0, 1), gradient=wrong)
    assert report.mistake is Mistake.TERM_SIGN
    assert report.diagnosis.startswith("by A: of the sum of the outputs with weights w: the term −tanh²(Ax)")
    assert st.check(layer, x, A, argnums=(0, 1), gradient=lambda *a: (by_input(*a), by_weights(*a)))


def test_axes_in_another_order() -> None:
    report = st.check(squares, x, M, gradient=lambda *a: np.moveaxis(of_squares(*a), -1, 0))
    assert report.mistake is Mistake.LAYOUT
    assert "its last 2 axes should come first" in report.diagnosis


def test_one_wrong_output_of_an_array_has_its_place() -> None:
    def wrong(x: Any, M: Any) -> np.ndarray:
        found = of_squares(x, M)
        found[2, 1] *= 3
        return found

    report = st.check(squares, x, M, gradient=wrong)
    assert not report
    assert report.worst == (2, 1, 2)


def test_what_is_not_recorded_is_told_output_by_output() -> None:
    report = st.check(not_recorded, x, gradient=lambda x: np.stack([2 * x, 2 * x**2]))
    assert "output (1,): the factor 3/2 is missing" in report.diagnosis


def test_containers_have_a_jacobian_for_each_leaf() -> None:
    p = {"a": x, "b": x + 1}
    assert st.check(lambda p: p["a"] * p["b"], p, gradient=lambda p: {"a": np.diag(p["b"]), "b": np.diag(p["a"])})
    report = st.check(lambda p: p["a"] * p["b"], p, gradient=lambda p: {"a": np.diag(p["b"]), "b": np.diag(p["b"])})
    assert not report
    assert report.diagnosis.startswith("by p_b")


def test_a_derivative_that_is_zero_here_hides_nothing() -> None:
    report = st.check(lambda x: x**2, np.zeros(3), gradient=lambda x: np.diag(3 * x))
    assert not report
    assert "at points beside this one the factor 3/2 is too much" in report.diagnosis


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_single_precision(dtype: type) -> None:
    args = x.astype(dtype), A.astype(dtype)
    assert st.check(layer, *args, gradient=by_input)
    assert not st.check(layer, *args, gradient=lambda *a: dtype(1.002) * by_input(*a))


def test_the_assertion_takes_jacobians() -> None:
    st.testing.assert_gradient(layer, by_input, x, A)
    with pytest.raises(AssertionError, match="its transpose would be right"):
        st.testing.assert_gradient(layer, lambda *a: by_input(*a).T, x, A)


@pytest.mark.parametrize(
    ("f", "jacobian", "options", "error", "words"),
    [
        (lambda x: x, np.cos, {}, ShapeError, r"should have \(4, 4\), the axes of f first"),
        (lambda x: x**2, lambda x: np.diag(2 * x), {"order": 2}, NotScalarError, "a gradient is of a function"),
        (lambda x: np.log(x), lambda x: np.diag(1 / x), {}, ArgumentError, r"the function is nan at entry \(\d,\)"),
        (lambda x: "no", np.cos, {}, ArgumentError, "a number or an array of numbers is needed"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    f: Function, jacobian: Function, options: dict[str, int], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words), np.errstate(all="ignore"):
        st.check(f, x, gradient=jacobian, **options)


def test_second_derivatives_of_arrays() -> None:
    """All ways compared, of vectors, matrices and containers."""
    a = np.array([[0.3, 0.5], [0.2, 0.7]])
    assert st.check(lambda x: np.sin(x) * x[0], np.array([0.3, 0.5]), order=2)
    assert st.check(lambda a: a @ a * a[0, 0], a, order=2)
    assert st.check(lambda d: {"a": np.sin(d["x"]), "b": d["x"].sum() * d["y"]}, {"x": a[0], "y": 2.0}, order=2)
