"""Arrays that one turn of an outermost loop makes and reads: they need room for that turn only, which stays near."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from steepest.lower.program import Register
from steepest.schedule.graph import Graph, Range
from steepest.schedule.reading import ELSEWHERE
from steepest.schedule.stage import Form, Nest, Statement

from .grouping import begins_in_turn, grouped, is_in_place


def of_one_turn(graph: Graph, nest: Nest, kept: Collection[Register]) -> Iterator[Register]:
    """Those of a nest's own arrays of which every turn makes a part, and all who read that do so in the same turn.

    `kept` are all arrays that lie in memory.
    """
    for key, members in grouped(graph, nest, nest.statements, 0):
        if key is None or key[1] or key[0] not in nest.fusible or key[0] in nest.blocked:
            continue
        for s in members:
            if _makes_a_part(graph, nest, s, key[0]) and _is_read_in_turn(graph, s.register, members, key[0], kept):
                yield s.register


def _makes_a_part(graph: Graph, nest: Nest, s: Statement, turns: Range) -> bool:
    if s.form is not Form.VALUE or s.register in graph.program.outputs or len(graph.shape(s.register)) < 2:
        return False
    in_turn = not is_in_place(nest, s) or begins_in_turn(graph, nest, s)
    return in_turn and s.loops[0].label == 0 and s.loops[0].range == turns


def _is_read_in_turn(
    graph: Graph, r: Register, members: Sequence[Statement], turns: Range, kept: Collection[Register]
) -> bool:
    """Whether all who read an array do so in this loop, each turn its own part.

    What is not kept may be computed again by any of its readers: then they read what it reads.
    """
    inside = {s.register: s for s in members}
    work, seen = [r], {r}
    while work:
        a = work.pop()
        for u in graph.users.get(a, ()):
            reads = [read.labels for read in graph.reads(u) if read.register == a]
            if not reads or any(labels[0] < 0 or ELSEWHERE in labels for labels in reads):
                return False
            if u in inside and (turns in inside[u].displaced or inside[u].loops[0].range != turns):
                return False
            if u in kept and u not in inside:
                return False
            if u not in kept and u not in seen:
                seen.add(u)
                work.append(u)
    return True
