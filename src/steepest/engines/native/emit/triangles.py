"""Triangular matrices by BLAS and LAPACK: Cholesky's factor, solutions, inverses."""

from __future__ import annotations

from collections.abc import Mapping

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer
from steepest.engines.native.ir.value import Kind, Value, literal
from steepest.lower.program import Register
from steepest.lower.triangles import Side
from steepest.schedule.factors import CholeskyFactor, Columns, InvertedTriangle, SolvedByTriangle
from steepest.schedule.strip import Strip

from .fortran import call, copy, fail_where, integer, letters, load, number
from .small import SMALL, Matrix, backward, each_column, entry, fail_if, forward, places, put, root, square
from .stacks import each_matrix

SEEN = {Side.LOWER: "U", Side.UPPER: "L"}  # by LAPACK, which sees transposes


def write_cholesky(b: Builder, made: CholeskyFactor, buffers: Mapping[Register, Buffer]) -> None:
    matrix, out = buffers[made.matrix], buffers[made.target]
    n, kind = matrix.shape[-1], matrix.kind
    with each_matrix(b, matrix, out) as (source, factor):
        if n <= SMALL:
            found, missing = root(b, kind, n, source)
            fail_if(b, missing)
            _put_all(b, kind, found, factor)
            return
        _cut(b, kind, n, source, factor, Side.LOWER)
        report = b.alloca(1, "i32")
        call(b, "lapack", "potrf", kind, *letters(b, "U"), integer(b, n), factor, integer(b, n), report)
        fail_where(b, b.emit(f"icmp ne i32 {b.emit(f'load i32, ptr {report}')}, 0"))


def _cut(b: Builder, kind: Kind, n: int, source: str, target: str, side: Side) -> None:
    """One side of a matrix with its diagonal, zeros on the other."""
    t = kind.value
    b.intrinsics.add("declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)")
    b.intrinsics.add("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)")
    with b.loop(0, n) as i:
        row = b.whole("mul", i, n)
        if side is Side.LOWER:
            kept, count = row, b.whole("add", i, 1)
            cleared, zeros = b.whole("add", row, count), b.whole("sub", n, count)
        else:
            cleared, zeros = row, i
            kept, count = b.whole("add", row, i), b.whole("sub", n, i)
        to, gone = b.address(target, kept, t), b.address(target, cleared, t)
        size, rest = (b.whole("mul", k, kind.bytes) for k in (count, zeros))
        b.do(f"call void @llvm.memcpy.p0.p0.i64(ptr {to}, ptr {b.address(source, kept, t)}, i64 {size}, i1 false)")
        b.do(f"call void @llvm.memset.p0.i64(ptr {gone}, i8 0, i64 {rest}, i1 false)")


def write_solved_by_triangle(b: Builder, made: SolvedByTriangle, buffers: Mapping[Register, Buffer]) -> None:
    matrix, right, out = (buffers[r] for r in (made.matrix, made.right, made.target))
    n, kind = matrix.shape[-1], matrix.kind
    side = SEEN[made.side]
    with each_matrix(b, matrix, right, out) as (triangle, source, x):
        _refuse_zeros(b, kind, n, triangle)
        if n <= SMALL:
            _small_solved(b, kind, n, triangle, source, x, made, right.shape)
            return
        match made.columns:
            case Columns.ONE:
                copy(b, kind, x, source, n)
                how = letters(b, side + "TN"[made.turned] + "N")
                call(b, "blas", "trsv", kind, *how, integer(b, n), triangle, integer(b, n), x, integer(b, 1))
            case Columns.ACROSS:
                k = right.shape[-1]
                copy(b, kind, x, source, n * k)
                for strip in made.strips:
                    part = b.address(x, strip.rows[0] * k + strip.columns[0], kind.value)
                    _many(b, kind, "R" + side + "NT"[made.turned] + "N", strip, triangle, n, part, k)
            case Columns.ALONG:
                copy(b, kind, x, source, n * right.shape[-2])
                for strip in made.strips:
                    part = b.address(x, strip.columns[0] * n + strip.rows[0], kind.value)
                    _many(b, kind, "L" + side + "TN"[made.turned] + "N", strip, triangle, n, part, n)


def _put_all(b: Builder, kind: Kind, found: Matrix, target: str) -> None:
    for i, row in enumerate(found):
        for j, value in enumerate(row):
            put(b, kind, value, target, i * len(found) + j)


def _small_solved(
    b: Builder, kind: Kind, n: int, triangle: str, source: str, x: str, made: SolvedByTriangle, shape: tuple[int, ...]
) -> None:
    across = made.columns is Columns.ACROSS
    k = 1 if made.columns is Columns.ONE else shape[-1] if across else shape[-2]
    t = square(b, kind, n, triangle, made.turned)
    solve = forward if (made.side is Side.LOWER) is not made.turned else backward
    with each_column(b, k) as column:
        at = places(b, n, column, *((1, k) if across else (n, 1)))
        found = solve(b, t, [entry(b, kind, source, p) for p in at], unit=False)
        for p, value in zip(at, found, strict=True):
            put(b, kind, value, x, p)


def _many(b: Builder, kind: Kind, how: str, strip: Strip, triangle: str, n: int, x: str, width: int) -> None:
    count, size = (integer(b, last - first) for first, last in (strip.columns, strip.rows))
    shape = (size, count) if how[0] == "L" else (count, size)
    part, scale = b.address(triangle, strip.inner[0] * (n + 1), kind.value), number(b, kind, 1.0)
    call(b, "blas", "trsm", kind, *letters(b, how), *shape, scale, part, integer(b, n), x, integer(b, width))


def _refuse_zeros(b: Builder, kind: Kind, n: int, matrix: str) -> None:
    """On the diagonal: such a matrix is singular."""
    found = b.alloca(1, "i1")
    b.do(f"store i1 false, ptr {found}")
    with b.loop(0, n) as i:
        entry = load(b, kind, matrix, b.whole("mul", i, n + 1))
        nothing = b.emit(f"fcmp oeq {kind.value} {entry}, {literal(0.0, kind)}")
        before = b.emit(f"load i1, ptr {found}")
        b.do(f"store i1 {b.emit(f'or i1 {before}, {nothing}')}, ptr {found}")
    fail_where(b, b.emit(f"load i1, ptr {found}"))


def write_inverted_triangle(b: Builder, made: InvertedTriangle, buffers: Mapping[Register, Buffer]) -> None:
    matrix, out = buffers[made.matrix], buffers[made.target]
    n, kind = matrix.shape[-1], matrix.kind
    with each_matrix(b, matrix, out) as (source, x):
        if n <= SMALL:
            _refuse_zeros(b, kind, n, source)
            _put_all(b, kind, _small_inverse(b, kind, n, source, made.side), x)
            return
        _cut(b, kind, n, source, x, made.side)
        report = b.alloca(1, "i32")
        how = letters(b, SEEN[made.side] + "N")
        call(b, "lapack", "trtri", kind, *how, integer(b, n), x, integer(b, n), report)
        fail_where(b, b.emit(f"icmp ne i32 {b.emit(f'load i32, ptr {report}')}, 0"))


def _small_inverse(b: Builder, kind: Kind, n: int, source: str, side: Side) -> Matrix:
    """Column by column; what is zero by its place is nothing that was computed."""
    t, solve = square(b, kind, n, source), forward if side is Side.LOWER else backward
    columns = []
    for c in range(n):
        rows = range(c, n) if side is Side.LOWER else range(c + 1)
        one: list[Value] = [b.constant(float(i == c), kind) for i in rows]
        part = [t[i][rows[0] : rows[-1] + 1] for i in rows]
        found = solve(b, part, one, unit=False)
        columns.append([0.0] * rows[0] + found + [0.0] * (n - 1 - rows[-1]))
    return [[columns[j][i] for j in range(n)] for i in range(n)]
