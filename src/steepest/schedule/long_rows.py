"""Whether rows are so long that they are gone through one after the other, each along its entries.

Side by side, a row in each lane, what is computed of a row needs no sums across lanes; but its blocks are turned, and
memory is read in an order in which the processor does not fetch ahead. Products of each row with a matrix, or of all
with a vector, have ways of their own (`RowLayout`).
"""

from __future__ import annotations

from steepest.lower.program import Gather, Register, Scatter

from .cost import MAX_UNROLLED
from .graph import Graph, Range
from .layout import RowLayout


def are_long(graph: Graph, rows: Range, width: int) -> bool:
    """Whether all that is computed of a row is one number, or goes along one axis that is long."""
    passed = [r for r in graph.order if rows in graph.labels(r).values()]
    inner = [set(graph.labels(r).values()) - {rows} for r in passed]
    if any(graph.readings[r] is None or isinstance(graph.made[r], Scatter) or _picks(graph, r) for r in passed):
        return False
    if not any(inner) or any(len(qs) > 1 or any(graph.size[q] <= MAX_UNROLLED for q in qs) for qs in inner):
        return False
    return not RowLayout(graph, rows, width).along(passed)


def _picks(graph: Graph, r: Register) -> bool:
    """Whether entries are picked from what is computed: side by side, nothing else of it need be computed."""
    made = graph.made[r]
    return isinstance(made, Gather) and made.source not in graph.given
