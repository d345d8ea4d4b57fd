"""What is left to BLAS and LAPACK: contractions that are matrix products, and the routines of linear algebra."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from steepest.lower.program import Contraction, Diagonal, Matmul, Register, Select, Tensordot
from steepest.lower.symmetry import is_symmetric
from steepest.lower.triangles import Side

from .cost import PRODUCT_AREA, PRODUCT_SIDE, PRODUCT_WORK, SQUARED
from .factors import ROUTINES, Routine
from .graph import Graph, Range
from .strip import Strip
from .strips import NARROW, strips
from .tiling import Tiling, tiling


class Symmetry(enum.Enum):
    """How that of a target saves work."""

    UNUSED = "the whole is computed"
    MIRRORED = "the strips are one triangle, which is mirrored"
    SQUARE = "so too, of a matrix with its own transpose, of which BLAS knows"
    OF_TRIANGLE = "of the transpose of a lower triangle with itself, of which LAPACK knows"


@dataclass(frozen=True, slots=True)
class Product:
    """``target[i, k] = Σ_j left[i, j] right[j, k]``; a label is None where a side is a vector.

    `left_turned` says that the left operand lies in memory as ``[j, i]``; likewise the right one as ``[k, j]``.
    The `strips` are what is computed. With a `tiling` it is by code of our own, else by BLAS.
    """

    left: Register
    right: Register
    rows: int
    columns: int
    inner: int
    left_turned: bool
    right_turned: bool
    strips: tuple[Strip, ...]
    symmetry: Symmetry
    tiling: Tiling | None = None


def product_of(graph: Graph, r: Register) -> Product | None:
    """The matrix product that an instruction is, if it is one of two stored operands."""
    if not isinstance(graph.made[r], (Matmul, Tensordot, Contraction)):
        return None
    how = graph.readings[r]
    if how is None or len(how.reads) != 2 or len(how.folded) != 1:
        return None
    (j,) = how.folded
    labels = graph.labels(r)
    x, y = how.reads
    for read in (x, y):
        if (
            j not in read.labels
            or len(read.labels) > 2
            or len(set(read.labels)) < len(read.labels)
            or min(read.labels) < 0
        ):
            return None
    out = tuple(range(len(graph.shape(r))))
    i = next((q for q in x.labels if q != j), None)
    k = next((q for q in y.labels if q != j), None)
    if out == tuple(q for q in (k, i) if q is not None) and out != tuple(q for q in (i, k) if q is not None):
        x, y, i, k = y, x, k, i
    if out != tuple(q for q in (i, k) if q is not None):
        return None
    size = {q: graph.size[r] for q, r in labels.items()}
    rows, columns, inner = size[i] if i is not None else 1, size[k] if k is not None else 1, size[j]
    left_turned, right_turned = i is not None and x.labels[-1] == i, k is not None and y.labels[-1] == j
    squares = _squares(graph, r)
    return Product(
        x.register,
        y.register,
        rows,
        columns,
        inner,
        left_turned,
        right_turned,
        strips(
            rows,
            columns,
            inner,
            _side(graph, x.register, left_turned),
            _side(graph, y.register, right_turned),
            Side.LOWER if squares else _wanted(graph, r),
        ),
        _symmetry(squares, x.register == y.register, rows, left_turned and _side(graph, x.register, False)),
    )


def _symmetry(squares: bool, alike: bool, rows: int, turned: Side | bool | None) -> Symmetry:
    if squares and alike and rows >= SQUARED:
        return Symmetry.OF_TRIANGLE if turned is Side.LOWER else Symmetry.SQUARE
    return Symmetry.MIRRORED if squares and rows >= 2 * NARROW else Symmetry.UNUSED


def _side(graph: Graph, matrix: Register, turned: bool) -> Side | None:
    """The side that has all entries of an operand, if there is one."""
    triangle = graph.triangles.triangle(matrix)
    if triangle is None:
        return None
    return triangle.side.other if turned else triangle.side


def _wanted(graph: Graph, r: Register) -> Side | None:
    """The side of a matrix that is asked for, where its readers cut that out."""
    if r in graph.program.outputs:
        return None
    sides = set()
    for u in graph.users.get(r, ()):
        made = graph.made[u]
        if isinstance(made, Select) and made.source == r and graph.shape(made.mask) == graph.shape(r):
            sides.add(graph.triangles.cut_out(made.mask))
        elif not isinstance(made, Diagonal) or made.source != r or made.labels != (0, 0):
            return None
    return sides.pop() if len(sides) == 1 else None


def _squares(graph: Graph, r: Register) -> bool:
    """Whether the product is one of a matrix with itself, its rows weighted."""
    return is_symmetric(graph.instructions[r], graph.instructions, graph.program.registers)


def _cut(graph: Graph, p: Product, width: int) -> Tiling | None:
    """For a whole product of two matrices."""
    if p.symmetry is not Symmetry.UNUSED or len(p.strips) > 1:
        return None
    if any(len(graph.shape(a)) != 2 for a in (p.left, p.right)):
        return None
    dtype = graph.program.registers[p.left].dtype
    assert dtype is not None
    return tiling(p.rows, p.columns, p.inner, width, dtype.itemsize, p.left_turned)


def choose_products(graph: Graph, rows: Range | None, width: int) -> dict[Register, Product | Routine]:
    """Routines, and products so large that they beat a fused loop although their operands must be stored."""
    chosen: dict[Register, Product | Routine] = {}
    for r in graph.order:
        if isinstance(made := graph.made[r], ROUTINES):
            chosen[r] = made
            continue
        dtype = graph.program.registers[r].dtype
        if dtype is None or dtype.char not in "df" or (p := product_of(graph, r)) is None:
            continue
        if any(graph.program.registers[a].dtype != dtype for a in (p.left, p.right)):
            continue
        p = replace(p, tiling=_cut(graph, p, width))
        over_rows = rows is not None and rows in graph.labels(r).values()
        if over_rows:
            sides = [graph.size[q] for q in graph.labels(r).values() if q != rows]
            large = len(sides) == 2 and min(sides) >= PRODUCT_SIDE and sides[0] * sides[1] >= PRODUCT_AREA
            if large or p.symmetry is Symmetry.SQUARE:
                chosen[r] = p
        elif graph.shape(r) and p.rows * p.columns * p.inner >= PRODUCT_WORK:
            chosen[r] = p  # the product of two vectors is a sum as fast, for which nothing need be stored
    return chosen
