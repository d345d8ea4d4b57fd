"""How machine code calls a Python function, and what becomes of an exception that is not the function's own.

Python handles signals between its own instructions. After a time in machine code the next of these are in the function
that is called, and what a handler raises there, as that of Ctrl-C does, goes to the machine code, which can do nothing
with it. So it is kept, and the interpreter raises it as soon as the machine code has returned. Handlers run in the main
thread; what another thread sends to a thread is sent to it once more.
"""

from __future__ import annotations

import ctypes
import os
import threading

from .building import build
from .hold import for_good
from .linking import Code
from .llvm import alone

_ROUTINES = (
    "PyGILState_Ensure", "PyGILState_Release", "PyLong_FromVoidPtr", "PyObject_CallFunctionObjArgs", "Py_DecRef",
    "PyErr_Fetch", "PyErr_Restore", "PyErr_WriteUnraisable", "Py_AddPendingCall", "PyThread_get_thread_ident",
    "PyThreadState_SetAsyncExc",
)  # fmt: skip


def _loads(*names: str) -> str:
    """Lines that name the addresses of routines."""
    table = f"[{len(_ROUTINES)} x ptr]"
    return "\n".join(
        f"  %{name} = load ptr, ptr getelementptr ({table}, ptr @routines, i64 0, i64 {_ROUTINES.index(name)})"
        for name in names
    )


# `waiting` is 1 from when something was raised until the interpreter raises it: meanwhile nothing is called.
_TEXT = f"""
@routines = internal global [{len(_ROUTINES)} x ptr] zeroinitializer
@main = internal global i64 0                          ; the main thread
@raised = internal global [3 x ptr] zeroinitializer    ; there: type, value, traceback
@waiting = internal global i32 0

define void @reach(i64 %k, ptr %routine) {{
  %at = getelementptr ptr, ptr @routines, i64 %k
  store ptr %routine, ptr %at
  ret void
}}

define void @belong_to(i64 %thread) {{
  store atomic i64 %thread, ptr @main seq_cst, align 8
  ret void
}}

define internal i32 @raise_again(ptr %nothing) {{
{_loads("PyErr_Restore")}
  %type = load ptr, ptr @raised
  %value = load ptr, ptr getelementptr ([3 x ptr], ptr @raised, i64 0, i64 1)
  %trace = load ptr, ptr getelementptr ([3 x ptr], ptr @raised, i64 0, i64 2)
  store atomic i32 0, ptr @waiting seq_cst, align 4
  call void %PyErr_Restore(ptr %type, ptr %value, ptr %trace)
  ret i32 -1
}}

define void @call(ptr %function, ptr %arrays) {{
start:
{_loads(*(name for name in _ROUTINES if name != "PyErr_Restore"))}
  %raised = alloca [3 x ptr]
  %at_value = getelementptr ptr, ptr %raised, i64 1
  %at_trace = getelementptr ptr, ptr %raised, i64 2
  %lock = call i32 %PyGILState_Ensure()
  %thread = call i64 %PyThread_get_thread_ident()
  %main = load atomic i64, ptr @main seq_cst, align 8
  %is_main = icmp eq i64 %thread, %main
  %waits = load atomic i32, ptr @waiting seq_cst, align 4
  %is_waited_for = icmp ne i32 %waits, 0
  %skips = and i1 %is_main, %is_waited_for
  br i1 %skips, label %leave, label %argument

argument:
  %address = call ptr %PyLong_FromVoidPtr(ptr %arrays)
  %no_memory = icmp eq ptr %address, null
  br i1 %no_memory, label %failed, label %go

go:
  %result = call ptr (ptr, ...) %PyObject_CallFunctionObjArgs(ptr %function, ptr %address, ptr null)
  call void %Py_DecRef(ptr %address)
  %has_raised = icmp eq ptr %result, null
  br i1 %has_raised, label %failed, label %done

done:
  call void %Py_DecRef(ptr %result)
  br label %leave

failed:
  call void %PyErr_Fetch(ptr %raised, ptr %at_value, ptr %at_trace)
  %type = load ptr, ptr %raised
  %value = load ptr, ptr %at_value
  %trace = load ptr, ptr %at_trace
  br i1 %is_main, label %keep, label %send

keep:
  store ptr %type, ptr @raised
  store ptr %value, ptr getelementptr ([3 x ptr], ptr @raised, i64 0, i64 1)
  store ptr %trace, ptr getelementptr ([3 x ptr], ptr @raised, i64 0, i64 2)
  store atomic i32 1, ptr @waiting seq_cst, align 4
  %taken = call i32 %Py_AddPendingCall(ptr @raise_again, ptr null)
  %is_full = icmp ne i32 %taken, 0
  br i1 %is_full, label %tell, label %leave

tell:                                    ; too much else is to be done: at least it is printed
  %nothing = call i32 @raise_again(ptr null)
  call void %PyErr_WriteUnraisable(ptr %function)
  br label %leave

send:
  %threads = call i32 %PyThreadState_SetAsyncExc(i64 %thread, ptr %type)
  call void %Py_DecRef(ptr %type)
  call void %Py_DecRef(ptr %value)
  call void %Py_DecRef(ptr %trace)
  br label %leave

leave:
  call void %PyGILState_Release(i32 %lock)
  ret void
}}
"""

_made: list[Code] = []  # none or one


def address(name: str) -> int:
    """Where ``void call(PyObject *function, void *arrays)`` is, for kernels.

    It calls the function, which takes the address as a number, unless something raised before waits for its turn.

    Raises:
        LookupError: for another name.
    """
    if name != "call":
        raise LookupError(f"of Python there is no routine {name!r}, only call")
    if not _made:
        with alone():  # of several threads that are the first to ask, one makes it
            if not _made:
                _made.append(_make())
    return _made[0].address(name)


def _make() -> Code:
    code = build(_TEXT, "call", "reach", "belong_to").code
    for_good(code)  # the interpreter may call into it until it ends
    reach = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p)(code.address("reach"))
    for k, name in enumerate(_ROUTINES):
        reach(k, ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p))
    _belong_to_main_thread(code)
    return code


def _belong_to_main_thread(code: Code) -> None:
    ctypes.CFUNCTYPE(None, ctypes.c_int64)(code.address("belong_to"))(threading.main_thread().ident or 0)


def _after_fork() -> None:
    """The thread that forked is the main one."""
    for code in _made:
        _belong_to_main_thread(code)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
