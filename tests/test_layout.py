"""Numerator and denominator layout: what is shown, what is said of it, and that it is the same derivative."""

from __future__ import annotations

import numpy as np
import pytest

from steepest.api.formula import formula
from steepest.errors import ArgumentError, FormulaError
from steepest.expr.dimension import Dim
from steepest.expr.node import Variable
from steepest.expr.traversal import toposort
from steepest.formula.layout import Layout, extent
from steepest.frontends.text.meaning import read

LEAST_SQUARES = ("norm2(X*theta - y)^2 / m", {"X": "m n"}, "gradient", "theta")
NUMBERS = {"m": 3, "n": 4, "k": 5}

# A derivative: in numerator layout and what is said of it, then in denominator layout.
LAID_OUT = [
    (*LEAST_SQUARES, "2/m (Xθ − y)ᵀX", "∂f/∂θ is 1 × n", "2/m Xᵀ(Xθ − y)", "∂f/∂θ is n × 1"),
    ("x'*A*x + sum(x)", {"A": "n n"}, "gradient", "x",
     "xᵀ(A + Aᵀ) + 𝟏ᵀ", "∂f/∂x is 1 × n", "(A + Aᵀ)x + 𝟏", "∂f/∂x is n × 1"),
    ("sum(exp(x))", {"x": "n"}, "gradient", "x", "exp(x)ᵀ", "∂f/∂x is 1 × n", "exp(x)", "∂f/∂x is n × 1"),
    ("sum(x)", {"x": "n"}, "gradient", "x", "𝟏ᵀ", "∂f/∂x is 1 × n", "𝟏", "∂f/∂x is n × 1"),
    ("tr(A*X*B)", {"A": "k m", "X": "m n", "B": "n k"}, "gradient", "X",
     "BA", "∂f/∂X is n × m", "AᵀBᵀ", "∂f/∂X is m × n"),
    ("A*x", {"A": "m n"}, "jacobian", "x", "A", "∂f/∂x is m × n", "Aᵀ", "∂f/∂x is n × m"),
    ("a^2*x", {"a": "", "x": "n"}, "jacobian", "a", "2a x", "∂f/∂a is n × 1", "2a xᵀ", "∂f/∂a is 1 × n"),
    ("a^2*X", {"a": "", "X": "m n"}, "jacobian", "a", "2a X", "∂f/∂a is m × n", "2a Xᵀ", "∂f/∂a is n × m"),
    ("exp(x)", {"x": ""}, "gradient", "x",
     "exp(x)", "∂f/∂x is a number, in both layouts the same", "exp(x)", "∂f/∂x is a number, in both layouts the same"),
    ("x'*A*x", {"A": "n n"}, "hessian", "x", "A + Aᵀ", "∂(∇_x f)/∂x is n × n", "A + Aᵀ", "∂(∇_x f)/∂x is n × n"),
]  # fmt: skip


@pytest.mark.parametrize("case", LAID_OUT, ids=[f"{c[0]} {c[2]}" for c in LAID_OUT])
def test_both_layouts(case):
    text, shapes, kind, name, *shown = case
    derivative = getattr(formula(text, **shapes), kind)(name)
    for layout, (wanted, said) in zip(Layout, (shown[:2], shown[2:]), strict=True):
        arranged = derivative.layout(layout.value)
        assert str(arranged).split("\n") == [wanted, f"  {layout.value} layout: {said}"]
        assert set(arranged._repr_mimebundle_()) == {"text/plain", "text/latex", "text/html"}
        assert arranged.notes()[0] in arranged.html()


@pytest.mark.parametrize("case", LAID_OUT, ids=[f"{c[0]} {c[2]}" for c in LAID_OUT])
def test_the_layout_is_what_is_printed(case, rng):
    """The text read back is an array with the rows and columns that the note says."""
    text, shapes, kind, name, *_ = case
    derivative = getattr(formula(text, **shapes), kind)(name)
    sizes = {d.name: d.sizes for d in derivative.source.declarations}
    arrays = {n: rng.uniform(0.3, 1.4, [NUMBERS[s] for s in axes]) for n, axes in sizes.items()}
    stored = np.asarray(derivative(**arrays))
    for layout in Layout:
        arranged = derivative.layout(layout.value)
        first = str(arranged).split("\n")[0]
        found = {v.name for v in toposort([arranged.expr]) if isinstance(v, Variable)}
        if not found:
            continue
        reading = read(first, {n: axes for n, axes in sizes.items() if n in found})
        value = np.asarray(reading.function(*(arrays[n] for n in reading.sizes)))
        turned = value.shape != stored.shape or not np.allclose(value, stored)
        np.testing.assert_allclose(value.T if turned else value, stored)
        if stored.ndim == 1:
            is_row = reading.shape[0] is None
            rows_are_one = arranged.notes()[0].split(" is ")[1].startswith("1 ×")
            assert is_row == rows_are_one


def test_latex_of_a_row():
    text, shapes, kind, name = LEAST_SQUARES
    gradient = getattr(formula(text, **shapes), kind)(name)
    assert gradient.layout("numerator").latex() == r"\frac{2}{m} \left(X \theta - y\right)^{\top} X"
    assert gradient.layout("numerator").ascii() == "2/m (X theta - y)'X"


def test_sizes_on_paper():
    m, n = Dim(2, "m"), Dim(3, "n")
    assert extent((m,), (n,), False) == "m × n"
    assert extent((m,), (n,), True) == "n × m"
    assert extent((), (m, n), True) == "n × m"
    assert extent((4,), (), False) == "4 × 1"


def test_what_has_no_layout():
    f = formula("x'*A*x", A="n n")
    with pytest.raises(ArgumentError, match="f is the function itself"):
        f.layout("numerator")
    with pytest.raises(ArgumentError, match="'numerator' or 'denominator', got 'row'"):
        f.gradient("x").layout("row")
    with pytest.raises(FormulaError, match="has 4 axes, and a layout has two"):
        formula("A*X", A="k m", X="m n").jacobian("X").layout("numerator")
