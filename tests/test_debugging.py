"""What one sees of a traced function: values that are printed, tracebacks, the account of it, and what it changes."""

from __future__ import annotations

import functools
import io
import logging
import pdb
import re
import sys
import traceback
from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.errors import ArgumentError, CaptureError, NotDeterministicError, ShapeError

X = np.array([1.0, 2.5])


def first_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.splitlines()[0]


# --- values ---------------------------------------------------------------------------------------------


def test_text_of_a_traced_value_shows_the_value(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x: Any) -> Any:
        print(x, f"{x:.3f}", f"{x}", "{:>8.1e}".format(x), str(2 * x), "%s" % x)  # noqa: UP031, UP032
        return x**2

    assert st.grad(f)(2.0) == 4
    text = "Traced(np.float64(2.0)) 2.000 2.0  2.0e+00 Traced(np.float64(4.0)) Traced(np.float64(2.0))"
    assert first_line(capsys) == text
    assert "guard" not in str(st.grad(f).explain())  # a text steers nothing


def test_arrays_and_containers_too(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x: Any) -> Any:
        print(x, [v for v in x], {"a": x[0]}, f"{x}")  # noqa: C416
        return x @ x

    st.grad(f)(X)
    values = "[Traced(np.float64(1.0)), Traced(np.float64(2.5))] {'a': Traced(np.float64(1.0))}"
    assert first_line(capsys) == f"Traced(array([1. , 2.5])) {values} [1.  2.5]"


def by_key(x: Any) -> Any:
    return {"1.0": 2.0, "2.0": 3.0}.get(f"{x:.1f}", 5.0) * x


def rounded_by_text(x: Any) -> Any:
    return float(f"{x:.1f}") * x


def compared_as_text(x: Any) -> Any:
    return x**2 if format(x, ".1f") == "1.0" else x**3


def cut_out_of_text(x: Any) -> Any:
    return len(f"{10 * x:.2f}".split(".")[0]) * x + int(f"{x:.1f}"[0])


def by_several_pieces(x: Any) -> Any:
    tag = f"{x:.1f}-{2 * x:.1f}"
    if tag == "1.0-2.0":
        return x**2
    return x**3


def by_format(x: Any) -> Any:
    return x**2 if "{:.1f}!".format(x) == "1.0!" else x**3  # noqa: UP032


def by_joined_text(x: Any) -> Any:
    pieces = [f"{v:.1f}" for v in (x, 2 * x)]
    tag = ",".join(pieces)
    return {"1.0,2.0": x**2}.get(tag, x**3)


def by_added_text(x: Any) -> Any:
    tag = "x=" + f"{x:.1f}" + "!"
    return x**2 if tag == "x=1.0!" else x**3


def by_pattern(x: Any) -> Any:
    return x**2 if re.match("1[.]0", f"{x:.1f}") else x**3


def kept_elsewhere(x: Any) -> Any:
    kept: list[str] = []
    kept.append(f"{x:.1f}, {x}")
    return x**2 if kept[0].startswith("1.0") else x**3


def looked_up_while_printing(x: Any) -> Any:
    try:
        print({"1.0!": 1}[f"{x:.1f}!"])
    except KeyError:
        return x**3
    return x**2


class Pair:
    def __init__(self, a: Any, b: Any):
        self.a, self.b = a, b

    def __repr__(self) -> str:
        return f"({self.a:.1f}, {self.b:.1f})"


def by_repr(x: Any) -> Any:
    return x**2 if repr(Pair(x, x)) == "(1.0, 1.0)" else x**3


STEERED = [
    by_key, rounded_by_text, compared_as_text, cut_out_of_text, by_several_pieces, by_format, by_joined_text,
    by_added_text, by_pattern, kept_elsewhere, looked_up_while_printing, by_repr,
]  # fmt: skip


@pytest.mark.parametrize("f", STEERED, ids=lambda f: f.__name__)
def test_text_that_steers_the_function_is_guarded(f: Any) -> None:
    g, slope = st.jit(f), st.grad(f)
    for x in (1.0, 2.0, 1.02, 3.0, 20.0, *np.linspace(4, 5, 12)):
        assert g(x) == pytest.approx(f(x))
        assert slope(x) == pytest.approx((f(x + 1e-6) - f(x - 1e-6)) / 2e-6, rel=1e-5)
    kept = [f"{st.grad(lambda t: t**2)(1.0):.1f}"]
    assert kept[0] == "2.0"


def test_text_that_is_only_shown_leaves_no_guard(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("shown")

    def f(x: Any) -> Any:
        print(f"{x:.1f}-{2 * x:.1f}", "{:.1f}".format(x).rjust(8), "%s" % x, str(x) + "!", Pair(x, x))  # noqa: UP031, UP032
        print(", ".join(f"{v:.1f}" for v in (x, 2 * x)), [f"{v:.1f}" for v in (x, x)], sep="\n", end="\n\n")
        print(*[f"{v:.1f}" for v in (x, 2 * x)], **{"sep": ":"})  # noqa: PIE804
        logger.info("x is %s", x)
        logger.warning(f"x is {x:.1f} or {x}")  # noqa: G004
        sys.stderr.write(f"{x}: {2 * x}")
        return x**2

    g = st.grad(f)
    assert g(2.0) == 4
    assert first_line(capsys).startswith("2.0-4.0      2.0 Traced(np.float64(2.0))")
    assert g(3.0) == 6
    assert not capsys.readouterr().out  # the same capture holds
    assert "guard" not in str(g.explain())


def test_a_debugger_stops_at_the_user_s_line(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    debugger = pdb.Pdb(stdin=io.StringIO("p x, y\nc\n" * 5), stdout=out, nosigint=True, readrc=False)
    monkeypatch.setattr(sys, "breakpointhook", lambda: debugger.set_trace(sys._getframe(1)))

    def f(x: Any) -> Any:
        y = x**2
        breakpoint()
        return y

    assert st.grad(f)(3.0) == 6
    text = out.getvalue()
    assert "test_debugging.py" in text.splitlines()[0]
    assert "(Traced(np.float64(3.0)), Traced(np.float64(9.0)))" in text


# --- tracebacks -----------------------------------------------------------------------------------------


def inner(y: Any) -> Any:
    return np.sum(y @ np.ones(4))


def outer(x: Any) -> Any:
    return inner(x + 1)


def missing(x: Any) -> Any:
    return {}["a"] * x


def frames(error: BaseException) -> list[str]:
    return [f.name for f in traceback.extract_tb(error.__traceback__)]


@pytest.mark.parametrize(
    ("f", "kind", "names"), [(outer, ShapeError, ["outer", "inner"]), (missing, KeyError, ["missing"])]
)
def test_a_traceback_leads_from_the_call_to_the_user_s_line(f: Any, kind: Any, names: list[str]) -> None:
    with pytest.raises(kind) as caught:
        st.grad(f)(X)
    found = frames(caught.value)
    assert found[0].startswith("test_")
    assert found[-len(names) :] == names
    assert len(found) <= len(names) + 3  # the call, and our way in


def test_a_traceback_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEEPEST_TRACEBACK", "full")
    with pytest.raises(ShapeError) as caught:
        st.grad(outer)(X)
    assert frames(caught.value)[-1] == "call"


def test_a_defect_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steepest.api.transformed.check_first_call", None)
    with pytest.raises(TypeError) as caught:
        st.grad(lambda x: x**2)(1.0)
    assert frames(caught.value)[-1] == "_check"


def generator(x: Any) -> Any:
    yield x


async def coroutine(x: Any) -> Any:
    return x


async def asynchronous_generator(x: Any) -> Any:
    yield x


@pytest.mark.parametrize("f", [generator, coroutine, asynchronous_generator], ids=lambda f: f.__name__)
def test_what_a_call_only_begins_is_refused(f: Any) -> None:
    with pytest.raises(ArgumentError, match=r"returns no number\n +at test_debugging\.py:\d+: .*def"):
        st.grad(f)(1.0)


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
    "global": (lambda: counting, r"the global 'calls' \(test_debugging\.py:\d+\)"),
    "list": (lambda: collecting, "the list 'kept'"),
    "dict": (lambda: entering, "the dict 'table'"),
    "array": (lambda: shifting, "the ndarray 'weights'"),
    "attribute": (lambda: Model().loss, "the attribute 'count' of an object of type Model"),
    "inside an attribute": (lambda: Model().remembering, "what an object of type Model holds"),
    "enclosing": (enclosed, r"the variable 'count' of the function around it \(test_debugging\.py:\d+\)"),
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
    with pytest.raises(CaptureError, match=r"has ended\n +at test_debugging\.py"):
        st.grad(lambda y: y * leaked[0])(1.0)


def test_products_and_maps_explain_themselves() -> None:
    product, rows = st.hvp(lambda x: np.sum(x**3)), st.vmap(lambda x: x @ x)
    assert product(np.ones(2), np.ones(2)) == pytest.approx([6.0, 6.0])
    assert rows(np.ones((3, 2))) == pytest.approx([2.0, 2.0, 2.0])
    assert (repr(product), repr(rows)) == ("hvp(<lambda>)", "vmap(<lambda>)")
    assert "traced 1 time" in str(product.explain())
    assert "traced 1 time" in str(rows.explain())
