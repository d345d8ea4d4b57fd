"""A call of the compiled loop inside a ufunc, for all lanes of a value at once.

Operands and results pass through small buffers on the stack; a single entry beside vectors has stride 0. The
function under construction has the parameter ``%externals``, the table of addresses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from steepest.engines.native.externals import ufunc_name
from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Val, Value

from .signature import Signature, loop_types


class Frame(NamedTuple):
    """What the calls of one loop share: its address and last argument, and where its arguments are."""

    function: str
    data: str
    buffers: tuple[str, ...]
    arrays: str
    length: str
    strides: str


def call_loop(b: Builder, function: np.ufunc, signature: Signature, *operands: Value) -> tuple[Value, ...]:
    """All results of a ufunc on `operands`, which are of the signature's kinds."""
    key = ("loop", function, signature, tuple(x if isinstance(x, Val) else repr(x) for x in operands))
    results = b.recall(key)
    if results is None:
        results = _called(b, function, signature, operands)
        b.keep(key, results)
    return tuple(results)


def _called(b: Builder, function: np.ufunc, signature: Signature, operands: Sequence[Value]) -> tuple[Value, ...]:
    vectors = tuple(isinstance(x, Val) and x.vector for x in operands)
    vector = any(vectors)
    frame = _frame(b, function, signature, vectors)
    for x, kind, wide, buffer in zip(operands, signature.operands, vectors, frame.buffers, strict=False):
        t = b.type(kind, wide)
        for k, part in enumerate(b.texts(x, kind, wide)):
            b.do(f"store {t} {part}, ptr {b.address(buffer, k * b.width, kind.value)}, align {kind.bytes}")
    for k, buffer in enumerate(frame.buffers):  # each time: a loop may have moved the pointers on
        b.do(f"store ptr {buffer}, ptr {b.address(frame.arrays, k, 'ptr')}, align 8")
    b.do(f"call void {frame.function}(ptr {frame.arrays}, ptr {frame.length}, ptr {frame.strides}, ptr {frame.data})")
    kind = signature.result
    t, parts = b.type(kind, vector), b.parts if vector else 1
    return tuple(
        Val(
            kind,
            tuple(
                b.emit(f"load {t}, ptr {b.address(buffer, k * b.width, kind.value)}, align {kind.bytes}")
                for k in range(parts)
            ),
            vector,
        )
        for buffer in frame.buffers[len(operands) :]
    )


def _frame(b: Builder, function: np.ufunc, signature: Signature, vectors: tuple[bool, ...]) -> Frame:
    """Made at the head of the function under construction, once for all calls of one form."""
    count = b.lanes if any(vectors) else 1
    key = ("frame", function, signature, vectors, count)
    if key not in b.scopes[0]:
        b.scopes[0][key] = _new_frame(b, function, signature, vectors, count)
    frame: Frame = b.scopes[0][key]
    return frame


def _new_frame(b: Builder, function: np.ufunc, signature: Signature, vectors: tuple[bool, ...], count: int) -> Frame:
    name = f"{ufunc_name(function)}:{loop_types(signature, function)}"
    kinds = (*signature.operands, *[signature.result] * function.nout)
    lengths = [count if wide else 1 for wide in (*vectors, *[True] * function.nout)]
    buffers = tuple(b.alloca(n, kind.value) for n, kind in zip(lengths, kinds, strict=True))
    strides = [kind.bytes if n > 1 else 0 for n, kind in zip(lengths, kinds, strict=True)]
    return Frame(
        _from_table(b, f"ufunc:{name}"),
        _from_table(b, f"ufuncdata:{name}"),
        buffers,
        b.alloca(len(buffers), "ptr"),
        _stored(b, [count]),
        _stored(b, strides),
    )


def _from_table(b: Builder, name: str) -> str:
    slot, found = b.fresh("slot"), b.fresh("f")
    b.entry.append(f"  {slot} = getelementptr inbounds ptr, ptr %externals, i64 {b.external(name)}")
    b.entry.append(f"  {found} = load ptr, ptr {slot}, align 8")
    return found


def _stored(b: Builder, values: Sequence[int]) -> str:
    """An array on the stack that holds `values`."""
    array = b.alloca(len(values), "i64")
    for k, value in enumerate(values):
        slot = b.fresh("slot")
        b.entry.append(f"  {slot} = getelementptr inbounds i64, ptr {array}, i64 {k}")
        b.entry.append(f"  store i64 {value}, ptr {slot}, align 8")
    return array
