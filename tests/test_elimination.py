"""Orders of elimination: all give the same derivative, and the one that is chosen takes the least work."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable

import hypothesis.strategies as st
import numpy as np
import pytest
from expressions import VARIABLES, environment, expressions, scalars
from hypothesis import given, settings
from reference import evaluate as written_out

from steepest.calculus.accumulation import ORDERS, accumulated
from steepest.calculus.elimination import linear_graph
from steepest.calculus.flat import compose, without_detours
from steepest.calculus.forward import jvp, tangent_variable
from steepest.calculus.gathering import gathered
from steepest.calculus.jacobian import jacobian_forward, jacobian_reverse
from steepest.calculus.like_terms import fewer, merged
from steepest.calculus.reverse import gradients
from steepest.calculus.selections import Nothing, Relation, solve
from steepest.calculus.work import work
from steepest.engines.python.compile import evaluate
from steepest.expr.build import Operand, add, array, contract, delta, einsum, multiply, scale, structured, variable
from steepest.expr.contraction_order import PER_ENTRY, cheapest_order
from steepest.expr.node import Expr, Variable
from steepest.expr.number import constant
from steepest.expr.pattern import Affine
from steepest.expr.traversal import toposort
from steepest.ops.elementary import sin, tanh
from steepest.ops.rearrange import entry, join, part, reshape, strided
from steepest.ops.selection import one_hot
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


# --- terms ------------------------------------------------------------------------------------------------


def _random_factor(rng: random.Random, sizes: dict[int, int]) -> Operand:
    """A selection by a rule, by an index array or of what is equal, a mask, or numbers."""
    kind = rng.choice(["rule", "rule", "index", "equal", "mask", "numbers", "numbers"])
    labels = tuple(rng.sample(sorted(sizes), min(len(sizes), 2 if kind in ("index", "equal") else rng.randint(1, 3))))
    shape = tuple(sizes[i] for i in labels)
    if kind == "rule":
        coefficients = tuple(rng.choice([1, -1, 1, -1, 2, -3]) for _ in labels)
        return labels, structured(Affine(coefficients, rng.randint(-3, 3)), shape)
    if kind == "index" and len(shape) == 2:
        return labels, one_hot(array(np.arange(shape[0]) * rng.randint(0, 3) % shape[1]), shape[1])
    if kind == "equal" and len(shape) == 2 and shape[0] == shape[1]:
        return labels, delta(shape[0])
    seed = np.random.default_rng(rng.randint(0, 3))  # few different ones, so that some are equal
    return labels, array(seed.normal(size=shape) if kind == "numbers" else seed.integers(0, 2, shape).astype(bool))


def _random_terms(rng: random.Random) -> tuple[list[Expr], tuple[int, ...]]:
    out = tuple(range(rng.randint(0, 3)))
    sizes = {i: rng.choice([1, 2, 3, 4, 4]) for i in range(len(out) + rng.randint(1, 4))}
    products = [[_random_factor(rng, sizes) for _ in range(rng.randint(1, 5))] for _ in range(rng.randint(1, 4))]
    terms = [contract(p, out, {i: sizes[i] for i in out}) for p in products]
    return [*terms, scale(constant(2), terms[0])], tuple(sizes[i] for i in out)


def _total(terms: Iterable[Expr], shape: tuple[int, ...]) -> np.ndarray:
    return sum((np.asarray(v, float) for v in written_out(list(terms), {})), np.zeros(shape))


@pytest.mark.parametrize("most", [32, 1], ids=["as they are", "added up"])
def test_terms_keep_their_values(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Merged, gathered, without detours, and with their structure read."""
    monkeypatch.setattr("steepest.calculus.like_terms.MOST", most)
    rng = random.Random(13)
    for _ in range(100):
        terms, shape = _random_terms(rng)
        expected = _total(terms, shape)
        like = merged(terms)
        straight = [e for t in terms if (e := without_detours(t)) is not None]
        for kind, found in {
            "like": like,
            "few": fewer(like),
            "whole": map(gathered, terms),
            "straight": straight,
        }.items():
            np.testing.assert_allclose(_total(found, shape), expected, atol=1e-12, err_msg=kind)
        rank = rng.randint(0, len(shape))
        r = reading(terms, shape[:rank], shape[rank:], np.dtype(np.float64))
        arrays = r.arrays
        known = dict(zip(arrays, map(np.asarray, written_out(arrays, {})), strict=True))
        np.testing.assert_allclose(r.built(known).dense(), expected, atol=1e-12, err_msg="structure")


def test_a_term_that_varies_along_both_ends_of_a_slice_is_added_up_along_both() -> None:
    u, v = (array(RNG.normal(size=n)) for n in (4, 3))
    tail = structured(Affine((1, -1), -1), (4, 3))
    terms = [contract([((0,), a), ((0, 1), tail), ((1,), b)], (0, 1)) for a, b in ((u, v), (sin(u), v), (u, sin(v)))]
    np.testing.assert_allclose(_total(fewer((*terms, *terms)), (4, 3)), 2 * _total(terms, (4, 3)))


def test_a_sum_over_a_slice_of_a_slice_of_one_number_counts_its_entries() -> None:
    x = variable("x")
    y = part(part(einsum("i,->i", array(np.ones(5)), sin(x)), 1, 5), 1, 4)
    slices = [((k, k + 1), structured(Affine((1, -1), -1), (6 - k, 5 - k))) for k in (1, 2)]
    twice = without_detours(contract([((0,), array(np.arange(3.0))), *slices], (0,)))
    assert twice is not None
    np.testing.assert_allclose(written_out([twice], {})[0], 3 * np.arange(3.0))
    _, total = written_out([y, jacobian_forward(einsum("i->", y), x)], {x: np.array(0.3)})
    np.testing.assert_allclose(total, 3 * np.cos(0.3))


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
        arrays = r.arrays
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
