"""Running sums along the last axis, one after the other, as NumPy adds them."""

from __future__ import annotations

from math import prod

from steepest.engines.native.entrywise.casts import cast
from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer, load, store
from steepest.engines.native.ir.place import Place
from steepest.engines.native.ir.value import Value
from steepest.lower.program import Register, RunningSum

from .accumulators import Accumulator, Lanes
from .entries import Entries
from .folding import start_of_sums

Line = tuple[Buffer, str, int]  # an array, the place where one of its lines begins, and how the line is gone through


def running_sums(entries: Entries, r: Register) -> None:
    """Every line of an array of running sums; backward ones are forward ones of both lines reversed."""
    made, b = entries.graph.made[r], entries.b
    assert isinstance(made, RunningSum)
    source, target = entries.buffers[made.source], entries.buffers[r]
    size, count = source.shape[-1], target.shape[-1]
    if made.direction == "forward":
        offset, step = made.offset, 1
    else:
        offset, step = size + made.offset - count, -1
    with b.loop(0, prod(target.shape[:-1])) as line:
        ends = [b.whole("mul", line, n) if step > 0 else _last(b, line, n) for n in (size, count)]
        _one_line(b, (source, ends[0], step), (target, ends[1], step), offset)


def _last(b: Builder, line: str, size: int) -> str:
    return b.whole("add", b.whole("mul", line, size), size - 1)


def _one_line(b: Builder, source: Line, target: Line, offset: int) -> None:
    """Entry i of the target is the sum of the source's entries j ≤ i + offset."""
    size, count = source[0].shape[-1], target[0].shape[-1]
    kind = target[0].kind
    first = min(max(-offset, 0), count)  # before it there is nothing to sum
    full = min(max(size - offset, first), count)  # from there on everything
    total = Accumulator.open(b, kind, Lanes.ONE, start_of_sums(kind))

    def add(place: Place) -> Value:
        x = cast(b, load(b, source[0], place), kind)
        total.step(b, None, lambda before: b.add(before, x))
        return total.load(b, 1)

    with b.loop(0, min(max(offset, 0), size)) as j:
        add(_at(source, j, 0))
    with b.loop(0, first) as i:
        store(b, total.load(b, 1), target[0], _at(target, i, 0))
    with b.loop(first, full) as i:
        store(b, add(_at(source, i, offset)), target[0], _at(target, i, 0))
    with b.loop(full, count) as i:
        store(b, total.load(b, 1), target[0], _at(target, i, 0))


def _at(line: Line, entry: str, shift: int) -> Place:
    _, begin, step = line
    return Place(step * shift, ((begin, 1), (entry, step)))
