"""What a traced function changes outside itself is told, done once a call, or undone."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.errors import CaptureError, NotDeterministicError

X = np.array([1.0, 2.5])


# --- what a function changes ----------------------------------------------------------------------------

calls = 0
kept: list[Any] = []
table = {"a": 1.0}
weights = np.ones(2)


def counting(x: Any) -> Any:
    global calls
    calls += 1
    return x**2


def collecting(x: Any) -> Any:
    kept.append(1)
    return x**2


def entering(x: Any) -> Any:
    table["a"] = 2.0
    return x**2


def shifting(x: Any) -> Any:
    weights[0] = 3.0
    return x**2


class Model:
    def __init__(self) -> None:
        self.count, self.history = 0, [0.0]

    def loss(self, x: Any) -> Any:
        self.count += 1
        return x**2

    def remembering(self, x: Any) -> Any:
        self.history.append(1.0)
        return x**2


def enclosed() -> Any:
    count = 0

    def f(x: Any) -> Any:
        nonlocal count
        count += 1
        return x**2

    return f


CHANGES = {
    "global": (lambda: counting, r"the global 'calls' \(test_side_effects\.py:\d+\)"),
    "list": (lambda: collecting, "the list 'kept'"),
    "dict": (lambda: entering, "the dict 'table'"),
    "array": (lambda: shifting, "the ndarray 'weights'"),
    "attribute": (lambda: Model().loss, "the attribute 'count' of an object of type Model"),
    "inside an attribute": (lambda: Model().remembering, "what an object of type Model holds"),
    "enclosing": (enclosed, r"the variable 'count' of the function around it \(test_side_effects\.py:\d+\)"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_function_changes_is_told(name: str) -> None:
    make, words = CHANGES[name]
    f = make()
    table["a"], weights[0] = 1.0, 1.0
    g = st.grad(f)
    with pytest.warns(st.SideEffectWarning, match=words):
        assert g(3.0) == 6
    assert g(4.0) == 8  # told once
    assert "each run of the function changes the" in str(g.explain()) or "changes what" in str(g.explain())


def test_what_changes_the_result_is_refused_with_what_it_was() -> None:
    def f(x: Any) -> Any:
        counting(1.0)
        return x**2 * calls

    globals().update(calls=0)
    with pytest.raises(NotDeterministicError, match=r"two calls .*gave 4(.|\n)*It changes the global 'calls'"):
        st.grad(f)(2.0)


def test_an_argument_that_is_written_to_stays_as_it_was() -> None:
    def f(x: Any, p: Any) -> Any:
        x[0] = 3.0
        p["b"] = p.pop("a") * 2
        return np.sum(x**2) * p["b"]

    x, p = X.copy(), {"a": 1.0}
    g = st.grad(f)
    np.testing.assert_array_equal(g(x, p), [0.0, 10.0])
    np.testing.assert_array_equal(x, X)
    assert p == {"a": 1.0}
    assert "it writes into its arguments; here it is given copies" in str(g.explain())


def test_a_cached_property_is_no_change() -> None:
    class Scaled:
        @functools.cached_property
        def factor(self) -> float:
            return 2.0

        def loss(self, x: Any) -> Any:
            return self.factor * x

    assert st.grad(Scaled().loss)(1.0) == 2


nodes: Any = None
tables: dict[int, Any] = {}


def with_nodes(x: Any) -> Any:
    global nodes
    if nodes is None:
        nodes = np.linspace(0.0, 2.0, 3)
    return np.sum(nodes * x)


def with_tables(x: Any) -> Any:
    if len(x) not in tables:
        tables[len(x)] = np.linspace(0.0, 2.0, 3), np.sqrt([4.0, 9.0, 16.0]), 3
    return np.sum(tables[len(x)][0] * x)


class Lazy:
    def __init__(self) -> None:
        self.nodes: Any = None
        self.tables: dict[str, Any] = {}

    def loss(self, x: Any) -> Any:
        if self.nodes is None:
            self.nodes = np.linspace(0.0, 2.0, 3)
        if "ones" not in self.tables:
            self.tables["ones"] = {"values": [np.ones(3)]}
        return np.sum(self.nodes * x * self.tables["ones"]["values"][0])


@pytest.mark.parametrize("f", [with_nodes, with_tables, Lazy().loss], ids=["global", "dict", "attributes"])
def test_what_is_worked_out_once_and_kept_is_no_change(f: Any) -> None:
    globals().update(nodes=None)
    tables.clear()
    g = st.grad(f)
    for _ in range(3):
        np.testing.assert_array_equal(g(np.array([1.0, 2.0, 3.0])), [0.0, 1.0, 2.0])
    if f is with_tables:
        assert [type(x) for x in tables[3]] == [np.ndarray, np.ndarray, int]


def test_what_is_kept_and_depends_on_arguments_is_told() -> None:
    found: dict[str, Any] = {}

    def f(x: Any) -> Any:
        found["double"] = [2 * x, np.ones(2)]
        return x**2

    with pytest.warns(st.SideEffectWarning, match="the dict 'found'"):
        assert st.grad(f)(1.0) == 2


def test_what_was_kept_beyond_its_function_is_refused() -> None:
    leaked: list[Any] = []

    def f(x: Any) -> Any:
        if not leaked:
            leaked.append(x * 3)
        return x**2

    with pytest.warns(st.SideEffectWarning, match="the list 'leaked'"):
        st.grad(f)(1.0)
    for use in (lambda t: t + 1, lambda t: t > 0, bool, np.sin, lambda t: np.array([t, 1.0])):
        with pytest.raises(CaptureError, match="after the function it belongs to has ended"):
            use(leaked[0])
    assert repr(leaked[0]) == "Traced(np.float64(3.0))"
    with pytest.raises(CaptureError, match=r"has ended\n +at test_side_effects\.py"):
        st.grad(lambda y: y * leaked[0])(1.0)


def test_products_and_maps_explain_themselves() -> None:
    product, rows = st.hvp(lambda x: np.sum(x**3)), st.vmap(lambda x: x @ x)
    assert product(np.ones(2), np.ones(2)) == pytest.approx([6.0, 6.0])
    assert rows(np.ones((3, 2))) == pytest.approx([2.0, 2.0, 2.0])
    assert (repr(product), repr(rows)) == ("hvp(<lambda>)", "vmap(<lambda>)")
    assert "traced 1 time" in str(product.explain())
    assert "traced 1 time" in str(rows.explain())
