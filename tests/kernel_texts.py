"""Kernels written by hand, for tests of what loads, keeps and calls them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np

from steepest.engines.native.kernel import Kernel
from steepest.lower.program import ArrayType

FLOAT64 = np.dtype(np.float64)


def affine(slope: float = 3.0, length: int = 8) -> Kernel:
    """y = slope x + c, with c one constant; the status is 1 if the last entry of y is not finite."""
    text = f"""
define i32 @kernel(ptr %buffers, ptr %externals, ptr %workspace) {{
entry:
  %x = load ptr, ptr %buffers
  %c_at = getelementptr ptr, ptr %buffers, i64 1
  %c = load ptr, ptr %c_at
  %y_at = getelementptr ptr, ptr %buffers, i64 2
  %y = load ptr, ptr %y_at
  %constant = load double, ptr %c
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %loop]
  %from = getelementptr double, ptr %x, i64 %i
  %to = getelementptr double, ptr %y, i64 %i
  %entry_of_x = load double, ptr %from
  %product = fmul contract double %entry_of_x, {_spelled(slope)}
  %sum = fadd contract double %product, %constant
  store double %sum, ptr %to
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, {length}
  br i1 %more, label %loop, label %end
end:
  %difference = fsub double %sum, %sum
  %bad = fcmp uno double %difference, %difference
  %status = zext i1 %bad to i32
  ret i32 %status
}}
"""
    array = ArrayType((length,), FLOAT64)
    return Kernel(text, (array,), (array,), constants=(np.array(0.5),))


def wide_affine(lanes: int = 8) -> Kernel:
    """y = 3 x + 1, as one vector."""
    text = f"""
define i32 @kernel(ptr %buffers, ptr %externals, ptr %workspace) {{
  %x = load ptr, ptr %buffers
  %y_at = getelementptr ptr, ptr %buffers, i64 1
  %y = load ptr, ptr %y_at
  %v = load <{lanes} x double>, ptr %x, align 8
  %three = insertelement <{lanes} x double> poison, double 3.0, i64 0
  %threes = shufflevector <{lanes} x double> %three, <{lanes} x double> poison, <{lanes} x i32> zeroinitializer
  %one = insertelement <{lanes} x double> poison, double 1.0, i64 0
  %ones = shufflevector <{lanes} x double> %one, <{lanes} x double> poison, <{lanes} x i32> zeroinitializer
  %product = fmul contract <{lanes} x double> %v, %threes
  %sum = fadd contract <{lanes} x double> %product, %ones
  store <{lanes} x double> %sum, ptr %y, align 8
  ret i32 0
}}
"""
    array = ArrayType((lanes,), FLOAT64)
    return Kernel(text, (array,), (array,))


def _spelled(number: float) -> str:
    """A number as LLVM reads it exactly."""
    return f"0x{np.float64(number).view(np.uint64):016X}"


# What tests have a pool of threads run: `count` adds 1 to the counter of its part; `nested` runs `count` for the 4
# counters of its part, through the pool; `meet` waits until another part has begun, or for too long; `repeat` runs many
# jobs.
PARTS = """
define void @count(ptr %counters, i64 %part) {
  %at = getelementptr i64, ptr %counters, i64 %part
  %before = atomicrmw add ptr %at, i64 1 monotonic
  ret void
}

define void @nested(ptr %context, i64 %part) {
  %run = load ptr, ptr %context
  %begin = getelementptr i64, ptr %context, i64 1
  %first = mul i64 %part, 4
  %counters = getelementptr i64, ptr %begin, i64 %first
  call void %run(ptr @count, ptr %counters, i64 4)
  ret void
}

define void @meet(ptr %counters, i64 %part) {
entry:
  %before = atomicrmw add ptr %counters, i64 1 seq_cst
  br label %look
look:
  %turn = phi i64 [0, %entry], [%next, %look]
  %begun = load atomic i64, ptr %counters seq_cst, align 8
  %met = icmp sgt i64 %begun, 1
  %next = add i64 %turn, 1
  %late = icmp sgt i64 %next, 4000000000
  %stop = or i1 %met, %late
  br i1 %stop, label %end, label %look
end:
  %at = getelementptr i64, ptr %counters, i64 1
  %one = zext i1 %met to i64
  %added = atomicrmw add ptr %at, i64 %one seq_cst
  ret void
}

define void @repeat(ptr %run, ptr %function, ptr %context, i64 %parts, i64 %times) {
entry:
  br label %loop
loop:
  %time = phi i64 [0, %entry], [%next, %loop]
  call void %run(ptr %function, ptr %context, i64 %parts)
  %next = add i64 %time, 1
  %more = icmp slt i64 %next, %times
  br i1 %more, label %loop, label %end
end:
  ret void
}
"""


def run_python(body: str, **environment: str) -> str:
    """What a new Python process prints that runs `body`; anything on its error output fails, and so does its exit."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(body)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout
