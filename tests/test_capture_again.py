"""When a function is recorded again, and when not: shapes, branches, and whatever it reads besides its arguments."""

from __future__ import annotations

import gc
import types
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.api.function import record_of
from steepest.errors import MismatchError


def traces(f: Callable[..., Any]) -> int:
    return record_of(f).traces


def kept(f: Callable[..., Any]) -> int:
    return sum(len(group) for group in record_of(f).specialisations.values())


@pytest.mark.filterwarnings("ignore::steepest.SideEffectWarning")
def test_the_second_call_does_not_trace() -> None:
    calls = []

    def f(x: Any) -> Any:
        calls.append(1)
        return np.sum(x**2)

    g = st.grad(f)
    g(np.ones(3))
    after_first = len(calls)
    for _ in range(5):
        np.testing.assert_array_equal(g(np.full(3, 2.0)), np.full(3, 4.0))
    assert len(calls) == after_first
    assert traces(f) == 1


def test_everything_made_from_a_function_shares_its_captures() -> None:
    def f(x: Any) -> Any:
        return np.sum(x**3)

    x = np.arange(3.0)
    for transformed in (st.grad(f), st.grad(f), st.hessian(f), st.jacobian(f), st.value_and_grad(f), st.jit(f)):
        transformed(x)
    st.hvp(f)(x, x)
    st.jvp(f, (x,), (x,))
    assert traces(f) == 1


def test_each_shape_and_type_is_traced_once() -> None:
    def f(x: Any) -> Any:
        return np.sum(x**2)

    g = st.grad(f)
    for _ in range(2):
        for x in (np.ones(2), np.ones(3), np.ones((3, 1)), np.ones(2, np.float32)):
            assert g(x).dtype == x.dtype
    assert traces(f) == 4


def test_a_float_argument_varies_and_an_int_is_a_setting() -> None:
    def f(x: Any, n: Any) -> Any:
        return x**n

    g = st.grad(f)
    assert [g(2.0, 3), g(2.0, 3), g(2.0, 4)] == [12, 12, 32]
    assert traces(f) == 2
    assert g(2.0, 3.0) == pytest.approx(12)


def branching(x: Any) -> Any:
    if x[0] > 0:
        return x[0] ** 2
    while x[1] > 1:
        x = x / 2
    return x[1] * x[0]


def test_a_branch_not_seen_before_is_traced_and_both_are_kept() -> None:
    g = st.grad(branching)
    points = [[1.0, 4.0], [-1.0, 3.0], [2.0, 3.0], [-2.0, 3.5], [-1.0, 0.5]]
    for p in [*points, *points]:
        np.testing.assert_allclose(g(np.array(p)), st.numeric.gradient(branching, np.array(p)).value, rtol=1e-6)
    assert traces(branching) == kept(branching) == 3
    assert "a branch was taken differently" in str(g.explain())


def early(x: Any) -> Any:
    for v in x:
        if v < 0:
            return v**2
    return x.sum()


def index_of_largest(x: Any) -> Any:
    return x[np.argmax(x)] ** 2 + x[: int(np.argmin(x))].sum()


def tried(x: Any) -> Any:
    try:
        return x[int(x[0])] ** 2
    except IndexError:
        return x[1]


GUARDED = {
    "if": lambda x: x[0] ** 2 if x[0] > x[1] else x[1] ** 3,
    "max": lambda x: max(x) ** 2,
    "min": lambda x: min(*x, 0.5),
    "sorted": lambda x: sum(k * v**2 for k, v in enumerate(sorted(x))),
    "index": index_of_largest,
    "early return": early,
    "exception": tried,
    "mask": lambda x: (x[x > 0] ** 2).sum(),
    "length of a mask": lambda x: len(x[x > 0]) * x.sum(),
    "rounded": lambda x: round(x[0]) * x[1] + int(x[2]) * x[0],
    "truth of a number": lambda x: x[0] if x[1] - 0.5 else x[2],
    "comparison chain": lambda x: x[0] ** 2 if 0 < x[0] < 1 else x[1],
    "in": lambda x: x.sum() if 7.0 in x else x.prod(),
}


@pytest.mark.parametrize("name", GUARDED)
def test_what_steered_the_trace_is_watched(name: str) -> None:
    f = GUARDED[name]
    g = st.grad(f)
    rng = np.random.default_rng(3)
    for _ in range(12):
        x = rng.normal(size=3) * 1.5
        np.testing.assert_allclose(g(x), st.numeric.gradient(f, x).value, rtol=1e-5, atol=1e-7)


def test_an_assertion_goes_on_to_hold() -> None:
    def f(x: Any) -> Any:
        assert x[0] > 0, "positive, please"
        return np.log(x[0])

    g = st.grad(f)
    assert g(np.array([2.0]))[0] == 0.5
    with pytest.raises(AssertionError, match="positive, please"):
        g(np.array([-2.0]))
    assert g(np.array([4.0]))[0] == 0.25


# --- what a function reads besides its arguments ------------------------------------------------------

NUMBER = 2.0
NUMBERS = [2.0]
LONG = [1.0] * 100
SET = {1, 2}
ZEROS = [0.0] * 100
DEEP = [[[[[[[2.0]]]]]]]
BURIED = (((((((np.array([2.0]),),),),),),),)
LARGE = np.ones(5000)
NESTED = {"a": {"b": [2.0]}}
SETTINGS = types.ModuleType("settings")
SETTINGS.factor = 2.0  # type: ignore[attr-defined]


def helper(x: Any) -> Any:
    return 2 * x


class Model:
    weight = 1.0

    def __init__(self) -> None:
        self.k = 2.0
        self.deep = {"a": {"b": [1.0]}}

    def __call__(self, x: Any) -> Any:
        return self.k * x * self.weight * self.deep["a"]["b"][0]

    def loss(self, x: Any) -> Any:
        return self(x)


class Slotted:
    __slots__ = ("k",)

    def __init__(self) -> None:
        self.k = 2.0


MODEL, SLOTTED = Model(), Slotted()


def with_default(x: Any, s: Any = (2.0,), *, factor: Any = 1.0) -> Any:
    return x * s[0] * factor


def with_attribute(x: Any) -> Any:
    return x * with_attribute.k  # type: ignore[attr-defined]


with_attribute.k = 2.0  # type: ignore[attr-defined]


def set_global(name: str, value: Any) -> None:
    globals()[name] = value


def change_large() -> None:
    LARGE[4321] = 2.0


def permute_large() -> None:
    LARGE[:2] = [3.0, 5.0]
    assert st.grad(lambda x: LARGE[0] * x)(1.0) == 3.0
    LARGE[:2] = [5.0, 3.0]


CHANGES: list[tuple[Callable[..., Any], Callable[[], Any]]] = [
    (lambda x: NUMBER * x, lambda: set_global("NUMBER", 3.0)),
    (lambda x: NUMBERS[0] * x, lambda: NUMBERS.__setitem__(0, 5.0)),
    (lambda x: sum(LONG) * x, lambda: LONG.__setitem__(55, 2.0)),
    (lambda x: np.copysign(x, ZEROS[0]), lambda: ZEROS.__setitem__(0, -0.0)),
    (lambda x: DEEP[0][0][0][0][0][0][0] * x, lambda: DEEP[0][0][0][0][0][0].__setitem__(0, 5.0)),
    (lambda x: BURIED[0][0][0][0][0][0][0][0] * x, lambda: BURIED[0][0][0][0][0][0][0].__setitem__(0, 5.0)),
    (lambda x: len(SET) * x, lambda: SET.add(9)),
    (lambda x: (LARGE @ LARGE) * x, change_large),
    (lambda x: LARGE[0] * x, permute_large),
    (lambda x: NESTED["a"]["b"][0] * x, lambda: NESTED["a"]["b"].append(NESTED["a"]["b"].pop() + 1)),
    (lambda x: SETTINGS.factor * x, lambda: setattr(SETTINGS, "factor", 7.0)),
    (lambda x: helper(x), lambda: set_global("helper", lambda x: 5 * x)),
    (MODEL.loss, lambda: setattr(MODEL, "k", 3.0)),
    (MODEL.loss, lambda: setattr(Model, "weight", 4.0)),
    (MODEL.loss, lambda: MODEL.deep["a"]["b"].__setitem__(0, 9.0)),
    (MODEL, lambda: setattr(MODEL, "k", 4.0)),
    (lambda x: MODEL(x), lambda: setattr(MODEL, "k", 5.0)),
    (lambda x: MODEL(x), lambda: setattr(Model, "weight", 6.0)),
    (lambda x: MODEL(x), lambda: setattr(Model, "__call__", lambda self, x: 11.0 * x)),
    (lambda x: SLOTTED.k * x, lambda: setattr(SLOTTED, "k", 3.0)),
    (with_default, lambda: setattr(with_default, "__defaults__", ((3.0,),))),
    (with_default, lambda: setattr(with_default, "__kwdefaults__", {"factor": 5.0})),
    (with_default, lambda: setattr(with_default, "__code__", (lambda x, s, *, factor: 13.0 * x).__code__)),
    (with_attribute, lambda: setattr(with_attribute, "k", 3.0)),
]


@pytest.mark.parametrize("case", range(len(CHANGES)))
def test_what_was_read_has_changed(case: int) -> None:
    f, change = CHANGES[case]
    g, compiled = st.grad(f), st.grad(f, compile="eager")
    before = f(1.0)
    for _ in range(3):
        assert g(1.0) == compiled(1.0) == pytest.approx(before)
    change()
    assert f(1.0) != before
    assert g(1.0) == compiled(1.0) == pytest.approx(f(1.0))


def test_containers_that_hold_themselves_can_be_read() -> None:
    knot: list[Any] = [2.0]
    knot.append({"knot": knot, "pair": (knot, knot)})
    g = st.grad(lambda x: knot[1]["pair"][0][0] * x)
    assert g(1.0) == g(1.0) == 2.0
    knot[0] = 3.0
    assert g(1.0) == 3.0


def test_a_closure_cell_has_changed() -> None:
    def make() -> tuple[Callable[..., Any], Callable[..., None]]:
        inner = lambda x: x**2  # noqa: E731

        def f(x: Any) -> Any:
            return inner(x)

        def put(new: Any) -> None:
            nonlocal inner
            inner = new

        return f, put

    f, put = make()
    g = st.grad(f)
    assert g(3.0) == 6.0
    for k in range(2, 8):  # the old function is gone, and the new one may be where it was
        put(eval(f"lambda x: x**{k}"))
        assert g(3.0) == pytest.approx(k * 3.0 ** (k - 1))


def test_a_setting_that_is_an_object_has_changed() -> None:
    settings, several = types.SimpleNamespace(k=2.0), {1, 2}
    g = st.grad(lambda x, o, s: x * o.k * len(s))
    assert g(1.0, settings, several) == 4.0
    settings.k = 3.0
    assert g(1.0, settings, several) == 6.0
    several.add(3)
    assert g(1.0, settings, several) == 9.0


def test_a_function_argument_is_recorded_too() -> None:
    def f(x: Any, g: Any) -> Any:
        return np.sum(g(x))

    doubled, pair = (lambda v: 2 * v), (lambda v: np.array([v[0], v[0] * v[1]]))
    x = np.array([3.0, 5.0])
    np.testing.assert_array_equal(st.grad(f)(x, doubled), [2.0, 2.0])
    np.testing.assert_array_equal(st.grad(f)(x, pair), [6.0, 3.0])


def test_what_failed_the_check_is_not_used_later() -> None:
    def f(x: Any) -> Any:
        return x[0] ** 2 + float(f"{x[1]}") ** 2  # the second part is lost

    g = st.grad(f)
    for _ in range(3):
        with pytest.raises(MismatchError, match="the derivative"):
            g(np.array([0.7, 1.3]))


def test_functions_are_not_kept_alive() -> None:
    def make() -> Callable[..., Any]:
        offset = np.ones(3)

        def f(x: Any) -> Any:
            return np.sum((x - offset) ** 2)

        return f

    functions = [make() for _ in range(3)]
    models = [Model() for _ in range(3)]
    for f, model in zip(functions, models, strict=True):
        st.grad(f)(np.zeros(3))
        st.grad(model.loss)(1.0)
    gone = [weakref.ref(x) for x in (*functions, *models)]
    del f, model, functions, models
    gc.collect()
    assert [r() for r in gone] == [None] * len(gone)


def test_the_account_of_it() -> None:
    def f(x: Any) -> Any:
        return x[0] if x[0] > 1 else x[1]

    g = st.grad(f)
    assert "not been called" in str(g.explain())
    g(np.array([2.0, 3.0]))
    account = str(g.explain())
    for words in (
        "traced 1 time",
        "guard",
        "test_capture_again.py",
        "x(2,) float64",
        "checked against the plain function",
    ):
        assert words in account
