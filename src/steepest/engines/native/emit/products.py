"""Matrix products by BLAS, through the addresses of SciPy's routines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer
from steepest.engines.native.ir.value import Kind, literal
from steepest.lower.program import Register
from steepest.schedule.cost import NARROW, SHARE
from steepest.schedule.products import Product

LETTER = {Kind.DOUBLE: "d", Kind.FLOAT: "s"}


def write_product(b: Builder, p: Product, target: Register, buffers: Mapping[Register, Buffer]) -> None:
    """A row-major product is the column-major one with the operands exchanged."""
    left, right, out = (buffers[r] for r in (p.left, p.right, target))
    if p.columns == 1 and len(right.shape) == 1:
        _vector(b, left, right, out, p.rows, p.inner, p.left_turned)
    elif p.rows == 1 and len(left.shape) == 1:
        _vector(b, right, left, out, p.columns, p.inner, not p.right_turned)
    elif p.symmetric and p.rows >= 2 * NARROW:
        height = max(NARROW, -(-p.rows // SHARE))
        for first in range(0, p.rows, height):
            last = min(first + height, p.rows)
            offset = first if p.left_turned else first * p.inner
            part = replace(left, pointer=b.address(left.pointer, offset, left.kind.value))
            strip = replace(out, pointer=b.address(out.pointer, first * p.columns, out.kind.value))
            _matrix(b, p, part, right, strip, (last - first, last))
        _mirror(b, out, p.rows)
    else:
        _matrix(b, p, left, right, out, (p.rows, p.columns))


def _mirror(b: Builder, square: Buffer, n: int) -> None:
    """What is below the diagonal, above it too."""
    element = square.kind.value
    with b.loop(0, n) as i, b.loop(b.whole("add", i, 1), n) as j:
        below = b.address(square.pointer, b.whole("add", b.whole("mul", j, n), i), element)
        above = b.address(square.pointer, b.whole("add", b.whole("mul", i, n), j), element)
        entry = b.emit(f"load {element}, ptr {below}, align {square.kind.bytes}")
        b.do(f"store {element} {entry}, ptr {above}, align {square.kind.bytes}")


def _matrix(b: Builder, p: Product, left: Buffer, right: Buffer, out: Buffer, part: tuple[int, int]) -> None:
    """So many of the first rows and columns of the product."""
    kind = out.kind
    rows, columns = part
    of_left, of_right = ("T" if p.left_turned else "N"), ("T" if p.right_turned else "N")
    left_width = p.rows if p.left_turned else p.inner
    right_width = p.inner if p.right_turned else p.columns
    arguments = [
        _letter(b, of_right), _letter(b, of_left), _int(b, columns), _int(b, rows), _int(b, p.inner),
        _number(b, kind, 1.0), right.pointer, _int(b, max(right_width, 1)), left.pointer, _int(b, max(left_width, 1)),
        _number(b, kind, 0.0), out.pointer, _int(b, max(p.columns, 1)),
    ]  # fmt: skip
    _call(b, f"blas:{LETTER[kind]}gemm", arguments)


def _vector(b: Builder, matrix: Buffer, vector: Buffer, out: Buffer, rows: int, columns: int, turned: bool) -> None:
    """A matrix of shape (rows, columns), or turned in memory, times a vector."""
    kind = out.kind
    height, width = (columns, rows) if turned else (rows, columns)  # as it lies in memory
    arguments = [
        _letter(b, "N" if turned else "T"), _int(b, width), _int(b, height), _number(b, kind, 1.0), matrix.pointer,
        _int(b, max(width, 1)), vector.pointer, _int(b, 1), _number(b, kind, 0.0), out.pointer, _int(b, 1),
    ]  # fmt: skip
    _call(b, f"blas:{LETTER[kind]}gemv", arguments)


def _call(b: Builder, name: str, arguments: list[str]) -> None:
    slot = b.emit(f"getelementptr inbounds ptr, ptr %externals, i64 {b.external(name)}")
    function = b.emit(f"load ptr, ptr {slot}, align 8")
    b.do(f"call void {function}({', '.join(f'ptr {a}' for a in arguments)})")


def _letter(b: Builder, letter: str) -> str:
    return _stored(b, "i8", str(ord(letter)))


def _int(b: Builder, value: int) -> str:
    return _stored(b, "i32", str(value))


def _number(b: Builder, kind: Kind, value: float) -> str:
    return _stored(b, kind.value, literal(value, kind))


def _stored(b: Builder, element: str, text: str) -> str:
    """Fortran takes addresses: the value on the stack, once for each value."""
    key = ("argument", element, text)
    found = b.recall(key)
    if found is None:
        found = b.alloca(1, element)
        b.entry.append(f"  store {element} {text}, ptr {found}")
        b.keep(key, found)
    return str(found)
