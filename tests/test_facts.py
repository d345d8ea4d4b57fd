"""Declared facts: what is refused, what is checked, what they simplify, and the meanings of a symmetric variable."""

from __future__ import annotations

import doctest
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.analysis.knowledge import Knowledge
from steepest.api.declaration import declare
from steepest.api.examples import PLACES, draw
from steepest.api.facts import EXCLUSIVE, require_fitting, require_satisfied
from steepest.calculus.jacobian import jacobian
from steepest.calculus.reverse import gradients
from steepest.errors import ArgumentError
from steepest.expr.build import einsum, variable
from steepest.expr.fact import Fact, with_implied, words
from steepest.rewrite.declared.values import with_facts

# --- declarations -------------------------------------------------------------------------------------


def test_facts_stand_beside_the_sizes() -> None:
    S = declare("S", "n n spd")
    assert S.sizes == ("n", "n")
    assert {Fact.SPD, Fact.PSD, Fact.SYMMETRIC} == S.facts
    assert str(S) == "S: n n spd"
    assert str(declare("a", "positive")) == "a: scalar positive"
    assert declare("a", "scalar positive") == declare("a", "positive")
    assert declare("D", "n n diagonal").text == "n n diagonal"
    assert declare("D", "n n symmetric lower").text == "n n diagonal"
    assert declare("W", "units inputs").sizes == ("units", "inputs")
    assert declare("x", "n positive unit").facts == {Fact.POSITIVE, Fact.NONNEGATIVE, Fact.UNIT}


def test_words_say_all_facts() -> None:
    for pair in itertools.combinations(Fact, 2):
        known = with_implied(frozenset(pair))
        assert with_implied(frozenset(map(Fact, words(known)))) == known


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("m n spd", "a square matrix can be, not a matrix of shape m × n"),
        ("n spd", "a square matrix can be, not a vector"),
        ("spd", "a square matrix can be, not a number"),
        ("n n n symmetric", "an array of 3 axes"),
        ("n n probability", "a vector can be, not a matrix of shape n × n"),
        ("unit", "a vector can be, not a number"),
        ("3 4 symmetric", "a matrix of shape 3 × 4"),
        ("n n spd orthogonal", "spd and orthogonal: only the identity is both"),
        ("n n diagonal positive", "diagonal and positive: a triangular matrix has zeros"),
        ("n probability unit", "only vectors with a single 1 are both"),
        ("n n symetric", "did you mean 'symmetric'"),
        ("n Positive", "did you mean 'positive'"),
        ("n n SPD", "did you mean 'spd'"),
    ],
)
def test_what_makes_no_sense_is_refused(text: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        declare("S", text)


def test_exclusive_facts_have_a_reason() -> None:
    for one, other, why in EXCLUSIVE:
        assert why
        sizes = ("n",) if {one, other} & {Fact.PROBABILITY, Fact.UNIT} else ("n", "n")
        with pytest.raises(ArgumentError, match=why):
            require_fitting("x", sizes, with_implied(frozenset({one, other})))


# --- arrays -------------------------------------------------------------------------------------------

SHAPE = {Fact.PROBABILITY: (5,), Fact.UNIT: (5,)}


@pytest.mark.parametrize("fact", Fact)
def test_arrays_drawn_for_a_fact_have_it(fact: Fact) -> None:
    facts = with_implied(frozenset({fact}))
    for place, seed in itertools.product(PLACES, range(3)):
        (x,) = draw(place, [SHAPE.get(fact, (5, 5))], seed, [facts])
        require_satisfied("x", x, facts)


def test_arrays_drawn_for_two_facts_have_both() -> None:
    for one, other in itertools.combinations(Fact, 2):
        facts = with_implied(frozenset({one, other}))
        sizes: tuple[str | int, ...] = ("n",) if facts & {Fact.PROBABILITY, Fact.UNIT} else ("n", "n")
        try:
            require_fitting("x", sizes, facts)
        except ArgumentError:
            continue
        for place in PLACES:
            (x,) = draw(place, [(4,) * len(sizes)], 0, [facts])
            require_satisfied("x", x, facts)


GOOD = np.array([[2.0, 1.0], [1.0, 3.0]])
BROKEN: list[tuple[str, Any, str]] = [
    ("n n symmetric", [[1, 2], [3, 4]], r"S\[0, 1\] = 2 and S\[1, 0\] = 3"),
    ("n n spd", [[1, 2], [2, 1]], "its least eigenvalue is -1"),
    ("n n spd", [[1, 1], [1, 1]], "declare it psd"),
    ("n n psd", [[1, 2], [2, 1]], "its least eigenvalue is -1"),
    ("n n diagonal", [[1, 0], [5, 1]], r"S\[1, 0\] = 5, where it must be 0"),
    ("n n lower", [[1, 7], [5, 1]], r"S\[0, 1\] = 7, where it must be 0"),
    ("n n orthogonal", [[1, 1], [0, 1]], r"\(SᵀS\)"),
    ("n n orthogonal", [[2, 0], [0, 2]], "= 4, not 1"),
    ("n n positive", [[1, 0], [1, 1]], r"S\[0, 1\] = 0"),
    ("n n nonnegative", [[1, -2], [1, 1]], r"S\[0, 1\] = -2"),
    ("n n positive", [[1, np.nan], [1, 1]], "nan"),
    ("n n spd", [[1, np.inf], [np.inf, 1]], "S"),
    ("n n integer", [[1, 0.5], [1, 1]], r"S\[0, 1\] = 0.5"),
    ("n probability", [0.5, 0.6], "its sum is 1.1"),
    ("n probability", [-0.5, 1.5], r"S\[0\] = -0.5"),
    ("n unit", [1.0, 1.0], "its length is 1.41421"),
    ("positive", 0.0, "S = 0"),
    ("n n symmetric", np.array([[1, 1j], [1j, 1]]), "real"),
]


@pytest.mark.parametrize(("text", "value", "message"), BROKEN)
def test_arrays_without_the_fact_are_refused(text: str, value: Any, message: str) -> None:
    with np.errstate(all="ignore"), pytest.raises(ArgumentError, match=message):
        require_satisfied("S", np.asarray(value), declare("S", text).facts)


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e150])
def test_tolerances_are_free_of_scale(scale: float) -> None:
    rounding = 1 + 1e-12 * np.array([[0, 1], [-1, 0]])
    require_satisfied("S", scale * GOOD * rounding, declare("S", "n n spd").facts)
    for text in ("n n spd", "n n symmetric"):
        with pytest.raises(ArgumentError):
            require_satisfied("S", scale * np.array([[1.0, 1e-3], [0, 1]]), declare("S", text).facts)


def test_single_precision_has_its_own_tolerance() -> None:
    q, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))
    require_satisfied("Q", q.astype(np.float32), declare("Q", "n n orthogonal").facts)
    require_satisfied("p", np.full(7, 1 / 7, np.float32), declare("p", "n probability").facts)
    require_satisfied("x", np.zeros((0, 0)), declare("x", "n n spd").facts)


def test_a_formula_checks_what_it_is_given() -> None:
    F = st.formula("x'*S*x", S="n n spd")
    assert F(S=GOOD, x=np.ones(2)) == 7
    with pytest.raises(ArgumentError, match="S is declared spd, but its least eigenvalue is -1"):
        F(S=-np.eye(2), x=np.ones(2))
    with pytest.raises(ArgumentError, match=r"pass \(S \+ S.T\) / 2"):
        F.gradient("x")(S=np.array([[1.0, 1.0], [0.0, 1.0]]), x=np.ones(2))


# --- what facts simplify ------------------------------------------------------------------------------

# function, declarations, by, its gradient, which is another without the facts
SIMPLER: list[tuple[str, dict[str, str], str, str]] = [
    ("x'*A*x", {"A": "n n symmetric"}, "x", "2Ax"),
    ("x'*A*x", {"A": "n n psd"}, "x", "2Ax"),
    ("x'*inv(A)*x", {"A": "n n spd"}, "x", "2A⁻¹x"),
    ("x'*inv(A)*x", {"A": "n n spd"}, "A", "−A⁻¹x xᵀA⁻¹"),
    ("logdet(A)", {"A": "n n symmetric"}, "A", "A⁻¹"),
    ("tr(A*A)", {"A": "n n symmetric"}, "A", "2A"),
    ("x'*inv(A)*y", {"A": "n n orthogonal"}, "x", "Aᵀy"),
    ("norm2(A*x)^2", {"A": "n n orthogonal"}, "x", "2x"),
    ("norm2(A'*x)^2", {"A": "n n orthogonal"}, "x", "2x"),
    ("norm2(A*x - y)^2", {"A": "n n symmetric"}, "x", "2A(Ax − y)"),
    ("sum(p)*x'*x", {"p": "n probability", "x": "n"}, "x", "2x"),
    ("u'*u*x'*x", {"u": "n unit", "x": "n"}, "x", "2x"),
    ("norm2(u)*x'*x", {"u": "n unit", "x": "n"}, "x", "2x"),
    ("log(sum(p))*x'*x + x'*x", {"p": "n probability", "x": "m"}, "x", "2x"),
    ("norm2(A*x)", {"A": "n n orthogonal"}, "x", "x/‖x‖"),
    ("tr(A*X*A')", {"A": "n n orthogonal", "X": "n n"}, "X", "I"),
    ("normF(A*X)^2", {"A": "n n orthogonal", "X": "n k"}, "X", "2X"),
    ("logdet(X'*A*X)", {"A": "m m spd", "X": "m n"}, "X", "2AX(XᵀAX)⁻¹"),
    ("sum(abs(x))", {"x": "n positive"}, "x", "𝟏"),
    ("sum(sqrt(x.^2))", {"x": "n positive"}, "x", "𝟏"),
    ("sum(maximum(x, 0))", {"x": "n positive"}, "x", "𝟏"),
    ("sum(abs(x).^3)", {"x": "n positive"}, "x", "3x²"),
]  # fmt: skip


@pytest.mark.parametrize(("f", "declared", "by", "expected"), SIMPLER, ids=[f[0] for f in SIMPLER])
def test_facts_simplify_derivatives(f: str, declared: dict[str, str], by: str, expected: str) -> None:
    F = st.formula(f, **declared)
    G = F.gradient(by)
    assert unspaced(str(G).splitlines()[0]) == unspaced(expected)
    plain = {name: " ".join(map(str, declare(name, text).sizes)) for name, text in declared.items()}
    assert unspaced(str(st.formula(f, **plain).gradient(by))) != unspaced(expected)
    assert G.check()
    assert str(F.hessian(by))


def unspaced(text: str) -> str:
    return text.replace(" ", "")


def test_derived_facts_count() -> None:
    """XᵀX is symmetric with nothing declared."""
    assert str(st.formula("logdet(X'*X)", X="m n").gradient("X")) == "2X(XᵀX)⁻¹"
    assert "⁻ᵀ" not in str(st.formula("logdet(X'*S*X)", X="m n", S="m m spd").gradient("X"))


def test_facts_are_used_after_differentiation() -> None:
    """tr(S²) is differentiated as a function of all entries; only then Sᵀ = S is used."""
    F = st.formula("tr(S*S)", S="n n symmetric")
    assert str(F.gradient("S")).splitlines()[0] == "2S"
    H = F.hessian("S")
    S = np.array([[2.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 1.0]])
    by_entries = 2 * np.einsum("il,jk->ijkl", np.eye(3), np.eye(3))
    np.testing.assert_allclose(H(S=S), by_entries)  # not 2 δ_ik δ_jl, the derivative of 2S
    np.testing.assert_allclose(F.gradient("S").jacobian("S")(S=S), by_entries)
    assert F.hessian("S").check()


@pytest.mark.parametrize("f", [
    lambda S, A: np.trace(S @ S @ A), lambda S, A: np.linalg.slogdet(S)[1] + np.sum(A @ S),
    lambda S, A: np.sum(A * np.linalg.inv(S)),
])  # fmt: skip
def test_what_is_computed_does_not_use_facts(f: Any) -> None:
    """A fact changes what is printed, not what runs."""
    S, A = GOOD, np.array([[1.0, 2.0], [-1.0, 0.5]])
    plain, declared = st.formula(f, S="n n", A="n n"), st.formula(f, S="n n spd", A="n n")
    np.testing.assert_allclose(declared.gradient("S")(S=S, A=A), plain.gradient("S")(S=S, A=A))
    np.testing.assert_allclose(declared.hessian("S")(S=S, A=A), plain.hessian("S")(S=S, A=A))


def test_a_reduced_function_has_other_derivatives() -> None:
    """Why facts wait: of u with ‖u‖ = 1, uᵀu reduced first would have gradient 0."""
    u = variable("u", (3,), facts=[Fact.UNIT])
    (g,) = gradients(einsum("i,i->", u, u), [u])
    assert jacobian(g, u) is not g
    (reduced,) = with_facts([g], Knowledge())
    assert reduced is g


# --- three meanings -----------------------------------------------------------------------------------

STRUCTURED = ["symmetric", "spd", "diagonal", "lower", "upper"]
BASES: dict[str, Any] = {
    "symmetric": lambda i, j, n: unit(i, j, n) + unit(j, i, n) if i != j else unit(i, i, n),
    "diagonal": lambda i, j, n: unit(i, i, n) if i == j else None,
    "lower": lambda i, j, n: unit(i, j, n) if i >= j else None,
    "upper": lambda i, j, n: unit(i, j, n) if i <= j else None,
}


def unit(i: int, j: int, n: int) -> np.ndarray:
    e = np.zeros((n, n))
    e[i, j] = 1
    return e


def function(S: Any, A: Any) -> Any:
    return np.sum(np.sin(S) * A) + np.trace(S @ S @ A)


@pytest.mark.parametrize("fact", STRUCTURED)
@pytest.mark.parametrize("meaning", ["projected", "cookbook"])
def test_meanings_are_derivatives_along_admissible_directions(fact: str, meaning: str) -> None:
    n = 4
    F = st.formula(function, S=f"n n {fact}", A="n n")
    G = F.gradient("S", symmetric=meaning)
    rng = np.random.default_rng(1)
    (S,) = draw(PLACES[1], [(n, n)], 2, [declare("S", f"n n {fact}").facts])
    A = rng.normal(size=(n, n))
    g = G(S=S, A=A)
    basis = BASES["symmetric" if fact == "spd" else fact]
    for i, j in np.ndindex(n, n):
        direction = basis(i, j, n)
        if direction is None:
            assert g[i, j] == 0
            continue
        h = 1e-5
        slope = (function(S + h * direction, A) - function(S - h * direction, A)) / (2 * h)
        # projected: ⟨G, D⟩ is the slope along D, G of the same structure; cookbook: the entry is the slope itself
        found = np.sum(g * direction) if meaning == "projected" else g[i, j]
        np.testing.assert_allclose(found, slope, rtol=1e-6, atol=1e-7)
    if fact in ("symmetric", "spd"):
        np.testing.assert_allclose(g, g.T)
    assert G.check()
    assert F.hessian("S", symmetric=meaning).check()
    assert F.jacobian("S", symmetric=meaning).check()


def test_each_meaning_says_which_it_is() -> None:
    F = st.formula("a'*S*b", S="n n symmetric", a="n", b="n")
    texts = {m: str(F.gradient("S", symmetric=m)).splitlines() for m in ("unconstrained", "projected", "cookbook")}
    assert texts["unconstrained"][0] == "a bᵀ"
    assert "independently" in texts["unconstrained"][1]
    assert "(G + Gᵀ)/2" in texts["projected"][1]
    assert "G + Gᵀ − diag(G)" in texts["cookbook"][1]
    assert len(str(F.gradient("a")).splitlines()) == 1
    assert "independently" in str(F.hessian("S", "a"))  # S is one of the two
    assert "independently" in str(st.formula("p'*p", p="n probability").gradient("p"))
    assert "independently" not in str(st.formula("p'*p", p="n positive").gradient("p"))


def test_cookbook_equations() -> None:
    """Petersen & Pedersen, eq. 141: ∂ log|X| / ∂X = 2X⁻¹ − (X⁻¹ ∘ I); eq. 140: ∂ tr(AX) / ∂X = A + Aᵀ − (A ∘ I)."""
    S = np.array([[2.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 1.0]]) + np.eye(3)
    inverted = np.linalg.inv(S)
    G = st.formula("logdet(S)", S="n n symmetric").gradient("S", symmetric="cookbook")
    np.testing.assert_allclose(G(S=S), 2 * inverted - inverted * np.eye(3))
    A = np.arange(9.0).reshape(3, 3)
    G = st.formula("tr(A*S)", S="n n symmetric", A="n n").gradient("S", symmetric="cookbook")
    np.testing.assert_allclose(G(S=S, A=A), A + A.T - A * np.eye(3))


def test_meanings_that_make_no_sense_are_refused() -> None:
    F = st.formula("a'*S*b", S="n n", a="n", b="n")
    with pytest.raises(ArgumentError, match="S is not declared symmetric"):
        F.gradient("S", symmetric="projected")
    with pytest.raises(ArgumentError, match="got 'symmetric'"):
        F.gradient("S", symmetric="symmetric")
    with pytest.raises(ArgumentError, match="not declared symmetric"):
        st.formula("a'*S*b", S="n n symmetric", a="n", b="n").gradient("a", symmetric="cookbook")


def test_the_page_shows_what_is_printed() -> None:
    page = Path(__file__).resolve().parents[1] / "docs" / "facts.md"
    result = doctest.testfile(str(page), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert result.failed == 0
    assert result.attempted > 15
