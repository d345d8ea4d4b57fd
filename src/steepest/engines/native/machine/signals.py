"""What stops a program while machine code runs: a signal is handled before array operations are called from there.

Python handles signals between its own instructions. After a time in machine code the next of these is the first in the
function that it calls, and what a handler raises there, as that of Ctrl-C does, has no caller to go to. So the handlers
run before, and what they raise is raised by the interpreter as soon as the machine code has returned.
"""

from __future__ import annotations

import ctypes

from .building import build
from .hold import for_good
from .linking import Code
from .llvm import alone

_ROUTINES = (
    "PyGILState_Ensure", "PyGILState_Release", "PyErr_CheckSignals", "PyErr_Fetch", "PyErr_Restore",
    "Py_AddPendingCall", "PyErr_WriteUnraisable",
)  # fmt: skip

# `waiting` is 1 from when something was raised until the interpreter raises it: meanwhile nothing is called.
_TEXT = """
@routines = internal global [7 x ptr] zeroinitializer
@raised = internal global [3 x ptr] zeroinitializer    ; type, value, traceback
@waiting = internal global i32 0

define void @reach(i64 %k, ptr %routine) {
  %at = getelementptr [7 x ptr], ptr @routines, i64 0, i64 %k
  store ptr %routine, ptr %at
  ret void
}

define internal i32 @raise_again(ptr %nothing) {
  %type = load ptr, ptr @raised
  %value = load ptr, ptr getelementptr ([3 x ptr], ptr @raised, i64 0, i64 1)
  %trace = load ptr, ptr getelementptr ([3 x ptr], ptr @raised, i64 0, i64 2)
  store atomic i32 0, ptr @waiting seq_cst, align 4
  %restore = load ptr, ptr getelementptr ([7 x ptr], ptr @routines, i64 0, i64 4)
  call void %restore(ptr %type, ptr %value, ptr %trace)
  ret i32 -1
}

define void @call(ptr %function, ptr %arrays) {
start:
  %ensure = load ptr, ptr @routines
  %release = load ptr, ptr getelementptr ([7 x ptr], ptr @routines, i64 0, i64 1)
  %lock = call i32 %ensure()
  %waits = load atomic i32, ptr @waiting seq_cst, align 4
  %free = icmp eq i32 %waits, 0
  br i1 %free, label %look, label %leave

look:
  %check = load ptr, ptr getelementptr ([7 x ptr], ptr @routines, i64 0, i64 2)
  %found = call i32 %check()
  %quiet = icmp eq i32 %found, 0
  br i1 %quiet, label %go, label %keep

go:
  call void %function(ptr %arrays)
  br label %leave

keep:
  %fetch = load ptr, ptr getelementptr ([7 x ptr], ptr @routines, i64 0, i64 3)
  call void %fetch(ptr @raised, ptr getelementptr ([3 x ptr], ptr @raised, i64 0, i64 1),
                   ptr getelementptr ([3 x ptr], ptr @raised, i64 0, i64 2))
  store atomic i32 1, ptr @waiting seq_cst, align 4
  %later = load ptr, ptr getelementptr ([7 x ptr], ptr @routines, i64 0, i64 5)
  %taken = call i32 %later(ptr @raise_again, ptr null)
  %full = icmp ne i32 %taken, 0
  br i1 %full, label %tell, label %leave

tell:                                    ; too much else is to be done: at least it is printed
  %nothing = call i32 @raise_again(ptr null)
  %print = load ptr, ptr getelementptr ([7 x ptr], ptr @routines, i64 0, i64 6)
  call void %print(ptr null)
  br label %leave

leave:
  call void %release(i32 %lock)
  ret void
}
"""

_made: list[Code] = []  # none or one


def address(name: str) -> int:
    """Where ``void call(void (*function)(void *), void *arrays)`` is, for kernels.

    It calls the function while it holds the interpreter's lock, unless a signal's handler has raised.

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
