"""One kind of number as another, as NumPy's ``astype`` has it."""

from __future__ import annotations

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Kind, Narrow, Val, Value

LIMIT = 2.0**63  # of whole numbers
OUTSIDE = -(2**63)  # what x86 makes of NaN and of numbers beyond the limit, and so NumPy there


def cast(b: Builder, x: Value, kind: Kind) -> Value:
    """`x` as an entry of `kind`: towards 0 to whole numbers, rounded to the nearest to floating-point ones."""
    if kind is not Kind.INT or (isinstance(x, Val) and not x.kind.floating) or isinstance(x, (bool, int)):
        return b.convert(x, kind)
    if not isinstance(x, Val):
        return int(x) if -LIMIT <= x < LIMIT else OUTSIDE
    inside = b.logic("and", b.compare(">=", x, -LIMIT), b.compare("<", x, LIMIT))
    return b.select(inside, b.convert(b.select(inside, x, 0.0), kind), OUTSIDE)


def wrapped(b: Builder, x: Value, narrow: Narrow | None) -> Value:
    """What arithmetic in fewer bits leaves of a whole number; of an entry that is not there, nothing."""
    if narrow is None or x is False:
        return x
    if not isinstance(x, Val):
        return narrow.wrapped(int(x))
    wide, few = b.type(x.kind, x.vector), b.register(narrow.stored, x.vector)
    cut = (b.pure(f"trunc {wide} {p} to {few}") for p in x.parts)
    return Val(x.kind, tuple(b.pure(f"{narrow.word} {few} {p} to {wide}") for p in cut), x.vector)
