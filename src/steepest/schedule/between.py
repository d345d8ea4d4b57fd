"""Numbers of a turn that stand between sums inside of it and what is made of them: a row's mean, or its norm.

A sum of each row, its mean, the row less its mean: by vectors, the means of several rows at a time, the loop over the
rows would end before them and begin again after them, and all that both parts need would be kept. One at a time they
are in it. Logarithms and the like stay vectors: a row waits 40 ns for one, and meanwhile the processor does not begin
the next row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from math import prod

from steepest.lower.program import Register

from .cost import AWAITED, MAX_UNROLLED, cost
from .graph import Graph, Range
from .loops import computed_for
from .stage import Form, Statement


def one_at_a_time(graph: Graph, statements: Sequence[Statement], fusible: Collection[Range]) -> list[Statement]:
    """The statements of a nest, in order, with the vectors of such numbers undone where turns are long."""
    made = {s.register: s for s in statements}
    readers: dict[Statement, set[Register]] = {s: set() for s in statements}
    for s in statements:
        for r in s.needs:
            readers[made[r]].add(s.register)
    of_one = [s for s in statements if s.loops and not s.loops[0].folded]  # turn, not of all
    needs = {s: set(s.needs) for s in of_one if not (_goes_by_vectors(s) and _is_awaited(graph, s, made))}
    after = {q: _reached(graph, q, needs, needs) for q in fusible}
    before = {q: _reached(graph, q, reversed(statements), readers) for q in fusible}
    return [
        replace(s, loops=(replace(s.loops[0], vector=False),))
        if any(s in after[q] and s in before[q] and q not in s.displaced for q in fusible)
        else s
        for s in statements
    ]


def _reached(
    graph: Graph, turns: Range, statements: Iterable[Statement], beside: Mapping[Statement, set[Register]]
) -> set[Statement]:
    """The numbers of each turn that are made, in one step or several, from what long turns have made before them; or,
    backwards with their readers, from which long turns are made."""
    sources: set[Register] = set()
    found: set[Statement] = set()
    for s in statements:
        if _goes_by_vectors(s) and s.loops[0].range == turns:
            if not sources.isdisjoint(beside[s]):
                sources.add(s.register)
                found.add(s)
        elif _has_long_turns(graph, s, turns):
            sources.add(s.register)
    return found


def _goes_by_vectors(s: Statement) -> bool:
    """Whether it makes one number for each turn of one loop, several turns at a time."""
    return s.form is Form.VALUE and len(s.loops) == 1 and s.loops[0].vector and not s.loops[0].folded


def _is_awaited(graph: Graph, s: Statement, made: Collection[Register]) -> bool:
    """Whether it takes long until a number is there."""
    own = {s.register}
    return any(cost(graph.made[r]) > AWAITED for r in computed_for(graph, own, set(made) - own))


def _has_long_turns(graph: Graph, s: Statement, turns: Range) -> bool:
    if len(s.loops) < 2 or s.loops[0].range != turns or s.loops[0].vector:
        return False
    return prod(graph.size[loop.range] for loop in s.loops[1:]) > MAX_UNROLLED
