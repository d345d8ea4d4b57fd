"""Sums by index: entries added, lane by lane, to places that are computed."""

from __future__ import annotations

from steepest.engines.native.entrywise.casts import cast
from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer, load, store, value_of
from steepest.engines.native.ir.place import Place, linear, row_major
from steepest.engines.native.ir.value import Kind, Val, Value
from steepest.lower.program import Register, Scatter

from .conditions import computed_place
from .entries import Entries


def scatter_entry(entries: Entries, r: Register, labels: dict[int, Place]) -> None:
    """One entry of the source, or one a lane, added where its index says; indices outside are dropped."""
    made, how, b = entries.graph.made[r], entries.graph.reading(r), entries.b
    assert isinstance(made, Scatter)
    index_read, source_read = how.reads
    index = entries.read(index_read, labels)
    value = cast(b, entries.read(source_read, labels), entries.kind(r))
    buffer = entries.buffers[r]
    axis = len(made.shared)
    strides = row_major(buffer.shape)
    vectors = not all(place.uniform for place in labels.values())
    lanes = b.lanes if vectors else 1
    others = [(labels[k], strides[k]) for k in range(len(buffer.shape)) if k != axis]
    for lane in range(lanes):
        own = [(lane_of(b, place, lane), stride) for place, stride in others]
        exists = _lane(b, entries.mask, lane) if entries.mask is not None and vectors else True
        _add_one(b, buffer, _lane(b, index, lane), _lane(b, value, lane), exists, axis, _total(own))


def _total(own: list[tuple[Place, int]]) -> Place:
    return linear([p for p, _ in own], [s for _, s in own])


def _add_one(b: Builder, buffer: Buffer, index: Value, value: Value, exists: Value, axis: int, offset: Place) -> None:
    size = buffer.shape[axis]
    inside = b.logic("and", b.compare(">=", index, 0), b.compare("<", index, size))
    inside = inside if exists is True else b.logic("and", inside, exists)
    place = computed_place(b.select(inside, index, 0)).times(row_major(buffer.shape)[axis]).plus(offset)
    old = load(b, buffer, place)
    store(b, b.select(inside, b.add(old, value), old), buffer, place)


def _lane(b: Builder, x: Value | None, lane: int) -> Value:
    """What one lane holds."""
    assert x is not None
    if not isinstance(x, Val) or not x.vector:
        return x
    part = x.parts[lane // b.width]
    if b.width == 1:
        return Val(x.kind, (part,), False)
    text = f"extractelement {b.type(x.kind)} {part}, i64 {lane % b.width}"
    return Val(x.kind, (b.pure(text),), False)


def lane_of(b: Builder, place: Place, lane: int) -> Place:
    """Where one lane of a place stands."""
    if place.uniform:
        return place
    if not place.gathered:
        return Place(place.const + place.lane * lane, place.terms, 0, (), place.low, place.high)
    one = _lane(b, value_of(b, place), lane)
    assert isinstance(one, Val)
    assert one.kind is Kind.INT
    return Place(0, ((one.name, 1),), 0, (), place.low, place.high)
