"""What of the routines is shared among threads: products in tiles, and stacks of which each part has some matrices.

Large matrices are not: BLAS has threads for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from steepest.lower.program import Register
from steepest.schedule.cost import UNCUT, Parts, parts_of_stack
from steepest.schedule.factors import (
    CholeskyFactor,
    Factored,
    Inverted,
    InvertedTriangle,
    Routine,
    Solved,
    SolvedByTriangle,
)
from steepest.schedule.graph import Graph
from steepest.schedule.products import Product
from steepest.schedule.stage import Products

STACKED = (Factored, Solved, Inverted, SolvedByTriangle, InvertedTriangle, CholeskyFactor)


@dataclass(frozen=True)
class Stack:
    """Some products of a stage; `parts` of so many matrices, or pieces of a product, each, of `length` in all."""

    products: dict[Register, Product | Routine]
    parts: Parts = UNCUT
    matrices: int = 0
    length: int = 0


def stacks_of(stage: Products, graph: Graph) -> Iterator[Stack]:
    """A stage cut before and after each stack worth sharing."""
    waiting: dict[Register, Product | Routine] = {}
    for r, made in stage.products.items():
        stack = _shared(graph, r, made)
        if stack is None:
            waiting[r] = made
            continue
        if waiting:
            yield Stack(waiting)
            waiting = {}
        yield stack
    if waiting:
        yield Stack(waiting)


def _shared(graph: Graph, r: Register, made: Product | Routine) -> Stack | None:
    if isinstance(made, Product) and made.tiling is not None and made.tiling.parts.count > 1:
        return Stack({r: made}, made.tiling.parts, made.tiling.share, made.tiling.pairs)
    if not isinstance(made, STACKED):
        return None
    first = graph.shape(made.factors if isinstance(made, (Solved, Inverted)) else made.matrix)
    length = prod(first[:-2])
    parts = parts_of_stack(length, first[-1])
    if parts.count == 1:
        return None
    matrices = -(-length // parts.count)
    return Stack({r: made}, parts.of(length, matrices), matrices, length)
