"""Whether the places that arrays are read at exist, since NumPy would raise: looked at before anything is computed.

Places are counted from either end, so ``-size ≤ place < size``. Those that are computed on the way, as of the state of
a loop, are looked at where they are: one that does not exist leaves a bit of the status, and another is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer
from steepest.engines.native.ir.place import row_major
from steepest.engines.native.ir.value import Kind, Narrow, Val, Value
from steepest.engines.native.kernel import FAILED
from steepest.engines.native.unsupported import Unsupported
from steepest.expr.dtype import INT
from steepest.lower.program import Arithmetic, Call, Fold, Place, Rearrange, Register, Reshape, Select, Slice, Window
from steepest.ops.gather import insertion, within
from steepest.ops.operation import Operation
from steepest.ops.piecewise import maximum, minimum
from steepest.schedule.graph import Graph
from steepest.schedule.positions import Positions

from .elsewhere import kind_of
from .status import STATUS

Bounds = tuple[int, int]
CHOICES: Mapping[Operation, Callable[[int, int], int]] = {maximum: max, minimum: min}  # one of two entries

MOST_PIECES = 64  # of an array that is looked at in rows apart

_OUTSIDE = """
define internal i1 @outside.{name}(ptr %x, i64 %start, i64 %n, i64 %step, i64 %size) noinline nounwind {{
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
  %at = getelementptr inbounds {stored}, ptr %x, i64 %offset
  %given = load {stored}, ptr %at, align {bytes}
  %place = {word} {stored} %given to i64
  %shifted = add i64 %place, %size
  %bad = icmp uge i64 %shifted, %twice
  %also = or i1 %found, %bad
  %next = add nsw i64 %i, 1
  br label %head
done:
  ret i1 %found
}}"""


def outside(narrow: Narrow | None) -> str:
    """The function that looks at places of so many bits."""
    stored, size, word = ("i64", 8, "bitcast") if narrow is None else (narrow.stored, narrow.bytes, narrow.word)
    return _OUTSIDE.format(name=_name(narrow), stored=stored, bytes=size, word=word)


def _name(narrow: Narrow | None) -> str:
    return "i64" if narrow is None else f"{narrow.word}.{narrow.stored}"


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
    """Begins a kernel: it ends at once if a place does not exist that is known by then."""
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
    view = _view(graph, made.operands[0])
    if view is None or _surely_exist(graph, made) or to_be_looked_at(graph, made):
        return
    size, array = int(dict(made.params)["size"]), buffers[view.array]
    for start, count, step in view.runs():
        yield f"@outside.{_name(array.narrow)}(ptr {array.pointer}, i64 {start}, i64 {count}, i64 {step}, i64 {size})"


def to_be_looked_at(graph: Graph, made: Call) -> bool:
    """Whether places are computed, so that they are not known at the beginning of a kernel."""
    view = _view(graph, made.operands[0])
    return not _surely_exist(graph, made) and (view is None or kind_of(graph, view.array) is not Kind.INT)


def existing(b: Builder, made: Call, place: Value, mask: Val | None) -> Value:
    """A place counted from the front, or 0 in place of one that does not exist: array operations will raise."""
    size = int(dict(made.params)["size"])
    inside = b.logic("and", b.compare(">=", place, 0), b.compare("<", place, size))
    outside = b.invert(inside)
    if isinstance(outside, Val):
        wanted = outside if mask is None or not outside.vector else b.logic("and", outside, mask)
        with b.when(_any(b, wanted)):
            b.do(f"{b.fresh()} = atomicrmw or ptr {STATUS}, i32 {FAILED} monotonic")  # parts of a pass run at once
    elif outside:
        raise Unsupported(f"place {place} of {size}")
    return b.select(inside, place, 0)


def _any(b: Builder, x: Value) -> str:
    """Whether something holds in any lane, as an ``i1``."""
    assert isinstance(x, Val)
    found = []
    for part in x.parts:
        if x.vector and b.width > 1:
            bits = b.pure(f"bitcast {b.type(Kind.TRUTH)} {part} to i{b.width}")
            part = b.pure(f"icmp ne i{b.width} {bits}, 0")
        found.append(part)
    total = found[0]
    for part in found[1:]:
        total = b.pure(f"or i1 {total}, {part}")
    return total


def _surely_exist(graph: Graph, made: Call) -> bool:
    size = int(dict(made.params)["size"])
    low, high = _bounds(graph, made.operands[0])
    return -size <= low <= high < size


def _bounds(graph: Graph, r: Register) -> Bounds:
    """The least and the largest that a place can be which is computed from others."""
    constant = np.asarray(graph.program.constants.get(r))
    if constant.dtype.kind in "iu" and constant.size:
        return int(constant.min()), int(constant.max())
    match graph.made.get(r):
        case Call(op=op, params=params) if op is within:
            return 0, int(dict(params)["size"]) - 1
        case Positions(op=op, operands=(array, *_)):
            size = graph.shape(array)[-1]
            return 0, size if op is insertion else size - 1
        case Arithmetic(sign=("+" | "*") as sign, left=left, right=right):
            a, b = _bounds(graph, left), _bounds(graph, right)
            ends = [x + y if sign == "+" else x * y for x in a for y in b]
            limits = _limits(graph, r)  # beyond them numbers begin again from the other end
            fitting = limits[0] <= min(ends) and max(ends) <= limits[1]
            return (min(ends), max(ends)) if fitting else limits
        case Call(op=op, operands=(left, right)) if op in CHOICES:
            a, b = _bounds(graph, left), _bounds(graph, right)
            return CHOICES[op](a[0], b[0]), CHOICES[op](a[1], b[1])
        case Select(source=source):
            low, high = _bounds(graph, source)
            return min(low, 0), max(high, 0)
        case Rearrange(source=source) | Reshape(source=source) | Slice(source=source):
            return _bounds(graph, source)
        case Fold(source=source, op=op) if op in CHOICES:
            return _bounds(graph, source)
    return _limits(graph, r)


def _limits(graph: Graph, r: Register) -> Bounds:
    """The numbers of an array's type."""
    dtype = graph.program.registers[r].dtype
    whole = np.iinfo(dtype if dtype is not None and dtype.kind in "iu" else INT)
    return int(whole.min), int(whole.max)


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
