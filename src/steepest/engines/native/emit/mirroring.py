"""One triangle of a square matrix written into the other."""

from __future__ import annotations

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Kind

from .fortran import load, store

NEAR = 16  # rows that are written at the same time: their lines stay in the nearest cache


def mirror(b: Builder, kind: Kind, n: int, square: str) -> None:
    """What is below the diagonal, above it too."""
    with (
        b.loop(0, n, NEAR) as first,
        b.loop(first, n) as j,
        b.loop(first, b.smaller(b.whole("add", first, NEAR), j)) as i,
    ):
        entry = load(b, kind, square, b.whole("add", b.whole("mul", j, n), i))
        store(b, kind, entry, square, b.whole("add", b.whole("mul", i, n), j))
