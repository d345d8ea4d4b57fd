"""What derivatives cost, counted in nodes: a gradient is a small multiple of its function, at any depth and order."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import mpmath
import numpy as np
import pytest
from differentiation import trace
from reference import evaluate

from steepest.calculus.accumulation import accumulated
from steepest.calculus.jacobian import hessian
from steepest.calculus.reverse import gradients
from steepest.expr.build import einsum, variable
from steepest.expr.node import Add, Delta, Expr, Structured, Variable
from steepest.expr.traversal import count_nodes, toposort
from steepest.lower.lowering import lower
from steepest.lower.program import Embed
from steepest.rewrite.simplify import simplify

Model = tuple[Callable[..., Any], tuple[Any, ...]]  # a function, and arguments for it


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(51).normal(size=shape)


def entrywise_chain(n: int) -> Model:
    def f(x):
        for _ in range(n):
            x = 1.5 * np.sin(x) + 0.1
        return np.sum(x)

    return f, (random(5),)


def layers(n: int) -> Model:
    def f(x, *weights):
        for w in weights:
            x = np.tanh(w @ x)
        return np.sum(x**2)

    return f, (random(4), *(random(4, 4) for _ in range(n)))


def recurrence(n: int) -> Model:
    inputs = random(n, 3)

    def f(h, W, U, b):
        for x in inputs:
            h = np.tanh(W @ h + U @ x + b)
        return h @ h

    return f, (random(4), 0.3 * random(4, 4), random(4, 3), random(4))


def polynomial(n: int) -> Model:
    coefficients = random(n)

    def f(x):
        total = 0.0
        for c in coefficients:
            total = total * x + c
        return total

    return f, (0.7,)


def mixture(n: int) -> Model:
    def f(weight, mean, width, x):
        density = 0.0
        for k in range(n):
            density = density + weight * np.exp(-((x - k * mean) ** 2) / (2 * width**2)) / width
        return np.log(density)

    return f, (0.3, 0.1, 1.2, 0.5)


MODELS = {entrywise_chain: 100, layers: 20, recurrence: 200, polynomial: 50, mixture: 20}
every_model = pytest.mark.parametrize(("model", "size"), MODELS.items(), ids=[m.__name__ for m in MODELS])


def value_and_gradients(model: Callable[[int], Model], size: int) -> tuple[Expr, list[Expr]]:
    f, args = model(size)
    captured = trace(f, args, range(len(args)))
    (y,) = captured.outputs
    return y, gradients(y, captured.variables)


@every_model
def test_a_gradient_is_a_small_multiple_of_its_function(model: Callable[[int], Model], size: int) -> None:
    """Griewank & Walther (2008), chapter 3: the cheap gradient principle, here for the value and all gradients."""
    y, grads = value_and_gradients(model, size)
    assert count_nodes([y, *grads]) <= 5 * count_nodes([y])
    assert count_nodes(simplify([y, *grads])) <= 3 * count_nodes([y])


@every_model
def test_growth_is_linear(model: Callable[[int], Model], size: int) -> None:
    small, large = value_and_gradients(model, size), value_and_gradients(model, 2 * size)
    assert count_nodes([large[0], *large[1]]) <= 2.2 * count_nodes([small[0], *small[1]])
    assert count_nodes(simplify([large[0], *large[1]])) <= 2.2 * count_nodes(simplify([small[0], *small[1]]))


@every_model
def test_a_gradient_needs_no_larger_arrays(model: Callable[[int], Model], size: int) -> None:
    """No Jacobian is formed on the way back: the largest array is one that the function has too."""
    y, grads = value_and_gradients(model, size)
    assert largest_array(grads) <= largest_array([y])


def largest_array(roots: list[Expr]) -> int:
    return max(prod(n.shape) for n in toposort(roots) if not isinstance(n, (Delta, Structured)))


def test_an_entrywise_hessian_stays_a_diagonal() -> None:
    """Every n × n array of it is an identity times vectors, or a sum of such: nothing ever becomes dense."""
    n = 50
    captured = trace(lambda x: np.sum(np.sin(x) * np.exp(x)), (random(n),), [0])
    h = hessian(captured.outputs[0], captured.variables[0])
    for root in (h, *simplify([h])):
        for e in toposort([root]):
            if e.shape == (n, n) and not isinstance(e, Delta):
                square = [a for a in e.args if a.shape == (n, n)]
                assert len(square) == len(e.args) if isinstance(e, Add) else len(square) == 1


def test_a_hessian_vector_product_costs_a_few_gradients() -> None:
    f, args = layers(10)
    captured = trace(f, args, range(len(args)))
    y, x = captured.outputs[0], captured.variables[0]
    (grad,) = gradients(y, [x])
    v = variable("v", x.shape)
    (product,) = gradients(einsum("i,i->", grad, v), [x])  # ∇(∇y · v)
    assert count_nodes([product]) <= 5 * count_nodes([grad])


# --- high orders ------------------------------------------------------------------------------------

SIXTH: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], int]] = {
    # the function, the same for mpmath, and the most nodes its sixth derivative may have
    "exp(sin x)": (lambda x: np.exp(np.sin(x)), lambda x: mpmath.exp(mpmath.sin(x)), 120),
    "x exp(-x²)": (lambda x: x * np.exp(-(x**2)), lambda x: x * mpmath.exp(-(x**2)), 100),
    "1 / (1 + x²)": (lambda x: 1 / (1 + x**2), lambda x: 1 / (1 + x**2), 80),
    "log(1 + exp x)": (lambda x: np.log(1 + np.exp(x)), lambda x: mpmath.log(1 + mpmath.exp(x)), 80),
    "tanh x": (lambda x: np.tanh(x), mpmath.tanh, 80),
}


@pytest.mark.parametrize(("f", "exact", "most"), SIXTH.values(), ids=SIXTH)
@pytest.mark.parametrize("point", [0.7, -1.3])
def test_six_derivatives(f: Callable[[Any], Any], exact: Callable[[Any], Any], most: int, point: float) -> None:
    captured = trace(f, (point,), [0])
    (x,) = captured.variables
    orders = simplify(captured.outputs)
    for _ in range(6):
        orders.append(simplify(gradients(orders[-1], [x]))[0])
    assert count_nodes([orders[6]]) <= most
    with mpmath.workdps(50):
        expected = [float(mpmath.diff(exact, point, n)) for n in range(7)]
    np.testing.assert_allclose(evaluate(orders, {x: np.array(point)}), expected, rtol=1e-11)


# --- large functions ---------------------------------------------------------------------------------


def test_ten_thousand_nodes() -> None:
    """Traced, differentiated and simplified; the value is that of the chain rule."""
    y, (grad,) = value_and_gradients(sine_chain, 10_000)
    (simple,) = simplify([grad])
    assert count_nodes([y]) == 10_001
    assert count_nodes([simple]) <= 3 * count_nodes([y])
    point, slope = 0.5, 1.0
    for _ in range(10_000):
        point, slope = np.sin(point), slope * np.cos(point)
    (x,) = (n for n in toposort([y]) if isinstance(n, Variable))
    np.testing.assert_allclose(evaluate([y, simple], {x: np.array(0.5)}), [point, slope], rtol=1e-9)


@pytest.mark.heavy
def test_a_hundred_thousand_nodes_deep() -> None:
    """No pass recurses: tracing, differentiation and simplification work at any depth."""
    y, grads = value_and_gradients(sine_chain, 100_000)
    assert count_nodes([y]) == 100_001
    assert count_nodes(simplify(grads)) <= 3 * count_nodes([y])


def sine_chain(n: int) -> Model:
    def f(x):
        for _ in range(n):
            x = np.sin(x)
        return x

    return f, (0.5,)


def test_pieces_of_pieces_have_an_end() -> None:
    """Each step reads its neighbours on a ring: two pieces of an array that was made of two pieces."""

    def pieces(steps: int) -> int:
        def ring(u):
            for _ in range(steps):
                u = u + 0.1 * (np.roll(u, 1) + np.roll(u, -1))
            return u

        captured = trace(ring, [random(30)], [0])
        (u,) = captured.variables
        program = lower([accumulated(captured.outputs[0], u).whole()], [u])
        return sum(len(i.pieces) for i in program.instructions if isinstance(i, Embed))

    assert pieces(12) < 4 * pieces(6)
