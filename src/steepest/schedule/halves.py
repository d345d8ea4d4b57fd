"""Of square matrices one side: which loops stop at the diagonal, and of which results only one side is read."""

from __future__ import annotations

from steepest.lower.program import Contraction, Diagonal, Matmul, Register, Select, Sum, Tensordot
from steepest.lower.triangles import Side

from .graph import Graph

LEAST = 8  # shorter loops go over the zeros too
SUMS = (Sum, Matmul, Tensordot, Contraction)


def zeros_of(graph: Graph, r: Register, inner: int) -> tuple[int, Side] | None:
    """Of a sum of products over the label `inner`: the label it need not pass, and on which side of it there are terms.

    One factor is a triangular matrix, read along both. To the largest entry, or to a product of all, zeros count.
    """
    if not isinstance(graph.made[r], SUMS):
        return None
    for read in graph.reads(r):
        triangle = graph.triangles.triangle(read.register)
        if triangle is None or len(read.labels) < 2 or inner not in read.labels[-2:]:
            continue
        row, column = read.labels[-2:]
        if row >= 0 and column >= 0 and row != column and graph.size[graph.labels(r)[inner]] >= LEAST:
            return (row, triangle.side) if column == inner else (column, triangle.side.other)
    return None


def side_that_is_read(graph: Graph, r: Register) -> Side | None:
    """The side of the last two axes beyond which nobody reads `r`, the diagonal included."""
    shape, sides = graph.shape(r), set[Side]()
    if r in graph.program.outputs or len(shape) < 2 or shape[-1] != shape[-2]:
        return None
    for u in graph.users.get(r, ()):
        made, mine = graph.made[u], [read for read in graph.reads(u) if read.register == r]
        if len(mine) != 1:
            return None
        match made:
            case Diagonal(source=source, labels=labels) if source == r and labels[-1] == labels[-2]:
                continue
            case Select() if mine[0].labels == tuple(range(len(shape))):
                side = _kept(graph, u, len(shape))
                if side is None:
                    return None
                sides.add(side)
            case _:
                return None
    return sides.pop() if len(sides) == 1 else None


def _kept(graph: Graph, u: Register, rank: int) -> Side | None:
    """The side of the last two axes that a fixed mask keeps, which may be the transpose of an array."""
    read = graph.reading(u).reads[0]
    side = graph.triangles.cut_out(read.register)
    if side is None:
        return None
    if read.labels[-2:] == (rank - 2, rank - 1):
        return side
    return side.other if read.labels[-2:] == (rank - 1, rank - 2) else None
