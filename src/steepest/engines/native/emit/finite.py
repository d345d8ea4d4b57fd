"""Whether all results are finite numbers: looked at as they are stored, or once when they are ready.

Others leave a NaN in a running sum of differences ``x - x``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from math import prod

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer
from steepest.engines.native.ir.shuffle import registers_in_pairs
from steepest.engines.native.ir.value import Kind, Val, Value
from steepest.engines.native.kernel import NOT_FINITE
from steepest.lower.program import Register
from steepest.schedule.deposits import Collect
from steepest.schedule.graph import Graph

from .accumulators import Accumulator, Lanes
from .elsewhere import kind_of
from .status import STATUS

LONG = 64  # entries of a result from which on it is looked at as it is stored
CHUNK = 32  # entries at a time: sums that do not wait for one another
ENTRY_BY_ENTRY = 16  # entries of a result that need no loop


def _function(element: str) -> str:
    v, align = f"<{CHUNK} x {element}>", 8 if element == "double" else 4
    return f"""
define internal i32 @broken_{element}(ptr %x, i64 %n) noinline nounwind {{
entry:
  %whole = and i64 %n, {-CHUNK}
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %next, %body ]
  %sum = phi {v} [ zeroinitializer, %entry ], [ %more, %body ]
  %some = icmp slt i64 %i, %whole
  br i1 %some, label %body, label %rest
body:
  %at = getelementptr inbounds {element}, ptr %x, i64 %i
  %value = load {v}, ptr %at, align {align}
  %zero = fsub {v} %value, %value
  %more = fadd {v} %sum, %zero
  %next = add nsw i64 %i, {CHUNK}
  br label %head
rest:
  %lanes = fcmp uno {v} %sum, zeroinitializer
  %bits = bitcast <{CHUNK} x i1> %lanes to i{CHUNK}
  %bad = icmp ne i{CHUNK} %bits, 0
  br label %tail
tail:
  %j = phi i64 [ %i, %rest ], [ %after, %one ]
  %found = phi i1 [ %bad, %rest ], [ %also, %one ]
  %left = icmp slt i64 %j, %n
  br i1 %left, label %one, label %done
one:
  %place = getelementptr inbounds {element}, ptr %x, i64 %j
  %entry_ = load {element}, ptr %place, align {align}
  %nothing = fsub {element} %entry_, %entry_
  %nan = fcmp uno {element} %nothing, 0.0
  %also = or i1 %found, %nan
  %after = add nsw i64 %j, 1
  br label %tail
done:
  %status = zext i1 %found to i32
  ret i32 %status
}}"""


FINITE = {f"@broken_{element}(": _function(element) for element in ("double", "float")}  # by how they are called


def to_watch(graph: Graph, r: Register) -> bool:
    """Whether a result is better looked at while it is made: it is long, or all zeros but a few."""
    return kind_of(graph, r).floating and (prod(graph.shape(r)) >= LONG or isinstance(graph.made[r], Collect))


class Watch:
    """Whether all entries that are stored to some arrays are finite numbers."""

    def __init__(self, b: Builder, kinds: Mapping[Register, Kind]) -> None:
        self.b, self.kinds = b, kinds
        with b.with_lanes(b.width):
            self._sums = {
                (kind, lanes): Accumulator.open(b, kind, lanes, 0.0)
                for kind in dict.fromkeys(kinds.values())
                for lanes in (Lanes.ONE, Lanes.TOGETHER)
            }
        self._looked: set[tuple[Kind, Lanes]] = set()

    def look(self, r: Register, value: Value, mask: Val | None) -> None:
        """At one entry, or one a lane, that goes to an array."""
        b = self.b
        if r not in self.kinds or (not isinstance(value, Val) and math.isfinite(value)):
            return
        kind = self.kinds[r]
        if not isinstance(value, Val):
            value = b.constant(value, kind)
        nothing = b.sub(value, value)
        if mask is not None and value.vector:
            nothing = b.select(mask, nothing, 0.0)
        assert isinstance(nothing, Val)
        with b.with_lanes(b.width):  # registers together first: sums do not wait for one another
            one = Val(kind, (registers_in_pairs(kind, nothing.parts, b.add),), value.vector)
            self._sums[kind, Lanes.of(value)].step(b, None, lambda total: b.add(total, one))
        self._looked.add((kind, Lanes.of(value)))

    def report(self) -> None:
        """What was seen, for the status of the kernel."""
        b = self.b
        for key, total in self._sums.items():
            if key not in self._looked:
                continue
            with b.with_lanes(b.width):
                found = total.result(b, b.add)
            with b.when(b.emit(f"fcmp uno {found.kind.value} {found.name}, {found.name}")):
                b.emit(f"atomicrmw or ptr {STATUS}, i32 {NOT_FINITE} monotonic")  # parts of a pass run at once


def finite_check(outputs: Sequence[Buffer]) -> list[str]:
    """Ends a kernel: its status is 1 if a floating-point output has a NaN or infinity."""
    lines, total = [f"  %seen = load i32, ptr {STATUS}"], "%seen"
    for k, out in enumerate(outputs):
        if not out.kind.floating:
            continue
        size = prod(out.shape)
        lines += _entry_by_entry(k, out, size) if 0 < size <= ENTRY_BY_ENTRY else [_called(k, out, size)]
        lines.append(f"  %status{k} = or i32 {total}, %broken{k}")
        total = f"%status{k}"
    return [*lines, f"  ret i32 {total}"]


def _called(k: int, out: Buffer, size: int) -> str:
    return f"  %broken{k} = call i32 @broken_{out.kind.value}(ptr {out.pointer}, i64 {size})"


def _entry_by_entry(k: int, out: Buffer, size: int) -> list[str]:
    """As they were stored a moment ago: what still waits to be stored cannot be read as a part of a vector."""
    t, align, lines, found = out.kind.value, out.kind.bytes, list[str](), list[str]()
    for j in range(int(size)):
        at, x, nothing = (f"%{name}{k}.{j}" for name in ("at", "entry", "nothing"))
        lines += [
            f"  {at} = getelementptr inbounds {t}, ptr {out.pointer}, i64 {j}",
            f"  {x} = load {t}, ptr {at}, align {align}",
            f"  {nothing} = fsub {t} {x}, {x}",
        ]
        found.append(nothing)
    while len(found) > 1:
        x, y = found[:2]
        both = f"{x}.plus"
        lines.append(f"  {both} = fadd {t} {x}, {y}")
        found = [*found[2:], both]
    return [
        *lines,
        f"  %bad{k} = fcmp uno {t} {found[0]}, {found[0]}",
        f"  %broken{k} = zext i1 %bad{k} to i32",
    ]
