"""What must still hold when a kernel answers a call, and workspaces, threads and lifetimes of what answers."""

from __future__ import annotations

import gc
import sys
import threading
import tracemalloc
import weakref
from typing import Any

import numpy as np
import pytest
from affine_kernel import affine
from answering import FLOAT64, THREE, Answer, X, doubling, in_python

from steepest.engines.native.entry.callable import reason_against, row_of
from steepest.engines.native.entry.entrance import (
    ArrayArgument,
    Container,
    Fixed,
    InCell,
    InDict,
    NumberArgument,
    Output,
    Threads,
    Unchanged,
)
from steepest.engines.native.entry.entry import Unfit
from steepest.engines.native.entry.function import KernelFunction
from steepest.engines.native.kernel import FAILED, Kernel
from steepest.engines.native.machine.loading import load
from steepest.lower.program import ArrayType

pytestmark = pytest.mark.skipif(reason_against() is not None, reason=str(reason_against()))

# --- what must still hold -----------------------------------------------------------------------------


def test_a_name_must_be_the_same_object() -> None:
    namespace = {"np": np, "c": 2.5}
    conditions = (InDict(namespace, "np", np), InDict(namespace, "c", namespace["c"]))
    g = Answer().enter(affine([(2, 1)], (3,)), THREE, conditions=conditions)
    assert np.array_equal(g(X), [3, 5, 7])
    namespace["other"] = 1
    assert np.array_equal(g(X), [3, 5, 7])
    old = namespace["c"]
    namespace["c"] = 3.5
    assert in_python(g(X))
    namespace["c"] = old
    assert np.array_equal(g(X), [3, 5, 7])
    del namespace["np"]
    assert in_python(g(X))
    namespace.clear()
    assert in_python(g(X))


def test_a_cell_must_hold_the_same_object() -> None:
    def make(content: Any) -> Any:
        def inner() -> Any:
            return content

        return inner

    for content in (2.5, None):
        cell = make(content).__closure__[0]
        g = Answer().enter(affine([(2, 1)], (3,)), THREE, conditions=(InCell(cell, content),))
        assert np.array_equal(g(X), [3, 5, 7])
        cell.cell_contents = 7
        assert in_python(g(X))
        del cell.cell_contents
        assert in_python(g(X))


def test_a_function_must_have_the_same_code_and_defaults() -> None:
    def f(x: Any, power: int = 2) -> Any:
        return x**power

    def unchanged() -> Unchanged:
        return Unchanged(f, f.__code__, f.__defaults__, f.__kwdefaults__)

    g = Answer().enter(affine([(2, 1)], (3,)), THREE, conditions=(unchanged(),))
    assert np.array_equal(g(X), [3, 5, 7])
    defaults = f.__defaults__
    f.__defaults__ = (3,)
    assert in_python(g(X))
    f.__defaults__ = defaults
    assert np.array_equal(g(X), [3, 5, 7])
    f.__kwdefaults__ = {"power": 2}
    assert in_python(g(X))
    f.__kwdefaults__ = None
    f.__code__ = (lambda x, power=2: x).__code__
    assert in_python(g(X))


def test_no_entry_is_tried_while_a_trace_is_under_way() -> None:
    g = doubling()
    g.traces.value = 1
    assert in_python(g(X))
    g.traces.value = 0
    assert np.array_equal(g(X), [3, 5, 7])


def test_conditions_that_cannot_be_read_are_refused() -> None:
    class Names(dict[str, Any]):
        pass

    with pytest.raises(Unfit, match="Names"):
        Answer().enter(affine([(2, 1)], (3,)), THREE, conditions=(InDict(Names(a=1), "a", 1),))


@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_guards_are_compared_as_numbers(dtype: str) -> None:
    kernel = affine([(1, 0), (2, 1)], (2,), dtype)
    seen = np.array([0.0, 5.0])

    def g(guard: np.ndarray) -> Answer:
        return Answer().enter(kernel, ArrayArgument((2,), np.dtype(dtype)), guards=(guard,), declining=0)

    assert np.array_equal(g(seen)(np.array([0.0, 5.0], dtype)), [1, 11])
    assert np.array_equal(g(seen)(np.array([-0.0, 5.0], dtype)), [1, 11])  # -0 is 0
    assert in_python(g(seen)(np.array([0.0, 5.5], dtype)))
    nan = np.array([0.0, np.nan])
    with pytest.raises(Unfit):  # NaN is never what it was
        g(nan)
    with pytest.raises(Unfit):
        g(np.array([0.0, 5.0, 6.0]))


def test_guards_that_are_no_floats_are_compared_byte_by_byte() -> None:
    word = """
define i32 @kernel(ptr %buffers, ptr %externals, ptr %workspace) {
  %x = load ptr, ptr %buffers
  %value = load double, ptr %x
  %positive = fcmp ogt double %value, 0.0
  %byte = zext i1 %positive to i8
  %whole = fptosi double %value to i64
  %a_at = getelementptr ptr, ptr %buffers, i64 1
  %a = load ptr, ptr %a_at
  store i8 %byte, ptr %a
  %b_at = getelementptr ptr, ptr %buffers, i64 2
  %b = load ptr, ptr %b_at
  store i64 %whole, ptr %b
  %c_at = getelementptr ptr, ptr %buffers, i64 3
  %c = load ptr, ptr %c_at
  store double %value, ptr %c
  ret i32 0
}
"""
    types = tuple(ArrayType((), np.dtype(kind)) for kind in (bool, np.int64, float))
    kernel = Kernel(word, (ArrayType((), FLOAT64),), types)
    g = Answer().enter(kernel, NumberArgument(FLOAT64), guards=(np.array(True), np.array(3)))
    assert g(3.5) == 3.5
    assert in_python(g(-3.5))
    assert in_python(g(4.5))
    both = Container(tuple, (Output(0), Output(1), Output(2)))
    free = Answer().enter(kernel, NumberArgument(FLOAT64), result=both)(3.5)
    assert free == (True, 3, 3.5)
    assert list(map(type, free)) == [np.bool_, np.int64, np.float64]


def test_an_exception_that_a_routine_sets_leaves_the_call_to_python() -> None:
    """SciPy's loops report errors so, where they are asked to."""
    kernel = affine([(2, 1)], (3,))
    declared = (
        "declare void @PyErr_NoMemory()\ndeclare i32 @PyGILState_Ensure()\ndeclare void @PyGILState_Release(i32)\n"
    )
    setting = (
        "  %gil = call i32 @PyGILState_Ensure()\n  call void @PyErr_NoMemory()\n"
        "  call void @PyGILState_Release(i32 %gil)\n  ret i32"
    )
    raising = Kernel(
        declared + kernel.text.replace("  ret i32", setting), kernel.inputs, kernel.outputs,
        externals=("ufunc:scipy.special.gamma:d->d",),
    )  # fmt: skip
    for threads in Threads:
        g = Answer().enter(raising, THREE, threads=threads)
        for _ in range(3):
            assert in_python(g(X))


# --- workspaces and threads ---------------------------------------------------------------------------


@pytest.mark.parametrize("workspace", [64, 16384, 16385, 10**6])
@pytest.mark.parametrize("threads", Threads)
def test_each_call_has_a_workspace_of_its_own(workspace: int, threads: Threads) -> None:
    g = Answer().enter(affine([(2, 1)], (3,), workspace=workspace), THREE, threads=threads)
    wrong = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(300):
            x = rng.standard_normal(3)
            if not np.array_equal(g(x), 2 * x + 1):
                wrong.append(x)

    workers = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert wrong == []
    assert g.entries.answered() == 1200
    assert row_of(g).under_way == 0


def test_entries_may_be_exchanged_while_other_threads_call() -> None:
    n = 20_000
    big = ArrayArgument((n,), FLOAT64)
    g = Answer().enter(affine([(1, 0)], (n,)), big, threads=Threads.RUN)
    x = np.ones(n)
    stop, wrong = threading.Event(), []

    def work() -> None:
        while not stop.is_set():
            y = g(x)
            if in_python(y) or y[0] != y[-1]:
                wrong.append(y)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for w in workers:
        w.start()
    for k in range(60):
        g.enter(affine([(k, 0)], (n,)), big, threads=Threads.RUN, key=k % 3)
    stop.set()
    for w in workers:
        w.join()
    assert wrong == []


# --- lifetimes ----------------------------------------------------------------------------------------


def test_calls_leave_nothing_behind() -> None:
    pair = Container(tuple, (Output(0), Output(1), Fixed("text")))
    g = Answer().enter(affine([(2, 1), (1, 1)], (3,)), THREE, result=pair)
    g.enter(affine([(2, 1)]), NumberArgument(FLOAT64), key="number")
    nan, number, float64 = np.full(3, np.nan), 1e300, np.dtype(np.float64)

    def calls() -> None:
        for _ in range(2000):
            g(X)
            g(number)
            g(nan)
            g(3)
            g(number, y=1)

    calls()
    gc.collect()  # what earlier tests left holds types too
    before = [sys.getrefcount(item) for item in (X, nan, number, float64, "text", g)]
    tracemalloc.start()
    try:
        calls()
        gc.collect()
        first = tracemalloc.get_traced_memory()[0]
        calls()
        gc.collect()
        second = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    after = [sys.getrefcount(item) for item in (X, nan, number, float64, "text", g)]
    assert max(abs(a - b) for a, b in zip(after, before, strict=True)) < 50
    assert second - first < 2000


def test_a_callable_and_its_entries_go() -> None:
    g = doubling()
    namespace = {"g": g}
    g.enter(affine([(2, 1)], (3,)), THREE, conditions=(InDict(namespace, "g", g),))  # a circle
    gone = weakref.ref(g)
    assert np.array_equal(g(X), [3, 5, 7])
    del g, namespace
    gc.collect()
    assert gone() is None


def test_an_entry_keeps_what_it_points_at() -> None:
    def make() -> Answer:
        value, own = 12345.678, {"name": "x" * 3}
        own["value"] = value  # type: ignore[assignment]
        return Answer().enter(affine([(2, 1)], (3,)), THREE, conditions=(InDict(own, "value", own["value"]),))

    g = make()
    gc.collect()
    _ = [float(k) + 0.5 for k in range(1000)]
    assert np.array_equal(g(X), [3, 5, 7])


def test_a_callable_that_is_called_while_it_is_taken_apart() -> None:
    """By the finaliser of something in the same circle of references."""
    said: list[Any] = []

    class Last:
        def __init__(self, g: Answer) -> None:
            self.g = g
            self.circle = self

        def __del__(self) -> None:
            said.append(self.g(X))
            self.g.enter(affine([(9, 9)], (3,)), THREE, key="late")
            said.append(self.g(X))

    g = doubling()
    g.last = Last(g)  # type: ignore[attr-defined]
    del g
    gc.collect()
    assert len(said) == 2
    assert all(in_python(x) or np.array_equal(x, [3, 5, 7]) for x in said)


def test_a_kernel_that_is_called_by_a_finaliser_in_the_same_garbage() -> None:
    """Its code is still there: what frees it comes after all finalisers."""
    said: list[Any] = []

    class Last:
        def __init__(self, function: KernelFunction) -> None:
            self.function = function

        def __del__(self) -> None:
            said.extend(self.function(x) for x in (X, X[::-1]))

    for k in range(20):
        function = KernelFunction(load(affine([(2, 1.5 + k)], (3,), workspace=20_000)), FAILED, Threads.WAIT)
        function(X)
        for _ in range(2):
            function.last = [Last(function), *getattr(function, "last", [])]  # type: ignore[attr-defined]
    del function
    gc.collect()
    assert len(said) == 80
    for k in range(20):
        for first, second in zip(said[4 * k : 4 * k + 4 : 2], said[4 * k + 1 : 4 * k + 4 : 2], strict=True):
            np.testing.assert_array_equal(first[0], second[0][::-1])
            assert first[0][1] - first[0][0] == 2


def test_many_callables_leave_nothing_behind() -> None:
    kernel = affine([(2, 1)], (3,), workspace=20_000)

    def make(count: int) -> None:
        for _ in range(count):
            assert Answer().enter(kernel, THREE)(X)[0] == 3

    make(50)
    gc.collect()
    tracemalloc.start()
    try:
        make(50)
        gc.collect()
        first = tracemalloc.get_traced_memory()[0]
        make(200)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - first < 100_000  # 500 bytes each; threads may hold some
    finally:
        tracemalloc.stop()


def test_a_class_derived_from_it_may_answer_for_itself() -> None:
    class Own(Answer):
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return ("own", super().__call__(*args))

    g = Own().enter(affine([(2, 1)], (3,)), THREE)
    assert g(X)[0] == "own"
