"""The readable form: what a textbook prints, equal everywhere, the same at all sizes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import hypothesis.strategies as st
import numpy as np
import pytest
from expressions import VARIABLES, environment, expressions, scalars
from hypothesis import given, settings

import steepest
from steepest.calculus.jacobian import hessian
from steepest.calculus.reverse import gradients
from steepest.engines.python.compile import evaluate
from steepest.expr.build import add, delta, einsum, multiply, negate, scale, variable
from steepest.expr.dimension import Dim
from steepest.expr.node import Expr, Variable
from steepest.expr.number import constant
from steepest.expr.traversal import toposort
from steepest.formula.printing import formula_text
from steepest.ops.elementary import cos, exp, sin, tanh
from steepest.ops.linalg_inverse import adjugate, determinant, inverse
from steepest.ops.logic import logical_not, nonzero, select
from steepest.ops.piecewise import absolute
from steepest.ops.power import divide, log, power, reciprocal, sqrt
from steepest.ops.reduction import logsumexp, norm, softmax
from steepest.rewrite.readable.form import readable, reading
from steepest.rewrite.simplify import simplify


class Case(NamedTuple):
    """A function as text, its variable, and how its derivatives read; "-" for a Hessian of more than two axes."""

    text: str
    by: str
    shapes: dict[str, str]
    gradient: str
    hessian: str


def cases() -> list[Case]:
    lines = (Path(__file__).parent / "readable_forms.txt").read_text(encoding="utf-8").splitlines()
    found = []
    for head, gradient, second in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        text, by, declared = head.split(" | ")
        pairs = [d.split(":") for d in declared.split(", ")]
        found.append(Case(text, by, {k: v.strip() for k, v in pairs}, gradient.strip(), second.strip()))
    return found


@pytest.mark.parametrize("case", cases(), ids=lambda c: f"{c.text} by {c.by}")
def test_derivatives_read_as_in_a_textbook(case: Case) -> None:
    F = steepest.formula(case.text, **case.shapes)
    assert formula_text(F.gradient(case.by).readable) == case.gradient
    if case.hessian != "-":
        assert formula_text(F.hessian(case.by).readable) == case.hessian


def test_there_are_many_of_them() -> None:
    assert len(cases()) >= 120


JACOBIANS = {
    ("tanh(W*x+b)", "x"): "diag(1 − tanh²(Wx + b)) W",
    ("softmax(W*x)", "x"): "(diag(softmax(Wx)) − softmax(Wx) softmax(Wx)ᵀ)W",
    ("x/norm2(x)", "x"): "(I − x xᵀ/‖x‖²)/‖x‖",
    ("exp(x)/sum(exp(x))", "x"): "diag(softmax(x)) − softmax(x) softmax(x)ᵀ",
    ("softmax(x - mean(x))", "x"): "diag(softmax(x)) − softmax(x) softmax(x)ᵀ",
    ("log(softmax(x))", "x"): "I − 𝟏 softmax(x)ᵀ",
    ("(x'*A*x)*x", "x"): "x xᵀ(A + Aᵀ) + xᵀAx I",
    ("x./(1+x)", "x"): "diag(1/(x + 1)²)",
    ("inv(A+t*B)*x", "t"): "−(A + t B)⁻¹B(A + t B)⁻¹x",
}


@pytest.mark.parametrize(("text", "by"), JACOBIANS)
def test_jacobians_read_as_in_a_textbook(text: str, by: str) -> None:
    shapes = {"x": "n", "W": "k n", "b": "k", "A": "n n", "B": "n n", "t": ""}
    F = steepest.formula(text, **{name: shapes[name] for name in re.findall(r"\b[a-zA-Z]\b", text)})
    assert formula_text(F.jacobian(by).readable) == JACOBIANS[text, by]


# --- single laws --------------------------------------------------------------------------------------

A, B = variable("A", (4, 4)), variable("B", (4, 4))
x, y, z = (variable(name, (4,)) for name in "xyz")
s, t = variable("s"), variable("t")

LAWS: dict[str, Expr] = {
    "x": multiply(x, x, reciprocal(x)),
    "1/‖x‖": multiply(einsum("i,i->", x, x), power(norm(x), constant(-3))),
    "√s": multiply(s, reciprocal(sqrt(s))),
    "1/(s t)": reciprocal(multiply(s, t)),
    "A⁻¹": multiply(adjugate(A), reciprocal(determinant(A))),
    "B": einsum("ij,jk,kl->il", A, inverse(A), B),
    "4": einsum("ij,ji->", A, inverse(A)),
    "A⁻ᵀ": inverse(einsum("ij->ji", A)),
    "1/2 A⁻¹": inverse(scale(constant(2), A)),
    "diag(1/x)": inverse(einsum("i,ij->ij", x, delta(4))),
    "σ(s)": divide(exp(s), add(constant(1), exp(s))),
    "σ(−s)": reciprocal(add(constant(1), exp(s))),
    "σ(s) (1 − σ(s))": divide(exp(s), multiply(add(constant(1), exp(s)), add(constant(1), exp(s)))),
    "softmax(x)": divide(exp(x), einsum("i->", exp(x))),
    "1": einsum("i->", softmax(x)),
    "tan(s)": divide(sin(s), cos(s)),
    "s^t": multiply(s, power(s, add(t, constant(-1)))),
    "(A + Aᵀ)x": add(einsum("ij,j->i", A, x), einsum("ji,j->i", A, x)),
    "Aᵀ(B + I)A": add(einsum("ki,kj->ij", A, A), einsum("ki,kl,lj->ij", A, B, A)),
    "diag(x) − x xᵀ": add(einsum("i,ij->ij", x, delta(4)), negate(einsum("i,j->ij", x, x))),
    "4(A − Aᵀ)": add(scale(constant(4), A), scale(constant(-4), einsum("ij->ji", A))),
    "1/(s² + 1)^(3/2)": add(
        reciprocal(sqrt(add(constant(1), multiply(s, s)))),
        negate(multiply(s, s, power(sqrt(add(constant(1), multiply(s, s))), constant(-3)))),
    ),
}


@pytest.mark.parametrize("text", LAWS)
def test_laws(text: str) -> None:
    assert formula_text(readable(LAWS[text])) == text


def test_what_was_written_is_not_multiplied_out() -> None:
    difference = add(x, negate(y))
    e = einsum("ij,j->i", A, difference)
    assert formula_text(readable(e, [difference])) == "A(x − y)"
    assert formula_text(readable(multiply(s, add(s, t)), [add(s, t)])) == "s (s + t)"


def test_deltas_inside_of_sums_vanish() -> None:
    e = einsum("ip,pk,jq,ql->ijkl", A, delta(4), B, delta(4))
    nested = einsum("ij,jk->ik", A, einsum("jp,pk->jk", delta(4), B))
    assert readable(e) is einsum("ik,jl->ijkl", A, B)
    assert readable(nested) is einsum("ij,jk->ik", A, B)


def test_a_long_expression_is_left_as_it_is() -> None:
    e: Expr = s
    for k in range(300):
        e = add(tanh(multiply(e, e)), constant(k + 1))
    assert readable(e) is e


# --- what is said beside the formula ------------------------------------------------------------------


def test_where_a_norm_has_no_slope_is_a_remark() -> None:
    found = reading(gradients(norm(x), [x])[0], [norm(x)])
    assert formula_text(found.expr) == "x/‖x‖"
    assert found.conditions.zero == (norm(x),)
    both = add(norm(x), einsum("i,i->", x, x))
    found = reading(gradients(both, [x])[0], [both])
    assert found.conditions.zero == ()
    assert found.conditions.zero_terms == (norm(x),)


def test_inside_of_a_sum_only_the_terms_are_0() -> None:
    rows = norm(A)
    found = reading(gradients(einsum("i->", rows), [A])[0], [rows]).conditions
    assert found.zero == (rows,)
    X = variable("X", (4, 4))
    f = einsum("i->", norm(einsum("ij,jk->ik", X, A)))
    found = reading(gradients(f, [A])[0], [f]).conditions
    assert found.zero == ()
    assert len(found.zero_terms) == 1


def test_no_remark_where_the_function_has_no_value() -> None:
    for f in (log(norm(x)), divide(einsum("i,i->", x, y), norm(x)), multiply(s, log(s))):
        by = next(n for n in toposort([f]) if isinstance(n, Variable) and n is not y)
        assert not any(
            vars(reading(gradients(f, [by])[0], [f]).conditions)[k] for k in ("zero", "zero_terms", "nonzero")
        )


def test_a_pole_that_cancels_is_a_condition() -> None:
    found = reading(multiply(x, y, reciprocal(x)))
    assert found.expr is y
    assert found.conditions.nonzero == (x,)


def test_a_mask_that_selects_stays() -> None:
    e = add(select(nonzero(x), log(y)), y)
    assert "[x ≠ 0]" in formula_text(readable(e))
    assert readable(multiply(nonzero(x), logical_not(nonzero(x)), y)) is readable(scale(constant(0), y))


def test_the_remarks_are_printed() -> None:
    F = steepest.formula("norm2(x - a)", x="n", a="n")
    assert str(F.gradient("x")) == "(x − a)/‖x − a‖\n  0 where ‖x − a‖ = 0"


def test_roots_in_roots() -> None:
    f = multiply(sqrt(absolute(scale(constant(3), s))), add(constant(2), absolute(tanh(s))))
    for e in (gradients(f, [s])[0], hessian(f, s)):
        _require_equal(simplify([e])[0], [f])


# --- the same at all sizes ----------------------------------------------------------------------------


def _at_sizes(m: int, n: int) -> list[Expr]:
    M, N = Dim(m, "m"), Dim(n, "n")
    X, w, b = variable("X", (M, N)), variable("w", (N,)), variable("b", (M,))
    r = add(einsum("ij,j->i", X, w), negate(b))
    fs = [norm(r), logsumexp(r), einsum("i,i->", tanh(r), softmax(r)), divide(einsum("i,i->", r, r), norm(w))]
    found = []
    for f in fs:
        found += [
            readable(gradients(f, [w])[0], [f]),
            readable(hessian(f, w), [f]),
            readable(gradients(f, [X])[0], [f]),
        ]
    return found


def test_it_reads_the_same_at_other_sizes() -> None:
    texts = [[formula_text(e) for e in _at_sizes(*sizes)] for sizes in ((4, 6), (9, 5), (3, 17))]
    assert texts[0] == texts[1] == texts[2]


# --- random expressions -------------------------------------------------------------------------------


def _require_equal(e: Expr, written: list[Expr]) -> None:
    new = readable(e, written)
    assert readable(new, written) is new
    for seed in (0, 1):
        env = environment(seed)
        with np.errstate(all="ignore"):
            (value,), (read) = evaluate([e], env), np.asarray(evaluate([new], env)[0])
        finite = np.isfinite(value)
        scale_of = np.max(np.abs(np.asarray(value)[finite]), initial=0.0)
        assert read.shape == np.shape(value)
        if scale_of > 1e-12:  # else it is rounding that is left of a sum that is 0
            assert np.allclose(read[finite], np.asarray(value)[finite], rtol=1e-9, atol=1e-9 * scale_of)


@given(expressions(depth=2))
@settings(max_examples=60)
def test_the_value_is_the_same(e: Expr) -> None:
    _require_equal(e, [])


@given(scalars(), st.sampled_from(VARIABLES))
@settings(max_examples=40)
def test_the_value_of_a_gradient_is_the_same(f: Expr, v: Variable) -> None:
    _require_equal(simplify(gradients(f, [v]))[0], [f])


@given(scalars(depth=2), st.sampled_from(VARIABLES))
@settings(max_examples=25)
def test_the_value_of_a_hessian_is_the_same(f: Expr, v: Variable) -> None:
    _require_equal(simplify([hessian(f, v)])[0], [f])


@pytest.mark.heavy
@given(scalars(), st.sampled_from(VARIABLES))
@settings(max_examples=2000)
def test_the_value_of_many_derivatives_is_the_same(f: Expr, v: Variable) -> None:
    _require_equal(simplify(gradients(f, [v]))[0], [f])
    _require_equal(simplify([hessian(f, v)])[0], [f])


def test_the_root_of_a_norm_is_said_to_have_no_slope_where_the_norm_is_0() -> None:
    assert steepest.formula("sqrt(norm2(x))", x="n").gradient("x").notes() == ("0 where ‖x‖ = 0",)


def test_powers_of_arrays_by_a_number_are_read_where_their_exponent_may_be_0() -> None:
    F = steepest.formula(lambda x, k, s: np.sum(k * np.log(x / s) - (x / s) ** k), x="n", k="", s="")
    assert str(F.gradient("x")) == "k (1/x − (x/s)^(k − 1)/s)"
    assert str(F.gradient("s")) == "k (((x/s)^(k − 1))ᵀx − n s)/s²"
