"""Arrays read and added to at places that are given when a kernel is called."""

from __future__ import annotations

import numpy as np
import pytest
from native_engine import check_expressions, expanded

from steepest.calculus.reverse import vjp
from steepest.engines.native.compile import emit
from steepest.engines.native.kernel import FAILED
from steepest.engines.native.machine.loading import load
from steepest.expr.build import transpose_axes, variable
from steepest.expr.node import Expr, Variable
from steepest.ops.elementary import sin
from steepest.ops.gather import linear_index, take
from steepest.ops.rearrange import entry
from steepest.ops.selection import one_hot

INT = np.dtype(np.int64)


def table(rows: int = 6, columns: int = 3) -> Variable:
    return variable("x", (rows, columns), np.dtype(np.float64))


def indices(*shape: int) -> Variable:
    return variable("i", shape, INT)


def with_gradient(y: Expr, x: Variable) -> list[Expr]:
    return [y, *vjp(y, [x], y)]


@pytest.mark.parametrize("shape", [(), (1,), (5,), (40,), (7, 3), (33, 2)], ids=str)
@pytest.mark.parametrize("axis", [0, 1])
def test_places_from_either_end(shape: tuple[int, ...], axis: int) -> None:
    rng = np.random.default_rng(0)
    x, i = table(), indices(*shape)
    size = x.shape[axis]
    env = {x: rng.normal(size=x.shape), i: rng.integers(-size, size, shape)}
    check_expressions(with_gradient(sin(take(x, i, axis)), x), env)


def columns(i: Variable) -> list[Expr]:
    """The columns of an index array, as observations list the numbers of what they see."""
    turned = transpose_axes(i, (1, 0))
    return [_row(turned, k) for k in range(i.shape[1])]


def _row(x: Expr, k: int) -> Expr:
    return entry(transpose_axes(x, (1, 0)), k)


@pytest.mark.parametrize("n", [3, 50])
def test_columns_of_an_index_array(n: int) -> None:
    rng = np.random.default_rng(1)
    x, i = table(9, 4), indices(n, 2)
    first, second = columns(i)
    y = take(take(x, first, 0), second, 1)
    env = {x: rng.normal(size=x.shape), i: np.stack([rng.integers(-9, 9, n), rng.integers(-4, 4, n)], axis=1)}
    check_expressions(with_gradient(sin(y), x), env)


@pytest.mark.parametrize("wrong", [-7, 6, 2**62, -(2**63), 2**63 - 1])
@pytest.mark.parametrize("where", [0, 5, 20])
def test_a_place_that_does_not_exist(wrong: int, where: int) -> None:
    """Nothing is computed, and the status says that array operations must."""
    x, i = table(), indices(21)
    loaded = load(emit(expanded(with_gradient(sin(take(x, i, 0)), x), [x, i])))
    places = np.resize(np.arange(-6, 6), 21)
    assert loaded.run([np.ones(x.shape), places])[1] & FAILED == 0
    places[where] = wrong
    assert loaded.run([np.ones(x.shape), places])[1] & FAILED


def test_a_place_that_does_not_exist_in_one_column() -> None:
    x, i = table(9, 4), indices(10, 2)
    first, second = columns(i)
    loaded = load(emit(expanded([take(take(x, first, 0), second, 1)], [x, i])))
    for wrong, status in (((8, 3), 0), ((9, 3), FAILED), ((8, 4), FAILED), ((-9, -4), 0), ((-9, -5), FAILED)):
        places = np.zeros((10, 2), INT)
        places[7] = wrong
        assert loaded.run([np.ones(x.shape), places])[1] == status


def test_places_on_two_axes_at_once() -> None:
    rng = np.random.default_rng(2)
    i, j = indices(30), variable("j", (30,), INT)
    flat = variable("v", (20,), np.dtype(np.float64))
    place = linear_index([i, j], (5, 4))
    env = {flat: rng.normal(size=20), i: rng.integers(-5, 5, 30), j: rng.integers(-4, 4, 30)}
    check_expressions(with_gradient(sin(take(flat, place, 0)), flat), env)


@pytest.mark.parametrize("bad", [None, 3, -4])
def test_one_place_in_each_row(bad: int | None) -> None:
    """As the logarithms of probabilities are read at the labels: ``x[np.arange(n), i]``."""
    rng = np.random.default_rng(3)
    i, flat = indices(21), variable("v", (63,), np.dtype(np.float64))
    place = linear_index([np.arange(21), i], (21, 3))
    env = {flat: rng.normal(size=63), i: rng.integers(-3, 3, 21)}
    if bad is None:
        check_expressions(with_gradient(sin(take(flat, place, 0)), flat), env)
    else:
        env[i][20] = bad
        loaded = load(emit(expanded([take(flat, place, 0)], [flat, i])))
        assert loaded.run([env[flat], env[i]])[1] & FAILED


@pytest.mark.parametrize("n", [5, 8, 21])
def test_computed_places_are_looked_at_on_the_way(n: int) -> None:
    x, i, j = table(), indices(n), variable("j", (n,), INT)
    y = take(x, take(i, j, 0), 0)
    rng = np.random.default_rng(4)
    env = {x: rng.normal(size=x.shape), i: rng.integers(-6, 6, n), j: rng.integers(-n, n, n)}
    check_expressions(with_gradient(sin(y), x), env)
    loaded = load(emit(expanded([y], [x, i, j])))
    env[j] = np.arange(n)
    for wrong, status in ((5, 0), (-6, 0), (6, FAILED), (-7, FAILED), (2**62, FAILED), (-(2**63), FAILED)):
        env[i][n - 1] = wrong
        assert loaded.run([env[x], env[i], env[j]])[1] == status


def test_rows_of_an_identity() -> None:
    i = indices(12)
    check_expressions([one_hot(i, 5)], {i: np.arange(-3, 9)})
