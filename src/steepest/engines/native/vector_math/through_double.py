"""Functions of binary32 computed in binary64: half as fast as in their own format, and right but for one rounding."""

from __future__ import annotations

from .body import Body, symbol, vector
from .function import Writer

WHOLE = 4  # lanes that are widened together; more are widened by halves, as a register holds half as many


def through_double(name: str) -> Writer:
    """The writer for binary32 of the function `name` of the library."""

    def write(b: Body, *operands: str) -> str:
        if b.lanes <= WHOLE:
            return _narrowed(b, _called(b, name, b.lanes, [_widened(b, x, b.lanes) for x in operands]), b.lanes)
        half = b.lanes // 2
        parts = []
        for start in (0, half):
            picks = [_lanes(b, x, range(start, start + half)) for x in operands]
            parts.append(_narrowed(b, _called(b, name, half, [_widened(b, x, half) for x in picks]), half))
        order = ", ".join(f"i32 {k}" for k in range(b.lanes))
        halves = ", ".join(f"{vector('float', half)} {x}" for x in parts)
        return b.emit(f"shufflevector {halves}, <{b.lanes} x i32> <{order}>")

    return write


def _lanes(b: Body, x: str, lanes: range) -> str:
    order = ", ".join(f"i32 {k}" for k in lanes)
    return b.emit(f"shufflevector {b.real} {x}, {b.real} poison, <{len(lanes)} x i32> <{order}>")


def _widened(b: Body, x: str, lanes: int) -> str:
    return b.emit(f"fpext {vector('float', lanes)} {x} to {vector('double', lanes)}")


def _narrowed(b: Body, x: str, lanes: int) -> str:
    return b.emit(f"fptrunc {vector('double', lanes)} {x} to {vector('float', lanes)}")


def _called(b: Body, name: str, lanes: int, operands: list[str]) -> str:
    b.needs.add((name, "double", lanes))
    real = vector("double", lanes)
    return b.emit(f"call {real} {symbol(name, 'double', lanes)}({', '.join(f'{real} {x}' for x in operands)})")
