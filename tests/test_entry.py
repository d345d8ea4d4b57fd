"""Calls that go from the interpreter straight into a kernel: which do, what comes back, when they are left alone."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest
from affine_kernel import affine
from answering import FITTING, FLOAT64, PYTHON, THREE, UNFIT, Answer, X, doubling, in_python

from steepest.engines.native.entry import tables
from steepest.engines.native.entry.callable import reason_against
from steepest.engines.native.entry.code import text
from steepest.engines.native.entry.entrance import (
    ArrayArgument,
    Container,
    Fixed,
    FixedArgument,
    NumberArgument,
    Output,
    Result,
    Threads,
)
from steepest.engines.native.entry.entries import MOST
from steepest.engines.native.entry.entry import Unfit
from steepest.engines.native.entry.function import KernelFunction
from steepest.engines.native.entry.layout import HEAD
from steepest.engines.native.kernel import FAILED, Kernel
from steepest.engines.native.machine.loading import load
from steepest.engines.native.machine.target import host
from steepest.lower.program import ArrayType

pytestmark = pytest.mark.skipif(reason_against() is not None, reason=str(reason_against()))

# --- the layout ---------------------------------------------------------------------------------------


def test_the_tables_are_laid_out_as_the_code_reads_them() -> None:
    module = llvm.parse_assembly(text())
    pairs = {
        "Callable": None, "Argument": tables.Argument, "Condition": tables.Condition, "Output": tables.Output,
        "Step": tables.Step, "Table": tables.Table, "Kernel": tables.KernelRow, "Entry": tables.EntryRow,
        "Numbers": tables.Numbers,
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


def test_a_number_that_was_given_out_stays_what_it_is() -> None:
    """The object of a number that the caller has let go of serves again; none that somebody holds."""
    g = Answer().enter(affine([(2, 1)]), NumberArgument(FLOAT64))
    assert [g(float(k)) for k in range(5)] == [1.0, 3.0, 5.0, 7.0, 9.0]
    first, second = g(1.0), g(2.0)
    third = g(second)
    assert (first, second, third) == (3.0, 5.0, 11.0)
    view = memoryview(g(4.0))
    g(5.0)
    assert view[()] == 9.0
    del first, second, third, view
    held = [g(0.5), sys.getrefcount(np.float64)]
    for k in range(1000):
        g(k + 0.5)
    assert held[0] == 2.0
    assert sys.getrefcount(np.float64) <= held[1] + 2
    assert sys.getrefcount(g(1.0)) == sys.getrefcount(np.float64(1.0)) + 1  # the one for the next call


def test_the_numbers_kept_for_the_next_call_go_with_the_callable() -> None:
    g = Answer().enter(affine([(2, 1)]), NumberArgument(FLOAT64))
    x = g(1.5)
    with_callable = sys.getrefcount(x)
    del g
    gc.collect()
    assert sys.getrefcount(x) == with_callable - 1


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


# --- a kernel as a function ---------------------------------------------------------------------------


@pytest.mark.parametrize("case", [*FITTING, "a step", "reversed", "broadcast", "unaligned", "with metadata"])
def test_a_kernel_function_takes_any_layout(case: str) -> None:
    x = (FITTING | UNFIT)[case]()
    f = KernelFunction(load(affine([(2, 1), (1, 0)], (3,))), FAILED, Threads.WAIT)
    found = f(x)
    assert found is not None
    assert np.array_equal(found[0], 2 * x + 1)
    assert np.array_equal(found[1], x)


def test_arrays_in_another_layout_go_in_by_the_entry() -> None:
    """Once they have been copied."""
    f = KernelFunction(load(affine([(2, 1)], (3,))), FAILED, Threads.WAIT)
    arrays = np.arange(6.0)[::2], np.arange(3.0)[::-1], np.arange(3.0).astype(">f8")
    for k, x in enumerate(arrays):
        (found,) = f(x)
        assert np.array_equal(found, 2 * x + 1)
        assert f._entries.answered() == k + 1


def test_a_kernel_function_declines_other_types() -> None:
    f = KernelFunction(load(affine([(2, 1)], (3,))), FAILED, Threads.WAIT)
    assert f(X.astype(np.float32)) is None
    assert f(np.ones(4)) is None
    number = KernelFunction(load(affine([(2, 1)])), FAILED, Threads.WAIT)
    assert number(np.float64(2.0)) == (5.0,)
    assert number(np.array(2.0)) == (5.0,)
    assert KernelFunction(load(affine([(2, 1)])), 3, Threads.WAIT)(np.float64(np.nan)) is None
