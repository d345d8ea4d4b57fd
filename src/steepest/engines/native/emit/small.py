"""Matrices of a few rows in straight-line code: elimination with partial pivoting, Cholesky's factor, triangles.

The factors are laid out as LAPACK's: of the transpose, column after column, pivots counted from 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Kind, Val, Value

from .fortran import ROUNDING, fail_where, load, store

# So many rows at most. Time for a stack of 1000, of that with LAPACK: solve and inverse 0.1 with 3 rows, 0.25 with 4,
# 0.3 with 5, 0.4 with 6, 0.65 with 8; the code grows with the third power.
SMALL = 6

Matrix = list[list[Value]]
Column = list[Value]


def entry(b: Builder, kind: Kind, pointer: str, offset: int | str) -> Val:
    return Val(kind, (load(b, kind, pointer, offset),), False)


def put(b: Builder, kind: Kind, value: Value, pointer: str, offset: int | str) -> None:
    store(b, kind, b.texts(value, kind, False)[0], pointer, offset)


def square(b: Builder, kind: Kind, n: int, pointer: str, turned: bool = False) -> Matrix:
    """The entries of a row-major matrix, or of its transpose."""
    return [[entry(b, kind, pointer, j * n + i if turned else i * n + j) for j in range(n)] for i in range(n)]


def fail_if(b: Builder, condition: Value) -> None:
    fail_where(b, b.texts(condition, Kind.TRUTH, False)[0])


# --- elimination -------------------------------------------------------------------------------------


def eliminated(b: Builder, kind: Kind, n: int, source: str) -> tuple[Matrix, list[Value], Value, Value]:
    """Factors of the transpose in one matrix, where each row went, the sign of the determinant; what may be singular.

    That is where a pivot is no more than rounding may have left of what stood in its column.
    """
    m = square(b, kind, n, source, turned=True)
    pivots: list[Value] = []
    sign: Value = b.constant(1.0, kind)
    singular: Value = False
    scales = [largest(b, [m[r][s] for r in range(n)]) for s in range(n)]
    for s in range(n):
        best, pivot = b.intrinsic("fabs", m[s][s]), b.constant(s, Kind.INT)
        for r in range(s + 1, n):
            size = b.intrinsic("fabs", m[r][s])
            larger = b.compare(">", size, best)
            best, pivot = b.select(larger, size, best), _val(b.select(larger, r, pivot))
        pivots.append(pivot)
        _exchange(b, m, s, pivot)
        moved = b.compare("!=", pivot, s)
        turned = b.logic("xor", moved, b.compare("<", m[s][s], 0.0))
        nothing = b.compare("==", m[s][s], 0.0)
        sign = b.select(nothing, 0.0, b.select(turned, b.neg(sign), sign))
        room = b.mul(scales[s], n * ROUNDING[kind])
        singular = b.logic("or", singular, b.invert(b.compare(">", best, room)))
        inverted = b.select(nothing, 0.0, b.div(1.0, m[s][s]))
        for r in range(s + 1, n):
            m[r][s] = b.mul(m[r][s], inverted)
            for c in range(s + 1, n):
                m[r][c] = _less(b, kind, m[r][c], m[r][s], m[s][c])
    return m, pivots, sign, singular


def largest(b: Builder, values: Sequence[Value]) -> Value:
    top: Value = b.intrinsic("fabs", values[0])
    for value in values[1:]:
        size = b.intrinsic("fabs", value)
        top = b.select(b.compare(">", size, top), size, top)
    return top


def _less(b: Builder, kind: Kind, value: Value, factor: Value, other: Value) -> Val:
    """``value - factor * other``, rounded twice as LAPACK does it: what is singular then cancels to 0."""
    (x,), (y,), (z,) = (b.texts(v, kind, False) for v in (value, factor, other))
    product = b.pure(f"fmul {kind.value} {y}, {z}")
    return Val(kind, (b.pure(f"fsub {kind.value} {x}, {product}"),), False)


def _val(x: Value) -> Val:
    assert isinstance(x, Val)
    return x


def _exchange(b: Builder, rows: list[Column], s: int, pivot: Value) -> None:
    """Row `s` and the one that the pivot names, which is not before it."""
    first = rows[s]
    top = first
    for r in range(s + 1, len(rows)):
        here = b.compare("==", pivot, r)
        top = [b.select(here, x, y) for x, y in zip(rows[r], top, strict=True)]
        rows[r] = [b.select(here, x, y) for x, y in zip(first, rows[r], strict=True)]
    rows[s] = top


def solved(b: Builder, factors: Matrix, pivots: Sequence[Value], right: Column, turned: bool) -> Column:
    """Of ``PLU = Aᵀ``: the solution with A, or with Aᵀ if turned."""
    n = len(right)
    x = [[v] for v in right]
    if turned:
        for s in range(n):
            _exchange(b, x, s, pivots[s])
        return backward(b, factors, forward(b, factors, [v for (v,) in x], unit=True), unit=False)
    across = [list(column) for column in zip(*factors, strict=True)]
    x = [[v] for v in backward(b, across, forward(b, across, right, unit=False), unit=True)]
    for s in reversed(range(n)):
        _exchange(b, x, s, pivots[s])
    return [v for (v,) in x]


# --- triangles -----------------------------------------------------------------------------------------


def forward(b: Builder, triangle: Matrix, right: Column, unit: bool) -> Column:
    """The solution with a lower triangle, which may have ones on the diagonal."""
    x: Column = []
    for row, value in zip(triangle, right, strict=True):
        for factor, known in zip(row, x, strict=False):
            value = b.fma(b.neg(factor), known, value)
        x.append(value if unit else b.div(value, row[len(x)]))
    return x


def backward(b: Builder, triangle: Matrix, right: Column, unit: bool) -> Column:
    """The same with an upper one."""
    return forward(b, [row[::-1] for row in triangle[::-1]], right[::-1], unit)[::-1]


def root(b: Builder, kind: Kind, n: int, source: str) -> tuple[Matrix, Value]:
    """Cholesky's factor by the lower triangle, and whether there is none."""
    factor: Matrix = []
    missing: Value = False
    for i in range(n):
        row: Column = []
        for j in range(i + 1):
            value: Value = entry(b, kind, source, i * n + j)
            above = factor[j] if j < i else row
            for k in range(j):
                value = b.fma(b.neg(row[k]), above[k], value)
            if j < i:
                row.append(b.div(value, above[j]))
            else:
                missing = b.logic("or", missing, b.invert(b.compare(">", value, 0.0)))
                row.append(b.intrinsic("sqrt", value))
        factor.append(row + [0.0] * (n - i - 1))
    return factor, missing


# --- columns ---------------------------------------------------------------------------------------------


@contextmanager
def each_column(b: Builder, count: int) -> Iterator[int | str]:
    if count == 1:
        yield 0
        return
    with b.loop(0, count) as c:
        yield c


def places(b: Builder, n: int, column: int | str, step: int, inner: int) -> list[int | str]:
    """Where the entries of a column are: `step` from column to column, `inner` within one."""
    if isinstance(column, int):
        return [column * step + i * inner for i in range(n)]
    first = b.whole("mul", column, step)
    return [b.whole("add", first, i * inner) if i else first for i in range(n)]
