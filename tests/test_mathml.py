"""Formulas as MathML: well-formed, with the elements that MathML Core has, and the structure of what is said."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from expressions import expressions
from hypothesis import given, settings
from test_formula_text import PRINTED

from steepest.api.formula import formula
from steepest.errors import FormulaError
from steepest.expr.build import variable
from steepest.formula.mathml import NAMESPACE, mathml
from steepest.formula.printing import formula_latex
from steepest.ops.elementary import sin
from steepest.ops.table import OPERATIONS

ELEMENTS = frozenset(
    "math mrow mi mo mn mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd".split()
)
CHILDREN = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}
LEAVES = frozenset({"mi", "mo", "mn", "mtext", "ms", "mspace"})


def parsed(text):
    """The tree, after a check that browsers can make sense of it."""
    root = ET.fromstring(text)
    for element in root.iter():
        space, _, tag = element.tag[1:].partition("}")
        assert space == NAMESPACE
        assert tag in ELEMENTS
        assert len(element) == CHILDREN.get(tag, len(element)), text
        assert tag not in LEAVES or not len(element)
        assert tag in LEAVES or not (element.text or "").strip()
        assert not (element.tail or "").strip()
    return root


def outline(text):
    """The tree in brackets: ``mfrac(2 m)``."""

    def written(e):
        tag = e.tag.partition("}")[2]
        if tag in LEAVES:
            return e.text or "␣"
        inside = " ".join(written(c) for c in e)
        return inside if tag in ("math", "mrow") else f"{tag}({inside})"

    return written(parsed(text)).replace("\u2061", "∘")


OUTLINES = {
    r"\frac{2}{m} X^{\top} \left(X \theta - y\right)": "mfrac(2 m) msup(X ⊤) ( X θ − y )",
    r"x_{12}^{2}": "msubsup(x 12 2)",
    r"\theta_{0}'": "msubsup(θ 0 ′)",
    r"\sqrt{x + 1} + \sqrt[3]{x}": "msqrt(x + 1) + mroot(x 3)",
    r"\left\lVert x \right\rVert_F^{2}": "msubsup(‖ x ‖ F 2)",
    r"\sum_{i, j} A_{i j} x_{i}": "munder(∑ i , j) msub(A i j) msub(x i)",
    r"\sin^{2}\left(x\right)": "msup(sin 2) ∘ ( x )",
    r"\sin x": "sin ∘ ␣ x",
    r"2 \cos\left(x\right) \, \operatorname{tr}\left(A\right)": "2 ␣ cos ∘ ( x ) ␣ tr ∘ ( A )",
    r"\operatorname{tr}\left(A\right)": "tr ∘ ( A )",
    r"\mathrm{d}X": "d X",
    r"a < b": "a < b",
    r"\mathbf{1}^{\top} \mathcal{F}": "msup(𝟏 ⊤) ℱ",
    r"\begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}": (
        "{ mtable(mtr(mtd(x) mtd(if\xa0 x > 0)) mtr(mtd(0) mtd(otherwise)))"
    ),
    r"\begin{aligned} a &= b \\ &= c \end{aligned}": "mtable(mtr(mtd(a) mtd(= b)) mtr(mtd() mtd(= c)))",
    r"\overline{x} \odot \bar{y}": "mover(x ‾) ⊙ mover(y ¯)",
    r"\binom{n}{k}": "( mfrac(n k) )",
    r"\mathrm{a\_b}": "a_b",
    r"{x_{1}}_{i}": "msub(msub(x 1) i)",
}


@pytest.mark.parametrize("latex", OUTLINES)
def test_structure(latex):
    assert outline(mathml(latex)) == OUTLINES[latex]


@pytest.mark.parametrize("text", PRINTED)
def test_what_is_printed_is_well_formed(text):
    parsed(mathml(formula_latex(PRINTED[text])))


@given(expressions())
@settings(max_examples=100)
def test_random_formulas_are_well_formed(e):
    parsed(mathml(formula_latex(e), "inline"))


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_can_be_set(name):
    latex = OPERATIONS[name].latex
    parsed(mathml(latex.format("x", "y", "z", "w") if "{0}" in OPERATIONS[name].text else latex + r"\left(x\right)"))


def test_a_deep_formula_is_set():
    e = variable("s")
    for _ in range(2000):
        e = sin(e)
    parsed(mathml(formula_latex(e)))


@pytest.mark.parametrize(
    "latex",
    [
        r"\unheardof{x}",
        r"\begin{tabular}x\end{tabular}",
        r"\frac{a}{b",
        r"\left( x",
        "x}",
        r"\frac{a}",
        "x^",
        r"\sqrt\right)",
    ],
)
def test_what_is_not_known_is_refused(latex):
    with pytest.raises(FormulaError, match="no MathML for this LaTeX"):
        mathml(latex)


def test_a_sign_stands_close_to_what_it_belongs_to():
    signs = [e.get("form") for e in parsed(mathml(r"-x - y = -z \left(-1\right)")).iter() if e.text == "−"]
    assert signs == ["prefix", None, "prefix", "prefix"]


def test_names_are_escaped():
    f = formula(lambda x: x.sum(), x="n")
    assert "<script" not in mathml(r"\text{<script>&}")
    assert parsed(f.mathml()) is not None


def test_the_notebook_bundle():
    f = formula(lambda x: np.sum(np.where(x > 0, x, 1.0) * [1.0, 2.0]), x="2")
    bundle = f._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/latex", "text/html"}
    assert bundle["text/plain"] == repr(f)
    assert bundle["text/latex"] == f._repr_latex_() == f"$\\displaystyle {f.latex()}$"
    html = ET.fromstring(bundle["text/html"])
    assert html.tag == "div"
    assert html[0].tag == f"{{{NAMESPACE}}}math"
    assert [e.text for e in html.iter("small")] == list(f.notes()) == ["with c1 = [1., 2.]"]


def test_a_check_shows_as_its_lines():
    report = formula(lambda x: x @ x, x="n").gradient("x").check()
    assert ET.fromstring(report._repr_html_()).text == str(report)


def test_steps_show_in_notebooks():
    steps = formula(lambda x, A: x @ A @ x, x="n", A="n n").steps("x")
    bundle = steps._repr_mimebundle_()
    assert bundle["text/plain"] == repr(steps)
    parsed(mathml(steps.latex()))
