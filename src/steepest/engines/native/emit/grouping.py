"""Which statements of a nest run in one loop."""

from __future__ import annotations

from collections.abc import Sequence

from steepest.schedule.cost import MAX_UNROLLED
from steepest.schedule.graph import Graph, Range
from steepest.schedule.stage import Nest, Statement

from .regions import are_few

Key = tuple[Range, bool] | None  # a loop's range, and whether it goes by vectors; None of what is in no loop
NEARLY = 8  # lengths that differ by no more are gone through together


def grouped(graph: Graph, nest: Nest, statements: Sequence[Statement], depth: int) -> list[tuple[Key, list[Statement]]]:
    """The statements in order, those together that share the loop they have at this depth."""
    groups: list[tuple[Key, list[Statement]]] = []
    for s in statements:
        loop = s.loops[depth] if depth < len(s.loops) else None
        key = (loop.range, loop.vector) if loop is not None else None
        for other, members in reversed(groups):
            before = [t for t in members if t.register in s.needs]
            if (other == key and _shares(nest, s, key, before, depth)) or _beside(graph, nest, other, key, before):
                members.append(s)
                break
            if before:
                groups.append((key, [s]))
                break
        else:
            groups.append((key, [s]))
    return groups


def _shares(nest: Nest, s: Statement, key: Key, before: Sequence[Statement], depth: int) -> bool:
    """Whether a statement can run in the loop of others, of which it reads `before`."""
    if key is None or not before:
        return key is None or key[0] in nest.fusible or key[0] == nest.rows
    if key[0] == nest.rows:
        return True
    finished = all(not t.loops[depth].folded and t.loops[depth].range == key[0] for t in before)
    return finished and key[0] in nest.fusible and key[0] not in s.displaced


def _beside(graph: Graph, nest: Nest, other: Key, key: Key, before: Sequence[Statement]) -> bool:
    """Whether loops over ranges of nearly one length, as of an array and its differences, can run together."""
    if other is None or key is None or before or other[1] != key[1] or nest.rows in (other[0], key[0]):
        return False
    m, n = graph.size[other[0]], graph.size[key[0]]
    return min(m, n) > MAX_UNROLLED and abs(m - n) <= NEARLY and {other[0], key[0]} <= nest.fusible


def first_folded(s: Statement) -> int:
    """How deep the outermost loop is that a statement is folded over, or -1."""
    return next((k for k, loop in enumerate(s.loops) if loop.folded), -1)


def is_in_place(nest: Nest, s: Statement) -> bool:
    """Whether a loop over free entries runs inside one that is folded."""
    first = first_folded(s)
    return first >= 0 and s.loops[first].range != nest.rows and any(not q.folded for q in s.loops[first:])


def begins_in_turn(graph: Graph, nest: Nest, s: Statement) -> bool:
    """Whether a sum in place adds to few regions where its outermost folded loop begins.

    So they are cleared there, by the turn that adds to them.
    """
    labels = {loop.label for loop in s.loops[: first_folded(s)]}
    return is_in_place(nest, s) and first_folded(s) > 0 and are_few(graph.shape(s.register), labels)
