"""Calls that go from the interpreter straight into a kernel: which do, what comes back, when they are left alone."""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
import tracemalloc
import weakref
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest
from affine_kernel import affine

from steepest.engines.native.entry import tables
from steepest.engines.native.entry.callable import Callable, answered_by_code, reason_against, row_of
from steepest.engines.native.entry.code import text
from steepest.engines.native.entry.entrance import (
    Argument,
    ArrayArgument,
    Condition,
    Container,
    Entrance,
    Fixed,
    FixedArgument,
    InCell,
    InDict,
    NumberArgument,
    Output,
    Result,
    Threads,
    Unchanged,
)
from steepest.engines.native.entry.entries import MOST, Entries
from steepest.engines.native.entry.entry import Entry, Unfit
from steepest.engines.native.entry.function import KernelFunction
from steepest.engines.native.entry.layout import HEAD
from steepest.engines.native.kernel import FAILED, Kernel
from steepest.engines.native.machine.loading import load
from steepest.engines.native.machine.target import host
from steepest.lower.program import ArrayType

pytestmark = pytest.mark.skipif(reason_against() is not None, reason=str(reason_against()))

FLOAT64 = np.dtype(np.float64)
THREE = ArrayArgument((3,), FLOAT64)
X = np.array([1.0, 2.0, 3.0])
PYTHON = "answered in Python"
FIRST = Output(0)


@answered_by_code
class Answer(Callable):
    """A callable whose Python method tells that it was called."""

    def __init__(self) -> None:
        self.traces = ctypes.c_int64(0)
        self.entries = Entries(self, self.traces)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return (PYTHON, args, kwargs)

    def enter(
        self, kernel: Kernel, *arguments: Argument, result: Result = FIRST, conditions: tuple[Condition, ...] = (),
        guards: tuple[np.ndarray, ...] = (), declining: int = 3, threads: Threads = Threads.WAIT, key: Any = "one",
    ) -> Answer:  # fmt: skip
        entrance = Entrance(arguments, conditions, guards, result, declining, threads)
        self.entries.put(key, Entry(entrance, load(kernel)))
        return self


def in_python(result: Any) -> bool:
    return type(result) is tuple and len(result) > 0 and result[0] is PYTHON


def doubling() -> Answer:
    return Answer().enter(affine([(2, 1)], (3,)), THREE)


# --- the layout ---------------------------------------------------------------------------------------


def test_the_tables_are_laid_out_as_the_code_reads_them() -> None:
    module = llvm.parse_assembly(text())
    pairs = {
        "Callable": None, "Argument": tables.Argument, "Condition": tables.Condition, "Output": tables.Output,
        "Step": tables.Step, "Table": tables.Table, "Kernel": tables.KernelRow, "Entry": tables.EntryRow,
    }  # fmt: skip
    with host().machine() as machine:
        data = machine.target_data
        types = {t.name: t for t in module.struct_types}
        for name, structure in pairs.items():
            if structure is not None:
                offsets = [getattr(structure, field).offset for field, _ in structure._fields_]
                assert [data.get_element_offset(types[name], k) for k in range(len(offsets))] == offsets, name
                assert data.get_abi_size(types[name]) == ctypes.sizeof(structure), name
        row = tables.CallableRow
        offsets = [HEAD + getattr(row, field).offset for field, _ in row._fields_]
        assert [data.get_element_offset(types["Callable"], k) for k in (2, 3, 4)] == offsets


# --- which calls are answered -------------------------------------------------------------------------


def test_a_plain_call_is_answered_by_code() -> None:
    g = doubling()
    assert np.array_equal(g(X), [3, 5, 7])
    assert g.entries.answered() == 1


def read_only() -> np.ndarray:
    x = X.copy()
    x.flags.writeable = False
    return x


class OwnArray(np.ndarray):
    pass


FITTING = {
    "plain": lambda: X,
    "read only": read_only,
    "a view": lambda: np.arange(1.0, 9.0)[0:3],
    "a column": lambda: np.array([[1.0], [2.0], [3.0]])[:, 0],
    "on borrowed memory": lambda: np.frombuffer(X.tobytes()),
}
UNFIT = {
    "a step": lambda: np.arange(1.0, 7.0)[::2],
    "reversed": lambda: X[::-1],
    "broadcast": lambda: np.broadcast_to(1.0, (3,)),
    "byte-swapped": lambda: X.astype(">f8"),
    "float32": lambda: X.astype(np.float32),
    "integers": lambda: np.array([1, 2, 3]),
    "booleans": lambda: np.array([True, False, True]),
    "longer": lambda: np.ones(4),
    "empty": lambda: np.ones(0),
    "a row": lambda: np.ones((1, 3)),
    "0-d": lambda: np.array(1.0),
    "a subclass": lambda: X.view(OwnArray),
    "a matrix": lambda: X.view(np.matrix),
    "masked": lambda: np.ma.masked_array(X, [0, 1, 0]),
    "a list": lambda: [1.0, 2.0, 3.0],
    "a float": lambda: 1.0,
    "None": lambda: None,
    "unaligned": lambda: np.frombuffer(b"\0" + X.tobytes(), np.uint8)[1:].view(np.float64),
    "with metadata": lambda: X.astype(np.dtype(np.float64, metadata={"a": 1})),
    "objects": lambda: X.astype(object),
    "complex": lambda: X.astype(complex),
}  # fmt: skip


@pytest.mark.parametrize("case", FITTING)
def test_such_arrays_fit(case: str) -> None:
    x = FITTING[case]()
    assert np.array_equal(doubling()(x), 2 * x + 1)


@pytest.mark.parametrize("case", UNFIT)
def test_other_arguments_are_left_to_python(case: str) -> None:
    x = UNFIT[case]()
    result = doubling()(x)
    assert in_python(result)
    assert result[1][0] is x


def test_the_number_of_arguments_and_names_are_looked_at() -> None:
    g = doubling()
    assert g() == (PYTHON, (), {})
    assert g(X, 1) == (PYTHON, (X, 1), {})
    assert g(x=1) == (PYTHON, (), {"x": 1})
    assert g(1, x=X, y=2) == (PYTHON, (1,), {"x": X, "y": 2})
    assert np.array_equal(g(*[X]), [3, 5, 7])
    assert in_python(g(*(1, 2), a=3))
    assert in_python(next(map(g, [5])))
    assert np.array_equal(next(map(g, [X])), [3, 5, 7])


def test_a_call_without_room_in_front_of_its_arguments() -> None:
    """PyObject_Vectorcall without PY_VECTORCALL_ARGUMENTS_OFFSET, with and without names."""
    g = doubling()
    call = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)(
        ("PyObject_Vectorcall", ctypes.pythonapi)
    )
    values, names = (5, "b", 7), ("c",)
    array = (ctypes.c_void_p * 3)(*map(id, values))
    assert call(g, ctypes.addressof(array), 3, None) == (PYTHON, values, {})
    assert call(g, ctypes.addressof(array), 2, id(names)) == (PYTHON, values[:2], {"c": 7})
    assert list(array) == list(map(id, values))


@pytest.mark.parametrize("x", [2.5, np.float64(2.5)])
def test_a_number_is_answered_by_a_numpy_scalar(x: float) -> None:
    g = Answer().enter(affine([(2, 1)]), NumberArgument(FLOAT64))
    assert g(x) == 6.0
    assert type(g(x)) is np.float64


@pytest.mark.parametrize("x", [2, True, np.float32(2.5), np.int64(2), np.array(2.5), "2", None, 2 + 1j])
def test_no_other_number_is(x: Any) -> None:
    assert in_python(Answer().enter(affine([(2, 1)]), NumberArgument(FLOAT64))(x))


def test_single_precision() -> None:
    g = Answer().enter(affine([(2, 1)], dtype="f4"), NumberArgument(np.dtype(np.float32)))
    assert g(np.float32(2.5)) == 6.0
    assert type(g(np.float32(2.5))) is np.float32
    assert in_python(g(2.5))


def test_a_class_of_numbers_derived_from_float_is_left_to_python() -> None:
    class Metres(float):
        pass

    assert in_python(Answer().enter(affine([(2, 1)]), NumberArgument(FLOAT64))(Metres(2.5)))


def test_settings_are_the_objects_they_were() -> None:
    g = Answer().enter(affine([(2, 1)], (3,)), THREE, FixedArgument("mean"), FixedArgument(None), FixedArgument(3))
    assert np.array_equal(g(X, "mean", None, 3), [3, 5, 7])
    assert in_python(g(X, "sum", None, 3))
    assert in_python(g(X, "mean", 0, 3))
    assert in_python(g(X, "mean", None, 4))


def test_several_entries_the_newest_first() -> None:
    g = doubling().enter(affine([(5, 0)], (2, 2)), ArrayArgument((2, 2), FLOAT64), key="two")
    g.enter(affine([(3, 0)]), NumberArgument(FLOAT64), key="three")
    assert np.array_equal(g(X), [3, 5, 7])
    assert np.array_equal(g(np.ones((2, 2))), np.full((2, 2), 5.0))
    assert g(1.0) == 3.0
    g.enter(affine([(7, 0)], (3,)), THREE)  # in place of the first
    assert np.array_equal(g(X), [7, 14, 21])
    assert g.entries.answered() == 4


def test_there_are_only_so_many_entries() -> None:
    g = Answer()
    for k in range(MOST + 5):
        g.enter(affine([(k, 0)], (k,)), ArrayArgument((k,), FLOAT64), key=k)
    assert in_python(g(np.ones(1)))
    assert np.array_equal(g(np.ones(MOST)), np.full(MOST, MOST))


def test_arrays_without_entries_and_without_axes() -> None:
    g = Answer().enter(affine([(2, 1)], (0, 3)), ArrayArgument((0, 3), FLOAT64))
    assert g(np.ones((0, 3))).shape == (0, 3)
    assert in_python(g(np.ones((3, 0))))


def test_fortran_order_counts_only_where_it_differs() -> None:
    g = Answer().enter(affine([(2, 1)], (2, 3)), ArrayArgument((2, 3), FLOAT64))
    x = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(g(x), 2 * x + 1)
    assert in_python(g(np.asfortranarray(x)))
    assert in_python(g(x.T))


# --- what comes back ----------------------------------------------------------------------------------


def test_results_are_new_arrays_that_own_their_memory() -> None:
    g = doubling()
    a, b = g(X), g(X)
    assert type(a) is np.ndarray
    assert a.flags.owndata
    assert a.flags.writeable
    assert a.flags.c_contiguous
    assert not np.shares_memory(a, b)
    assert not np.shares_memory(a, X)
    a[:] = 0
    assert np.array_equal(b, [3, 5, 7])


RESULTS: dict[str, tuple[Result, Any]] = {
    "one": (Output(1), 12.0),
    "a pair": (Container(tuple, (Output(0), Output(1))), (21.0, 12.0)),
    "the same twice": (Container(tuple, (Output(0), Output(0))), (21.0, 21.0)),
    "nested": (
        Container(tuple, (Output(2), Container(list, (Output(0), Container(tuple, ()))), Output(1))),
        (3.0, [21.0, ()], 12.0),
    ),
    "with fixed parts": (Container(list, (Fixed(None), Output(1), Fixed("text"))), [None, 12.0, "text"]),
    "fixed": (Fixed(3), 3),
    "empty": (Container(tuple, ()), ()),
}


@pytest.mark.parametrize("case", RESULTS)
def test_how_results_are_put_together(case: str) -> None:
    result, expected = RESULTS[case]
    g = Answer().enter(affine([(2, 1), (1, 2), (0, 3)]), NumberArgument(FLOAT64), result=result)
    for _ in range(100):
        found = g(10.0)
        assert found == expected
        assert type(found) is type(expected) or isinstance(found, np.float64)


def test_nan_and_infinity_are_left_to_python_where_asked() -> None:
    for bad in (np.nan, np.inf, -np.inf):
        assert in_python(doubling()(np.array([1.0, bad, 2.0])))
        kept = Answer().enter(affine([(2, 1)], (3,)), THREE, declining=FAILED)(np.array([1.0, bad, 2.0]))
        assert np.array_equal(kept, [3.0, 2 * bad, 5.0], equal_nan=True)


def test_outputs_that_begin_as_zeros() -> None:
    nothing = "define i32 @kernel(ptr %buffers, ptr %externals, ptr %workspace) {\n  ret i32 0\n}"
    for shape, dtype in (((3,), "f8"), ((0, 2), "f8"), ((100, 200), "f4"), ((300, 300), "i8")):
        kernel = Kernel(nothing, (), (ArrayType(shape, np.dtype(dtype)),), zeroed=(0,))
        before = sys.getrefcount(np.dtype(dtype))
        for _ in range(50):
            found = Answer().enter(kernel)()
            assert (found.shape, found.dtype, found.any()) == (shape, dtype, False)
            found[...] = 1
        assert found.flags.owndata
        assert sys.getrefcount(np.dtype(dtype)) - before < 10
        (direct,), status = load(kernel).run([])
        assert (direct.any(), status) == (False, 0)
        direct[...] = 1
        load(kernel).run_into([], [direct])
        assert not direct.any()
    with pytest.raises(Unfit):
        Answer().enter(Kernel(nothing, (), (ArrayType((), FLOAT64),), zeroed=(0,)))


def test_memory_that_cannot_be_had_raises() -> None:
    kernel = affine([(2, 1)], (3,))
    huge = Kernel(kernel.text, kernel.inputs, (ArrayType((2**45,), FLOAT64),))
    with pytest.raises(MemoryError):
        Answer().enter(huge, THREE)(X)
    vast = Kernel(kernel.text, kernel.inputs, kernel.outputs, workspace=2**60)
    with pytest.raises(MemoryError):
        Answer().enter(vast, THREE)(X)


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
        assert tracemalloc.get_traced_memory()[0] - first < 20_000
    finally:
        tracemalloc.stop()


def test_a_class_derived_from_it_may_answer_for_itself() -> None:
    class Own(Answer):
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return ("own", super().__call__(*args))

    g = Own().enter(affine([(2, 1)], (3,)), THREE)
    assert g(X)[0] == "own"


# --- a kernel as a function ---------------------------------------------------------------------------


@pytest.mark.parametrize("case", [*FITTING, "a step", "reversed", "broadcast", "unaligned", "with metadata"])
def test_a_kernel_function_takes_any_layout(case: str) -> None:
    x = (FITTING | UNFIT)[case]()
    f = KernelFunction(load(affine([(2, 1), (1, 0)], (3,))), FAILED, Threads.WAIT)
    found = f(x)
    assert found is not None
    assert np.array_equal(found[0], 2 * x + 1)
    assert np.array_equal(found[1], x)


def test_a_kernel_function_declines_other_types() -> None:
    f = KernelFunction(load(affine([(2, 1)], (3,))), FAILED, Threads.WAIT)
    assert f(X.astype(np.float32)) is None
    assert f(np.ones(4)) is None
    number = KernelFunction(load(affine([(2, 1)])), FAILED, Threads.WAIT)
    assert number(np.float64(2.0)) == (5.0,)
    assert number(np.array(2.0)) == (5.0,)
    assert KernelFunction(load(affine([(2, 1)])), 3, Threads.WAIT)(np.float64(np.nan)) is None
