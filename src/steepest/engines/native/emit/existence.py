"""Whether the places that arrays are read at exist: looked at before anything is computed, since NumPy would raise.

Places are counted from either end, so ``-size ≤ place < size``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from steepest.engines.native.ir.memory import Buffer
from steepest.engines.native.ir.place import row_major
from steepest.engines.native.ir.value import Kind
from steepest.engines.native.kernel import FAILED
from steepest.engines.native.unsupported import Unsupported
from steepest.lower.program import Arithmetic, Call, Place, Rearrange, Register, Reshape, Slice, Window
from steepest.ops.gather import within
from steepest.schedule.graph import Graph

MOST_PIECES = 64  # of an array that is looked at in rows apart

OUTSIDE = """
define internal i1 @outside(ptr %x, i64 %start, i64 %n, i64 %step, i64 %size) nounwind {
entry:
  %twice = shl i64 %size, 1
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %next, %body ]
  %found = phi i1 [ false, %entry ], [ %also, %body ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %body, label %done
body:
  %moved = mul i64 %i, %step
  %offset = add i64 %start, %moved
  %at = getelementptr inbounds i64, ptr %x, i64 %offset
  %place = load i64, ptr %at, align 8
  %shifted = add i64 %place, %size
  %bad = icmp uge i64 %shifted, %twice
  %also = or i1 %found, %bad
  %next = add nsw i64 %i, 1
  br label %head
done:
  ret i1 %found
}"""


@dataclass(frozen=True)
class _View:
    """Entries of an array in memory, in elements from its beginning."""

    array: Register
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def contiguous(self) -> bool:
        own = row_major(self.shape)
        return all(n == 1 or a == b for n, a, b in zip(self.shape, self.strides, own, strict=True))

    def runs(self) -> Iterator[tuple[int, int, int]]:
        """Offset, number and step of entries, in as few runs as axes of equal steps allow."""
        if self.contiguous:
            yield self.offset, prod(self.shape), 1
            return
        lead = self.shape[:-1]
        if prod(lead) > MOST_PIECES:
            raise Unsupported("places in an array that is far from contiguous")
        for at in np.ndindex(*lead):
            start = self.offset + sum(k * s for k, s in zip(at, self.strides, strict=False))
            yield start, self.shape[-1], self.strides[-1]


def existence_check(graph: Graph, buffers: Mapping[Register, Buffer]) -> list[str]:
    """Begins a kernel: it ends at once if a place does not exist.

    Raises:
        Unsupported: if places are computed, so that they are not known at the beginning.
    """
    calls: list[str] = []
    for r in graph.order:
        made = graph.made[r]
        if isinstance(made, Call) and made.op is within:
            calls += _calls(graph, made, buffers)
    if not calls:
        return []
    lines, total = [], "false"
    for k, call in enumerate(dict.fromkeys(calls)):
        lines += [f"  %outside{k} = call i1 {call}", f"  %absent{k} = or i1 {total}, %outside{k}"]
        total = f"%absent{k}"
    return [*lines, f"  br i1 {total}, label %absent, label %present", "absent:", f"  ret i32 {FAILED}", "present:"]


def _calls(graph: Graph, made: Call, buffers: Mapping[Register, Buffer]) -> Iterator[str]:
    size = int(dict(made.params)["size"])
    bounds = _bounds(graph, made.operands[0])
    if bounds is not None and -size <= bounds[0] <= bounds[1] < size:
        return
    view = _view(graph, made.operands[0])
    if view is None or view.array not in buffers or buffers[view.array].kind is not Kind.INT:
        raise Unsupported("an array is read at places that are computed on the way")
    for start, count, step in view.runs():
        yield f"@outside(ptr {buffers[view.array].pointer}, i64 {start}, i64 {count}, i64 {step}, i64 {size})"


def _bounds(graph: Graph, r: Register) -> tuple[int, int] | None:
    """The least and the largest that a place can be which is computed from others that exist."""
    constant = np.asarray(graph.program.constants.get(r))
    if constant.dtype.kind == "i" and constant.size:
        return int(constant.min()), int(constant.max())
    match graph.made.get(r):
        case Call(op=op, params=params) if op is within:
            return 0, int(dict(params)["size"]) - 1
        case Arithmetic(sign=("+" | "*") as sign, left=left, right=right):
            a, b = _bounds(graph, left), _bounds(graph, right)
            if a is None or b is None:
                return None
            ends = [x + y if sign == "+" else x * y for x in a for y in b]
            return min(ends), max(ends)
        case Rearrange(source=source) | Reshape(source=source) | Slice(source=source):
            return _bounds(graph, source)
    return None


def _view(graph: Graph, r: Register) -> _View | None:
    """Where the entries of a register lie, if it is part of an array that is given."""
    if r in graph.given:
        shape = graph.shape(r)
        return _View(r, 0, shape, row_major(shape))
    match graph.made[r]:
        case Slice(source=source, places=places):
            return None if (v := _view(graph, source)) is None else _sliced(v, places)
        case Rearrange(source=source, axes=axes):
            return None if (v := _view(graph, source)) is None else _rearranged(v, axes)
        case Reshape(source=source) if (v := _view(graph, source)) is not None and v.contiguous:
            return _View(v.array, v.offset, graph.shape(r), row_major(graph.shape(r)))
    return None


def _sliced(v: _View, places: Sequence[Place]) -> _View:
    starts = [p.start if isinstance(p, Window) else p for p in places]
    windows = [(p, s) for p, s in zip(places, v.strides, strict=True) if isinstance(p, Window)]
    offset = v.offset + sum(k * s for k, s in zip(starts, v.strides, strict=True))
    return _View(v.array, offset, tuple(p.count for p, _ in windows), tuple(p.step * s for p, s in windows))


def _rearranged(v: _View, axes: Sequence[int | None]) -> _View:
    shape = tuple(1 if k is None else v.shape[k] for k in axes)
    return _View(v.array, v.offset, shape, tuple(0 if k is None else v.strides[k] for k in axes))
