"""Lanes exchanged between registers: squares turned, sums gathered, one register folded to a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .builder import FLAGS, Builder
from .value import Kind, Val, Value


def _exchange(width: int, s: int) -> tuple[list[int], list[int]]:
    """Which lanes of two registers make the two that have their blocks of `s` lanes exchanged."""
    low = [p if not p & s else width + p - s for p in range(width)]
    high = [p + s if not p & s else width + p for p in range(width)]
    return low, high


def _shuffle(b: Builder, kind: Kind, x: str, y: str, picks: Sequence[int]) -> str:
    t = b.type(kind)
    lanes = ", ".join(f"i32 {q}" for q in picks)
    return b.pure(f"shufflevector {t} {x}, {t} {y}, <{len(picks)} x i32> <{lanes}>")


def transpose(b: Builder, kind: Kind, rows: Sequence[str], count: int) -> list[str]:
    """`width` registers: lane j of register i becomes lane i of register j, of which the first `count` are made."""
    steps = [1 << k for k in range(b.width.bit_length() - 1)]
    wanted, stages = set(range(count)), []
    for s in reversed(steps):
        stages.append((s, wanted))
        wanted = {i ^ t for i in wanted for t in (0, s)}  # each is made of two
    r = list(rows)
    for s, made in reversed(stages):
        low, high = _exchange(b.width, s)
        before = list(r)
        for i in sorted(made):
            first = i & ~s
            r[i] = _shuffle(b, kind, before[first], before[first + s], high if i & s else low)
    return r[:count]


def sums(b: Builder, kind: Kind, registers: Sequence[str]) -> str:
    """The register whose lane i is the sum of all lanes of register i."""
    r = list(registers)
    t = b.type(kind)
    s = 1
    while len(r) > 1:
        low, high = _exchange(b.width, s)
        pairs = [(r[k], r[k + 1]) for k in range(0, len(r), 2)]
        r = [
            b.emit(f"fadd {FLAGS} {t} {_shuffle(b, kind, x, y, low)}, {_shuffle(b, kind, x, y, high)}")
            for x, y in pairs
        ]
        s *= 2
    return r[0]


def across(b: Builder, value: Val, combine: Callable[[Value, Value], Value]) -> Val:
    """All lanes folded to one number, in pairs."""
    with b.with_lanes(b.width):
        x = registers_in_pairs(value.kind, value.parts, combine)
        s = b.width // 2
        while s:
            turned = _shuffle(b, value.kind, x, x, [(q + s) % b.width for q in range(b.width)])
            x = _one(combine(Val(value.kind, (x,), True), Val(value.kind, (turned,), True)))
            s //= 2
    if b.width == 1:
        return Val(value.kind, (x,), False)
    return Val(value.kind, (b.emit(f"extractelement {b.type(value.kind)} {x}, i64 0"),), False)


def registers_in_pairs(kind: Kind, registers: Sequence[str], combine: Callable[[Value, Value], Value]) -> str:
    """Registers folded to one, lane by lane; the builder's lanes are those of one register."""
    return _one(in_pairs([Val(kind, (x,), True) for x in registers], combine))


def in_pairs(values: Sequence[Value], combine: Callable[[Value, Value], Value]) -> Value:
    """Values folded to one: few of them wait for one another, and of sums few round."""
    left = list(values)
    while len(left) > 1:
        half = (len(left) + 1) // 2
        merged = [combine(x, y) for x, y in zip(left[:half], left[half:], strict=False)]
        left = merged + left[len(merged) : half]
    return left[0]


def _one(value: Value) -> str:
    assert isinstance(value, Val)
    return value.parts[0]
