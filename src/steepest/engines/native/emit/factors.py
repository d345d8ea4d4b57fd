"""Factorisations by LAPACK, and what is made of them: solutions, inverses, and what determinants need.

A row-major matrix is the transpose of a column-major one: LAPACK factors Aᵀ, and solves with its transpose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer
from steepest.engines.native.ir.value import Kind, Val, Value, literal
from steepest.lower.program import Register
from steepest.schedule.factors import PIVOTS, SIGN, TIMES, Columns, Factored, Form, Inverted, Solved

from .fortran import ROUNDING, call, copy, fail_where, integer, letters, load, number, store
from .mirroring import mirror
from .small import SMALL, Matrix, each_column, eliminated, entry, fail_if, places, put, solved, square
from .stacks import each_matrix

BITS = {Kind.DOUBLE: "f64", Kind.FLOAT: "f32"}
BLOCK = 64  # columns of the workspace with which an inverse is made


def write_factored(b: Builder, made: Factored, buffers: Mapping[Register, Buffer]) -> None:
    matrix, out = buffers[made.matrix], buffers[made.target]
    n, kind = matrix.shape[-1], matrix.kind
    with each_matrix(b, matrix, out) as (source, factors):
        if n <= SMALL:
            _small_triangles(b, kind, n, source, factors)
            return
        copy(b, kind, factors, source, n * n)
        if made.form is Form.LU:
            _triangles(b, kind, n, source, factors)
            return
        report = b.alloca(1, "i32")
        call(b, "lapack", "potrf", kind, *letters(b, "U"), integer(b, n), factors, integer(b, n), report)
        failed = b.emit(f"icmp ne i32 {b.emit(f'load i32, ptr {report}')}, 0")
        _note(b, kind, n, factors, literal(1.0, kind), 2.0)
        b.do(f"store i32 0, ptr {_head(b, kind, n, factors, PIVOTS)}")
        with b.when(b.emit(f"xor i1 {failed}, true")):
            _leave_singular_roots(b, kind, n, source, factors)
        with b.when(failed):
            copy(b, kind, factors, source, n * n)
            _triangles(b, kind, n, source, factors)


def _head(b: Builder, kind: Kind, n: int, factors: str, row: int) -> str:
    return b.address(factors, (n + row) * n, kind.value)


def _note(b: Builder, kind: Kind, n: int, factors: str, sign: str, times: float) -> None:
    """What determinants need."""
    store(b, kind, sign, factors, (n + SIGN) * n)
    store(b, kind, literal(times, kind), factors, (n + TIMES) * n)


def _triangles(b: Builder, kind: Kind, n: int, source: str, factors: str) -> None:
    pivots, report = _head(b, kind, n, factors, PIVOTS), b.alloca(1, "i32")
    call(b, "lapack", "getrf", kind, integer(b, n), integer(b, n), factors, integer(b, n), pivots, report)
    t, total = kind.value, b.alloca(1, kind.value)
    b.do(f"store {t} {literal(1.0, kind)}, ptr {total}")
    with b.loop(0, n) as i:  # the sign: each exchange of rows turns it, each negative entry, and 0 ends it
        entry = load(b, kind, factors, b.whole("mul", i, n + 1))
        pivot = b.emit(f"load i32, ptr {b.address(pivots, i, 'i32')}, align 4")
        own = b.emit(f"trunc i64 {b.whole('add', i, 1)} to i32")
        moved = b.emit(f"icmp ne i32 {pivot}, {own}")
        below = b.emit(f"fcmp olt {t} {entry}, {literal(0.0, kind)}")
        nothing = b.emit(f"fcmp oeq {t} {entry}, {literal(0.0, kind)}")
        turned = b.emit(f"xor i1 {moved}, {below}")
        before = b.emit(f"load {t}, ptr {total}")
        after = b.emit(f"select i1 {turned}, {t} {b.emit(f'fneg {t} {before}')}, {t} {before}")
        b.do(f"store {t} {b.emit(f'select i1 {nothing}, {t} {literal(0.0, kind)}, {t} {after}')}, ptr {total}")
    _note(b, kind, n, factors, b.emit(f"load {t}, ptr {total}"), 1.0)
    _leave_singular(b, kind, n, source, factors)


def _small_triangles(b: Builder, kind: Kind, n: int, source: str, factors: str) -> None:
    m, pivots, sign, singular = eliminated(b, kind, n, source)
    for i, row in enumerate(m):
        for j, value in enumerate(row):
            put(b, kind, value, factors, j * n + i)
    for s, pivot in enumerate(pivots):
        (text,) = b.texts(b.add(pivot, 1), Kind.INT, False)
        head = b.address(_head(b, kind, n, factors, PIVOTS), s, "i32")
        b.do(f"store i32 {b.emit(f'trunc i64 {text} to i32')}, ptr {head}, align 4")
    _note(b, kind, n, factors, b.texts(sign, kind, False)[0], 1.0)
    fail_if(b, singular)


def _small_factors(b: Builder, kind: Kind, n: int, factors: str) -> tuple[Matrix, list[Value]]:
    pivots: list[Value] = []
    for s in range(n):
        head = b.address(_head(b, kind, n, factors, PIVOTS), s, "i32")
        wide = b.emit(f"sext i32 {b.emit(f'load i32, ptr {head}, align 4')} to i64")
        pivots.append(b.sub(Val(Kind.INT, (wide,), False), 1))
    return square(b, kind, n, factors, turned=True), pivots


def _leave_singular(b: Builder, kind: Kind, n: int, source: str, factors: str) -> None:
    """To array operations, where a pivot is what rounding may have left of its row: those say whether it is 0."""
    t = kind.value
    b.intrinsics.add(f"declare {t} @llvm.fabs.{BITS[kind]}({t})")
    largest = b.alloca(1, t)
    with b.loop(0, n) as i:
        row = b.whole("mul", i, n)
        b.do(f"store {t} {literal(0.0, kind)}, ptr {largest}")
        with b.loop(0, n) as j:
            size, before = (
                _size(b, kind, load(b, kind, source, b.whole("add", row, j))),
                b.emit(f"load {t}, ptr {largest}"),
            )
            more = b.emit(f"fcmp ogt {t} {size}, {before}")
            b.do(f"store {t} {b.emit(f'select i1 {more}, {t} {size}, {t} {before}')}, ptr {largest}")
        pivot = _size(b, kind, load(b, kind, factors, b.whole("mul", i, n + 1)))
        _leave_small(b, kind, n, pivot, b.emit(f"load {t}, ptr {largest}"))


def _leave_singular_roots(b: Builder, kind: Kind, n: int, source: str, factors: str) -> None:
    """The same of Cholesky's factor, whose pivots are squares."""
    with b.loop(0, n) as i:
        at = b.whole("mul", i, n + 1)
        root = load(b, kind, factors, at)
        _leave_small(b, kind, n, b.emit(f"fmul {kind.value} {root}, {root}"), load(b, kind, source, at))


def _size(b: Builder, kind: Kind, value: str) -> str:
    return b.emit(f"call {kind.value} @llvm.fabs.{BITS[kind]}({kind.value} {value})")


def _leave_small(b: Builder, kind: Kind, n: int, pivot: str, scale: str) -> None:
    room = b.emit(f"fmul {kind.value} {scale}, {literal(n * ROUNDING[kind], kind)}")
    fail_where(b, b.emit(f"fcmp ule {kind.value} {pivot}, {room}"))


@contextmanager
def _where_definite(b: Builder, kind: Kind, n: int, factors: str) -> Iterator[tuple[str, str]]:
    """Conditions: Cholesky's factors were found, or others."""
    first = b.emit(f"load i32, ptr {_head(b, kind, n, factors, PIVOTS)}, align 4")
    yield b.emit(f"icmp eq i32 {first}, 0"), b.emit(f"icmp ne i32 {first}, 0")


# --- solutions -----------------------------------------------------------------------------------------


def write_solved(b: Builder, made: Solved, buffers: Mapping[Register, Buffer]) -> None:
    factors, right, out = (buffers[r] for r in (made.factors, made.right, made.target))
    n, kind = factors.shape[-1], out.kind
    with each_matrix(b, factors, right, out) as (f, source, x):
        k = 1
        if made.columns is not Columns.ONE:
            k = right.shape[-1] if made.columns is Columns.ACROSS else right.shape[-2]
        if n <= SMALL:
            _small_solved(b, kind, n, k, f, source, x, made)
            return
        copy(b, kind, x, source, n * k)
        with _where_definite(b, kind, n, f) as (definite, other):
            across = made.columns is Columns.ACROSS
            with b.when(definite):
                _by_root(b, kind, n, k, f, x, across)
            with b.when(other):
                if across:
                    _across(b, kind, n, k, f, x, made.turned)
                else:
                    _along(b, kind, n, k, f, x, made.turned)


def _small_solved(b: Builder, kind: Kind, n: int, k: int, factors: str, source: str, x: str, made: Solved) -> None:
    m, pivots = _small_factors(b, kind, n, factors)
    step, inner = (1, k) if made.columns is Columns.ACROSS else (n, 1)
    with each_column(b, k) as column:
        at = places(b, n, column, step, inner)
        found = solved(b, m, pivots, [entry(b, kind, source, p) for p in at], made.turned)
        for p, value in zip(at, found, strict=True):
            put(b, kind, value, x, p)


def _by_root(b: Builder, kind: Kind, n: int, k: int, factors: str, x: str, across: bool) -> None:
    """``A = UᵀU``, of which LAPACK sees U."""
    if not across:
        report = b.alloca(1, "i32")
        arguments = [integer(b, n), integer(b, k), factors, integer(b, n), x, integer(b, n), report]
        call(b, "lapack", "potrs", kind, *letters(b, "U"), *arguments)
        return
    for turn in "NT":
        _from_right(b, kind, n, k, f"RU{turn}N", factors, x)


def _from_right(b: Builder, kind: Kind, n: int, k: int, how: str, matrix: str, x: str) -> None:
    """``X := X op(T)⁻¹`` of a triangle T, for X with k rows and n columns as LAPACK sees it."""
    call(
        b, "blas", "trsm", kind, *letters(b, how), integer(b, k), integer(b, n), number(b, kind, 1.0), matrix,
        integer(b, n), x, integer(b, k),
    )  # fmt: skip


def _along(b: Builder, kind: Kind, n: int, k: int, factors: str, x: str, turned: bool) -> None:
    report, pivots = b.alloca(1, "i32"), _head(b, kind, n, factors, PIVOTS)
    arguments = [integer(b, n), integer(b, k), factors, integer(b, n), pivots, x, integer(b, n), report]
    call(b, "lapack", "getrs", kind, *letters(b, "NT"[not turned]), *arguments)


def _across(b: Builder, kind: Kind, n: int, k: int, factors: str, x: str, turned: bool) -> None:
    """LAPACK sees Xᵀ, so factors ``PLU`` of Aᵀ are taken off from the right: ``Xᵀ PLU = Bᵀ``."""
    if turned:  # Xᵀ UᵀLᵀPᵀ = Bᵀ
        _exchanged(b, kind, n, k, factors, x, forward=True)
        _from_right(b, kind, n, k, "RLTU", factors, x)
        _from_right(b, kind, n, k, "RUTN", factors, x)
    else:
        _from_right(b, kind, n, k, "RUNN", factors, x)
        _from_right(b, kind, n, k, "RLNU", factors, x)
        _exchanged(b, kind, n, k, factors, x, forward=False)


def _exchanged(b: Builder, kind: Kind, n: int, k: int, factors: str, x: str, forward: bool) -> None:
    """The rows of X as the pivots say, from the first or from the last."""
    pivots = _head(b, kind, n, factors, PIVOTS)
    with b.loop(0, n) as step:
        i = step if forward else b.whole("sub", n - 1, step)
        pivot = b.emit(f"load i32, ptr {b.address(pivots, i, 'i32')}, align 4")
        j = b.whole("sub", b.emit(f"sext i32 {pivot} to i64"), 1)
        with b.when(b.emit(f"icmp ne i64 {i}, {j}")):
            rows = [b.address(x, b.whole("mul", row, k), kind.value) for row in (i, j)]
            call(b, "blas", "swap", kind, integer(b, k), rows[0], integer(b, 1), rows[1], integer(b, 1))


# --- inverses --------------------------------------------------------------------------------------------


def write_inverted(b: Builder, made: Inverted, buffers: Mapping[Register, Buffer], scratch: dict[str, int]) -> None:
    factors, out = buffers[made.factors], buffers[made.target]
    n, kind = out.shape[-1], out.kind
    room = b.fresh("scratch")
    if n > SMALL:
        scratch[room] = n * BLOCK * kind.bytes
    with each_matrix(b, factors, out) as (f, x):
        if n <= SMALL:
            _small_inverted(b, kind, n, f, x)
            return
        copy(b, kind, x, f, n * n)
        report = b.alloca(1, "i32")
        with _where_definite(b, kind, n, f) as (definite, other):
            with b.when(definite):
                call(b, "lapack", "potri", kind, *letters(b, "U"), integer(b, n), x, integer(b, n), report)
                mirror(b, kind, n, x)
            with b.when(other):
                pivots = _head(b, kind, n, f, PIVOTS)
                work = [room, integer(b, n * BLOCK), report]
                call(b, "lapack", "getri", kind, integer(b, n), x, integer(b, n), pivots, *work)


def _small_inverted(b: Builder, kind: Kind, n: int, factors: str, x: str) -> None:
    m, pivots = _small_factors(b, kind, n, factors)
    for c in range(n):
        one: list[Value] = [b.constant(float(i == c), kind) for i in range(n)]
        for i, value in enumerate(solved(b, m, pivots, one, turned=False)):
            put(b, kind, value, x, i * n + c)
