"""Whether all results are finite numbers: looked at once, when they are ready."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from steepest.engines.native.ir.memory import Buffer

from .depositing import STATUS


def _function(element: str) -> str:
    v = f"<8 x {element}>"
    return f"""
define internal i32 @broken_{element}(ptr %x, i64 %n) nounwind {{
entry:
  %whole = and i64 %n, -8
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %next, %body ]
  %sum = phi {v} [ zeroinitializer, %entry ], [ %more, %body ]
  %some = icmp slt i64 %i, %whole
  br i1 %some, label %body, label %rest
body:
  %at = getelementptr inbounds {element}, ptr %x, i64 %i
  %value = load {v}, ptr %at, align {8 if element == "double" else 4}
  %zero = fsub {v} %value, %value
  %more = fadd {v} %sum, %zero
  %next = add nsw i64 %i, 8
  br label %head
rest:
  %lanes = fcmp uno {v} %sum, zeroinitializer
  %bits = bitcast <8 x i1> %lanes to i8
  %bad = icmp ne i8 %bits, 0
  br label %tail
tail:
  %j = phi i64 [ %i, %rest ], [ %after, %one ]
  %found = phi i1 [ %bad, %rest ], [ %also, %one ]
  %left = icmp slt i64 %j, %n
  br i1 %left, label %one, label %done
one:
  %place = getelementptr inbounds {element}, ptr %x, i64 %j
  %entry_ = load {element}, ptr %place, align {8 if element == "double" else 4}
  %nothing = fsub {element} %entry_, %entry_
  %nan = fcmp uno {element} %nothing, {"0.0"}
  %also = or i1 %found, %nan
  %after = add nsw i64 %j, 1
  br label %tail
done:
  %status = zext i1 %found to i32
  ret i32 %status
}}"""


FINITE = _function("double") + _function("float")


def finite_check(outputs: Sequence[Buffer]) -> list[str]:
    """Ends a kernel: its status is 1 if a floating-point output has a NaN or infinity."""
    lines, total = [f"  %deposited = load i32, ptr {STATUS}"], "%deposited"
    for k, out in enumerate(outputs):
        if not out.kind.floating:
            continue
        lines.append(f"  %broken{k} = call i32 @broken_{out.kind.value}(ptr {out.pointer}, i64 {prod(out.shape)})")
        lines.append(f"  %status{k} = or i32 {total}, %broken{k}")
        total = f"%status{k}"
    return [*lines, f"  ret i32 {total}"]
