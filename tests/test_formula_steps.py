"""Derivations: every one ends in the gradient, and reads as a person would write it."""

from __future__ import annotations

import numpy as np
import pytest

from steepest.calculus.jacobian import jacobian
from steepest.calculus.reverse import gradients
from steepest.engines.python.compile import evaluate
from steepest.errors import FormulaError
from steepest.expr.build import add, contract, einsum, multiply, negate, scale, subtract, variable
from steepest.expr.dimension import Dim
from steepest.expr.node import Variable
from steepest.expr.number import constant
from steepest.expr.traversal import toposort
from steepest.formula.difference_quotient import from_definition
from steepest.formula.printing import formula_text
from steepest.formula.steps import derivation
from steepest.ops.elementary import exp, sin, tanh
from steepest.ops.logic import less
from steepest.ops.piecewise import absolute
from steepest.ops.power import divide, log, power, sqrt, square
from steepest.ops.product import prod
from steepest.ops.reduction import logsumexp

m, n = Dim(7, "m"), Dim(5, "n")
X, theta, y = variable("X", (m, n)), variable("theta", (n,)), variable("y", (m,))
residual = subtract(einsum("ij,j->i", X, theta), y)
loss = contract([((), constant(1, ((m, -1),))), ((0,), residual), ((0,), residual)], ())
ridge = add(loss, scale(variable("lambda_"), einsum("i,i->", theta, theta)))
A, S, v, t = variable("A", (4, 3)), variable("S", (3, 3)), variable("v", (3,)), variable("t")
quadratic = add(scale(constant(3), square(t)), scale(constant(-4), t))
form = einsum("i,ij,j->", v, S, v)

FUNCTIONS = [
    (loss, theta), (ridge, theta), (loss, X), (quadratic, t), (sin(square(t)), t), (form, v), (form, S),
    (divide(sin(t), add(constant(1), square(t))), t), (multiply(t, exp(negate(t))), t),
    (contract([((0,), tanh(einsum("ij,j->i", A, v)))], ()), v), (power(add(square(t), constant(1)), constant(5)), t),
    (sqrt(add(square(t), constant(1))), t), (logsumexp(einsum("ij,j->i", A, v)), v), (log(absolute(t)), t),
    (multiply(less(t, constant(1)), square(t)), t), (prod(v), v), (square(variable("s")), t), (t, t),
]  # fmt: skip


@pytest.mark.parametrize(("f", "x"), FUNCTIONS)
def test_the_last_step_is_the_gradient_itself(f, x):
    steps = derivation(f, x)
    (gradient,) = gradients(f, [x])
    assert steps[-1].expr is gradient
    assert steps[-1].text.endswith(f" = {formula_text(gradient)}")
    for step in steps:
        assert step.rule
        assert step.text.isprintable()
        assert step.latex.count("{") == step.latex.count("}")


def test_least_squares():
    assert [str(step) for step in derivation(loss, theta)] == [
        "name the inner functions: f = 1/m ‖r‖²  where  r = Xθ − y",
        "linear map: d(Xθ) = X dθ",
        "sum rule: dr = d(Xθ) = X dθ",
        "squared norm: df = 2/m rᵀ dr",
        "substitute: df = 2/m rᵀX dθ",
        "read off the gradient: df = ∇fᵀ dθ, so ∇f = 2/m Xᵀr",
        "put the inner functions back: ∇f = 2/m Xᵀ(Xθ − y)",
    ]


def test_school_rules():
    assert [str(step) for step in derivation(quadratic, t)] == [
        "the function: f = 3t² − 4t",
        "power rule: d(t²) = 2t dt",
        "sum rule: df = 3 d(t²) − 4 dt = 6t dt − 4 dt",
        "read off the derivative: df = (df/dt) dt, so df/dt = 6t − 4",
    ]
    quotient = [step.rule for step in derivation(divide(sin(t), add(constant(1), square(t))), t)]
    assert "quotient rule" in quotient
    assert "sine" in quotient


def test_an_array_valued_function_ends_in_its_jacobian():
    f = tanh(einsum("ij,j->i", A, v))
    last = derivation(f, v)[-1]
    assert last.expr is jacobian(f, v)
    assert last.text == "J = diag(1 − tanh²(Av)) A"


def test_a_long_derivation_is_refused():
    e = t
    for k in range(300):
        e = sin(add(e, constant(k + 1)))
    with pytest.raises(FormulaError, match="600 steps"):
        derivation(e, t)


POLYNOMIALS = [
    (loss, theta), (ridge, theta), (loss, X), (loss, y), (quadratic, t), (form, v), (form, S),
    (power(t, constant(5)), t), (power(add(square(t), t), constant(4)), t), (square(variable("s")), t),
]  # fmt: skip


@pytest.mark.parametrize(("f", "x"), POLYNOMIALS)
def test_the_difference_quotient_ends_in_the_gradient(f, x):
    """The same numbers; and for the textbook cases the same expression."""
    steps = from_definition(f, x)
    found, (gradient,) = steps[-1].expr, gradients(f, [x])
    rng = np.random.default_rng(3)
    values = {u: rng.normal(size=u.shape) for u in toposort([f, x]) if isinstance(u, Variable)}
    got, want = evaluate([found, gradient], values)
    np.testing.assert_allclose(got, want, rtol=1e-10)
    if f in (loss, ridge, quadratic):
        assert found is gradient


def test_the_difference_quotient_of_a_polynomial():
    assert [step.text for step in from_definition(quadratic, t)] == [
        "f′(t) = lim h→0 (f(t + h) − f(t))/h  with  f(t) = 3t² − 4t",
        "f(t + h) = 3(t + h)² − 4(t + h)",
        "f(t + h) = 3t² − 4t + h (6t − 4) + 3h²",
        "f(t + h) − f(t) = h (6t − 4) + 3h²",
        "(f(t + h) − f(t))/h = 6t − 4 + 3h",
        "f′(t) = 6t − 4",
    ]


def test_the_difference_quotient_of_least_squares():
    assert [step.text for step in from_definition(loss, theta)] == [
        "∇fᵀ v = lim h→0 (f(θ + h v) − f(θ))/h  with  f(θ) = 1/m ‖Xθ − y‖²",
        "f(θ + h v) = 1/m ‖X(θ + h v) − y‖²",
        "f(θ + h v) = 1/m ‖Xθ − y‖² + 2/m h (Xθ − y)ᵀXv + 1/m h² ‖Xv‖²",
        "f(θ + h v) − f(θ) = 2/m h (Xθ − y)ᵀXv + 1/m h² ‖Xv‖²",
        "(f(θ + h v) − f(θ))/h = 2/m (Xθ − y)ᵀXv + 1/m h ‖Xv‖²",
        "∇fᵀ v = 2/m (Xθ − y)ᵀXv",
        "∇f = 2/m Xᵀ(Xθ − y)",
    ]


def test_what_is_no_polynomial_is_named():
    with pytest.raises(FormulaError, match="sin is not a polynomial"):
        from_definition(add(square(t), sin(t)), t)
    with pytest.raises(FormulaError, match="scalar"):
        from_definition(residual, theta)
