"""Positions that move with a loop: by its number, a sequence, the state. They stay one loop."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from differentiation import check_function

import steepest as st
from steepest.expr.body import all_nodes
from steepest.expr.node import Apply, Scan
from steepest.frontends.tracing.indexable import Indexable, indexable, plain
from steepest.ops.gather import within

N = 70
rng = np.random.default_rng(4)
TABLE = rng.normal(size=(N, 3))
PLACES = rng.integers(-4, 4, size=N)


class Data:
    def __init__(self) -> None:
        self.rows = rng.normal(size=(N, 2))


DATA = Data()


def by_the_entry(x):
    return st.scan(lambda s, i: (0.9 * np.sin(s) + x * TABLE[i, :2], s[0]), np.zeros(2), np.arange(N))[1]


def by_the_state(x):
    def step(state, _):
        s, i = state
        return (0.9 * np.sin(s) + x[PLACES[i]] * TABLE[i - 1, 1], i + 1), s

    return st.scan(step, (0.0, 0), None, N)[1]


def until_the_end(x):
    def step(state):
        s, i = state
        return 0.9 * s + x[PLACES[i]] ** 2 * TABLE[i, 0], i + 1

    return st.while_loop(lambda state: state[1] < N, step, (0.0, 0))[0]


def by_the_number(x):
    s = 0.3
    for i in range(N):
        s = 0.9 * np.sin(s) + x[PLACES[i]] * TABLE[-i, 2]
    return s


def places_made_inside(x):
    order = np.argsort(TABLE[:, 0])
    odd = 2 * order + 1
    s = 0.0
    for i in range(N):
        s = 0.9 * np.sin(s) + x[odd[i] % 4] * x[order[i] % 3]
    return s


def of_an_object(x):
    s = 0.0
    for i in range(N):
        s = 0.9 * s + x[0] * np.tanh(x[1] * DATA.rows[i, 0]) + np.sum(DATA.rows[i])
    return s


def a_walk(x):
    """The state says where to read next."""

    def step(state, _):
        s, i = state
        return (0.9 * np.sin(s + x[i]), (i * 3 + 1) % 4), s

    return st.scan(step, (0.0, 0), None, N)[1]


def written_at_the_number(x):
    def step(y, i):
        y = y.copy()
        y[i % 4] = np.sin(y[(i + 1) % 4]) + 0.5 * x[PLACES[i]]
        y[-1] += 0.1 * TABLE[i, 0]
        return y, y[0]

    y, ys = st.scan(step, x, np.arange(N))
    return y * np.sum(ys)


def several_places(x):
    """Rows of a table of places."""
    pairs = np.stack([PLACES, np.roll(PLACES, 1)], axis=1)
    return st.scan(lambda s, i: (0.5 * s + np.prod(x[pairs[i]]), None), 0.0, np.arange(N))[0]


X = np.array([0.7, -0.4, 0.3, 1.1])
PROGRAMS: dict[str, tuple[Callable[..., Any], Any]] = {
    f.__name__: (f, X[:size])
    for f, size in (
        (by_the_entry, 2),
        (by_the_state, 4),
        (until_the_end, 4),
        (by_the_number, 4),
        (places_made_inside, 4),
        (of_an_object, 2),
        (a_walk, 4),
        (written_at_the_number, 4),
        (several_places, 4),
    )
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_first_derivatives(name: str) -> None:
    f, x = PROGRAMS[name]
    want = np.stack([(f(x + h) - f(x - h)) / 2e-6 for h in 1e-6 * np.eye(len(x))], axis=-1)
    for jacobian in (st.jacfwd(f), st.jacrev(f)):
        np.testing.assert_allclose(jacobian(x), want, rtol=1e-6, atol=1e-8)


@pytest.mark.heavy
@pytest.mark.parametrize("name", PROGRAMS)
def test_all_derivatives(name: str) -> None:
    f, x = PROGRAMS[name]
    check_function(f, x)


@pytest.mark.parametrize("name", PROGRAMS)
def test_one_loop(name: str) -> None:
    f, x = PROGRAMS[name]
    account = st.jit(f)
    account(x)
    assert "nodes" in str(account.explain())
    captured = account.record.specialisations
    (found,) = [s.capture for group in captured.values() for s in group]
    lengths = [n.length for n in all_nodes(found.outputs) if isinstance(n, Scan)]
    assert min(lengths, default=0) >= N - 2
    assert len(list(all_nodes(found.outputs))) < 80


# --- out of bounds ----------------------------------------------------------------------------------------


def test_out_of_bounds_is_said_as_numpy_does() -> None:
    table = np.arange(5.0)

    def f(x, n):
        return st.scan(lambda s, i: (s * x + table[i], None), 0.0, np.arange(n))[0]

    slope = st.grad(f)
    np.testing.assert_allclose(slope(0.5, 5), (f(0.5 + 1e-6, 5) - f(0.5 - 1e-6, 5)) / 2e-6, rtol=1e-8)
    with pytest.raises(IndexError, match="index 5 is out of bounds for axis 0 with size 5"):
        slope(0.5, 6)


def test_out_of_bounds_in_a_later_call() -> None:
    """Places are an argument: they may be anything."""

    def f(x, places):
        s = np.sum(x) * 0.0
        for i in range(len(places)):
            s = 0.9 * s + x[places[i]] ** 2
        return s

    places = np.arange(80) % 4
    slope = st.grad(f)
    first = slope(X, places)
    np.testing.assert_allclose(slope(X, places[::-1] - 4)[::-1], slope(X[::-1], 3 - places[::-1]), rtol=1e-12)
    np.testing.assert_array_equal(slope(X, places), first)
    with pytest.raises(IndexError, match="index 4 is out of bounds"):
        slope(X, places + 1)


def test_the_error_a_loop_ends_with() -> None:
    def f(x):
        s, k = 0.0, 0
        try:
            for i in range(100):
                s, k = 0.9 * s + x[i] * TABLE[i, 0], i
        except IndexError:
            s = s * k
        return s

    x = rng.normal(size=66)
    want = (f(x + 1e-6 * np.eye(66)[3]) - f(x - 1e-6 * np.eye(66)[3])) / 2e-6
    np.testing.assert_allclose(st.grad(f)(x)[3], want, rtol=1e-6)


# --- plain arrays in a traced function --------------------------------------------------------------------


def test_a_place_that_is_an_argument_is_looked_up() -> None:
    """One trace for all places."""

    def f(x, k):
        return x * TABLE[k, 0] ** 2

    slope = st.grad(f)
    for k in (3, -1, 7):
        np.testing.assert_allclose(slope(2.0, np.array(k)), TABLE[k, 0] ** 2)
    assert "traced 1 time," in str(slope.explain())


def test_what_was_written_counts() -> None:
    table = np.arange(80.0)

    def f(x):
        s = 0.0
        for i in range(80):
            s = 0.5 * s + x * table[i]
        return s

    slope = st.grad(f)
    before = slope(1.0)
    table[:] *= 2
    np.testing.assert_allclose(slope(1.0), 2 * before)


def test_what_a_function_sees_is_an_array() -> None:
    def f(x):
        assert type(TABLE) is np.ndarray
        assert all(isinstance(a, np.ndarray) for a in (TABLE, TABLE @ TABLE.T, TABLE.copy(), PLACES.copy()))
        assert all(isinstance(s, float) for s in (TABLE[0, 0], np.sum(TABLE), TABLE.sum()))
        return x * TABLE[0, 0] + PLACES[1]

    np.testing.assert_allclose(st.grad(f)(1.0), TABLE[0, 0])


def test_what_is_returned_is_plain() -> None:
    value = st.jit(lambda x: (x, TABLE, PLACES, {"rows": PLACES[:2]}))(2.0)
    assert type(value[1]) is type(value[2]) is type(value[3]["rows"]) is np.ndarray


def test_a_view_is_the_array() -> None:
    a = np.arange(6.0).reshape(2, 3)
    view = indexable(a)
    assert type(view) is Indexable
    assert plain(view) is a
    assert indexable(3.0) == 3.0
    assert type(indexable(np.array(["a"]))) is np.ndarray
    assert type(pickle.loads(pickle.dumps(view))) is np.ndarray
    view[0, 0] = 7.0
    assert a[0, 0] == 7.0
    assert type(plain(view[0])) is np.ndarray
    for number in (view.sum(), view.mean(), view.max(), view[0, 1], np.linalg.norm(view), view[0] @ view[1]):
        assert type(number) is np.float64


def test_a_copy_may_be_written_to() -> None:
    """As one that np.array makes."""

    def f(x):
        rows, ints = TABLE.copy(), PLACES[:3].copy()
        rows[0] = x
        ints[0] = 1
        wide = PLACES[:3].astype(float)
        wide[1] = x[ints[0]]
        return np.sum(rows[:2] ** 2) + np.sum(wide) * x[2] + np.sum(TABLE.dot(x) ** 2)

    before = TABLE[0].copy()
    x = np.array([0.3, -0.5, 0.2])
    want = [(f(x + h) - f(x - h)) / 2e-6 for h in 1e-6 * np.eye(3)]
    np.testing.assert_allclose(st.grad(f)(x), want, rtol=1e-7)
    np.testing.assert_array_equal(TABLE[0], before)


@pytest.mark.parametrize("name", ["by_the_number", "places_made_inside", "several_places"])
def test_places_that_no_input_goes_into_are_worked_out(name: str) -> None:
    f, x = PROGRAMS[name]
    compiled = st.jit(f)
    compiled(x)
    ((found,),) = compiled.record.specialisations.values()
    assert not any(isinstance(n, Apply) and n.op is within for n in all_nodes(found.capture.outputs))
