"""``while``, ``for`` over a plain list, comprehensions: one step is recorded where the source is known, and right."""

from __future__ import annotations

import inspect
import linecache
from typing import Any

import numpy as np
import pytest
import watched_programs
import while_else_programs
from recorded_loops import Program, captures_of, checked_captures, differences
from watched_programs import OTHERS, N

import steepest as st
from steepest.expr.traversal import toposort
from steepest.frontends.tracing.watched_code import watched

LEAPT = [*watched_programs.LEAPT, *while_else_programs.LEAPT]


@pytest.mark.parametrize("f", [*LEAPT, *OTHERS])
def test_value_and_slope(f: Program) -> None:
    found = checked_captures(f)[-1]
    if f in LEAPT:
        assert found.leapt
        assert len(toposort(found.outputs)) < 2000


@pytest.mark.parametrize("f", LEAPT[::4])
def test_second_derivatives(f: Program) -> None:
    assert st.grad(st.grad(f))(0.8) == pytest.approx(differences(st.grad(f), 0.8), rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("f", [watched_programs.until_it_is_there, watched_programs.until_both])
def test_another_number_of_steps_is_another_capture(f: Program) -> None:
    g = st.value_and_grad(f)
    for x in (0.8, 1.7, 0.3):
        value, slope = g(x)
        assert value == pytest.approx(f(x), rel=1e-11)
        assert slope == pytest.approx(differences(f, x), rel=1e-6)


@pytest.mark.parametrize("step", [0.1, 0.3, 1 / 3, 0.07])
@pytest.mark.parametrize("end", [10.0, 21.0])
def test_a_loop_ends_where_it_ends_in_python(step: float, end: float) -> None:
    """Sums of a step that is no binary fraction, compared with what they would be without rounding."""

    def f(x: Any) -> Any:
        total, t = 0.0, 0.0
        while t < end:
            total = total + x
            t += step
        return total

    assert st.grad(f)(1.0) == f(1.0)


def test_size_does_not_depend_on_the_number_of_steps() -> None:
    def size(n: int) -> int:
        def f(x: Any) -> Any:
            y, i = x, 0
            while i < n:
                y, i = y + np.sin(y * i) / n, i + 1
            return y

        g = st.value_and_grad(f)
        assert g(0.8)[1] == pytest.approx(differences(f, 0.8), rel=1e-6)
        return len(toposort(captures_of(g)[-1].outputs))

    assert size(500) == size(5000)


# --- the source ---------------------------------------------------------------------------------------------


def test_code_without_a_source_is_left_alone() -> None:
    scope: dict[str, Any] = {"np": np}
    exec("def f(x):\n    i = 0\n    while i < 90:\n        x, i = np.sin(x), i + 1\n    return x\n", scope)
    f = scope["f"]
    assert watched(f.__code__) is f.__code__
    assert st.grad(f)(0.8) == pytest.approx(differences(f, 0.8), rel=1e-6)


def test_a_source_that_is_not_that_of_the_code_is_not_believed() -> None:
    text = "def f(x):\n    i = 0\n    while i < {}:\n        x, i = np.sin(x), i + 1\n    return x\n"
    for count, is_believed in ((91, False), (90, True)):
        title, scope = f"<a program with {count}>", {"np": np}
        exec(compile(text.format(90), title, "exec"), scope)
        f: Any = scope["f"]
        changed = text.format(count)
        linecache.cache[title] = (len(changed), None, changed.splitlines(keepends=True), title)
        assert (watched(f.__code__) is not f.__code__) == is_believed
        assert st.grad(f)(0.8) == pytest.approx(differences(f, 0.8), rel=1e-6)


def test_lines_stay_what_they_are() -> None:
    def f(x: Any) -> Any:
        i = 0
        while i < N:
            i += 1
            if i == 40:
                raise KeyError("at the fortieth")
            x = np.sin(x)
        return x

    with pytest.raises(KeyError, match="fortieth") as caught:
        st.grad(f)(0.8)
    assert caught.traceback[-1].lineno == inspect.getsourcelines(f)[1] + 4


@pytest.mark.parametrize("f", [watched_programs.counted, watched_programs.Heavy.moved, watched_programs.comprehended])
def test_watched_code_is_called_as_the_other(f: Any) -> None:
    new, old = watched(f.__code__), f.__code__
    assert new is not old
    assert (new.co_name, new.co_qualname, new.co_filename) == (old.co_name, old.co_qualname, old.co_filename)
    assert new.co_firstlineno == old.co_firstlineno
    assert new.co_freevars == old.co_freevars
    assert new.co_varnames[: new.co_argcount] == old.co_varnames[: old.co_argcount]
