"""Calls of the loops over matrices inside `numpy.linalg`, whose results lie in rows of one array."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from steepest.engines.native.externals import address
from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer
from steepest.engines.native.ir.value import Kind, literal
from steepest.engines.native.unsupported import Unsupported
from steepest.lower.program import Register
from steepest.schedule.decompositions import Box, Decomposed, Gaps, LoopCall

from .fortran import copy, fail_where, load, routine, store
from .stacks import each_matrix


def write_decomposed(b: Builder, made: Decomposed, buffers: Mapping[Register, Buffer]) -> None:
    matrix, rows = buffers[made.matrix], buffers[made.target]
    if made.layout.copied:
        with each_matrix(b, matrix, rows) as (source, target):
            copy(b, matrix.kind, target, source, prod(matrix.shape[-2:]))
    for call in made.layout.calls:
        _call(b, call, matrix, rows)
    if made.layout.copied:
        with each_matrix(b, rows) as (found,):
            _clear_below(b, rows.kind, rows.shape[-1], found)
    for box in made.layout.pieces.values():
        with each_matrix(b, rows) as (found,):  # a routine that fails leaves NaN
            first = load(b, rows.kind, found, box[0] * rows.shape[-1] + box[1])
            fail_where(b, b.emit(f"fcmp uno {rows.kind.value} {first}, {first}"))


def _clear_below(b: Builder, kind: Kind, n: int, square: str) -> None:
    """Below the diagonal, where reflections have been left."""
    with b.loop(1, n) as i, b.loop(0, i) as j:
        store(b, kind, literal(0.0, kind), square, b.whole("add", b.whole("mul", i, n), j))


def _call(b: Builder, call: LoopCall, matrix: Buffer, rows: Buffer) -> None:
    """Through arrays of pointers, of sizes and of steps in bytes: first from matrix to matrix, then within each."""
    name = f"linalg:{call.name}"
    try:
        address(name)
    except LookupError as error:  # inside NumPy nothing is promised
        raise Unsupported(str(error)) from error
    size, width = rows.kind.bytes, rows.shape[-1]
    count = prod(rows.shape[:-2])
    outer = [prod((matrix if box is None else rows).shape[-2:]) * size for box in call.arrays]
    inner = [
        step for box, axes in zip(call.arrays, call.axes, strict=True) for step in _steps(box, axes, matrix, width)
    ]
    pointers = [_place(b, box, matrix, rows) for box in call.arrays]
    arrays = b.alloca(len(pointers), "ptr")
    for k, pointer in enumerate(pointers):
        b.do(f"store ptr {pointer}, ptr {b.address(arrays, k, 'ptr')}, align 8")
    sizes, steps = numbers(b, [count, *call.sizes]), numbers(b, [*outer, *(size * k for k in inner)])
    b.do(f"call void {routine(b, name)}(ptr {arrays}, ptr {sizes}, ptr {steps}, ptr null)")


def _steps(box: Box | None, axes: int, matrix: Buffer, width: int) -> tuple[int, ...]:
    across = matrix.shape[-1] if box is None else width
    return (across, 1) if axes == 2 else (1,)


def _place(b: Builder, box: Box | None, matrix: Buffer, rows: Buffer) -> str:
    if box is None:
        return matrix.pointer
    return b.address(rows.pointer, box[0] * rows.shape[-1] + box[1], rows.kind.value)


def numbers(b: Builder, values: Sequence[int]) -> str:
    """An array on the stack that holds them."""
    array = b.alloca(len(values), "i64")
    for k, value in enumerate(values):
        b.do(f"store i64 {value}, ptr {b.address(array, k, 'i64')}, align 8")
    return array


def write_gaps(b: Builder, made: Gaps, buffers: Mapping[Register, Buffer]) -> None:
    """In a loop over pairs; what is equal to rounding has no derivative, so that array operations are to say so."""
    values, out = buffers[made.values], buffers[made.target]
    n, kind = values.shape[-1], values.kind
    t, largest = kind.value, b.alloca(1, kind.value)
    room = literal(n * float(np.finfo(np.float64).eps), Kind.DOUBLE)
    b.intrinsics.add(f"declare {t} @llvm.fabs.f64({t})")
    with b.loop(0, prod(values.shape[:-1])) as stack:
        w = b.address(values.pointer, b.whole("mul", stack, n), t)
        square = b.address(out.pointer, b.whole("mul", stack, n * n), t)
        b.do(f"store {t} {literal(0.0, kind)}, ptr {largest}")
        with b.loop(0, n) as i:
            size, before = (
                b.emit(f"call {t} @llvm.fabs.f64({t} {load(b, kind, w, i)})"),
                b.emit(f"load {t}, ptr {largest}"),
            )
            more = b.emit(f"fcmp ogt {t} {size}, {before}")
            b.do(f"store {t} {b.emit(f'select i1 {more}, {t} {size}, {t} {before}')}, ptr {largest}")
        near = b.emit(f"fmul {t} {b.emit(f'load {t}, ptr {largest}')}, {room}")
        with b.loop(0, n) as i, b.loop(0, n) as j:
            gap = b.emit(f"fsub {t} {load(b, kind, w, j)}, {load(b, kind, w, i)}")
            other = b.emit(f"icmp ne i64 {i}, {j}")
            close = b.emit(f"fcmp ule {t} {b.emit(f'call {t} @llvm.fabs.f64({t} {gap})')}, {near}")
            fail_where(b, b.emit(f"and i1 {other}, {close}"))
            inverted = b.emit(f"fdiv {t} {literal(1.0, kind)}, {gap}")
            entry = b.emit(f"select i1 {other}, {t} {inverted}, {t} {literal(0.0, kind)}")
            store(b, kind, entry, square, b.whole("add", b.whole("mul", i, n), j))
