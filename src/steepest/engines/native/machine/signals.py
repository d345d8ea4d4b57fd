"""What stops a program while machine code runs: a signal is handled before array operations are called from there.

Python handles signals between its own instructions. After a time in machine code the next of these is the first in the
function that it calls, and what a handler raises there, as that of Ctrl-C does, has no caller to go to. So the handlers
run before; what they raise, there or while array operations run, is raised by the interpreter as soon as the machine
code has returned.
"""

from __future__ import annotations

import ctypes

from steepest.engines.native.kernel import FAILED

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

define void @keep(ptr %type, ptr %value, ptr %trace) {
  store ptr %type, ptr @raised
  store ptr %value, ptr getelementptr ([3 x ptr], ptr @raised, i64 0, i64 1)
  store ptr %trace, ptr getelementptr ([3 x ptr], ptr @raised, i64 0, i64 2)
  store atomic i32 1, ptr @waiting seq_cst, align 4
  ret void
}

define internal void @postpone() {
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
  ret void
}

define void @call(ptr %function, ptr %arrays, ptr %status) {
start:
  %type = alloca ptr
  %value = alloca ptr
  %trace = alloca ptr
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
  br i1 %quiet, label %go, label %fetch

go:
  call void %function(ptr %arrays)
  %said = load i32, ptr %status, align 4
  %kept = icmp eq i32 %said, KEPT
  br i1 %kept, label %later, label %leave

fetch:
  %take = load ptr, ptr getelementptr ([7 x ptr], ptr @routines, i64 0, i64 3)
  call void %take(ptr %type, ptr %value, ptr %trace)
  %a = load ptr, ptr %type
  %b = load ptr, ptr %value
  %c = load ptr, ptr %trace
  call void @keep(ptr %a, ptr %b, ptr %c)
  br label %later

later:                                   ; not while the function ran: it would have been raised in there
  store i32 FAILED, ptr %status, align 4
  call void @postpone()
  br label %leave

leave:
  call void %release(i32 %lock)
  ret void
}
"""

KEPT = FAILED | 1 << 30  # as a status: what was raised is kept

_made: list[Code] = []  # none or one


def address(name: str) -> int:
    """Where ``void call(void (*function)(void *), void *arrays, int *status)`` is, for kernels.

    It calls the function while it holds the interpreter's lock, unless a signal's handler has raised. The status is
    `FAILED` before, and what the function makes of it after.

    Raises:
        LookupError: for another name.
    """
    if name != "call":
        raise LookupError(f"of signals there is no routine {name!r}, only call")
    return _code().address(name)


def keep(error: BaseException) -> None:
    """For a function that `call` calls: what is raised later, in the main thread, if it says `KEPT`."""
    raised = (type(error), error, error.__traceback__)
    for item in raised:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(item))  # these references go to the interpreter's error
    ctypes.PYFUNCTYPE(None, *3 * [ctypes.py_object])(_code().address("keep"))(*raised)


def _code() -> Code:
    if not _made:
        with alone():  # of several threads that are the first to ask, one makes it
            if not _made:
                _made.append(_make())
    return _made[0]


def _make() -> Code:
    code = build(_TEXT.replace("KEPT", str(KEPT)).replace("FAILED", str(FAILED)), "call", "keep", "reach").code
    for_good(code)  # the interpreter may call into it until it ends
    reach = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p)(code.address("reach"))
    for k, name in enumerate(_ROUTINES):
        reach(k, ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p))
    return code
