"""Decompositions by the compiled loops of `numpy.linalg`: eigenvalues, singular values, QR. Data only.

All results of a decomposition are pieces of one array of rows, a stack of them where the matrices are a stack: so
signs, order and rounding are NumPy's, and a matrix is decomposed once for its values and its vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

from steepest.lower.program import Register

Box = tuple[int, int, int, int]  # first row and column, number of rows and columns


@dataclass(frozen=True, slots=True)
class LoopCall:
    """One of NumPy's loops over matrices: what it is called, with its types, and where its operands and results lie.

    An operand is None for the matrix itself, else a box of the rows. `sizes` are those of its core dimensions.
    """

    name: str
    sizes: tuple[int, ...]
    arrays: tuple[Box | None, ...]
    axes: tuple[int, ...]  # of each array, that the loop goes through: 1 of a vector, 2 of a matrix


@dataclass(frozen=True, slots=True)
class Layout:
    """The rows that a decomposition of an m×n matrix leaves, and the calls that fill them."""

    rows: int
    columns: int
    pieces: dict[str, Box]
    calls: tuple[LoopCall, ...]
    copied: bool = False  # the matrix is put into the first rows beforehand, and a triangle is what counts there


@dataclass(frozen=True, slots=True)
class Decomposed:
    target: Register
    matrix: Register
    layout: Layout

    @property
    def reads(self) -> tuple[Register, ...]:
        return (self.matrix,)


@dataclass(frozen=True, slots=True)
class Gaps:
    """``1/(w_j − w_i)`` in row i, column j, and 0 on the diagonal; entries that are equal but for rounding fail."""

    target: Register
    values: Register

    @property
    def reads(self) -> tuple[Register, ...]:
        return (self.values,)


def eigh(side: str, n: int) -> Layout:
    """Symmetric eigenvalues and vectors, of the lower or the upper triangle."""
    vectors, values = (0, 0, n, n), (n, 0, 1, n)
    call = LoopCall(f"eigh_{SIDES[side]}:d->dd", (n,), (None, values, vectors), (2, 1, 2))
    return Layout(n + 1, n, {"values": values, "vectors": vectors}, (call,))


def eigvalsh(side: str, n: int) -> Layout:
    values = (0, 0, 1, n)
    return Layout(1, n, {"values": values}, (LoopCall(f"eigvalsh_{SIDES[side]}:d->d", (n,), (None, values), (2, 1)),))


def svd(m: int, n: int) -> Layout:
    p = min(m, n)
    left, values, right = (0, 0, m, p), (m, 0, 1, p), (m + 1, 0, p, n)
    call = LoopCall("svd_s:d->ddd", (m, n, p), (None, left, values, right), (2, 2, 1, 2))
    return Layout(m + 1 + p, n, {"values": values, "left": left, "right": right}, (call,))


def svdvals(m: int, n: int) -> Layout:
    values = (0, 0, 1, min(m, n))
    call = LoopCall("svd:d->d", (m, n, min(m, n)), (None, values), (2, 1))
    return Layout(1, min(m, n), {"values": values}, (call,))


def qr(m: int, n: int) -> Layout:
    """Of a matrix of at least as many rows as columns."""
    raw, q, scales = (0, 0, m, n), (m, 0, m, n), (2 * m, 0, 1, n)
    calls = (
        LoopCall("qr_r_raw:d->d", (m, n, n), (raw, scales), (2, 1)),
        LoopCall("qr_reduced:dd->d", (m, n, n), (raw, scales, q), (2, 1, 2)),
    )
    return Layout(2 * m + 1, n, {"q": q, "r": (0, 0, n, n)}, calls, copied=True)


SIDES = {"L": "lo", "U": "up"}
