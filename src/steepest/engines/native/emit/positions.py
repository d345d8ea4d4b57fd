"""Positions by order: functions that go through one row after the other, as NumPy compares entries.

Entries are compared by keys: whole numbers in the same order, with 0 and -0 equal, and NaN the last or, where the
smallest is looked for, the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer
from steepest.engines.native.ir.value import Kind
from steepest.lower.program import Register
from steepest.ops.gather import insertion
from steepest.ops.operation import Operation
from steepest.ops.selection import argmax, argmin, argsort, running_argmax, running_argmin
from steepest.schedule.positions import Positions

from .repeating import new_room
from .sorting import RUN, SORT

LARGEST, SMALLEST = 2**63 - 1, -(2**63)

OF_FLOATS = """define internal i64 @key.{nan}.{type}({type} %x) alwaysinline nounwind {{
  %zero = fadd {type} %x, 0.0
  %wide = {widened}
  %bits = bitcast double %wide to i64
  %sign = ashr i64 %bits, 63
  %others = lshr i64 %sign, 1
  %ordered = xor i64 %bits, %others
  %none = fcmp uno {type} %x, 0.0
  %key = select i1 %none, i64 {number}, i64 %ordered
  ret i64 %key
}}"""
OF_WHOLE = """define internal i64 @key.{nan}.i64(i64 %x) alwaysinline nounwind {{
  ret i64 %x
}}"""

BEST = """define internal void @best.{test}.{type}(ptr %x, i64 %n, ptr %out, i64 %each) nounwind {{
entry:
  %first = load {type}, ptr %x
  %start = call i64 @key.{nan}.{type}({type} %first)
  store i64 0, ptr %out
  br label %head
head:
  %i = phi i64 [ 1, %entry ], [ %next, %body ]
  %best = phi i64 [ %start, %entry ], [ %better, %body ]
  %place = phi i64 [ 0, %entry ], [ %there, %body ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %body, label %done
body:
  %at = getelementptr inbounds {type}, ptr %x, i64 %i
  %entry.i = load {type}, ptr %at
  %key = call i64 @key.{nan}.{type}({type} %entry.i)
  %beats = icmp {test} i64 %key, %best
  %better = select i1 %beats, i64 %key, i64 %best
  %there = select i1 %beats, i64 %i, i64 %place
  %offset = mul i64 %i, %each
  %to = getelementptr inbounds i64, ptr %out, i64 %offset
  store i64 %there, ptr %to
  %next = add nsw i64 %i, 1
  br label %head
done:
  ret void
}}"""

# As NumPy's: a search begins where the one before has ended, so that it is the same in what is not ascending.
SEARCH = """define internal void @search.{test}.{type}(ptr %x, i64 %n, ptr %out, ptr %row, i64 %size) nounwind {{
entry:
  %first = load {type}, ptr %x
  %start = call i64 @key.last.{type}({type} %first)
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %next, %found ]
  %before = phi i64 [ %start, %entry ], [ %key, %found ]
  %low = phi i64 [ 0, %entry ], [ %a, %found ]
  %high = phi i64 [ %size, %entry ], [ %b, %found ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %body, label %done
body:
  %at = getelementptr inbounds {type}, ptr %x, i64 %i
  %entry.i = load {type}, ptr %at
  %key = call i64 @key.last.{type}({type} %entry.i)
  %rises = icmp {test} i64 %before, %key
  %beyond = add nsw i64 %high, 1
  %fits = icmp slt i64 %high, %size
  %further = select i1 %fits, i64 %beyond, i64 %size
  %from = select i1 %rises, i64 %low, i64 0
  %to = select i1 %rises, i64 %size, i64 %further
  br label %look
look:
  %a = phi i64 [ %from, %body ], [ %a.next, %half ]
  %b = phi i64 [ %to, %body ], [ %b.next, %half ]
  %open = icmp slt i64 %a, %b
  br i1 %open, label %half, label %found
half:
  %sum = add nsw i64 %a, %b
  %middle = ashr i64 %sum, 1
  %there = getelementptr inbounds {type}, ptr %row, i64 %middle
  %entry.m = load {type}, ptr %there
  %key.m = call i64 @key.last.{type}({type} %entry.m)
  %above = icmp {test} i64 %key.m, %key
  %after = add nsw i64 %middle, 1
  %a.next = select i1 %above, i64 %after, i64 %a
  %b.next = select i1 %above, i64 %b, i64 %middle
  br label %look
found:
  %place = getelementptr inbounds i64, ptr %out, i64 %i
  store i64 %a, ptr %place
  %next = add nsw i64 %i, 1
  br label %head
done:
  ret void
}}"""

BESTS: Mapping[Operation, tuple[str, str, int]] = {  # the test that wins, where NaN is, whether each place is told
    argmax: ("sgt", "last", 0),
    argmin: ("slt", "first", 0),
    running_argmax: ("sgt", "last", 1),
    running_argmin: ("slt", "first", 1),
}
COPY = "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)"
SIDES = {"left": "slt", "right": "sle"}


def write_positions(b: Builder, made: Positions, buffers: Mapping[Register, Buffer], scratch: dict[str, int]) -> None:
    """Calls of a function for every row."""
    target, *operands = (buffers[r] for r in (made.target, *made.operands))
    if made.op is insertion:
        ascending, x = operands
        test, kind = SIDES[made.side], x.kind.value
        _define(b, SEARCH, x.kind, "last", test)
        count, size = prod(x.shape), ascending.shape[0]
        arrays = f"ptr {x.pointer}, i64 {count}, ptr {target.pointer}, ptr {ascending.pointer}, i64 {size}"
        b.do(f"call void @search.{test}.{kind}({arrays})")
        return
    (x,) = operands
    n, kind = x.shape[-1], x.kind.value
    work = new_room(b, scratch, 4 * 8 * -(-n // RUN) * RUN) if made.op is argsort else ""
    with b.loop(0, prod(x.shape[:-1])) as row:
        source = b.address(x.pointer, b.whole("mul", row, n), kind)
        found = b.address(target.pointer, b.whole("mul", row, prod(target.shape) // prod(x.shape[:-1])), "i64")
        if made.op is argsort:
            _define(b, SORT, x.kind, "last", "")
            b.intrinsics |= {"declare i64 @llvm.smin.i64(i64, i64)", COPY}
            b.do(f"call void @sort.{kind}(ptr {source}, i64 {n}, ptr {found}, ptr {work})")
        else:
            test, nan, each = BESTS[made.op]
            _define(b, BEST, x.kind, nan, test)
            b.do(f"call void @best.{test}.{kind}(ptr {source}, i64 {n}, ptr {found}, i64 {each})")


def _define(b: Builder, text: str, kind: Kind, nan: str, test: str) -> None:
    """A function and that of its keys."""
    widened = "fpext float %zero to double" if kind is Kind.FLOAT else "fadd double %zero, 0.0"
    key = OF_FLOATS if kind.floating else OF_WHOLE
    number = LARGEST if nan == "last" else SMALLEST
    b.intrinsics.add(key.format(nan=nan, type=kind.value, widened=widened, number=number))
    b.intrinsics.add(text.format(nan=nan, type=kind.value, test=test))
