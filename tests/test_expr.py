"""Nodes: interning, the canonical form of sums and products, types, sizes, depth, digests."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from reference import evaluate

from steepest.expr.build import (
    add,
    array,
    contract,
    delta,
    einsum,
    fill,
    is_zero,
    multiply,
    negate,
    ones,
    scale,
    split_coefficient,
    structured,
    subtract,
    transpose_axes,
    uniform_value,
    variable,
    zeros,
)
from steepest.expr.dimension import Dim
from steepest.expr.dtype import FLOAT32, FLOAT64
from steepest.expr.node import Constant, Einsum, Expr
from steepest.expr.number import ONE, ZERO, constant, size_constant, times
from steepest.expr.pattern import Affine
from steepest.expr.traversal import count_nodes, count_uses, depends_on, rebuild_graph, toposort
from steepest.ops.elementary import exp, sin
from steepest.ops.logic import less
from steepest.ops.operation import rebuilt
from steepest.ops.power import power, reciprocal, square

X, Y, S = variable("x", (3,)), variable("y", (3,)), variable("s")
A, B = variable("A", (3, 4)), variable("B", (3, 3))
M = Dim(6, "m")


# --- one object per expression ----------------------------------------------------------------------


def test_equal_expressions_are_one_object() -> None:
    assert variable("x", (3,)) is X
    assert variable("x", (3,), tag=1) is not X
    assert variable("x", (3,), FLOAT32) is not X
    assert add(X, Y) is add(Y, X)
    assert multiply(X, Y) is multiply(Y, X)
    assert sin(add(X, Y)) is sin(add(Y, X))
    assert einsum("ij,jk->ik", B, B) is einsum("ab,bc->ac", B, B)
    assert array(np.arange(3.0)) is array(np.arange(3.0))
    assert structured(Affine((1, -1), 1), (2, 3)) is structured(Affine((1, -1), 1), (2, 3))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ij,ik->jk", "ik,ij->jk"),
        ("ij,ij->", "kl,kl->"),
        ("ij,kj->ik", "ab,cb->ac"),
        ("ij,ik->", "ib,ia->"),
        ("ij,jk,kl->il", "jk,ij,kl->il"),
    ],
)
def test_names_and_order_of_operands_do_not_matter(one: str, other: str) -> None:
    count = one.count(",") + 1
    assert einsum(one, *[B] * count) is einsum(other, *[B] * count)


def test_a_small_array_is_kept_by_value_and_cannot_be_changed() -> None:
    value = np.arange(3.0)
    held = array(value)
    value[0] = 7
    assert held.value[0] == 0  # type: ignore[index]
    with pytest.raises(ValueError, match="read-only"):
        held.value[0] = 7  # type: ignore[index]


def test_nodes_die_with_their_last_owner() -> None:
    e = sin(scale(constant(0.123456), X))
    seen = weakref.ref(e)
    del e
    gc.collect()
    assert seen() is None


def test_nodes_are_immutable() -> None:
    with pytest.raises(AttributeError):
        X.name = "z"  # type: ignore[misc]


def test_representation_is_one_level_deep() -> None:
    assert repr(X) == "<x (3,)>"
    assert repr(exp(X)) == "<exp(Variable) (3,)>"
    assert "array" in repr(array(np.arange(3.0)))


# --- sums -------------------------------------------------------------------------------------------


def test_sums_collect_terms_and_drop_zeros() -> None:
    assert add(X, X) is scale(constant(2), X)
    assert subtract(X, X) is zeros((3,))
    assert add(X, zeros((3,))) is X
    assert add(scale(constant(2), X), negate(X)) is X
    assert add(X) is X
    assert is_zero(subtract(S, S))
    assert subtract(S, S) is ZERO
    assert add(constant(2), constant(3)) is constant(5)


def test_sums_need_one_shape() -> None:
    with pytest.raises(ValueError, match="one shape"):
        add(X, A)


def test_named_sizes_in_a_sum_are_kept_apart() -> None:
    m = size_constant(M)
    total = add(scale(m, X), scale(constant(2), X))
    (value,) = evaluate([total], {X: np.ones(3)})
    np.testing.assert_allclose(value, 8)
    assert add(scale(m, X), scale(m, X)) is scale(times(constant(2), m), X)


# --- products ---------------------------------------------------------------------------------------


def test_coefficients_become_one() -> None:
    assert scale(constant(2), scale(constant(3), X)) is scale(constant(6), X)
    assert negate(negate(X)) is X
    assert scale(ONE, X) is X
    assert scale(constant(2.0), X) is scale(constant(2), X)
    assert scale(ZERO, X) is zeros((3,))
    assert multiply(constant(2), constant(3)) is constant(6)
    assert split_coefficient(scale(constant(5), X)) == (constant(5), X)
    assert split_coefficient(X) == (ONE, X)
    assert split_coefficient(fill(constant(5), (2,))) == (constant(5), ones((2,)))


def test_transposes_are_read_through() -> None:
    assert transpose_axes(transpose_axes(A, (1, 0)), (1, 0)) is A
    v = variable("v", (4,))
    assert einsum("ji,j->i", transpose_axes(A, (1, 0)), v) is einsum("ij,j->i", A, v)


def test_contractions_need_equal_lengths() -> None:
    with pytest.raises(ValueError, match="length"):
        einsum("ij,j->i", A, X)


def test_deltas_rename() -> None:
    d = delta(3)
    assert einsum("ij,j->i", d, X) is X
    assert einsum("ij,jk->ik", d, B) is B
    assert einsum("ij,ij->", d, B) is einsum("ii->", B)
    assert einsum("ij,jk->ik", d, d) is d
    assert einsum("ii->", d) is constant(3)
    assert einsum("ij,ij->ij", d, d) is d
    assert einsum("ij->i", d) is ones((3,))
    assert transpose_axes(d, (1, 0)) is d


def test_a_delta_between_two_labels_of_the_result_stays() -> None:
    spread = einsum("i,ij->ij", X, delta(3))
    assert isinstance(spread, Einsum)
    assert spread is einsum("j,ij->ij", X, delta(3))
    assert einsum("ij->i", spread) is einsum("ii->i", spread) is X or isinstance(einsum("ij->i", spread), Einsum)


def test_sums_over_labels_that_nothing_carries_give_their_length() -> None:
    assert einsum("i->", ones((3,))) is constant(3)
    m = einsum("i->", ones((M,)))
    assert m is size_constant(M)
    assert einsum("ij->i", fill(S, (3, M))) is fill(multiply(m, S), (3,))
    assert contract([((0,), X)], (0, 1), {1: 4}).shape == (3, 4)


def test_masks_select_and_are_idempotent() -> None:
    mask = less(X, Y)
    assert multiply(mask, mask) is mask
    assert multiply(mask, multiply(mask, X)).dtype == FLOAT64
    env = {X: np.array([0.0, 2.0, 1.0]), Y: np.array([1.0, 1.0, 3.0])}
    chosen = multiply(mask, reciprocal(subtract(X, X)), Y)
    (value,) = evaluate([chosen], env)
    np.testing.assert_array_equal(value[1], 0)


def test_small_powers_are_products() -> None:
    assert square(X) is multiply(X, X)
    assert power(X, constant(3)) is multiply(X, X, X)
    assert power(X, constant(1)) is X
    assert power(X, constant(0)) is ones((3,))
    assert power(power(X, constant(-1)), constant(-1)) is X
    assert power(constant(2), constant(-1)) is constant(0.5)


# --- random contractions against NumPy ---------------------------------------------------------------

SIZES = {"a": 2, "b": 3, "c": 4, "d": 2}
LENGTHS = {ord(label): n for label, n in SIZES.items()}


@st.composite
def contractions(draw: st.DrawFn) -> tuple[list[tuple[str, Expr]], str]:
    """Operands (arrays, identities, masks, numbers) with labels, and the labels of the result."""
    operands: list[tuple[str, Expr]] = []
    for k in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["array", "array", "array", "delta", "mask", "number", "view"]))
        labels = "".join(draw(st.lists(st.sampled_from(sorted(SIZES)), max_size=3)))
        shape = tuple(SIZES[i] for i in labels)
        if kind == "delta":
            pair = draw(st.sampled_from(["aa", "bb", "ad", "da", "cc", "dd"]))
            operands.append((pair, delta(SIZES[pair[0]])))
        elif kind == "number":
            operands.append(("", draw(st.sampled_from([constant(-1), constant(0.5), size_constant(M)]))))
        elif kind == "mask":
            e = variable(f"z{k}", shape)
            operands.append((labels, less(e, zeros(shape))))
        elif kind == "view":
            e = variable(f"z{k}", shape[::-1])
            operands.append((labels, scale(constant(3), transpose_axes(e, range(len(shape))[::-1]))))
        else:
            operands.append((labels, variable(f"z{k}", shape)))
    out = "".join(draw(st.permutations(sorted(SIZES)))[: draw(st.integers(0, 4))])
    return operands, out


@settings(max_examples=300)
@given(contractions())
def test_contractions_have_the_value_of_einsum(case: tuple[list[tuple[str, Expr]], str]) -> None:
    operands, out = case
    e = contract([(tuple(map(ord, s)), a) for s, a in operands], tuple(map(ord, out)), LENGTHS)
    rng = np.random.default_rng(41)
    env = {v: rng.normal(size=v.shape) for v in sorted(leaves(operands), key=lambda v: v.name)}
    values = [np.asarray(v, float) for v in evaluate([a for _, a in operands], env)]
    carried = "".join(s for s, _ in operands)
    padding = [np.ones(SIZES[i]) for i in out if i not in carried]
    spec = ",".join([s for s, _ in operands] + [i for i in out if i not in carried]) + "->" + out
    (value,) = evaluate([e], env)
    assert e.shape == tuple(SIZES[i] for i in out)
    np.testing.assert_allclose(np.asarray(value, float), np.einsum(spec, *values, *padding), rtol=1e-10, atol=1e-10)


def leaves(operands: list[tuple[str, Expr]]) -> set:
    return {n for n in toposort([a for _, a in operands]) if not n.args and n.dtype is not None}


@settings(max_examples=100)
@given(contractions(), st.randoms(use_true_random=False))
def test_the_order_of_operands_does_not_matter(case: tuple[list[tuple[str, Expr]], str], random: object) -> None:
    """Different operands in any order make one node."""
    operands, out = case
    distinct = {a: s for s, a in operands if a.ndim}
    listed = [(tuple(map(ord, s)), a) for a, s in distinct.items()]
    labels = tuple(map(ord, out))
    shuffled = list(listed)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = contract(listed, labels, LENGTHS), contract(shuffled, labels, LENGTHS)
    assert one is other


def test_uniform_values() -> None:
    assert uniform_value(fill(constant(3), (2, 2))) is constant(3)
    assert uniform_value(constant(3)) is constant(3)
    assert uniform_value(X) is None
    assert uniform_value(add(X, ones((3,)))) is None


def test_a_product_stands_at_other_labels() -> None:
    e = einsum("ij,jk->ik", variable("A", (2, 3)), variable("B", (3, 4)))
    assert isinstance(e, Einsum)
    assert sorted(e.label_sizes().values()) == [2, 3, 4]
    assert not e.label_sizes().keys() & {next(e.fresh_labels())}
    moved = e.operands_at((7, 5), iter((9,)))
    assert contract(moved, (7, 5)) is e
    assert {i for labels, _ in moved for i in labels} == {5, 7, 9}


# --- walks ------------------------------------------------------------------------------------------


def test_walks() -> None:
    inner = sin(X)
    outer = multiply(inner, exp(inner))
    order = toposort([outer])
    assert order.index(X) < order.index(inner) < order.index(outer)
    assert count_nodes([outer, inner]) == 4
    assert count_uses([outer])[inner] == 2
    assert depends_on([outer], [inner]) == {inner, exp(inner), outer}
    assert depends_on([outer], [Y]) == {Y}
    assert toposort([outer], stop=[inner]) == [inner, exp(inner), outer]
    (swapped,) = rebuild_graph([outer], lambda n, args: Y if n is X else rebuilt(n, args))
    assert swapped is multiply(sin(Y), exp(sin(Y)))


def test_depth_is_unlimited() -> None:
    """A chain of 30 000 nodes is built, walked, rebuilt, counted and freed without recursion."""
    depth = 30_000
    e: Expr = X
    for _ in range(depth):
        e = sin(e)
    assert count_nodes([e]) == depth + 1
    assert len(depends_on([e], [X])) == depth + 1
    (other,) = rebuild_graph([e], lambda n, args: Y if n is X else rebuilt(n, args))
    assert count_nodes([other]) == depth + 1
    seen = weakref.ref(e)
    del e, other
    gc.collect()
    assert seen() is None


DIGESTS = """
import numpy as np
from steepest.expr.build import add, array, delta, einsum, structured, variable
from steepest.expr.dimension import Dim
from steepest.expr.number import constant
from steepest.expr.pattern import Affine, Fourier
from steepest.ops.table import OPERATIONS
x, A = variable("x", (3,)), variable("A", (3, Dim(4, "n")), np.dtype("float32"), 2)
print([e.digest for e in (x, A, constant(0.1), constant(2 + 1j), array(np.arange(5.0)), array(np.arange(500.0)),
    delta(3), structured(Affine((1, -1), 2), (3, 4)), structured(Fourier(), (4, 4)),
    einsum("i,ij->j", x, A), add(x, x))])
ops = [(op, op.sample(np.random.default_rng(0)), op.sample_params[0]) for op in OPERATIONS.values()]
print([op(*(variable(f"x{k}", np.shape(p)) for k, p in enumerate(s)), **q).digest for op, s, q in ops])
"""


def test_digests_are_the_same_in_every_process() -> None:
    """The order of sums, and with it every last bit of a result, must not depend on the hash seed or on memory."""
    command = [sys.executable, "-c", DIGESTS]
    environments = [{**os.environ, "PYTHONHASHSEED": seed} for seed in ("0", "1", "77")]
    runs = [subprocess.run(command, env=e, capture_output=True, text=True, check=True) for e in environments]
    assert len({run.stdout for run in runs}) == 1


def test_digests_tell_expressions_apart() -> None:
    leaves = [X, Y, S, A, B, zeros((3,)), ones((3,)), delta(3)]
    kinds = [*leaves, sin(X), exp(X), add(X, Y), multiply(X, Y), scale(constant(2), X)]
    assert len({e.digest for e in kinds}) == len(kinds)
    assert len({variable(f"x{k}").digest for k in range(2000)}) == 2000
    assert len({constant(k / 7).digest for k in range(2000)}) == 2000


def test_a_large_constant_is_held_by_reference() -> None:
    value = np.arange(1000.0)
    held = array(value)
    assert isinstance(held, Constant)
    assert held.value is value
    assert array(value) is held
