"""How machine code calls a Python function, and what becomes of an exception that a signal's handler raises there.

Python handles signals between its own instructions. After a time in machine code the next of these are in the function
that is called, and what a handler raises there, as that of Ctrl-C does, goes to the machine code, which can do nothing
with it. So it is kept, and the interpreter raises it as soon as the machine code has returned.
"""

from __future__ import annotations

import ctypes

from .building import build
from .hold import for_good
from .linking import Code
from .llvm import alone

_ROUTINES = (
    "PyGILState_Ensure", "PyGILState_Release", "PyLong_FromVoidPtr", "PyObject_CallFunctionObjArgs", "Py_DecRef",
    "PyErr_Fetch", "PyErr_Restore", "PyErr_WriteUnraisable", "Py_AddPendingCall",
)  # fmt: skip

# `waiting` is 1 from when something was raised until the interpreter raises it: meanwhile nothing is called.
_TEXT = """
@routines = internal global [9 x ptr] zeroinitializer
@raised = internal global [3 x ptr] zeroinitializer    ; type, value, traceback
@waiting = internal global i32 0

define void @reach(i64 %k, ptr %routine) {
  %at = getelementptr [9 x ptr], ptr @routines, i64 0, i64 %k
  store ptr %routine, ptr %at
  ret void
}

define internal i32 @raise_again(ptr %nothing) {
  %type = load ptr, ptr @raised
  %value = load ptr, ptr getelementptr ([3 x ptr], ptr @raised, i64 0, i64 1)
  %trace = load ptr, ptr getelementptr ([3 x ptr], ptr @raised, i64 0, i64 2)
  store atomic i32 0, ptr @waiting seq_cst, align 4
  %restore = load ptr, ptr getelementptr ([9 x ptr], ptr @routines, i64 0, i64 6)
  call void %restore(ptr %type, ptr %value, ptr %trace)
  ret i32 -1
}

define void @call(ptr %function, ptr %arrays) {
start:
  %ensure = load ptr, ptr @routines
  %release = load ptr, ptr getelementptr ([9 x ptr], ptr @routines, i64 0, i64 1)
  %as_number = load ptr, ptr getelementptr ([9 x ptr], ptr @routines, i64 0, i64 2)
  %call = load ptr, ptr getelementptr ([9 x ptr], ptr @routines, i64 0, i64 3)
  %drop = load ptr, ptr getelementptr ([9 x ptr], ptr @routines, i64 0, i64 4)
  %fetch = load ptr, ptr getelementptr ([9 x ptr], ptr @routines, i64 0, i64 5)
  %print = load ptr, ptr getelementptr ([9 x ptr], ptr @routines, i64 0, i64 7)
  %later = load ptr, ptr getelementptr ([9 x ptr], ptr @routines, i64 0, i64 8)
  %lock = call i32 %ensure()
  %waits = load atomic i32, ptr @waiting seq_cst, align 4
  %free = icmp eq i32 %waits, 0
  br i1 %free, label %go, label %leave

go:
  %address = call ptr %as_number(ptr %arrays)
  %result = call ptr (ptr, ...) %call(ptr %function, ptr %address, ptr null)
  call void %drop(ptr %address)
  %failed = icmp eq ptr %result, null
  br i1 %failed, label %keep, label %done

done:
  call void %drop(ptr %result)
  br label %leave

keep:                                    ; unless another thread, which ran meanwhile, keeps something
  %first = cmpxchg ptr @waiting, i32 0, i32 1 seq_cst seq_cst
  %own = extractvalue {i32, i1} %first, 1
  br i1 %own, label %postpone, label %tell

postpone:
  call void %fetch(ptr @raised, ptr getelementptr ([3 x ptr], ptr @raised, i64 0, i64 1),
                   ptr getelementptr ([3 x ptr], ptr @raised, i64 0, i64 2))
  %taken = call i32 %later(ptr @raise_again, ptr null)
  %full = icmp ne i32 %taken, 0
  br i1 %full, label %too_much, label %leave

too_much:                                ; else is to be done by the interpreter: at least it is printed
  %nothing = call i32 @raise_again(ptr null)
  br label %tell

tell:
  call void %print(ptr %function)
  br label %leave

leave:
  call void %release(i32 %lock)
  ret void
}
"""

_made: list[Code] = []  # none or one


def address(name: str) -> int:
    """Where ``void call(PyObject *function, void *arrays)`` is, for kernels.

    It calls the function, which takes the address as a number, unless a signal's handler has raised before.

    Raises:
        LookupError: for another name.
    """
    if name != "call":
        raise LookupError(f"of signals there is no routine {name!r}, only call")
    if not _made:
        with alone():  # of several threads that are the first to ask, one makes it
            if not _made:
                _made.append(_make())
    return _made[0].address(name)


def _make() -> Code:
    code = build(_TEXT, "call", "reach").code
    for_good(code)  # the interpreter may call into it until it ends
    reach = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p)(code.address("reach"))
    for k, name in enumerate(_ROUTINES):
        reach(k, ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p))
    return code
