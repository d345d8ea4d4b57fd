"""Orders of elimination: all give the same derivative, and the one that is chosen takes the least work."""

from __future__ import annotations

import itertools
import random

import hypothesis.strategies as st
import numpy as np
import pytest
from expressions import VARIABLES, environment, expressions, scalars
from hypothesis import given, settings

from steepest.calculus.accumulation import ORDERS, accumulated
from steepest.calculus.elimination import linear_graph
from steepest.calculus.flat import compose
from steepest.calculus.forward import jvp, tangent_variable
from steepest.calculus.jacobian import jacobian_forward, jacobian_reverse
from steepest.calculus.like_terms import merged
from steepest.calculus.reverse import gradients
from steepest.calculus.selections import Nothing, Relation, solve
from steepest.calculus.work import work
from steepest.engines.python.compile import evaluate
from steepest.expr.build import add, array, delta, einsum, multiply, scale, variable
from steepest.expr.contraction_order import PER_ENTRY, cheapest_order
from steepest.expr.node import Expr, Variable
from steepest.expr.number import constant
from steepest.expr.traversal import toposort
from steepest.ops.elementary import sin, tanh
from steepest.ops.rearrange import entry, join, part, reshape, strided
from steepest.rewrite.simplify import simplify
from steepest.structure.reading import reading

RNG = np.random.default_rng(53)


# --- selections -------------------------------------------------------------------------------------------


def _random_relations(rng: random.Random) -> tuple[list[Relation], dict[int, int], list[int]]:
    sizes = {i: rng.randint(1, 5) for i in range(rng.randint(1, 4))}
    relations = []
    for _ in range(rng.randint(1, 3)):
        labels = rng.sample(sorted(sizes), rng.randint(1, min(len(sizes), 3)))
        relations.append(Relation({i: rng.choice([1, -1, 1, -1, 2, -2, 3]) for i in labels}, rng.randint(-4, 4)))
    order = rng.sample(sorted(sizes), rng.randint(0, len(sizes)))
    return relations, sizes, order


def _holds(r: Relation, values: dict[int, int]) -> bool:
    return sum(c * values[i] for i, c in r.terms.items()) + r.offset == 0


def test_solved_selections_have_the_solutions_of_the_relations() -> None:
    rng = random.Random(7)
    solved = 0
    for _ in range(3000):
        relations, sizes, order = _random_relations(rng)
        every = itertools.product(*(range(n) for n in sizes.values()))
        expected = {v for v in every if all(_holds(r, dict(enumerate(v))) for r in relations)}
        try:
            found = solve(relations, sizes, order)
        except Nothing:
            assert not expected
            continue
        solved += 1
        free = [i for i in sizes if i not in found.places]
        windows = [found.window(i, sizes) for i in free]
        reached = set()
        for v in itertools.product(*(range(low, low + n) for low, n in windows)):
            values = dict(zip(free, v, strict=True))
            values |= {i: a + sum(c * values[j] for j, c in s.items()) for i, (a, s) in found.places.items()}
            if all(_holds(r, values) for r in found.left):
                reached.add(tuple(values[i] for i in sizes))
        assert reached == expected
    assert solved > 300


# --- contraction order ------------------------------------------------------------------------------------


def _best(factors: list[frozenset[int]], sizes: dict[int, int], out: frozenset[int]) -> float:
    """By trying everything."""
    alone = [f & out.union(*factors[:k], *factors[k + 1 :]) for k, f in enumerate(factors)]
    sums = sum(float(np.prod([sizes[i] for i in f])) for f, a in zip(factors, alone, strict=True) if a != f)
    return sums + _best_pairs(alone, sizes, out)


def _best_pairs(factors: list[frozenset[int]], sizes: dict[int, int], out: frozenset[int]) -> float:
    if len(factors) == 1:
        return 0.0
    costs = []
    for i, j in itertools.combinations(range(len(factors)), 2):
        rest = [f for k, f in enumerate(factors) if k not in (i, j)]
        union = factors[i] | factors[j]
        result = union & out.union(*rest)
        here = np.prod([sizes[k] for k in union]) + PER_ENTRY * np.prod([sizes[k] for k in result])
        costs.append(here + _best_pairs([*rest, result], sizes, out))
    return float(min(costs))


def test_the_order_of_a_product_is_the_cheapest() -> None:
    rng = random.Random(11)
    for _ in range(60):
        sizes = {i: rng.choice([2, 3, 7, 20]) for i in range(5)}
        factors = [frozenset(rng.sample(sorted(sizes), rng.randint(1, 3))) for _ in range(rng.randint(2, 5))]
        out = frozenset(rng.sample(sorted(sizes), 2)) & frozenset().union(*factors)
        assert cheapest_order(factors, sizes, out) == pytest.approx(_best(factors, sizes, out))


# --- orders of elimination --------------------------------------------------------------------------------


def _by_each_order(y: Expr, x: Variable) -> dict[str, tuple[Expr, ...]]:
    dx = tangent_variable(x)
    linear = jvp(y, {x: dx})
    found = {"chosen": accumulated(y, x).terms}
    for name, order in ORDERS.items():
        graph = linear_graph(linear, dx)
        order(graph)
        if name == "forward" or not graph.masks_in_sums:
            found[name] = graph.result()
    return found


def _agrees(y: Expr, x: Variable) -> None:
    env = environment()
    (expected,) = evaluate([jacobian_reverse(y, x)], env)
    scale_ = 1e-9 * (1 + np.abs(expected).max(initial=0.0))
    for name, terms in _by_each_order(y, x).items():
        if terms:
            whole = add(*terms)
            values = evaluate([whole, *simplify([whole])], env)
            for value in values:
                np.testing.assert_allclose(value, expected, rtol=1e-8, atol=scale_, err_msg=name)
        else:
            np.testing.assert_allclose(expected, 0, atol=scale_, err_msg=name)
        r = reading(terms, y.shape, x.shape, np.dtype(np.float64))
        arrays = r.arrays()
        kept = r.built(dict(zip(arrays, map(np.asarray, evaluate(arrays, env) if arrays else []), strict=True)))
        np.testing.assert_allclose(kept.dense(), expected, rtol=1e-8, atol=scale_, err_msg=name)
        v = np.random.default_rng(0).normal(size=x.shape)
        np.testing.assert_allclose(kept @ v, np.tensordot(expected, v, x.ndim), rtol=1e-7, atol=10 * scale_)


@given(expressions(depth=3), st.sampled_from(VARIABLES))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_every_order_gives_the_jacobian(y: Expr, x: Variable) -> None:
    _agrees(y, x)


@given(scalars(depth=3), st.sampled_from(VARIABLES), st.sampled_from(VARIABLES))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_every_order_gives_the_hessian(y: Expr, x: Variable, z: Variable) -> None:
    _agrees(gradients(y, [x])[0], z)


@pytest.mark.heavy
@given(expressions(depth=4), st.sampled_from(VARIABLES))
@settings(max_examples=2000, deadline=None)
def test_every_order_gives_the_jacobian_at_length(y: Expr, x: Variable) -> None:
    _agrees(y, x)


@pytest.mark.heavy
@given(scalars(depth=4), st.sampled_from(VARIABLES), st.sampled_from(VARIABLES))
@settings(max_examples=2000, deadline=None)
def test_every_order_gives_the_hessian_at_length(y: Expr, x: Variable, z: Variable) -> None:
    _agrees(gradients(y, [x])[0], z)


X = variable("x", (40,))


def _layers(x: Expr, *widths: int) -> Expr:
    for n in widths:
        x = tanh(einsum("ij,j->i", array(RNG.normal(size=(n, x.shape[0])) / 3), x))
    return x


def _residual(x: Expr, steps: int) -> Expr:
    for _ in range(steps):
        x = add(x, _layers(x, 3, 40))
    return x


def _cost(terms: tuple[Expr, ...], y: Expr, x: Variable) -> float:
    return work(list(terms), frozenset(toposort([jvp(y, {x: tangent_variable(x)})])))


@pytest.mark.parametrize(
    "y",
    [_layers(X, 50, 3, 30), _residual(X, 3), join([sin(reshape(X, (40,))), multiply(X, X)]), _layers(X, 30, 1)],
    ids=["a waist", "residual", "joined", "to one number"],
)
def test_the_chosen_order_takes_the_least_work(y: Expr) -> None:
    chosen = accumulated(y, X)
    costs = [_cost(terms, y, X) for terms in _by_each_order(y, X).values()]
    assert _cost(chosen.terms, y, X) <= 1.2 * min(costs)
    assert not chosen.counts or set(chosen.counts) == set(ORDERS)


def test_a_waist_is_gone_through_from_the_middle() -> None:
    """40 → 50 → 3 → 30: not with 40 columns, nor with 30 rows, through the layer of 50."""
    y = _layers(X, 50, 3, 30)
    everything = frozenset(toposort([jvp(y, {X: tangent_variable(X)})]))
    (whole,) = (accumulated(y, X).whole(),)
    assert work([whole], everything) < 50 * 40 * 3 + 30 * 40 * 3 + 6 * (50 * 40 + 30 * 40 + 30 * 3 + 50 * 3)


def test_an_identity_in_a_sum_stays_one() -> None:
    d = delta(40)
    terms = merged([d, einsum("i,ij->ij", X, d), einsum("ij,i->ij", d, sin(X))])
    assert len(terms) == 1
    assert len(merged([d, einsum("i,j->ij", X, sin(X))])) == 2


def test_selections_of_selections_are_one_or_none() -> None:
    first, second = (strided(variable("z", (40,)), k, 1, 5) for k in (3, 20))
    z = variable("z", (40,))
    one, other = (jacobian_forward(y, z) for y in (first, second))
    assert compose(one, jacobian_forward(multiply(z, z), z), 1) is not None
    back = einsum("ij->ji", other)
    assert compose(one, back, 1) is None


def test_a_plain_number_of_a_derivative_keeps_its_type() -> None:
    x = variable("x", (3,), np.dtype(np.float32))
    assert accumulated(scale(constant(2), x), x).whole().shape == (3, 3)
    assert accumulated(multiply(x, x), x).whole().dtype == np.float32
    assert accumulated(entry(part(x, 0, 2), 1), x).whole().shape == (3,)
