"""Kernels written by hand, for tests of what surrounds them: each output is ``scale·x + shift``, entry by entry."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from steepest.engines.native.kernel import Kernel
from steepest.lower.program import ArrayType

LLVM = {"f8": "double", "f4": "float"}


def affine(
    lines: Sequence[tuple[float, float]], shape: tuple[int, ...] = (), dtype: str = "f8", workspace: int = 0
) -> Kernel:
    """One output for each (scale, shift). The last byte of the workspace is written and read; NaN makes status 1."""
    count, kind = int(np.prod(shape, dtype=int)), LLVM[dtype]
    stores = "".join(
        f"""
  %at{k} = getelementptr ptr, ptr %buffers, i64 {k + 1}
  %out{k} = load ptr, ptr %at{k}
  %scaled{k} = fmul {kind} %value, {float(scale)}
  %y{k} = fadd {kind} %scaled{k}, {float(shift)}
  %to{k} = getelementptr {kind}, ptr %out{k}, i64 %i
  store {kind} %y{k}, ptr %to{k}"""
        for k, (scale, shift) in enumerate(lines)
    )
    text = f"""
define i32 @kernel(ptr %buffers, ptr %externals, ptr %workspace) {{
start:
  %x = load ptr, ptr %buffers
  {touch(workspace)}
  br label %more
more:
  %i = phi i64 [ 0, %start ], [ %next, %one ]
  %status = phi i32 [ 0, %start ], [ %worse, %one ]
  %left = icmp slt i64 %i, {count}
  br i1 %left, label %one, label %done
one:
  %from = getelementptr {kind}, ptr %x, i64 %i
  %value = load {kind}, ptr %from{stores}
  %rest = fsub {kind} %value, %value
  %bad = fcmp une {kind} %rest, 0.0
  %bit = zext i1 %bad to i32
  %worse = or i32 %status, %bit
  %next = add i64 %i, 1
  br label %more
done:
  ret i32 %status
}}
"""
    array = ArrayType(shape, np.dtype(dtype))
    return Kernel(text, (array,), (array,) * len(lines), workspace=workspace, account=("written by hand",))


def touch(workspace: int) -> str:
    if not workspace:
        return ""
    return f"""%last = getelementptr i8, ptr %workspace, i64 {workspace - 1}
  store volatile i8 1, ptr %last
  %whole = getelementptr i8, ptr %workspace, i64 0
  store volatile <8 x double> zeroinitializer, ptr %whole, align 64"""
