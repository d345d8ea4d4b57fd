"""Matrix products by BLAS, through the addresses of SciPy's routines."""

from __future__ import annotations

from collections.abc import Mapping

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer
from steepest.lower.program import Register
from steepest.schedule.products import Product, Symmetry
from steepest.schedule.strip import Strip

from .fortran import call, copy, integer, letters, number
from .mirroring import mirror


def write_product(b: Builder, p: Product, target: Register, buffers: Mapping[Register, Buffer]) -> None:
    """A row-major product is the column-major one with the operands exchanged."""
    left, right, out = (buffers[r] for r in (p.left, p.right, target))
    if p.columns == 1 and len(right.shape) == 1:
        _vector(b, left, right, out, p.rows, p.inner, p.left_turned)
    elif p.rows == 1 and len(left.shape) == 1:
        _vector(b, right, left, out, p.columns, p.inner, not p.right_turned)
    elif p.symmetry is Symmetry.SQUARE:
        _square(b, p, left, out)
        mirror(b, out.kind, p.rows, out.pointer)
    elif p.symmetry is Symmetry.OF_TRIANGLE:
        _triangle(b, p, left, out)
        mirror(b, out.kind, p.rows, out.pointer)
    else:
        for strip in p.strips:
            _strip(b, p, strip, left, right, out)
        if p.symmetry is Symmetry.MIRRORED:
            mirror(b, out.kind, p.rows, out.pointer)


def _square(b: Builder, p: Product, matrix: Buffer, out: Buffer) -> None:
    """The lower triangle, which is the upper one of a column-major matrix."""
    kind, n = out.kind, integer(b, p.rows)
    width = n if p.left_turned else integer(b, p.inner)
    how = letters(b, "UN" if p.left_turned else "UT")
    one, zero = number(b, kind, 1.0), number(b, kind, 0.0)
    call(b, "blas", "syrk", kind, *how, n, integer(b, p.inner), one, matrix.pointer, width, zero, out.pointer, n)


def _triangle(b: Builder, p: Product, matrix: Buffer, out: Buffer) -> None:
    """``U Uᵀ`` of the upper triangle that LAPACK sees, a third of the work of a square."""
    n, report = integer(b, p.rows), b.alloca(1, "i32")
    copy(b, out.kind, out.pointer, matrix.pointer, p.rows * p.rows)
    call(b, "lapack", "lauum", out.kind, *letters(b, "U"), n, out.pointer, n, report)


def _strip(b: Builder, p: Product, strip: Strip, left: Buffer, right: Buffer, out: Buffer) -> None:
    kind, (i, k, j) = out.kind, (strip.rows[0], strip.columns[0], strip.inner[0])
    rows, columns, inner = (integer(b, last - first) for first, last in (strip.rows, strip.columns, strip.inner))
    left_width = p.rows if p.left_turned else p.inner
    right_width = p.inner if p.right_turned else p.columns
    x = b.address(left.pointer, j * left_width + i if p.left_turned else i * left_width + j, kind.value)
    y = b.address(right.pointer, k * right_width + j if p.right_turned else j * right_width + k, kind.value)
    call(
        b, "blas", "gemm", kind, *letters(b, "NT"[p.right_turned] + "NT"[p.left_turned]), columns, rows, inner,
        number(b, kind, 1.0), y, integer(b, max(right_width, 1)), x, integer(b, max(left_width, 1)),
        number(b, kind, 0.0), b.address(out.pointer, i * p.columns + k, kind.value), integer(b, max(p.columns, 1)),
    )  # fmt: skip


def _vector(b: Builder, matrix: Buffer, vector: Buffer, out: Buffer, rows: int, columns: int, turned: bool) -> None:
    """A matrix of shape (rows, columns), or turned in memory, times a vector."""
    kind = out.kind
    height, width = (columns, rows) if turned else (rows, columns)  # as it lies in memory
    call(
        b, "blas", "gemv", kind, *letters(b, "N" if turned else "T"), integer(b, width), integer(b, height),
        number(b, kind, 1.0), matrix.pointer, integer(b, max(width, 1)), vector.pointer, integer(b, 1),
        number(b, kind, 0.0), out.pointer, integer(b, 1),
    )  # fmt: skip
