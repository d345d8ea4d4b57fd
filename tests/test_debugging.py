"""What one sees of a traced function: values that are printed, and tracebacks."""

from __future__ import annotations

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
from steepest.errors import ArgumentError, ShapeError

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


kept: list[Any] = []
