"""Which contractions are matrix products for BLAS."""

from __future__ import annotations

from dataclasses import dataclass

from steepest.lower.program import Contraction, Matmul, Register, Tensordot
from steepest.lower.symmetry import is_symmetric

from .cost import PRODUCT_AREA, PRODUCT_SIDE, PRODUCT_WORK
from .graph import Graph, Range


@dataclass(frozen=True, slots=True)
class Product:
    """``target[i, k] = Σ_j left[i, j] right[j, k]``; a label is None where a side is a vector.

    `left_turned` says that the left operand lies in memory as ``[j, i]``; likewise the right one as ``[k, j]``.
    Of a `symmetric` target one triangle is enough.
    """

    left: Register
    right: Register
    rows: int
    columns: int
    inner: int
    left_turned: bool
    right_turned: bool
    symmetric: bool


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
    return Product(
        x.register,
        y.register,
        size[i] if i is not None else 1,
        size[k] if k is not None else 1,
        size[j],
        i is not None and x.labels[-1] == i,
        k is not None and y.labels[-1] == j,
        _squares(graph, r),
    )


def _squares(graph: Graph, r: Register) -> bool:
    """Whether the product is one of a matrix with itself, its rows weighted."""
    return is_symmetric(graph.instructions[r], graph.instructions, graph.program.registers)


def choose_products(graph: Graph, rows: Range | None) -> dict[Register, Product]:
    """Products large enough that BLAS beats a fused loop although its operands must be stored."""
    chosen = {}
    for r in graph.order:
        dtype = graph.program.registers[r].dtype
        if dtype is None or dtype.char not in "df" or (p := product_of(graph, r)) is None:
            continue
        if any(graph.program.registers[a].dtype != dtype for a in (p.left, p.right)):
            continue
        over_rows = rows is not None and rows in graph.labels(r).values()
        if over_rows:
            sides = [graph.size[q] for q in graph.labels(r).values() if q != rows]
            if len(sides) == 2 and min(sides) >= PRODUCT_SIDE and sides[0] * sides[1] >= PRODUCT_AREA:
                chosen[r] = p
        elif p.rows * p.columns * p.inner >= PRODUCT_WORK:
            chosen[r] = p
    return chosen
