"""Calls whose arguments are containers of arrays: machine code takes them apart, and puts results together likewise."""

from __future__ import annotations

import dataclasses
import gc
import sys
import threading
from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np
import pytest
from affine_kernel import affine
from answering import FIRST, FLOAT64, THREE, Answer, X, in_python

import steepest as st
from steepest.engines.native.entry.callable import reason_against
from steepest.engines.native.entry.entrance import (
    Container,
    ContainerArgument,
    FixedArgument,
    Made,
    Mapping,
    NumberArgument,
    Output,
)
from steepest.engines.native.kernel import Kernel
from steepest.lower.program import ArrayType

pytestmark = pytest.mark.skipif(reason_against() is not None, reason=str(reason_against()))

Y = np.array([10.0, 20.0, 30.0])


class Pair(NamedTuple):
    a: Any
    b: Any


@dataclasses.dataclass
class Point:
    a: Any
    b: Any


class OwnDict(dict):  # type: ignore[type-arg]
    pass


class OwnList(list):  # type: ignore[type-arg]
    pass


SUM = """
define i32 @kernel(ptr %buffers, ptr %externals, ptr %workspace) {
start:
  %x = load ptr, ptr %buffers
  %y_at = getelementptr ptr, ptr %buffers, i64 1
  %y = load ptr, ptr %y_at
  %out_at = getelementptr ptr, ptr %buffers, i64 2
  %out = load ptr, ptr %out_at
  br label %more
more:
  %i = phi i64 [ 0, %start ], [ %next, %more ]
  %x_at_i = getelementptr double, ptr %x, i64 %i
  %a = load double, ptr %x_at_i
  %y_at_i = getelementptr double, ptr %y, i64 %i
  %b = load double, ptr %y_at_i
  %twice = fmul double %b, 2.0
  %sum = fadd double %a, %twice
  %out_at_i = getelementptr double, ptr %out, i64 %i
  store double %sum, ptr %out_at_i
  %next = add i64 %i, 1
  %left = icmp slt i64 %next, 3
  br i1 %left, label %more, label %done
done:
  ret i32 0
}
"""


def summing(*arguments: Any, result: Any = FIRST) -> Answer:
    """Answers x + 2 y for what is in its arguments."""
    three = ArrayType((3,), FLOAT64)
    kernel = Kernel(SUM, (three, three), (three,), (), (), 0)
    return Answer().enter(kernel, *arguments, result=result)


IN_DICT = ContainerArgument(dict, (THREE, THREE), ("a", "b"))


def test_dicts() -> None:
    f = summing(IN_DICT)
    assert np.array_equal(f({"a": X, "b": Y}), X + 2 * Y)
    assert np.array_equal(f({"".join(["", "a"]): X, "b": Y}), X + 2 * Y)
    for other in (
        {"b": Y, "a": X}, {"a": X},
        {"a": X, "b": Y, "c": Y}, {"a": X, "c": Y}, {"a": X, 1: Y}, OwnDict(a=X, b=Y), OrderedDict(a=X, b=Y),
        {"a": X, "b": Y[:2]}, {"a": X, "b": [1.0, 2.0, 3.0]}, {}, [X, Y], None, X, {"a": {"a": X}, "b": Y},
    ):  # fmt: skip
        assert in_python(f(other))
    assert in_python(f({"a": X, "b": Y}, X))
    assert in_python(f())


@pytest.mark.parametrize(
    ("kind", "given", "others"),
    [
        (tuple, (X, Y), [[X, Y], (X,), (X, Y, Y), Pair(X, Y), ()]),
        (list, [X, Y], [(X, Y), [X], [X, Y, Y], OwnList([X, Y]), []]),
        (Pair, Pair(X, Y), [(X, Y), Point(X, Y)]),
    ],
)
def test_by_position(kind: type, given: Any, others: list[Any]) -> None:
    f = summing(ContainerArgument(kind, (THREE, THREE)))
    assert np.array_equal(f(given), X + 2 * Y)
    assert all(in_python(f(other)) for other in others)


def test_by_attribute() -> None:
    f = summing(ContainerArgument(Point, (THREE, THREE), ("a", "b")))
    assert np.array_equal(f(Point(X, Y)), X + 2 * Y)
    bare = Point(X, Y)
    del bare.b
    assert in_python(f(bare))
    assert in_python(f(Pair(X, Y)))


def test_nested_and_beside_others() -> None:
    inner = ContainerArgument(dict, (FixedArgument("tanh"), ContainerArgument(list, (THREE,))), ("kind", "w"))
    f = summing(FixedArgument(None), ContainerArgument(tuple, (inner, ContainerArgument(dict, ()))), THREE)
    assert np.array_equal(f(None, ({"kind": "tanh", "w": [X]}, {}), Y), X + 2 * Y)
    assert in_python(f(None, ({"kind": "relu", "w": [X]}, {}), Y))
    assert in_python(f(None, ({"kind": "tanh", "w": [X]}, {"more": X}), Y))
    assert in_python(f(None, ({"kind": "tanh", "w": [X]},), Y))


def test_numbers_inside() -> None:
    f = Answer().enter(affine([(2, 1)], ()), ContainerArgument(dict, (NumberArgument(FLOAT64),), (1,)))
    assert f({1: 3.0}) == 7
    assert f({1: np.float64(3)}) == 7
    assert in_python(f({True: 3.0}))
    assert in_python(f({"1": 3.0}))


def test_results() -> None:
    shapes = [
        (Mapping(("v", 2), (Output(0), Output(0))), lambda y: {"v": y, 2: y}),
        (Made(Pair, Container(tuple, (Output(0), Output(0)))), lambda y: Pair(y, y)),
        (Made(Point, Mapping(("b", "a"), (Output(0), Container(list, (Output(0),))))), lambda y: Point([y], y)),
    ]
    for result, expected in shapes:
        found = summing(IN_DICT, result=result)({"a": X, "b": Y})
        wanted = expected(X + 2 * Y)
        assert type(found) is type(wanted)
        assert repr(found) == repr(wanted)


def test_a_class_that_raises() -> None:
    class Choosy:
        def __init__(self, **_: Any) -> None:
            raise ValueError("not today")

    f = summing(IN_DICT, result=Made(Choosy, Mapping(("a",), (Output(0),))))
    for _ in range(3):
        with pytest.raises(ValueError, match="not today"):
            f({"a": X, "b": Y})


def test_references_are_given_back() -> None:
    a, b = X.copy(), Y.copy()
    f = summing(ContainerArgument(tuple, (IN_DICT,)), result=Made(Point, Mapping(("a", "b"), (Output(0), Output(0)))))
    fitting, other, short = ({"a": a, "b": b},), ({"a": a, "b": b[:2]},), ({"a": a, "c": b},)
    before = np.array([sys.getrefcount(x) for x in (a, b, fitting[0], other[0], short[0], Point, "a")])
    for _ in range(1000):
        f(fitting), f(other), f(short)
    gc.collect()
    after = [sys.getrefcount(x) for x in (a, b, fitting[0], other[0], short[0], Point, "a")]
    assert np.all(np.abs(after - before) < 20)  # caches of the interpreter may hold a class for a while
    assert np.array_equal(after[:2], before[:2])


def test_a_key_that_changes_the_dict_while_it_is_looked_up() -> None:
    class Sly:
        def __hash__(self) -> int:
            return hash("b")

        def __eq__(self, _: object) -> bool:
            given.clear()
            return False

    f = summing(IN_DICT)
    given: dict[Any, Any] = {}
    for _ in range(200):
        given.clear()
        given.update({"a": X + 1, Sly(): Y + 1})
        assert in_python(f(given))


def test_containers_that_others_change_meanwhile() -> None:
    n = 20_000
    params = {"w": np.ones(n), "b": np.ones(n)}
    g = st.grad(lambda p: np.sum(np.sin(p["w"]) * np.exp(p["b"])), compile="eager")
    for _ in range(3):
        g(params)
    going = True

    def change() -> None:
        while going:
            params["w"], params["b"] = np.ones(n), np.ones(n)

    other = threading.Thread(target=change)
    other.start()
    try:
        for _ in range(300):
            found = g(params)
            np.testing.assert_allclose(found["w"][::999], np.cos(1) * np.e, rtol=1e-12)
    finally:
        going = False
        other.join()


# --- through the library ------------------------------------------------------------------------------


def network(p: Any, x: Any) -> Any:
    for w, b in p["layers"]:
        x = np.tanh(w @ x + b)
    return p["scale"] * np.sum(x**2)


def parameters(rng: np.random.Generator) -> dict[str, Any]:
    layers = [(rng.normal(size=(3, 2)), rng.normal(size=3)), (rng.normal(size=(2, 3)), rng.normal(size=2))]
    return {"scale": 1.5, "layers": layers}


def answered(g: Any, *args: Any) -> tuple[Any, bool]:
    """The result, and whether code alone gave it."""
    before = g._entries.answered() if g._entries else 0
    result = g(*args)
    return result, bool(g._entries) and g._entries.answered() == before + 1


def test_parameters_of_a_network(rng: np.random.Generator) -> None:
    p, x = parameters(rng), rng.normal(size=2)
    g, plain = (st.value_and_grad(network, compile=how) for how in ("eager", "off"))
    for _ in range(3):
        g(p, x)
    p["layers"][0] = (p["layers"][0][0] * 2, p["layers"][0][1])  # what is in it may change
    (value, slope), at_once = answered(g, p, x)
    assert at_once
    expected, expected_slope = plain(p, x)
    np.testing.assert_allclose(value, expected)
    assert type(slope) is dict
    assert list(slope) == ["scale", "layers"]
    np.testing.assert_allclose(slope["scale"], expected_slope["scale"])
    for (w, b), (v, c) in zip(slope["layers"], expected_slope["layers"], strict=True):
        np.testing.assert_allclose(w, v)
        np.testing.assert_allclose(b, c)
    assert "answered by machine code alone" in str(g.explain())


@dataclasses.dataclass(frozen=True)
class Frozen:
    a: Any
    b: Any = dataclasses.field(default=None, metadata={"unit": "m"})


@dataclasses.dataclass
class Swapping:
    a: Any
    b: Any

    def __post_init__(self) -> None:
        self.a, self.b = self.b, self.a


@pytest.mark.parametrize("kind", [Pair, Point, Frozen, Swapping])
def test_objects(kind: Any) -> None:
    g = st.grad(lambda p: np.sum(p.a**2 * p.b), compile="eager")
    for _ in range(3):
        g(kind(X, Y))
    result, at_once = answered(g, kind(Y, X))
    expected = st.grad(lambda p: np.sum(p.a**2 * p.b), compile="off")(kind(Y, X))
    assert type(result) is kind
    assert at_once == (kind is not Swapping)
    np.testing.assert_allclose(result.a, expected.a)
    np.testing.assert_allclose(result.b, expected.b)


def test_objects_in_objects(rng: np.random.Generator) -> None:
    def f(p: Any) -> Any:
        return np.sum(p.a.a**2 * p.a.b) + np.sum(p.b[0].a * p.b[0].b)

    def made() -> Point:
        return Point(Point(X, Y), [Pair(Y, rng.normal(size=3))])

    g, plain = (st.grad(f, compile=how) for how in ("eager", "off"))
    for _ in range(3):
        g(made())
    given = made()
    result, at_once = answered(g, given)
    assert at_once
    expected = plain(given)
    assert repr(type(result.b[0])) == repr(Pair)
    np.testing.assert_allclose(result.a.a, expected.a.a)
    np.testing.assert_allclose(result.a.b, expected.a.b)
    np.testing.assert_allclose(result.b[0].a, expected.b[0].a)
    assert g.record.traces == 1


def test_why_calls_go_through_python() -> None:
    table = [1.0, 2.0, 3.0]
    g = st.grad(lambda x: np.sum(x * np.array(table)), compile="eager")
    h = st.grad(lambda p: np.sum(p["a"] ** 2), compile="eager")
    for _ in range(3):
        g(X)
        h(OrderedDict(a=X))
    assert "go through Python: the function reads what may change inside" in str(g.explain())
    assert "go through Python: it takes a OrderedDict" in str(h.explain())
    k = st.grad(lambda x: np.sum(x**2), compile="eager")
    k(np.float16([1.0, 2.0]))
    assert "go through Python: an argument is" in str(k.explain())


@pytest.mark.parametrize("choice", ["off", "auto", "eager"])
def test_a_function_may_go_by_the_order_of_keys(choice: str) -> None:
    weights = np.arange(6.0)
    g = st.grad(lambda p: np.dot(np.concatenate(list(p.values())), weights), compile=choice)
    first, second = "a", "".join(["b", "b"])
    for _ in range(3):
        there, back = g({first: X, "bb": Y}), g({second: Y, "a": X})
        assert [list(there), list(back)] == [["a", "bb"], ["bb", "a"]]
        np.testing.assert_array_equal(there["a"], weights[:3])
        np.testing.assert_array_equal(back["a"], weights[3:])
    h = st.grad(lambda a, **p: np.dot(np.concatenate(list(p.values())), weights) * a, compile=choice)
    for _ in range(3):
        assert h(2.0, x=X, y=Y) == weights @ [*X, *Y]
        assert h(2.0, y=Y, x=X) == weights @ [*Y, *X]
