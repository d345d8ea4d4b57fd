"""A derivative with machine code is a Python object like any other: threads, processes, pickling, lifetimes.

Kernels written by hand stand in for the compiler's, so that what is tested is what surrounds it.
"""

from __future__ import annotations

import copy
import functools
import gc
import inspect
import os
import pickle
import subprocess
import sys
import textwrap
import threading
import tracemalloc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from affine_kernel import affine
from tiered import X, answered, bowl, fresh, tiers_of

import steepest as st
from steepest.api import compilation
from steepest.api.compilation import Stage
from steepest.engines.native.entry.callable import reason_against

pytestmark = pytest.mark.usefixtures("own_choice")


# --- containers, inside traces ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "lines", "expected", "by_code"),
    [
        (lambda x: (x + 1, 2 * x), [(1, 1), (2, 0)], (4.0, 6.0), True),
        (lambda x: (x + 1, [2 * x, ()]), [(1, 1), (2, 0)], (4.0, [6.0, ()]), True),
        (lambda x: [2 * x, None, "text"], [(2, 0), (0, 0), (0, 0)], [6.0, None, "text"], True),
        (lambda x: {"twice": 2 * x}, [(2, 0)], {"twice": 6.0}, True),
        (lambda x: {(1, 2): 2 * x}, [(2, 0)], {(1, 2): 6.0}, False),
    ],
)
def test_results_of_several_parts(kernel: Any, f: Any, lines: Any, expected: Any, by_code: bool) -> None:
    kernel(affine(lines))
    g = st.jit(f, compile="eager")
    for _ in range(4):
        found = g(3.0)
        assert found == expected
        assert type(found) is type(expected)
    assert tiers_of(g)[0].stage is Stage.READY
    assert answered(g) == (2 if by_code and reason_against() is None else 0)


def test_a_value_and_its_gradient(kernel: Any) -> None:
    kernel(affine([(5, 0), (2, 1)]))
    g = st.value_and_grad(lambda x: x * x + x, compile="eager")
    for _ in range(4):
        assert g(4.0) == (20.0, 9.0)
    (only,) = {type(g(4.0)[0]), type(g(4.0)[1])}
    assert only is np.float64


coefficient = 2.0


def parabola(x: Any) -> Any:
    return np.sum(coefficient * x * x)


INSIDE: dict[str, Callable[[], Any]] = {
    "a gradient": lambda: (lambda slope: lambda x: slope(x) + 1)(st.grad(parabola)),
    "mapped": lambda: (lambda slope: lambda x: slope(x) + 1)(st.vmap(st.grad(parabola))),
    "a gradient of a gradient": lambda: (
        lambda slope: lambda x: 0 * x + st.grad(lambda z: np.sum(slope(z)))(x).sum() + 1
    )(st.grad(parabola)),
}


@pytest.mark.parametrize("case", INSIDE)
def test_what_a_derivative_inside_depends_on(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A derivative in a closure is told by identity; what its function reads counts for the whole."""
    f = INSIDE[case]()
    g = st.jit(f, compile="eager")
    before = [np.array(g(X)) for _ in range(4)]
    np.testing.assert_allclose(before, [f(X)] * 4)
    if reason_against() is None and tiers_of(g)[0].stage is Stage.READY:
        assert answered(g) >= 2
    monkeypatch.setitem(globals(), "coefficient", 5.0)
    after = [np.array(g(X)) for _ in range(4)]
    np.testing.assert_allclose(after, [f(X)] * 4)
    assert not np.allclose(before[0], after[0])


def test_it_can_be_used_inside_a_trace(kernel: Any) -> None:
    kernel(affine([(2, 1)]))
    g = st.grad(lambda x: x * x + x, compile="eager")
    for _ in range(3):
        assert g(3.0) == 7.0
    outer = st.grad(lambda x: g(x) * x, compile="off")  # (2x + 1)x
    for _ in range(3):
        assert outer(3.0) == 13.0
    seen = st.jit(lambda x: x * g(3.0), compile="off")
    assert seen(2.0) == 14.0


def test_a_compiled_function_called_during_a_trace_of_another_thread(kernel: Any) -> None:
    kernel(affine([(2, 1)], (3,)))
    g = st.grad(fresh(), compile="eager")
    for _ in range(3):
        g(X)
    inside, go_on = threading.Event(), threading.Event()

    def slow(x: Any) -> Any:
        inside.set()
        assert go_on.wait(10)
        return np.sum(x)

    other = threading.Thread(target=lambda: st.jit(slow, compile="off")(X))
    other.start()
    assert inside.wait(10)
    assert np.array_equal(g(X), [3, 5, 7])
    go_on.set()
    other.join()
    assert np.array_equal(g(X), [3, 5, 7])


# --- it is a Python object like any other -------------------------------------------------------------


def test_it_is_still_a_function_of_python(kernel: Any) -> None:
    """With its name, signature, weak references, copies."""
    kernel(affine([(2, 1)], (3,)))

    def f(x: np.ndarray, scale: float = 1.0) -> float:
        """Doc."""
        return np.sum(x * x + x)

    g = st.grad(f, compile="eager")
    for _ in range(3):
        g(X)
    assert (g.__name__, g.__doc__, g.__wrapped__) == ("f", "Doc.", f)
    assert inspect.signature(g) == inspect.signature(f)
    assert repr(g) == "grad(f)"
    assert callable(g)
    assert weakref.ref(g)() is g
    assert gc.is_tracked(g)
    assert isinstance(g, type(st.jit(f)))
    assert g == g
    assert g != st.grad(f)
    assert len({g, st.grad(f)}) == 2
    again = copy.copy(g)
    assert np.array_equal(again(X), [3, 5, 7])
    assert np.array_equal(functools.partial(g, X)(), [3, 5, 7])
    assert [a.tolist() for a in map(g, [X, X])] == [[3, 5, 7]] * 2
    g.note = "attributes can be set"
    assert g.note.endswith("set")


@pytest.mark.parametrize("make", [st.grad, st.value_and_grad, st.jacobian, st.hessian, st.jit])
def test_what_can_be_found_by_name_can_be_pickled(make: Any) -> None:
    g = make(bowl, compile="off")
    again = pickle.loads(pickle.dumps(g))
    assert repr(again) == repr(g)
    for _ in range(2):
        np.testing.assert_equal(again(X), g(X))
    assert again.wanted is g.wanted
    assert again.record is g.record
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(st.grad(lambda x: x))


def test_several_threads_call_one_function(kernel: Any) -> None:
    kernel(affine([(2, 1)], (3,), workspace=20_000))
    g = st.grad(fresh(), compile="auto")
    wrong: list[Any] = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for k in range(400):
            x = rng.standard_normal(3)
            if not np.allclose(g(x), 2 * x + 1, rtol=1e-14):
                wrong.append(x)
            if k == 100:
                tiers_of(g)[0].seconds = 1.0

    workers = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    compilation.background.wait()
    assert wrong == []
    g(X)
    assert tiers_of(g)[0].stage is Stage.READY


def test_functions_leave_nothing_behind(kernel: Any) -> None:
    kernel(affine([(2, 1)]))

    def make(count: int) -> None:
        for _ in range(count):
            g = st.grad(lambda x: x * x + x, compile="eager")
            g(1.0), g(1.0), g(1.0)
        gc.collect()

    def growth() -> int:
        first = tracemalloc.get_traced_memory()[0]
        make(50)
        return tracemalloc.get_traced_memory()[0] - first

    make(50)
    tracemalloc.start()
    try:
        make(30)
        # One of them takes more than 5000. A leak grows each time, a table that happens to need room does not.
        assert min(growth() for _ in range(2)) < 100_000
    finally:
        tracemalloc.stop()


def test_explain_tells_what_runs(kernel: Any) -> None:
    kernel(affine([(2, 1)], (3,)))
    g = st.grad(fresh(), compile="eager")
    for _ in range(7):
        g(X)
    said = str(g.explain())
    assert "engine: machine code" in said
    assert "written by hand" in said
    assert " ms" in said
    assert ("5 calls answered by machine code alone" in said) is (reason_against() is None)


# --- processes ----------------------------------------------------------------------------------------

HEAD = """
import os, sys, threading, time
import numpy as np
import steepest as st
from steepest.api import compilation
sys.path.insert(0, {folder!r})
from affine_kernel import affine
X = np.array([1.0, 2.0, 3.0])
def emit(program, bits):
    time.sleep(pause)
    return affine([(2, 1)], (3,))
compilation.emit, compilation.WORTH, compilation.WORTH_OF_INSTRUCTION, pause = emit, 0.0, 0.0, 0.0
def bowl(x):
    return np.sum(x * x + x)
def right(g):
    return np.array_equal(g(X), [3, 5, 7])
"""


def script(body: str, before: str = "") -> str:
    """What a program of its own prints; it must end well."""
    head = HEAD.format(folder=os.path.dirname(__file__))
    source = textwrap.dedent(before) + head + textwrap.dedent(body)
    found = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-W", "error", "-c", source],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (found.returncode, found.stderr) == (0, "")
    return found.stdout


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")


@needs_fork
def test_a_forked_child_goes_on() -> None:
    said = script("""
        eager, auto = st.grad(bowl, compile="eager"), st.grad(lambda x: np.sum(x * x + x))
        assert all(right(eager) for _ in range(5))
        child = os.fork()
        if child == 0:
            ok = all(right(g) for g in (eager, auto) for _ in range(5))
            compilation.background.wait()
            os._exit(0 if ok and right(auto) else 1)
        print(os.waitpid(child, 0)[1], right(eager))
    """)
    assert said == "0 True\n"


@needs_fork
def test_a_fork_while_code_is_being_made() -> None:
    said = script("""
        pause = 0.3
        g, h = st.grad(bowl), st.grad(lambda x: np.sum(x * x + x))
        right(g), right(h)
        children = []
        for _ in range(3):
            child = os.fork()
            if child == 0:
                pause = 0.0
                ok = all(right(f) for f in (g, h) for _ in range(20))
                compilation.background.wait()
                ok = ok and all(right(f) for f in (g, h) for _ in range(5))
                os._exit(0 if ok and "machine code;" in str(h.explain()) else 1)
            children.append(child)
        print([os.waitpid(c, 0)[1] for c in children], right(g))
    """)
    assert said == "[0, 0, 0] True\n"


def test_the_end_of_the_interpreter_while_code_is_being_made() -> None:
    assert script("pause = 0.5\ng = st.grad(bowl)\nprint(right(g))") == "True\n"
    assert script("pause = 0.1\nfor k in range(50):\n    right(st.grad(lambda x: np.sum(x * x + x)))") == ""


def test_calls_at_the_end_of_the_interpreter() -> None:
    said = script("""
        import atexit
        g = st.grad(bowl, compile="eager")
        late = st.grad(lambda x: np.sum(x * x + x))
        right(g), right(g), right(g)
        class Last:
            def __del__(self):
                g(X), late(X)
        last = Last()
        atexit.register(lambda: print(right(g), right(late), right(late)))
    """)
    assert said == "True True True\n"


def test_a_spawned_process_starts_anew() -> None:
    said = script(
        """
        right(st.grad(bowl, compile="eager"))
        import subprocess
        print(subprocess.run([sys.executable, "-c", "import steepest as st; print(st.grad(lambda x: x * x)(2.0))"],
                             capture_output=True, text=True, check=True).stdout.strip())
        """
    )
    assert said == "4.0\n"


def test_where_the_layout_is_not_known_everything_stays_in_python() -> None:
    before = """
        import sysconfig
        known = sysconfig.get_config_var
        sysconfig.get_config_var = lambda name: 1 if name == "Py_GIL_DISABLED" else known(name)
    """
    said = script(
        """
        from steepest.engines.native.entry import callable as layout
        print(layout.reason_against())
        g = st.grad(bowl, compile="eager")
        print(all(right(g) for _ in range(5)), g._entries, "machine code;" in str(g.explain()))
        import copy, weakref
        print(right(copy.copy(g)), weakref.ref(g)() is g, g.__name__)
        """,
        before=before,
    )
    assert said == "this Python is built without the GIL\nTrue None True\nTrue True bowl\n"
