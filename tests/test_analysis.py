"""What is claimed of expressions for all values of their variables holds at random values."""

from __future__ import annotations

import math
from fractions import Fraction

import hypothesis.strategies as st
import numpy as np
import pytest
from bending import FIXED, MOVING, Maker
from expressions import environment, expressions
from hypothesis import given, settings
from reference import evaluate

from steepest.analysis.knowledge import Knowledge
from steepest.api.examples import with_facts
from steepest.expr.build import add, delta, einsum, fill, negate, ones, scale, transpose_axes, variable
from steepest.expr.dimension import Dim
from steepest.expr.fact import Fact
from steepest.expr.node import Expr, Variable
from steepest.expr.number import constant
from steepest.expr.traversal import toposort
from steepest.ops import interval
from steepest.ops.definite import Definite
from steepest.ops.elementary import exp, log1p, sin, tanh
from steepest.ops.interval import EVERYTHING, NONNEGATIVE, POSITIVE, Interval, exactly
from steepest.ops.linalg_inverse import inverse
from steepest.ops.operation import Curvature, Operation
from steepest.ops.piecewise import absolute, maximum
from steepest.ops.power import power, sqrt
from steepest.ops.reduction import norm, softmax
from steepest.ops.special_logistic import expit
from steepest.ops.table import OPERATIONS

N, M = Dim(4, "n"), Dim(6, "m")


def matrix(name: str, *facts: Fact) -> Variable:
    return variable(name, (N, N), facts=facts)


X, A, x = variable("X", (M, N)), matrix("A"), variable("x", (N,))
S, P, Y = matrix("S", Fact.SPD), matrix("P", Fact.PSD), matrix("Y", Fact.SYMMETRIC)
D = matrix("D", Fact.DIAGONAL, Fact.NONNEGATIVE)
p, q = variable("p", (N,), facts=[Fact.POSITIVE]), variable("q", (N,), facts=[Fact.PROBABILITY])
w, c = variable("w", (M,), facts=[Fact.NONNEGATIVE]), variable("c", facts=[Fact.POSITIVE])
I = delta(N)


def diag(v: Expr) -> Expr:
    return einsum("i,ij->ij", v, I)


def minus(a: Expr, b: Expr) -> Expr:
    return add(a, negate(b))


# --- intervals ----------------------------------------------------------------------------------------

ENDS = st.one_of(st.integers(-3, 3).map(float), st.floats(-3, 3), st.sampled_from([-math.inf, math.inf]))


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    low, high = sorted([draw(ENDS), draw(ENDS)])
    if low == high:
        return exactly(low) if math.isfinite(low) else EVERYTHING
    return Interval(low, high, draw(st.booleans()), draw(st.booleans()))


def inside(i: Interval, x: float | Fraction) -> bool:
    above = x > i.low or (x == i.low and not i.low_open)
    return above and (x < i.high or (x == i.high and not i.high_open))


def members(i: Interval) -> list[Fraction]:
    """Some of its numbers, exactly."""
    low, high = (Fraction(max(-50.0, min(50.0, x))) for x in (i.low, i.high))
    candidates = [low, high, (low + high) / 2, (99 * low + high) / 100, Fraction(0), Fraction(1), Fraction(-1)]
    return [x for x in candidates if inside(i, x)]


@settings(max_examples=200, deadline=None)
@given(intervals(), intervals())
def test_interval_arithmetic_contains_every_result(a: Interval, b: Interval) -> None:
    for u in members(a):
        for n in (1, 2, 3, 4):
            assert inside(a.whole_power(n), u**n)
        assert inside(-a, -u)
        assert inside(a.magnitude(), abs(u))
        assert u == 0 or inside(a.reciprocal(), 1 / u)
        for v in members(b):
            assert inside(a + b, u + v)
            assert inside(a * b, u * v)


def test_intervals_keep_what_is_left_out() -> None:
    unit = Interval(0, 1, True, True)
    assert exactly(1) + -unit == unit
    assert POSITIVE * POSITIVE == POSITIVE
    assert POSITIVE.reciprocal() == POSITIVE
    assert NONNEGATIVE + POSITIVE == POSITIVE
    assert Interval(-2, 3).whole_power(2) == Interval(0, 9)
    assert exactly(0) * EVERYTHING == exactly(0)
    assert interval.increasing(max, [EVERYTHING, exactly(0)]) == NONNEGATIVE  # 0 for many x: not left out
    assert str(unit) == "(0, 1)"


# --- ranges -------------------------------------------------------------------------------------------

RANGES: list[tuple[Expr, Interval]] = [
    (einsum("i,i->", x, x), NONNEGATIVE),
    (exp(x), POSITIVE),
    (expit(einsum("ij,j->i", X, x)), Interval(0, 1, True, True)),
    (minus(ones((N,)), expit(x)), Interval(0, 1, True, True)),
    (minus(ones((N,)), einsum("i,i->i", tanh(x), tanh(x))), Interval(0, 1, True, False)),
    (softmax(x), Interval(0, 1, True, False)),
    (minus(ones((N,)), softmax(x)), Interval(0, 1, False, True)),
    (absolute(x), NONNEGATIVE),
    (norm(x), NONNEGATIVE),
    (sqrt(p), POSITIVE),
    (power(p, constant(-2)), POSITIVE),
    (power(p, constant(0.3)), POSITIVE),
    (power(x, constant(-4)), POSITIVE),
    (power(x, constant(-3)), EVERYTHING),
    (maximum(x, fill(constant(0), (N,))), NONNEGATIVE),
    (maximum(p, x), POSITIVE),
    (log1p(p), POSITIVE),
    (sin(x), Interval(-1, 1)),
    (einsum("i->", p), POSITIVE),
    (einsum("i->", q), interval.NONNEGATIVE),
    (scale(constant(2, ((M, -1),)), c), POSITIVE),
    (add(constant(1, ((N, 1),)), constant(-1)), NONNEGATIVE),  # n − 1
    (add(constant(1, ((N, 1),)), constant(-2)), Interval(-1, math.inf)),
    (x, EVERYTHING),
]  # fmt: skip


@pytest.mark.parametrize(("e", "expected"), RANGES)
def test_ranges(e: Expr, expected: Interval) -> None:
    assert Knowledge().range(e) == expected


@settings(deadline=None)
@given(expressions())
def test_values_lie_in_the_claimed_ranges(e: Expr) -> None:
    known = Knowledge()
    for seed in range(3):
        nodes = toposort([e])
        for n, value in zip(nodes, evaluate(nodes, environment(seed)), strict=True):
            found = known.range(n)
            if np.size(value) and np.isfinite(value).all() and value.dtype.kind != "c":
                slack = 1e-12 * (1 + np.abs(value).max())
                assert value.min() >= found.low - slack
                assert value.max() <= found.high + slack


@pytest.mark.parametrize("op", [op for op in OPERATIONS.values() if op.range or op.arguments], ids=lambda op: op.name)
def test_operations_stay_in_their_declared_range(op: Operation) -> None:
    known = Knowledge()
    rng = np.random.default_rng(4)
    for params in op.sample_params:
        for _ in range(20):
            points = [np.asarray(v) for v in op.sample(rng)]
            xs = [variable(f"x{k}", v.shape, v.dtype) for k, v in enumerate(points)]
            found = known.range(op(*xs, **params))
            for v, domain in zip(points, op.arguments, strict=False):
                assert all(inside(domain, float(t)) for t in v.ravel())
            if all(v.dtype.kind != "c" for v in points):
                values = np.asarray(op.numpy(*points, **params))
                assert all(inside(found, float(t)) for t in values.ravel())


@pytest.mark.parametrize("op", [op for op in OPERATIONS.values() if op.arguments], ids=lambda op: op.name)
def test_outside_of_its_declared_domain_an_operation_has_no_value(op: Operation) -> None:
    generic = [np.asarray(v).ravel()[0] for v in op.sample(np.random.default_rng(0))]
    for k, domain in enumerate(op.arguments):
        outside = [t for t in (-5.3, -2.6, -1.2, -0.4, 1.001, 2.7, 8.1) if not inside(domain, t)]
        with np.errstate(all="ignore"):
            values = [op.numpy(*generic[:k], t, *generic[k + 1 :]) for t in outside]
        assert not np.isfinite(values).any()


def test_what_is_assumed_narrows() -> None:
    known = Knowledge({x: POSITIVE})
    assert known.range(power(x, constant(-1))) == POSITIVE
    assert Knowledge().range(power(x, constant(-1))) == EVERYTHING


LARGEST = 1e6  # entries that are no accident of rounding

# --- symmetry and definiteness ------------------------------------------------------------------------

SOFT = softmax(x)
SOFT_SOFT = einsum("i,j->ij", SOFT, SOFT)
DEFINITE: list[tuple[str, Expr, Definite]] = [
    ("A", A, Definite.UNKNOWN),
    ("A + Aᵀ", add(A, transpose_axes(A, (1, 0))), Definite.SYMMETRIC),
    ("A − Aᵀ", minus(A, transpose_axes(A, (1, 0))), Definite.UNKNOWN),
    ("Y", Y, Definite.SYMMETRIC),
    ("YY", einsum("ij,jk->ik", Y, Y), Definite.PSD),
    ("YA", einsum("ij,jk->ik", Y, A), Definite.UNKNOWN),
    ("AYAᵀ", einsum("ij,jk,lk->il", A, Y, A), Definite.SYMMETRIC),
    ("Y ⊙ Y", einsum("ij,ij->ij", Y, Y), Definite.SYMMETRIC),
    ("exp(Y)", exp(Y), Definite.SYMMETRIC),
    ("XᵀX", einsum("ki,kj->ij", X, X), Definite.PSD),
    ("XXᵀ", einsum("ik,jk->ij", X, X), Definite.PSD),
    ("−XᵀX", negate(einsum("ki,kj->ij", X, X)), Definite.SYMMETRIC),
    ("XᵀX + cI", add(einsum("ki,kj->ij", X, X), scale(c, I)), Definite.PD),
    ("XᵀX − cI", minus(einsum("ki,kj->ij", X, X), scale(c, I)), Definite.SYMMETRIC),
    ("Xᵀdiag(w)X", einsum("ki,k,kj->ij", X, w, X), Definite.PSD),
    ("Xᵀdiag(Xx)X", einsum("ki,k,kj->ij", X, einsum("ij,j->i", X, x), X), Definite.SYMMETRIC),
    ("APAᵀ", einsum("ij,jk,lk->il", A, P, A), Definite.PSD),
    ("APA", einsum("ij,jk,kl->il", A, P, A), Definite.UNKNOWN),
    ("S ⊙ P", einsum("ij,ij->ij", S, P), Definite.PSD),
    ("S⁻¹", inverse(S), Definite.PD),
    ("S⁻¹PS⁻¹", einsum("ij,jk,kl->il", inverse(S), P, inverse(S)), Definite.PSD),
    ("S⁻¹SS⁻¹", einsum("ij,jk,kl->il", inverse(S), S, inverse(S)), Definite.PD),
    ("(S + P)⁻¹", inverse(add(S, P)), Definite.PD),
    ("(XᵀX)⁻¹", inverse(einsum("ki,kj->ij", X, X)), Definite.PD),
    ("A⁻¹", inverse(A), Definite.UNKNOWN),
    ("xxᵀ", einsum("i,j->ij", x, x), Definite.PSD),
    ("xpᵀ", einsum("i,j->ij", x, p), Definite.UNKNOWN),
    ("xpᵀ + pxᵀ", add(einsum("i,j->ij", x, p), einsum("i,j->ij", p, x)), Definite.SYMMETRIC),
    ("diag(p)", diag(p), Definite.PD),
    ("diag(q)", diag(q), Definite.PSD),
    ("diag(x)", diag(x), Definite.SYMMETRIC),
    ("diag(q) − qqᵀ", minus(diag(q), einsum("i,j->ij", q, q)), Definite.PSD),
    ("diag(p) − ppᵀ", minus(diag(p), einsum("i,j->ij", p, p)), Definite.SYMMETRIC),
    ("diag(s) − ssᵀ", minus(diag(SOFT), SOFT_SOFT), Definite.PSD),
    ("2diag(s) − 3ssᵀ", minus(scale(constant(2), diag(SOFT)), scale(constant(3), SOFT_SOFT)), Definite.SYMMETRIC),
    ("Xdiag(s)Xᵀ − Xs(Xs)ᵀ",
     minus(einsum("ai,i,bi->ab", X, SOFT, X), einsum("ai,i,j,bj->ab", X, SOFT, SOFT, X)), Definite.PSD),
    ("X(diag(s) − ssᵀ)Xᵀ", einsum("ai,ij,bj->ab", X, minus(diag(SOFT), SOFT_SOFT), X), Definite.PSD),
    ("I − 𝟏𝟏ᵀ/n", minus(I, fill(constant(1, ((N, -1),)), (N, N))), Definite.PSD),
    ("I − 2𝟏𝟏ᵀ/n", minus(I, fill(constant(2, ((N, -1),)), (N, N))), Definite.SYMMETRIC),
    ("𝟏𝟏ᵀ", ones((N, N)), Definite.PSD),
    ("S ⊗ S⁻¹", einsum("ik,jl->ijkl", S, inverse(S)), Definite.PD),
    ("XᵀX ⊗ I", einsum("pi,pk,jl->ijkl", X, X, I), Definite.PSD),
    ("S⁻²⊗ S⁻¹", einsum("ik,jp,pl->ijkl", inverse(S), inverse(S), inverse(S)), Definite.PD),
    ("(S ⊗ S)K", einsum("il,jk->ijkl", S, S), Definite.UNKNOWN),
    ("D", D, Definite.PSD),
    ("xᵀSx", einsum("i,ij,j->", x, S, x), Definite.PSD),
    ("tr(P)", einsum("ii->", P), Definite.PSD),
    ("tr(PS)", einsum("ij,ji->", P, S), Definite.UNKNOWN),
    ("xᵀAx", einsum("i,ij,j->", x, A, x), Definite.UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("name", "e", "expected"), DEFINITE, ids=[name for name, *_ in DEFINITE])
def test_definiteness(name: str, e: Expr, expected: Definite) -> None:
    assert Knowledge().definite(e) is expected or (expected is Definite.UNKNOWN and not e.ndim)
    require_definite(e, expected, {})


def require_definite(e: Expr, claimed: Definite, known: dict[Variable, np.ndarray]) -> None:
    """Symmetric and (semi)definite in numbers, as claimed."""
    variables = [n for n in toposort([e]) if isinstance(n, Variable)]
    for seed in range(4):
        rng = np.random.default_rng((5, seed))
        env = {v: np.asarray(with_facts(rng.normal(size=tuple(map(int, v.shape))), v.facts)) for v in variables} | known
        try:
            (value,) = evaluate([e], env)
        except np.linalg.LinAlgError:
            continue
        if not np.abs(value).max(initial=0.0) < LARGEST:  # an inverse of a singular matrix, or NaN
            continue
        side = math.prod(map(int, e.shape[: e.ndim // 2]))
        m = value.reshape(side, side)
        room = 1e-9 * np.abs(m).max(initial=0.0)
        if claimed >= Definite.SYMMETRIC:
            assert np.abs(m - m.T).max(initial=0.0) <= room
        if claimed >= Definite.PSD:
            least = np.linalg.eigvalsh(m).min()
            assert least >= -room
            assert claimed < Definite.PD or least > 0 or np.linalg.cond(m) > 1e12


@pytest.mark.parametrize("seed", range(150))
def test_claims_of_definiteness_hold(seed: int) -> None:
    e = Maker(seed).matrix(3)
    require_definite(e, Knowledge().definite(e), {})


def test_a_deep_graph_is_no_burden() -> None:
    e: Expr = S
    for _ in range(3000):
        e = add(e, inverse(e))
    assert Knowledge().range(e) == EVERYTHING
    assert Knowledge().definite(e) in (Definite.UNKNOWN, Definite.PD)  # not known if too deep, but no error


def test_every_curvature_on_a_part_of_the_domain_says_where() -> None:
    for op in OPERATIONS.values():
        if op.curvature is not Curvature.UNKNOWN and "≠" in op.domain:
            assert op.curved_on != EVERYTHING


def test_bending_expressions_use_all_variables() -> None:
    seen = {v for seed in range(60) for v in toposort([Maker(seed).scalar(3)]) if isinstance(v, Variable)}
    assert seen == {*MOVING, *FIXED}
