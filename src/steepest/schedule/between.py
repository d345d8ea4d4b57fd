"""Numbers of a turn that stand between sums inside of it and what is made of them: a row's mean, or its norm.

By vectors, one for each of several turns, they would part the loop around them into one before and one after, and all
that both need would be kept. One at a time they are in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from math import prod

from steepest.lower.program import Register

from .cost import MAX_UNROLLED
from .graph import Graph, Range
from .stage import Form, Statement


def one_at_a_time(graph: Graph, statements: Sequence[Statement], fusible: Collection[Range]) -> list[Statement]:
    """The statements of a nest, in order, with the vectors of such numbers undone where turns are long."""
    needs = {s: set(s.needs) for s in statements}
    readers = {s: {t.register for t in statements if s.register in t.needs} for s in statements}
    after = {q: _reached(graph, q, statements, needs) for q in fusible}
    before = {q: _reached(graph, q, reversed(statements), readers) for q in fusible}
    return [
        replace(s, loops=(replace(s.loops[0], vector=False),))
        if any(s in after[q] and s in before[q] and q not in s.displaced for q in fusible)
        else s
        for s in statements
    ]


def _reached(
    graph: Graph, turns: Range, statements: Iterable[Statement], beside: dict[Statement, set[Register]]
) -> set[Statement]:
    """The numbers of each turn that long turns are beside, or such numbers that were reached before."""
    sources: set[Register] = set()
    found: set[Statement] = set()
    for s in statements:
        if _goes_by_vectors(s, turns):
            if not sources.isdisjoint(beside[s]):
                sources.add(s.register)
                found.add(s)
        elif _has_long_turns(graph, s, turns):
            sources.add(s.register)
    return found


def _goes_by_vectors(s: Statement, turns: Range) -> bool:
    loop = s.loops[0] if len(s.loops) == 1 else None
    return s.form is Form.VALUE and loop is not None and loop.range == turns and loop.vector and not loop.folded


def _has_long_turns(graph: Graph, s: Statement, turns: Range) -> bool:
    if len(s.loops) < 2 or s.loops[0].range != turns or s.loops[0].vector:
        return False
    return prod(graph.size[loop.range] for loop in s.loops[1:]) > MAX_UNROLLED
