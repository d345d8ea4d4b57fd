"""What is said of wrong gradients: every mistake by its name, and nothing against what is right."""

from __future__ import annotations

import numpy as np
import pytest
from hand_derived_gradients import TEXTBOOK, Function, Textbook
from hand_derived_held_out import SECOND, THIRD

import steepest as st
from steepest import Mistake
from steepest.verify.mistakes.constants import named, simple

EVERY = 6  # of the mistakes is looked at in the quick tests
WRONG = [(t, g, names) for t in TEXTBOOK for g, names in t.wrong]
HELD_OUT = [(t, g, names) for t in (*SECOND, *THIRD) for g, names in t.wrong]
RIGHT = [(t, g) for t in (*TEXTBOOK, *SECOND, *THIRD) for g in t.right]


def report_on(t: Textbook, gradient: Function) -> st.CheckReport:
    with np.errstate(all="ignore"):
        return st.check(t.function, *t.args, argnums=t.by, gradient=gradient)


def name_of(value: object) -> str:
    return value.name if isinstance(value, Textbook) else ""


@pytest.mark.parametrize(("t", "gradient", "names"), WRONG[::EVERY], ids=name_of)
def test_a_mistake_has_its_name(t: Textbook, gradient: Function, names: set[Mistake]) -> None:
    report = report_on(t, gradient)
    assert not report
    assert report.mistake in names, report


@pytest.mark.parametrize(("t", "gradient"), RIGHT[::5], ids=name_of)
def test_a_right_gradient_is_not_accused(t: Textbook, gradient: Function) -> None:
    assert report_on(t, gradient)


@pytest.mark.heavy
@pytest.mark.parametrize(("t", "gradient"), RIGHT, ids=name_of)
def test_no_right_gradient_is_accused(t: Textbook, gradient: Function) -> None:
    assert report_on(t, gradient)


@pytest.mark.heavy
@pytest.mark.parametrize(("cases", "share"), [(WRONG, 0.95), (HELD_OUT, 0.9)], ids=["made with", "held out"])
def test_most_mistakes_have_their_names(cases: list[tuple[Textbook, Function, set[Mistake]]], share: float) -> None:
    reports = [(report_on(t, g), names) for t, g, names in cases]
    assert not any(report for report, _ in reports)
    named_right = sum(report.mistake in names for report, names in reports)
    assert named_right >= share * len(reports)


def test_there_are_as_many_as_promised() -> None:
    assert len(TEXTBOOK) >= 20
    assert len(WRONG) >= 60
    assert len(HELD_OUT) >= 20


# --- words --------------------------------------------------------------------------------------------


def ridge(theta: np.ndarray, X: np.ndarray, y: np.ndarray, lam: float) -> float:
    return np.mean((X @ theta - y) ** 2) + lam * theta @ theta


def ridge_arguments() -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    rng = np.random.default_rng(0)
    return rng.normal(size=3), rng.normal(size=(50, 3)), rng.normal(size=50), 0.3


def test_a_missing_term_is_shown_as_a_formula() -> None:
    report = st.check(ridge, *ridge_arguments(), gradient=lambda t, X, y, lam: 2 / len(y) * X.T @ (X @ t - y))
    assert report.mistake is Mistake.MISSING_TERM
    assert report.diagnosis == "the term 2λ θ is missing"
    assert report.formula == "2/m Xᵀ(Xθ − y) + 2λ θ"
    assert report.given_formula == "2/m Xᵀ(Xθ − y)"
    assert report.example.startswith("at theta = [1], X = [[")
    assert "given [" in report.example
    assert "right [" in report.example
    assert "example" in str(report)


def test_a_gradient_as_text() -> None:
    assert st.check(ridge, *ridge_arguments(), gradient="2/m X'*(X*theta - y) + 2lam*theta")
    report = st.check(ridge, *ridge_arguments(), gradient="2X'*(X*theta - y) + 2lam*theta")
    assert report.diagnosis == "the term 2/m Xᵀ(Xθ − y) is m (m = 50) times what it should be"
    with pytest.raises(st.errors.FormulaError, match=r"(?s)q is not declared.*sizes: m = 50, n = 3"):
        st.check(ridge, *ridge_arguments(), gradient="2/q X'*(X*theta - y)")


def test_an_example_at_other_sizes_is_the_same_mistake() -> None:
    gradient = lambda t, X, y, lam: 2 / 50 * X.T @ (X @ t - y)  # noqa: E731
    report = st.check(ridge, *ridge_arguments(), gradient=gradient)
    assert report.mistake is Mistake.MISSING_TERM


def test_values_in_place_of_a_function() -> None:
    x = np.array([1.0, 2.0, 3.0])
    assert st.check(lambda x: np.sum(x**3), x, gradient=lambda x: np.array([3.0, 12.0, 27.0]))
    report = st.check(lambda x: np.sum(x**3), x, gradient=lambda x: np.array([3.0, 12.0, 20.0]))
    assert report.diagnosis == "entry (2,) is 20, should be 27"
    assert report.worst == (2,)
    assert not report.example


def test_a_zero_derivative_hides_no_mistake() -> None:
    def f(x: np.ndarray) -> float:
        return np.sum((x - 1) ** 2)

    report = st.check(f, np.ones(3), gradient=lambda x: x - 1)
    assert not report
    assert "the derivative is 0 here" in report.diagnosis
    assert "the factor 2 is missing" in report.diagnosis
    assert st.check(f, np.ones(3), gradient=lambda x: 2 * (x - 1))


def test_what_is_right_here_alone_is_told() -> None:
    x = np.array([0.6, 0.8])
    report = st.check(lambda x: x @ x / 2 + np.log(x @ x), x, gradient=lambda x: 3 * x)
    assert report
    assert "at points beside this one it does not" in report.diagnosis


@pytest.mark.parametrize(
    ("gradient", "words"),
    [
        (lambda A, w: (2 * A * w).T, "its transpose would be right"),
        (lambda A, w: (2 * A * w).ravel(), "the entries are listed row by row"),
        (lambda A, w: np.sum(2 * A * w), "it is the sum of the right one over all entries"),
    ],
)
def test_layouts(gradient: Function, words: str) -> None:
    report = st.check(lambda A, w: np.sum(A**2 * w), np.ones((2, 3)), np.arange(6.0).reshape(2, 3), gradient=gradient)
    assert not report
    assert words in report.diagnosis


def test_containers_and_several_arguments() -> None:
    params = {"w": np.array([1.0, 2.0]), "b": 0.5}

    def f(p: dict, X: np.ndarray) -> float:
        return np.sum((X @ p["w"] + p["b"]) ** 2)

    def wrong(p: dict, X: np.ndarray) -> dict:
        r = X @ p["w"] + p["b"]
        return {"w": 2 * X.T @ r, "b": np.sum(r)}

    report = st.check(f, params, np.eye(2), gradient=wrong)
    assert report.diagnosis == "by p_b: the factor 2 is missing: 2 times it is right"
    pair = st.check(lambda a, b: a @ b, np.ones(2), np.arange(2.0), argnums=(0, 1), gradient=lambda a, b: (b, 2 * a))
    assert pair.diagnosis == "by b: the factor 2 is too much: divided by it, it is right"


def test_hessians_by_hand() -> None:
    x = np.array([1.0, 2.0, 3.0])
    assert st.check(lambda x: np.sum(x**3), x, gradient=lambda x: np.diag(6 * x), order=2)
    report = st.check(lambda x: np.sum(x**3), x, gradient=lambda x: np.diag(3 * x), order=2)
    assert report.diagnosis == "the factor 2 is missing: 2 times it is right"


@pytest.mark.parametrize(
    ("value", "name"),
    [(2.0, "2"), (-0.5, "−1/2"), (50.0, "m"), (2 / 50, "2/m"), (1.25, "1.25"), (50 / 49, "m/(m − 1)"), (0.3, "0.3")],
)
def test_names_of_constants(value: float, name: str) -> None:
    assert named(value, {"m": 50, "n": 3}) == name


def test_a_constant_without_a_name() -> None:
    assert simple(1.2345678, {"m": 50}) is None
    assert named(1.2345678, {"m": 50}) == "1.23457"
