"""Derivatives from first principles: every line is true, the last is what is printed, and the step has cancelled."""

from __future__ import annotations

import re

import numpy as np
import pytest
from derivations import assert_true, line_at

from steepest import formula
from steepest.errors import ArgumentError, FormulaError, NotScalarError
from steepest.formula.text import UNICODE

QUOTIENTS = ("forward", "central")
POLYNOMIALS = (
    ("3*x^2 - 4*x + 5", "x", {"x": ""}), ("(x^2 + x)^4", "x", {"x": ""}),
    ("a*x^3 + b", "x", {"x": "", "a": "", "b": ""}),
    ("norm2(X*w - y)^2/m", "w", {"X": "m n", "w": "n", "y": "m"}),
    ("norm2(X*w - y)^2/m", "X", {"X": "m n", "w": "n", "y": "m"}),
    ("norm2(X*w - y)^2 + c*norm2(w)^2", "w", {"X": "m n", "w": "n", "y": "m", "c": ""}),
    ("x'*A*x", "x", {"x": "n", "A": "n n"}), ("x'*A*x", "A", {"x": "n", "A": "n n"}),
    ("tr(X'*C*X*B)", "X", {"X": "m n", "C": "m m", "B": "n n"}), ("tr(X^3)", "X", {"X": "n n"}),
)  # fmt: skip
OTHERS = (
    *((text, "x", {"x": ""}) for text in (
        "1/x", "1/x^2", "1/(1 + x^2)", "(x + 1)/(x - 3)", "sqrt(x)", "sqrt(1 + x^2)", "1/sqrt(x)", "x^1.5", "exp(x)",
        "exp(-x^2)", "log(x)", "log(1 + x^2)", "x*log(x)", "sin(x)", "cos(3*x)", "tan(x)", "x^2*sin(x)", "exp(sin(x))",
        "sinh(x)", "cosh(x)", "tanh(x)", "sigmoid(x)", "x^x", "sqrt(x)*exp(x)", "sin(x)/x", "2*sin(x) + 3*x^2",
    )),
    ("tr(A*inv(X))", "X", {"A": "n n", "X": "n n"}), ("a'*inv(X)*b", "X", {"a": "n", "X": "n n", "b": "n"}),
    ("sum(exp(X*w) - y.*(X*w))", "w", {"X": "m n", "w": "n", "y": "m"}),
    ("sum(log(1 + exp(X*w)))", "w", {"X": "m n", "w": "n"}),
    ("(x'*A*x)/(x'*x)", "x", {"x": "n", "A": "n n"}), ("sum(1./x)", "x", {"x": "n"}),
)  # fmt: skip


@pytest.mark.parametrize("quotient", QUOTIENTS)
@pytest.mark.parametrize(("text", "name", "shapes"), [*POLYNOMIALS, *OTHERS])
def test_every_line_is_true_and_the_last_is_what_is_printed(text, name, shapes, quotient):
    f = formula(text, **shapes)
    steps, gradient = f.from_definition(name, quotient=quotient), f.gradient(name)
    assert steps.lines[-1].text.endswith(f" = {gradient.printed.write(UNICODE)}")
    assert steps.result is gradient.readable
    assert_true(steps.tree, line_at(f, name))
    limit = next(step for step in steps if step.rule.startswith("let the step"))
    assert "h" not in re.sub(r"sinh|cosh|tanh", "", limit.text)
    for step in steps:
        assert "change" not in step.text


def test_a_polynomial():
    f = formula("3*x^2 - 4*x", x="")
    assert [step.text for step in f.from_definition("x")] == [
        "f′(x) = lim h→0 (f(x + h) − f(x))/h  with  f(x) = 3x² − 4x",
        "f(x + h) = 3(x + h)² − 4(x + h)",
        "f(x + h) = 3x² − 4x + h (6x − 4) + 3h²",
        "f(x + h) − f(x) = h (6x − 4) + 3h²",
        "(f(x + h) − f(x))/h = 6x − 4 + 3h",
        "f′(x) = 6x − 4",
    ]


def test_even_powers_cancel_in_the_central_quotient():
    steps = formula("x^3", x="").from_definition("x", quotient="central")
    assert [str(step) for step in steps][3:] == [
        "even powers cancel: f(x + h) − f(x − h) = 6h x² + 2h³",
        "divide by twice the step: (f(x + h) − f(x − h))/(2h) = 3x² + h²",
        "let the step go to 0; the error was of second order: f′(x) = 3x²",
    ]
    square = formula("x^2", x="").from_definition("x", quotient="central")
    assert square.lines[-1].rule == "let the step go to 0; there was no error"


def test_least_squares():
    f = formula("norm2(X*theta - y)^2/m", theta="n", X="m n", y="m")
    assert [step.text for step in f.from_definition("theta")] == [
        "∇fᵀ v = lim h→0 (f(θ + h v) − f(θ))/h  with  f(θ) = 1/m ‖Xθ − y‖²",
        "f(θ + h v) = 1/m ‖X(θ + h v) − y‖²",
        "f(θ + h v) = 1/m ‖Xθ − y‖² + 2/m h (Xθ − y)ᵀXv + 1/m h² ‖Xv‖²",
        "f(θ + h v) − f(θ) = 2/m h (Xθ − y)ᵀXv + 1/m h² ‖Xv‖²",
        "(f(θ + h v) − f(θ))/h = 2/m (Xθ − y)ᵀXv + 1/m h ‖Xv‖²",
        "∇fᵀ v = 2/m (Xθ − y)ᵀXv",
        "∇f = 2/m Xᵀ(Xθ − y)",
    ]


TRICKS = {
    "1/x": "common denominator: 1/(x + h) − 1/x = −h/(x (x + h)), so (f(x + h) − f(x))/h = −1/(x (x + h))",
    "sqrt(x)": "multiply by the conjugate: √(x + h) − √x = h/(√x + √(x + h)),"
    " so (f(x + h) − f(x))/h = 1/(√x + √(x + h))",
    "exp(x)": "law of exponents: exp(x + h) − exp(x) = exp(x) (exp(h) − 1),"
    " so (f(x + h) − f(x))/h = exp(x) (exp(h) − 1)/h",
    "log(x)": "law of logarithms: log(x + h) − log(x) = log(1 + h/x), so (f(x + h) − f(x))/h = log(1 + h/x)/h",
    "sin(x)": "addition theorem: sin(x + h) − sin(x) = cos(x) sin(h) + sin(x) (cos(h) − 1),"
    " so (f(x + h) − f(x))/h = cos(x) sin(h)/h + sin(x) (cos(h) − 1)/h",
}


@pytest.mark.parametrize("text", TRICKS)
def test_the_tricks_of_school(text):
    steps = [str(step) for step in formula(text, x="").from_definition("x")]
    assert steps[2] == TRICKS[text]


def test_known_limits_are_named():
    steps = formula("sin(x)", x="").from_definition("x")
    assert str(steps.lines[3]) == "known limits: lim h→0 sin(h)/h = 1,  lim h→0 (cos(h) − 1)/h = 0"


def test_what_is_not_worked_out_is_named_and_says_a_way_on():
    with pytest.raises(FormulaError, match=r"arctan .*steps by rules"):
        formula("x^2 + arctan(x)", x="").from_definition("x")
    with pytest.raises(FormulaError, match="steps by rules"):
        formula("sum(maximum(x, 0))", x="n").from_definition("x")
    with pytest.raises(FormulaError, match="made of pieces"):
        formula(lambda x: np.where(x > 0, x * x, -x), x="").from_definition("x")
    with pytest.raises(ArgumentError, match="forward, central"):
        formula("x^2", x="").from_definition("x", quotient="backward")
    with pytest.raises(NotScalarError, match="needs a number"):
        formula("A*x", A="m n", x="n").from_definition("x")


def test_a_step_is_named_anew_where_its_letter_is_taken():
    f = formula(lambda h, v: np.sum(h * v * h), h="n", v="n")
    assert f.from_definition("h").lines[1].text.startswith("f(h + t u) = ")


def test_a_derivation_that_differs_between_sizes_is_refused() -> None:
    with pytest.raises(FormulaError, match="different sizes"):
        formula("prod(x)", x="n").from_definition("x")
    assert formula("prod(x)", x="3").from_definition("x")
