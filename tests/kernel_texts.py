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
