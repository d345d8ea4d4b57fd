"""Lowered programs: what is not selected never counts, how large they are, and programs for all sizes."""

from __future__ import annotations

import numpy as np
import pytest

from steepest.engines.python.compile import evaluate
from steepest.expr.build import (
    add,
    array,
    contract,
    delta,
    einsum,
    fill,
    multiply,
    scale,
    variable,
)
from steepest.expr.dimension import Dim
from steepest.expr.node import Expr, Variable
from steepest.expr.number import constant
from steepest.expr.pattern import Affine
from steepest.lower.lowering import lower
from steepest.lower.program import Sizes, targets
from steepest.ops.elementary import sin
from steepest.ops.logic import less, where
from steepest.ops.power import divide, log, reciprocal
from steepest.ops.rearrange import embed, part
from steepest.ops.selection import one_hot

# --- each case the planner knows ---------------------------------------------------------------------


def matrix(name: str, *shape: int, dtype: str = "float64") -> Variable:
    return variable(name, shape, np.dtype(dtype))


X, Y, A = matrix("X", 5, 4), matrix("Y", 5, 4), matrix("A", 4, 4)
u, v, w = matrix("u", 5), matrix("v", 4), matrix("w", 4)
s, k = matrix("s"), matrix("k", 3)
m = matrix("m", 5, dtype="bool")


# --- what is not selected never counts -----------------------------------------------------------------


def test_masks_keep_out_nan() -> None:
    x = matrix("x", 4)
    keep = less(fill(constant(0), (4,)), x)
    value = np.array([-1.0, 2.0, 0.0, 3.0])
    with np.errstate(all="ignore"):
        (product,) = evaluate([multiply(keep, log(x))], {x: value})
        (total,) = evaluate([einsum("i,i->", keep, log(x))], {x: value})
        nowhere = einsum("i,i,->", keep, reciprocal(x), constant(float("nan")))
        (scaled,) = evaluate([nowhere], {x: np.zeros(4)})
        (chosen,) = evaluate([where(keep, fill(constant(float("-inf")), (4,)), x)], {x: value})
    np.testing.assert_allclose(product, [0, np.log(2), 0, np.log(3)])
    np.testing.assert_allclose(total, np.log(6))
    assert scaled == 0
    np.testing.assert_array_equal(chosen, [-1, -np.inf, 0, -np.inf])


def test_slices_and_picks_keep_out_nan() -> None:
    x = matrix("x", 4)
    value = np.array([1.0, np.nan, 3.0, 5.0])
    picked = einsum("i,i->", one_hot(array(np.array(0)), 4), x)
    last_two, first = evaluate([einsum("i->", part(x, 2, 4)), picked], {x: value})
    assert (last_two, first) == (8, 1)


PLACES = np.array([0, 3, 2, 2, -1, 4])


@pytest.mark.parametrize("size", [4, 5])
@pytest.mark.parametrize("fixed", [True, False])
@pytest.mark.parametrize("labels", ["ik->i", "ik->", "ik,i->i", "ik,i->", "ik,ij->j"])
def test_a_place_that_nobody_asks_for(labels: str, fixed: bool, size: int) -> None:
    """All that counts is whether it is one: no array has an axis of all places."""
    index, rng = variable("places", (6,), np.dtype(np.int64)), np.random.default_rng(0)
    other = {"ik,i": variable("x", (6,)), "ik,ij": variable("Y", (6, 3))}.get(labels.partition("->")[0])
    operands = [] if other is None else [other]
    env = {index: PLACES} | {x: rng.normal(size=x.shape) for x in operands}
    product = einsum(labels, one_hot(array(PLACES) if fixed else index, size), *operands)
    program = lower([product], list(env))
    assert all(size not in program.registers[r].shape for i in program.instructions for r in targets(i))
    (found,) = evaluate([product], env)
    picked = (PLACES[:, None] == np.arange(size)).astype(float)
    np.testing.assert_allclose(found, np.einsum(labels, picked, *(env[x] for x in operands)))


def test_infinite_padding() -> None:
    x = matrix("x", 2)
    infinite = fill(constant(float("inf")), (1,))
    (padded,) = evaluate([add(embed(x, 0, 1, 3), embed(infinite, 2, 1, 3))], {x: np.ones(2)})
    np.testing.assert_array_equal(padded, [1, 1, np.inf])


def test_quotients_are_rounded_once() -> None:
    """49 · (1/49) is not 1, also where 1/49 is needed on its own."""
    x = matrix("x", 3)
    value = np.array([49.0, 98.0, 103.0])
    one_over_x = reciprocal(x)
    y = variable("y", (3,))
    ratio, alone, scaled = evaluate([divide(y, x), one_over_x, scale(constant(49), one_over_x)], {x: value, y: value})
    np.testing.assert_array_equal(ratio, np.ones(3))
    np.testing.assert_array_equal(alone, 1 / value)
    np.testing.assert_array_equal(scaled, 49 / value)


# --- size --------------------------------------------------------------------------------------------


def test_lowering_is_linear() -> None:
    """Twice the nodes, twice the instructions; no node is written twice."""
    counts = []
    for n in (500, 1000):
        e: Expr = u
        for j in range(n):
            e = add(sin(e), scale(constant(j + 0.5), multiply(e, u)))
        counts.append(len(lower([e], [u]).instructions))
    assert counts[1] == 2 * counts[0]


# --- programs for all sizes -----------------------------------------------------------------------------


def test_a_program_for_all_sizes_keeps_their_names() -> None:
    m, n = Dim(6, "m"), Dim(4, "n")
    X, theta = variable("X", (m, n)), variable("theta", (n,))
    mean = scale(constant(1, ((m, -1),)), einsum("ij,j->", X, theta))
    diagonal = contract([((0,), theta), ((0, 1), delta(n))], (0, 1))
    program = lower([mean, diagonal, delta(n)], [X, theta], Sizes.NAMED)
    named = [v.name for v in program.constants.values() if isinstance(v, Dim)]
    assert named == ["m"]
    shapes = [program.registers[r].shape for r in program.outputs]
    assert [[getattr(s, "name", None) for s in shape] for shape in shapes] == [[], ["n", "n"], ["n", "n"]]
    assert Affine((1, -1)) in [v for v in program.constants.values() if isinstance(v, Affine)]
    fixed = lower([mean, diagonal, delta(n)], [X, theta])
    assert not any(isinstance(s, Dim) for kind in fixed.registers for s in kind.shape)
    assert not any(isinstance(v, (Dim, Affine)) for v in fixed.constants.values())
