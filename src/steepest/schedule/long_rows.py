"""Whether rows are so long that they are gone through one after the other, each along its entries.

Side by side, a row in each lane, what is computed of a row needs no sums across lanes; but its blocks are turned, and
memory is read in an order in which the processor does not fetch ahead. Products of each row with a matrix, or of all
with a vector, have ways of their own (`RowLayout`).
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from steepest.lower.program import Gather, Register, Scatter

from .cost import LAST_AXIS, MAX_UNROLLED
from .graph import Graph, Range
from .layout import RowLayout


def are_long(graph: Graph, rows: Range, width: int) -> bool:
    """Whether all that is computed of a row goes along one axis that is long, or along the last of several."""
    passed = [r for r in graph.order if rows in graph.labels(r).values()]
    if any(graph.readings[r] is None or isinstance(graph.made[r], Scatter) or _picks(graph, r) for r in passed):
        return False
    if _go_along_one_axis(graph, rows, passed):
        return not RowLayout(graph, rows, width).along(passed)
    return _go_along_the_last_axis(graph, rows, passed, width)


def _go_along_one_axis(graph: Graph, rows: Range, passed: list[Register]) -> bool:
    inner = [set(graph.labels(r).values()) - {rows} for r in passed]
    return any(inner) and all(len(qs) <= 1 and all(graph.size[q] > MAX_UNROLLED for q in qs) for qs in inner)


def _go_along_the_last_axis(graph: Graph, rows: Range, passed: list[Register], width: int) -> bool:
    """Whether all works entry by entry on stacks of arrays whose last axis fills several registers.

    Sums of a row over that axis are across lanes, for which it is to be long. Products that use an entry many times, of
    which a row then has more than it has entries, are no such work, and what is transposed has another last axis.
    """
    arrays = {a for r in passed for a in (r, *graph.operands(r)) if a in graph.given or a in graph.program.outputs}
    stacks = [ranges for a in arrays if (ranges := graph.ranges(a))[:1] == [rows] and len(ranges) > 2]
    if len({ranges[-1] for ranges in stacks}) != 1:
        return False
    last, most = stacks[0][-1], max(_entries(graph, ranges) for ranges in stacks)
    folded = [set(graph.folded(r).values()) for r in passed]
    sums_lanes = any(last in qs and rows not in qs for qs in folded)  # of each row
    fills = graph.size[last] > MAX_UNROLLED if sums_lanes else graph.size[last] >= LAST_AXIS * width
    is_last = all(last not in graph.ranges(r)[:-1] for r in passed)
    return fills and is_last and all(_entries(graph, graph.labels(r).values()) <= most for r in passed)


def _entries(graph: Graph, ranges: Iterable[Range]) -> int:
    return prod(graph.size[q] for q in ranges)


def _picks(graph: Graph, r: Register) -> bool:
    """Whether entries are picked from what is computed: side by side, nothing else of it need be computed."""
    made = graph.made[r]
    return isinstance(made, Gather) and made.source not in graph.given
