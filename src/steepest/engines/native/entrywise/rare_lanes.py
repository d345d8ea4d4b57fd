"""Rare lanes: whether there is one, and a dear way that is taken only then."""

from __future__ import annotations

from collections.abc import Callable

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Kind, Val, Value


def any_lane(b: Builder, mask: Value) -> Value:
    """Whether a truth value holds in some lane."""
    if not isinstance(mask, Val) or not mask.vector:
        return mask
    found: Value = False
    for part in mask.parts:
        found = b.logic("or", found, Val(Kind.TRUTH, (_joined(b, part),), False))
    return found


def _joined(b: Builder, part: str) -> str:
    if b.width == 1:
        return part
    t, f = b.type(Kind.TRUTH), f"@llvm.vector.reduce.or.v{b.width}i1"
    b.intrinsics.add(f"declare i1 {f}({t})")
    return b.pure(f"call i1 {f}({t} {part})")


def unless(b: Builder, rare: Value, usual: Value, dear: Callable[[], Value]) -> Value:
    """`usual`, but what `dear` writes where `rare`, a single truth value, holds."""
    if not isinstance(rare, Val):
        return dear() if rare else usual
    assert isinstance(usual, Val)
    t, count = b.type(usual.kind, usual.vector), len(usual.parts)
    lanes = b.width if usual.vector else 1
    room = b.alloca(count * lanes, usual.kind.value)
    places = [b.address(room, k * lanes, usual.kind.value) for k in range(count)]
    _store(b, usual, t, places)
    with b.when(rare.name):
        found = dear()
        assert isinstance(found, Val)
        _store(b, found, t, places)
    parts = tuple(b.emit(f"load {t}, ptr {place}, align {usual.kind.bytes}") for place in places)
    return Val(usual.kind, parts, usual.vector)


def _store(b: Builder, x: Val, t: str, places: list[str]) -> None:
    for part, place in zip(x.parts, places, strict=True):
        b.do(f"store {t} {part}, ptr {place}, align {x.kind.bytes}")
