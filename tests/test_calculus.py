"""Laws of the derivative, on random expressions and on textbook ones."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis.strategies as st
import numpy as np
import pytest
from differentiation import ENGINES, Evaluate, assert_close, check_expression, check_function, draw
from expressions import VARIABLES, A, B, S, U, V, environment, expressions, scalars
from hypothesis import given, settings
from reference import evaluate

from steepest.calculus.forward import jvp, tangent_variable
from steepest.calculus.jacobian import coefficient, hessian, identity, jacobian, jacobian_forward, jacobian_reverse
from steepest.calculus.reverse import gradients, transpose, vjp
from steepest.errors import ArgumentError
from steepest.expr.build import add, array, contract, einsum, multiply, scale, variable, zeros
from steepest.expr.node import Add, Einsum, Expr, Variable
from steepest.expr.number import constant
from steepest.expr.traversal import toposort
from steepest.ops.complex_parts import conj, real
from steepest.ops.elementary import exp, sin, tanh
from steepest.ops.logic import less, where
from steepest.ops.piecewise import absolute
from steepest.ops.power import log, reciprocal, sqrt
from steepest.ops.substitution import substitute
from steepest.rewrite.simplify import simplify, weight

variables = st.sampled_from(VARIABLES)


def value(y: Expr, env: dict[Variable, np.ndarray], engine: Evaluate = evaluate) -> np.ndarray:
    return engine([y], env)[0]


# --- random expressions -----------------------------------------------------------------------------


@settings(max_examples=60)
@given(expressions(), variables)
def test_all_derivatives_agree(y: Expr, x: Variable) -> None:
    check_somewhere(y, x, order=2)


def check_somewhere(y: Expr, x: Variable, order: int) -> None:
    """The check at one point, or at another if a kink happens to lie beside the first."""
    try:
        check_expression(y, environment(0), x, order, rtol=1e-5, atol=1e-7)
    except AssertionError:
        check_expression(y, environment(1), x, order, rtol=1e-5, atol=1e-7)


@settings(max_examples=15)
@given(expressions(depth=5), variables)
def test_all_derivatives_agree_on_deep_expressions(y: Expr, x: Variable) -> None:
    check_somewhere(y, x, order=1)


@pytest.mark.heavy
@settings(max_examples=1500)
@given(expressions(depth=4), variables)
def test_all_derivatives_agree_on_many_expressions(y: Expr, x: Variable) -> None:
    check_somewhere(y, x, order=2)


@settings(max_examples=60)
@given(scalars(), variables, variables)
def test_second_derivatives_commute(y: Expr, x: Variable, z: Variable) -> None:
    """∂²y/∂x∂z = (∂²y/∂z∂x)ᵀ; of one variable: the Hessian is symmetric."""
    one, other = evaluate([hessian(y, x, z), hessian(y, z, x)], environment())
    turned = np.moveaxis(other, range(z_rank := len(z.shape)), range(-z_rank, 0)) if z.shape else other
    assert_close(one, turned, 1e-9, 1e-9, "mixed second derivatives")


@settings(max_examples=60)
@given(expressions(), variables)
def test_differential_is_linear_in_the_tangent(y: Expr, x: Variable) -> None:
    t1, t2 = variable("t1", x.shape), variable("t2", x.shape)
    rng = np.random.default_rng(1)
    env = {**environment(), t1: draw(rng, t1), t2: draw(rng, t2)}
    mixed = jvp(y, {x: add(scale(constant(2), t1), scale(constant(-3), t2))})
    together, first, second = evaluate([mixed, jvp(y, {x: t1}), jvp(y, {x: t2})], env)
    assert_close(together, 2 * first - 3 * second, 1e-10, 1e-10, "differential")
    (nothing,) = evaluate([jvp(y, {x: zeros(x.shape)})], env)
    np.testing.assert_array_equal(nothing, 0)


@settings(max_examples=60)
@given(expressions(), expressions((3,), depth=2), variables)
def test_derivative_of_a_composition(y: Expr, inner: Expr, x: Variable) -> None:
    """y(u := inner): the value, and the chain rule."""
    (composed,) = substitute([y], {U: inner})
    env = environment()
    plugged = {**env, U: value(inner, env)}
    assert_close(value(composed, env), value(y, plugged), 1e-12, 1e-12, "composition")
    dx, du = tangent_variable(x), tangent_variable(U)
    env = {**env, dx: draw(np.random.default_rng(2), dx)}
    chain = jvp(y, {U: du} if x is U else {x: dx, U: du})
    plugged |= {dx: env[dx], du: value(jvp(inner, {x: dx}), env)}
    assert_close(value(jvp(composed, {x: dx}), env), value(chain, plugged), 1e-9, 1e-9, "chain rule")


@settings(max_examples=60)
@given(expressions())
def test_building_again_gives_the_same_node(y: Expr) -> None:
    """The canonical form is one: every node, rebuilt from its operands, is itself."""
    assert substitute([y], {})[0] is y
    for n in toposort([y]):
        if isinstance(n, Einsum):
            sizes = dict(zip(n.out, n.shape, strict=True))
            assert contract(list(zip(n.indices, n.args, strict=True)), n.out, sizes) is n
        if isinstance(n, Add):
            assert add(*n.args) is n


@settings(max_examples=60)
@given(scalars())
def test_gradients_of_all_inputs_in_one_sweep(y: Expr) -> None:
    env = environment()
    together = evaluate(gradients(y, VARIABLES), env)
    alone = evaluate([gradients(y, [x])[0] for x in VARIABLES], env)
    for x, one, other in zip(VARIABLES, together, alone, strict=True):
        assert_close(one, other, 1e-10, 1e-10, f"gradient by {x.name}")


@settings(max_examples=40)
@given(expressions(), variables)
def test_leading_axes_of_a_cotangent_are_a_batch(y: Expr, x: Variable) -> None:
    g = variable("g", (2, *y.shape))
    env = {**environment(), g: draw(np.random.default_rng(3), g)}
    (batch,) = vjp(y, [x], g)
    assert batch.shape == (2, *x.shape)
    single = variable("g1", y.shape)
    slices = [value(vjp(y, [x], single)[0], {**env, single: env[g][k]}) for k in range(2)]
    assert_close(value(batch, env), np.stack(slices), 1e-10, 1e-10, "cotangents in a batch")


@settings(max_examples=60)
@given(expressions(), variables)
def test_simplification(y: Expr, x: Variable) -> None:
    """It keeps values, is idempotent, never costs more; also on derivatives, and several at once."""
    g = variable("g", y.shape)
    roots = [y, *vjp(y, [x], g)]
    env = {**environment(), g: draw(np.random.default_rng(4), g)}
    simple = simplify(roots)
    for before, after in zip(roots, simple, strict=True):
        assert (after.shape, after.dtype) == (before.shape, before.dtype)
    for ours, theirs in zip(evaluate(simple, env), evaluate(roots, env), strict=True):
        assert_close(ours, theirs, 1e-9, 1e-10, "simplified")
    assert weight(simple) <= weight(roots)
    assert all(a is b for a, b in zip(simplify(simple), simple, strict=True))


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
@settings(max_examples=60)
@given(expressions(depth=4), variables)
def test_engines_agree_with_the_reference(engine: Evaluate, y: Expr, x: Variable) -> None:
    g = variable("g", y.shape)
    outputs = [y, *vjp(y, [x], g), jacobian(y, x)]
    env = {**environment(), g: draw(np.random.default_rng(5), g)}
    for ours, theirs, e in zip(engine(outputs, env), evaluate(outputs, env), outputs, strict=True):
        assert np.shape(ours) == e.shape
        assert_close(ours, theirs, 1e-10, 1e-11, "engine")


# --- textbook formulas -------------------------------------------------------------------------------


def test_quadratic_form() -> None:
    """Petersen & Pedersen (81), (98): ∇ xᵀBx = (B + Bᵀ)x; its Hessian is B + Bᵀ."""
    y = einsum("i,ij,j->", U, B, U)
    grad, hess, by_matrix = evaluate([*gradients(y, [U]), hessian(y, U), *gradients(y, [B])], env := environment())
    u, b = env[U], env[B]
    np.testing.assert_allclose(grad, (b + b.T) @ u)
    np.testing.assert_allclose(hess, b + b.T)
    np.testing.assert_allclose(by_matrix, np.outer(u, u))


def test_least_squares() -> None:
    """Petersen & Pedersen (84): ∇ ‖Av − u‖² = 2Aᵀ(Av − u)."""
    residual = add(einsum("ij,j->i", A, V), scale(constant(-1), U))
    y = einsum("i,i->", residual, residual)
    grad, hess = evaluate([*gradients(y, [V]), hessian(y, V)], env := environment())
    np.testing.assert_allclose(grad, 2 * env[A].T @ (env[A] @ env[V] - env[U]))
    np.testing.assert_allclose(hess, 2 * env[A].T @ env[A])


def test_traces() -> None:
    """Petersen & Pedersen (100), (107), (124): ∇ tr B = I, ∇ tr B² = 2Bᵀ, ∇ tr AᵀBA = AAᵀ."""
    traces = [einsum("ii->", B), einsum("ij,ji->", B, B), einsum("ki,kl,li->", A, B, A)]
    one, two, three = evaluate([gradients(y, [B])[0] for y in traces], env := environment())
    np.testing.assert_allclose(one, np.eye(3))
    np.testing.assert_allclose(two, 2 * env[B].T)
    np.testing.assert_allclose(three, env[A] @ env[A].T)


def test_jacobian_of_an_entrywise_function_is_diagonal() -> None:
    for build in (jacobian_forward, jacobian_reverse):
        j = value(build(sin(U), U), env := environment())
        np.testing.assert_allclose(j, np.diag(np.cos(env[U])))


def test_unrelated_variable_gives_zeros() -> None:
    y = tanh(U)
    assert jvp(y, {V: tangent_variable(V)}) is zeros((3,))
    assert vjp(y, [V], U)[0] is zeros((4,))
    assert jacobian_forward(y, V) is jacobian_reverse(y, V) is zeros((3, 4))
    assert hessian(einsum("i->", y), U, V) is zeros((3, 4))


def test_perturbations_are_not_confused() -> None:
    """d/dx [x · d/dy (x + y)] = 1, not 2, also when both variables have one name (Siskind & Pearlmutter 2005)."""
    outer, inner = variable("x"), variable("x", tag=1)
    dy = gradients(add(outer, inner), [inner])[0]
    assert value(gradients(multiply(outer, dy), [outer])[0], {outer: np.array(3.0)}) == 1


def test_differentiating_a_tangent_symbol_again() -> None:
    """A second differential whose direction has the same name as the first one's."""
    y = exp(einsum("i,i->", U, U))
    dx = tangent_variable(U)
    second = jvp(jvp(y, {U: dx}), {U: dx})
    env = {**environment(), dx: np.array([0.3, -0.7, 1.1])}
    h = value(hessian(y, U), env)
    np.testing.assert_allclose(value(second, env), env[dx] @ h @ env[dx])


def test_a_gradient_needs_a_scalar() -> None:
    with pytest.raises(ValueError, match="scalar"):
        gradients(U, [U])


def test_a_wrong_rule_is_found_when_it_is_transposed() -> None:
    t = variable("t", (3,))
    for wrong in (multiply(t, t), exp(t)):
        with pytest.raises(ValueError, match="not linear"):
            transpose([wrong], [t], [U])


def test_coefficient_of_a_map() -> None:
    t = variable("t", (4,))
    assert coefficient(einsum("ij,j->i", A, t), t) is A
    assert coefficient(t, t) is identity((4,))
    assert identity(()) is constant(1)


# --- the branch not taken ---------------------------------------------------------------------------

BRANCHES: dict[str, Callable[[Expr], Expr]] = {
    "log": log,
    "sqrt": sqrt,
    "reciprocal": reciprocal,
    "log of sqrt": lambda x: log(sqrt(x)),
    "exp of reciprocal": lambda x: exp(reciprocal(x)),
}


@pytest.mark.parametrize("build", BRANCHES.values(), ids=BRANCHES)
def test_no_nan_from_the_branch_not_taken(build: Callable[[Expr], Expr]) -> None:
    """where(x > 0, f(x), x²) at x = 0 and below: value and derivatives are those of x²."""
    y = where(less(zeros((3,)), U), build(U), multiply(U, U))
    env = {U: np.array([-2.0, 0.0, -np.inf])}
    total = einsum("i->", y)
    env[U][2] = -1.0
    grad, hess = evaluate([*gradients(total, [U]), hessian(total, U)], env)
    forward = value(jvp(y, {U: array(np.ones(3))}), env)
    np.testing.assert_array_equal(grad, 2 * env[U])
    np.testing.assert_array_equal(forward, 2 * env[U])
    np.testing.assert_array_equal(hess, 2 * np.eye(3))


# --- complex numbers --------------------------------------------------------------------------------

Z = np.random.default_rng(6).normal(size=3) + 1j * np.random.default_rng(7).normal(size=3)
X = np.random.default_rng(8).uniform(0.2, 1, size=3)


@pytest.mark.parametrize(
    "f",
    [
        lambda z: z * z * z,
        lambda z: np.exp(z) / z,
        lambda z: np.conj(z) * z,
        lambda z: np.abs(z),
        lambda z: np.real(z) * np.imag(z),
        lambda z: np.sum(np.abs(z) ** 2),
        lambda z: np.sin(z) @ np.conj(z),
    ],
    ids="cube quotient product-with-conjugate abs parts energy inner".split(),
)
def test_functions_of_complex_numbers(f: Callable[..., object]) -> None:
    check_function(f, Z)


@pytest.mark.parametrize(
    "f",
    [lambda x: np.exp(1j * x), lambda x: np.abs(np.sum(np.exp(2j * x))), lambda x: x * (1 + 2j) + 1j],
    ids="phase interference affine".split(),
)
def test_complex_functions_of_reals(f: Callable[..., object]) -> None:
    check_function(f, X)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: ((x > 0.5) + 1) * x,
        lambda x: (np.argsort(x) + 0.5) * x,
        lambda x: (np.argsort(x) + 1) ** -1.0 * x,
        lambda x: 2.5 ** np.argsort(x) * x,
        lambda x: np.maximum(np.argsort(x), 0.5) * x,
        lambda x: np.where(x > 0.5, 2, 0.5) * x,
        lambda x: np.sum(x > 0.5) / 2 * x,
        lambda x: (-2 + 0j) ** x,
        lambda x: (x + 1) ** (0.5 + 1j),
    ],
    ids="mask+1 place+half 1/place power-of-place max where count complex-base complex-exponent".split(),
)
def test_counts_masks_and_plain_numbers_in_arithmetic(f: Callable[..., object]) -> None:
    """Integers and booleans that come of reals carry no derivative, but their types count."""
    check_function(f, X)


def test_a_complex_jacobian_is_refused_where_there_is_none() -> None:
    """conj and |z| z are not complex differentiable; a real output has the gradient's convention."""
    z = variable("z", (3,), np.dtype(np.complex128))
    for y in (conj(z), multiply(absolute(z), z)):
        for build in (jacobian_forward, jacobian_reverse):
            with pytest.raises(ArgumentError, match="no complex derivative"):
                build(y, z)
    with pytest.raises(ArgumentError, match="no complex derivative"):
        hessian(einsum("i->", absolute(z)), z)
    energy = real(multiply(conj(z), z))
    for build in (jacobian_forward, jacobian_reverse):
        np.testing.assert_allclose(value(build(energy, z), {z: Z}), np.diag(2 * Z.conj()))


def test_sign_of_a_complex_number() -> None:
    check_function(np.sign, Z)


def test_real_gradient_through_a_complex_coefficient() -> None:
    """∇ Re((1 + 2i) x) = 1 for real x."""
    (grad,) = gradients(real(scale(constant(1 + 2j), S)), [S])
    assert value(grad, {}) == 1
    assert not np.iscomplexobj(value(grad, {}))


def test_simplification_counts_sums_over_a_broadcast() -> None:
    """Σ_i of what is constant along i is its length times that, also when a product is opened."""
    y = einsum("k,i->k", V, multiply(U, U))
    spread = contract([((0,), U), ((), S)], (1, 0), {1: 3})
    z = einsum("ji,->i", spread, S)
    for e in (y, z):
        (simple,) = simplify([e])
        assert_close(value(simple, environment()), value(e, environment()), 1e-12, 1e-12, "simplified")
