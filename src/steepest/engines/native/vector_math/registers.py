"""Functions that are written for whole machine registers, for vectors of any length: the same bits in each lane."""

from __future__ import annotations

from collections.abc import Callable

from .body import Body, vector

AVX_512 = 512  # bits of a register, which no other processor has


def in_registers(b: Body, name: str, x: str, whole: Callable[[Body], str]) -> str:
    """The function `name` of `x`: by `whole` where the vector is one register, else register by register."""
    lanes = b.register // b.format.width
    if b.lanes == lanes:
        return whole(b)
    register, f = vector(b.element, lanes), b.needed(name, lanes=lanes)
    if b.lanes == 1:
        wide = b.emit(f"insertelement {register} poison, {b.element} {x}, i32 0")
        return b.emit(f"extractelement {register} {b.emit(f'call {register} {f}({register} {wide})')}, i32 0")
    results = []
    for first in range(0, b.lanes, lanes):
        part = _lanes(b, (x, x), b.lanes, first, lanes)
        results.append(b.emit(f"call {register} {f}({register} {part})"))
    size = lanes
    while len(results) > 1:
        results = [_lanes(b, (p, q), size, 0, 2 * size) for p, q in zip(results[::2], results[1::2], strict=True)]
        size *= 2
    return results[0] if size == b.lanes else _lanes(b, (results[0], results[0]), size, 0, b.lanes)


def _lanes(b: Body, sources: tuple[str, str], size: int, first: int, count: int) -> str:
    """So many lanes of two vectors, one after the other."""
    t = vector(b.element, size)
    numbers = ", ".join(f"i32 {k % (2 * size)}" for k in range(first, first + count))
    return b.emit(f"shufflevector {t} {sources[0]}, {t} {sources[1]}, <{count} x i32> <{numbers}>")
