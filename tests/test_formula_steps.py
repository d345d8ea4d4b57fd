"""Derivations by rules: every line is true, all end in what is printed, and they read as a person would write them."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import hypothesis.strategies as st
import numpy as np
import pytest
from derivations import Line, all_steps, assert_true, line_at
from expressions import VARIABLES, environment, expressions
from hypothesis import HealthCheck, given, settings

from steepest import formula
from steepest.calculus.jacobian import jacobian
from steepest.calculus.reverse import gradients
from steepest.errors import ArgumentError, FormulaError
from steepest.expr.build import add, multiply, variable
from steepest.expr.node import Expr, Variable
from steepest.expr.number import constant
from steepest.formula.derivation.entry import derivation
from steepest.formula.derivation.step import Answer, Detail, shown
from steepest.formula.printing import formula_of
from steepest.formula.text import UNICODE
from steepest.ops.elementary import sin
from steepest.ops.logic import less
from steepest.ops.power import square
from steepest.rewrite.readable.form import readable
from steepest.rewrite.simplify import simplify

SCHOOL = (
    "3*x^2 - 4*x + 5", "(2*x + 1)^5", "1/x", "x^(-3)", "sqrt(x)", "sqrt(1 + x^2)", "x^1.5", "(x^2 + 1)/(x - 3)",
    "exp(x)", "exp(-x^2)", "2^x", "a^x", "x^a", "log(x)", "log(x)/x", "log(1 + x^2)", "sin(x)", "cos(3*x)", "tan(x)",
    "sin(x)*exp(-x^2)", "sin(x)/x", "sin(x)^2 + cos(x)^2", "arcsin(x)", "arctan(x)", "sinh(x)", "tanh(x)", "x^x",
    "x^sin(x)", "1/(1 + exp(-x))", "x*log(x) - x", "sin(cos(x))", "a*x^2 + b*x + c",
)  # fmt: skip
LOSSES = (
    ("norm2(X*w - y)^2/m", "w", {"X": "m n", "w": "n", "y": "m"}),
    ("norm2(X*w - y)^2/m", "X", {"X": "m n", "w": "n", "y": "m"}),
    ("norm2(X*w - y)^2 + c*norm2(w)^2", "w", {"X": "m n", "w": "n", "y": "m", "c": ""}),
    ("sum(log(1 + exp(-y.*(X*w))))", "w", {"X": "m n", "w": "n", "y": "m"}),
    ("sum(exp(X*w) - y.*(X*w))", "w", {"X": "m n", "w": "n", "y": "m"}),
    ("logsumexp(W*x) - y'*W*x", "W", {"W": "k n", "x": "n", "y": "k"}),
    ("norm2(tanh(W*x) - y)^2", "W", {"W": "k n", "x": "n", "y": "k"}),
    ("sum(maximum(1 - y.*(X*w), 0))", "w", {"X": "m n", "w": "n", "y": "m"}),
    ("normF(A - U*V')^2", "U", {"A": "m n", "U": "m k", "V": "n k"}),
    ("x'*A*x", "x", {"x": "n", "A": "n n"}),
    ("(x'*A*x)/(x'*x)", "x", {"x": "n", "A": "n n"}),
    ("x'*y/(norm2(x)*norm2(y))", "x", {"x": "n", "y": "n"}),
    ("norm2(x - a)", "x", {"x": "n", "a": "n"}),
    ("sum(p.*log(p))", "p", {"p": "n"}),
    ("tr(A*X*B)", "X", {"A": "k m", "X": "m n", "B": "n k"}),
    ("tr(X'*C*X*B)", "X", {"X": "m n", "C": "m m", "B": "n n"}),
    ("a'*X'*X*b", "X", {"a": "n", "X": "m n", "b": "n"}),
    ("tr(X^3)", "X", {"X": "n n"}),
    ("tr(A*inv(X)*B)", "X", {"A": "m n", "X": "n n", "B": "n m"}),
    ("det(A*X*B)", "X", {"A": "n n", "X": "n n", "B": "n n"}),
    ("logdet(X'*C*X)", "X", {"X": "m n", "C": "m m"}),
    ("logdet(S) + (x - u)'*inv(S)*(x - u)", "S", {"S": "n n", "x": "n", "u": "n"}),
    ("y'*inv(K + s*I)*y + logdet(K + s*I)", "s", {"K": "n n", "s": "", "y": "n"}),
)  # fmt: skip


def school(text: str):
    return formula(text, **dict.fromkeys(re.findall(r"\b[a-cx]\b", text), ""))


def stated(e: Expr) -> Answer:
    return Answer(e, formula_of(e))


def ends_in_what_is_printed(steps, gradient) -> bool:
    printed = gradient.printed.write(UNICODE)
    return steps.lines[-1].text.endswith(f" = {printed}") and steps.result is gradient.readable


@pytest.mark.parametrize("text", SCHOOL)
def test_school_functions(text):
    f = school(text)
    steps = f.steps("x")
    assert ends_in_what_is_printed(steps, f.gradient("x"))
    assert assert_true(steps.tree, line_at(f, "x")) > 1


@pytest.mark.parametrize(("text", "name", "shapes"), LOSSES)
def test_losses(text, name, shapes):
    f = formula(text, **shapes)
    gradient = f.gradient(name)
    for detail in Detail:
        assert ends_in_what_is_printed(f.steps(name, detail=detail.value), gradient)
    assert assert_true(f.steps(name).tree, line_at(f, name)) > 2


def require_true_steps(y: Expr, x: Variable) -> None:
    """All is true, and the derivative stands at the end, at every level of detail."""
    derivative = gradients(y, [x])[0] if y.shape == () else jacobian(y, x)
    answer = stated(readable(simplify([derivative])[0], written=[y]))
    steps = derivation(y, x, answer)
    for detail in Detail:
        last = list(shown(steps, detail))[-1]
        assert last.expr is answer.expr
        assert last.text.endswith(f" = {answer.printed.write(UNICODE)}")
    direction = np.random.default_rng(4).normal(size=x.shape) if x.shape else np.float64(1)
    assert_true(steps, Line(environment(), x, direction))


RANDOM = given(expressions(), st.sampled_from(VARIABLES))


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@RANDOM
def test_random_functions(y, x):
    require_true_steps(y, x)


@pytest.mark.heavy
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
@RANDOM
def test_many_random_functions(y, x):
    require_true_steps(y, x)


def test_least_squares():
    f = formula("norm2(X*theta - y)^2/m", theta="n", X="m n", y="m")
    assert str(f.steps("theta")).splitlines() == [
        "name the inner functions: f = 1/m ‖r‖²  where  r = Xθ − y",
        "squared norm: df = 2/m rᵀ dr",
        "sum rule, linear map: dr = d(Xθ) = X dθ, so df = 2/m rᵀX dθ",
        "read off the gradient: ∇f = 2/m Xᵀr",
        "put the inner functions back: ∇f = 2/m Xᵀ(Xθ − y)",
    ]
    assert str(f.steps("theta", detail="brief")).splitlines() == [
        "name the inner functions: f = 1/m ‖r‖²  where  r = Xθ − y",
        "differential: df = 2/m rᵀX dθ",
        "gradient: ∇f = 2/m Xᵀ(Xθ − y)",
    ]


def test_the_change_is_brought_to_the_end_of_a_trace():
    steps = formula("tr(A*X*B)", A="k m", X="m n", B="n k").steps("X", detail="full")
    assert [step.in_full() for step in steps] == [
        "the function:\n    f = tr(AXB)",
        "linear map:  d(Au) = A du\n    df = tr(A dX B)",
        "bring the change to the end:  tr(AB) = tr(BA)\n    df = tr(BA dX)",
        "read off the gradient:  df = tr(∇fᵀ dX)\n    ∇f = AᵀBᵀ",
    ]
    form = formula("x'*A*x", x="n", A="n n").steps("x", detail="full")
    assert [(step.rule, step.law, step.instance) for step in form][1:4] == [
        ("product rule", "d(uᵀv) = uᵀ dv + vᵀ du", "df = dxᵀ Ax + xᵀA dx"),
        ("bring the change to the end", "aᵀb = bᵀa", "df = xᵀA dx + xᵀAᵀ dx"),
        ("collect", "", "df = xᵀ(A + Aᵀ) dx"),
    ]


def test_school_rules():
    assert str(formula("3*x^2 - 4*x + 5", x="").steps("x")).splitlines() == [
        "the function: f(x) = 3x² − 4x + 5",
        "sum rule, constant multiple: f′(x) = d/dx (3x²) − d/dx (4x) = 3 · d/dx x² − 4",
        "power rule: d/dx x² = 2x, so f′(x) = 6x − 4",
    ]
    quotient = formula("sin(x)/(1 + x^2)", x="").steps("x")
    assert str(quotient.lines[1]) == (
        "quotient rule: f′(x) = ((x² + 1) · d/dx sin(x) − sin(x) · d/dx (x² + 1))/(x² + 1)²"
        " = ((x² + 1) · d/dx sin(x) − sin(x) · d/dx x²)/(x² + 1)²"
    )
    assert str(quotient).splitlines()[2:4] == [
        "power rule: d/dx x² = 2x, so f′(x) = ((x² + 1) · d/dx sin(x) − 2x sin(x))/(x² + 1)²",
        "sine: d/dx sin(x) = cos(x), so f′(x) = (cos(x) (x² + 1) − 2x sin(x))/(x² + 1)²",
    ]
    laws = {step.rule: step.law for step in formula("x^x", x="").steps("x", detail="full")}
    assert laws["logarithmic derivative"] == "d/dx u^v = u^v · d/dx (v log(u))"
    assert laws["product rule"] == "d/dx (u v) = u · d/dx v + v · d/dx u"
    assert laws["logarithm"] == "d/dx log(x) = 1/x"


def test_a_detail_has_a_name():
    with pytest.raises(ArgumentError, match="brief, normal, full"):
        formula("x^2", x="").steps("x", detail="long")


def test_higher_derivatives():
    f = formula("x^5", x="")
    for k in range(1, 5):
        f = f.gradient("x")
        steps = f.steps("x")
        assert ends_in_what_is_printed(steps, f.gradient("x"))
        assert_true(steps.tree, line_at(f, "x", order=k))
    assert str(steps).splitlines() == [
        "the function: f⁽⁴⁾(x) = 120x",
        "constant multiple: f⁽⁵⁾(x) = 120 · d/dx x = 120",
    ]
    assert steps.lines[0].latex == r"f^{(4)}\left(x\right) = 120 x"


def test_hessians_and_jacobians():
    f = formula("logsumexp(x)", x="n")
    hessian = f.gradient("x").steps("x")
    assert hessian.lines[-1].text == "d∇f = ∇²f dx, so ∇²f = diag(p) − p pᵀ\nwhere p = softmax(x)"
    assert r"\nabla^{2} f" in hessian.latex()
    g = formula("tanh(A*x)", x="n", A="m n")
    assert g.steps("x").lines[-1].text == "df = J dx, so J = diag(1 − tanh²(Ax)) A"
    for steps, line in ((hessian, line_at(f, "x")), (g.steps("x"), line_at(g, "x"))):
        assert assert_true(steps.tree, line) > 2


def test_what_is_constant_and_what_is_the_variable_itself():
    t, s = variable("t"), variable("s")
    assert [step.text for step in derivation(t, t, stated(constant(1)))] == ["f(t) = t", "f′(t) = 1"]
    assert derivation(square(s), t, stated(constant(0)))[-1].text == "f′(t) = 0"
    masked = multiply(less(t, constant(1)), square(t))
    (answer,) = simplify(gradients(masked, [t]))
    assert derivation(masked, t, stated(answer))[-1].expr is answer


def test_a_long_derivation_is_refused():
    e = t = variable("t")
    for k in range(300):
        e = sin(add(e, constant(k + 1)))
    with pytest.raises(FormulaError, match="more than 100"):
        derivation(e, t, stated(t))


@pytest.mark.parametrize(("text", "name", "shapes"), LOSSES[:12])
def test_pages_are_well_formed(text, name, shapes):
    for detail in ("brief", "normal", "full"):
        page = formula(text, **shapes).steps(name, detail=detail).html()
        root = ElementTree.fromstring(page)
        assert root.tag == "div"
        assert len(root.findall(".//{*}math")) > 3
    assert "<details open" in page
    assert "<script" not in page


def test_latex_is_balanced():
    for text, name, shapes in LOSSES:
        steps = formula(text, **shapes).steps(name, detail="full")
        latex = steps.latex()
        assert latex.count("{") == latex.count("}")
        assert latex.count(r"\left") == latex.count(r"\right")
        assert latex.isascii()


def test_every_step_says_something():
    for text, name, shapes in LOSSES:
        tree = formula(text, **shapes).steps(name).tree
        for step in all_steps(tree):
            assert step.rule
            assert step.text.replace("\n", "").isprintable()
            assert "--" not in step.text
            assert "1·" not in step.text


def test_what_the_result_takes_for_granted_is_said_below():
    steps = formula("norm2(x - a)", x="n", a="n").steps("x")
    assert str(steps).splitlines()[-2:] == [
        "put the inner functions back: ∇f = (x − a)/‖x − a‖",
        "  0 where ‖x − a‖ = 0",
    ]
    assert "<small>0 where" in steps.html()


def test_fixed_arrays_are_called_what_the_result_calls_them():
    a, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])
    f = formula(lambda x, t: np.sum(x * b * t) + np.sum(np.exp(a) @ b), x="2", t="")
    steps = f.steps("x")
    assert steps.lines[-1].text == "∇f = t c1"
    assert "t c1ᵀ x" in steps.lines[0].text
    assert str(steps).endswith("with c1 = [5., 6.]")


def test_laws_do_not_use_the_letter_of_the_variable():
    laws = {step.rule: step.law for step in formula("exp(u^2)", u="").steps("u", detail="full")}
    assert laws["exponential, chain rule"] == "d/du exp(p) = exp(p) · d/du p"


def test_facts_that_are_declared_shorten_the_result():
    steps = formula("logdet(S) + x'*inv(S)*x", S="n n spd", x="n").steps("S")
    assert steps.lines[-1].text == "∇f = S⁻¹ − S⁻¹ x xᵀ S⁻¹"


def test_inner_functions_do_not_take_the_names_of_the_result():
    f = formula("norm2(tanh(A*tanh(A*x)))^2", A="n n", x="n")
    steps, gradient = f.steps("A"), f.gradient("A")
    names = {symbol.name for symbol, _ in gradient.printed.definitions}
    said = [equation.left for _, equation in steps.lines[0].said[1:]]
    assert names
    assert names.isdisjoint(symbol.name for symbol in said)
    assert_true(steps.tree, line_at(f, "A"))


def test_a_long_law_is_told_in_words():
    steps = formula(lambda a: np.sum(np.linalg.eigvalsh(a)), a="n n").steps("a", detail="full")
    assert [step.law for step in steps if step.rule == "eigenvalues"] == ["dλ = diag(Vᵀ dA V)"]
    assert "dλ = diag(Vᵀ dA V)" in steps.html()


def test_a_change_and_a_variable_are_not_called_the_same() -> None:
    lines = str(formula("norm2(A*x - dr)^2", A="m n", x="n", dr="m").steps("x"))
    assert "u = Ax − dr" in lines
    assert "du = d(Ax)" in lines
    with pytest.raises(ArgumentError, match="rename one"):
        formula("dx'*x", dx="n", x="n").steps("x")
