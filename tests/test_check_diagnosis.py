"""What is said of wrong gradients: every mistake by its name, and nothing against what is right."""

from __future__ import annotations

import numpy as np
import pytest
from hand_derived_beyond import BEYOND
from hand_derived_gradients import TEXTBOOK, Function, Textbook
from hand_derived_held_out import SECOND, THIRD
from hand_derived_unseen_forms import FIFTH
from hand_derived_unseen_losses import FOURTH

import steepest as st
from steepest import Mistake
from steepest.verify.mistakes.constants import named, simple
from steepest.verify.mistakes.effort import Effort

EVERY = 6  # of the mistakes is looked at in the quick tests
WRONG = [(t, g, names) for t in TEXTBOOK for g, names in t.wrong]
UNSEEN = [(t, g, names) for t in (*FOURTH, *FIFTH) for g, names in t.wrong]
HELD_OUT = [(t, g, names) for t in (*SECOND, *THIRD) for g, names in t.wrong]
LATER = [(t, g, names) for t in BEYOND for g, names in t.wrong]
RIGHT = [(t, g) for t in (*TEXTBOOK, *SECOND, *THIRD, *BEYOND, *FOURTH, *FIFTH) for g in t.right]


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


@pytest.mark.parametrize(("t", "gradient"), RIGHT[::8], ids=name_of)
def test_a_right_gradient_is_not_accused(t: Textbook, gradient: Function) -> None:
    assert report_on(t, gradient)


@pytest.mark.heavy
@pytest.mark.parametrize(("t", "gradient"), RIGHT, ids=name_of)
def test_no_right_gradient_is_accused(t: Textbook, gradient: Function) -> None:
    assert report_on(t, gradient)


@pytest.mark.heavy
@pytest.mark.parametrize(("cases", "share"), [(WRONG, 0.95), (HELD_OUT, 0.9), (LATER, 0.95), (UNSEEN, 0.9)])
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


CHAINS = [
    ("c·softmax", 0, "of the Jacobian of softmax(z), what is off the diagonal is left out"),
    ("softmax mse", 1, "the derivative of softmax(Wz) is missing, a factor by the chain rule"),
    ("layer norm", 1, "is left out: it is differentiated as if that were a constant"),
]


def mistake_of(name: str, k: int) -> tuple[Textbook, Function]:
    (found,) = (t for t in BEYOND if t.name == name)
    return found, found.wrong[k][0]


@pytest.mark.parametrize(("name", "k", "words"), CHAINS)
def test_a_link_of_a_chain_is_missing(name: str, k: int, words: str) -> None:
    report = report_on(*mistake_of(name, k))
    assert words in report.diagnosis
    assert report.mistake in (Mistake.MISSING_TERM, Mistake.MISSING_FACTOR)


def test_two_mistakes_at_once() -> None:
    both = report_on(*mistake_of("two: ls", 3))
    assert both.diagnosis == "the term −y is missing; and the factor w is missing"
    factors = report_on(*mistake_of("two: ls", 0))
    assert "is m (m = 20) times what it should be; the term 2l w is 1/2 times" in factors.diagnosis
    turned = report_on(*mistake_of("two: inv", 2))
    assert turned.diagnosis == "2l Sᵀ stands where 2l S should; and the factor S⁻ᵀ is missing"


def test_the_search_ends() -> None:
    report = st.check(
        lambda x: np.log(np.sum(np.exp(x))) * np.sum(x**3) / np.sqrt(1 + x @ x),
        np.array([0.3, 1.2, -0.7]),
        gradient=lambda x: np.cos(x) * x,
    )
    assert report.mistake is Mistake.UNKNOWN
    assert "entry (2,) is -0.5353" in report.diagnosis
    assert "no simple mistake explains it" in report.diagnosis


def test_a_budget_that_is_spent() -> None:
    effort = Effort(0.0)
    assert effort.is_spent
    assert effort.stopped


def test_a_name_as_it_is_printed() -> None:
    assert st.check(ridge, *ridge_arguments(), gradient=r"\frac{2}{m} X^\top (X \theta - y) + 2 \lambda \theta")
    assert st.check(ridge, *ridge_arguments(), gradient="2/m Xᵀ(Xθ − y) + 2λ θ")


@pytest.mark.parametrize(
    ("gradient", "words"),
    [
        (lambda t, X, y, lam: X @ t - y, "that of y; the product that leads from there to theta is missing"),
        (lambda t, X, y, lam: X.T @ ((X @ t)[:, None] - y), "an axis too many"),
    ],
)
def test_shapes_that_have_a_reason(gradient: Function, words: str) -> None:
    report = st.check(ridge, *ridge_arguments(), gradient=gradient)
    assert report.mistake is Mistake.SHAPE
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
