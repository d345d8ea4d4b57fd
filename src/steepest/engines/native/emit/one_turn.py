"""Arrays that one turn of an outermost loop makes and reads: they need room for that turn only, which stays near."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from steepest.lower.program import Register
from steepest.schedule.graph import Graph, Range
from steepest.schedule.reading import ELSEWHERE, Read
from steepest.schedule.stage import Form, Nest, Schedule, Statement

from .grouping import begins_in_turn, grouped, is_in_place


def of_one_turn(schedule: Schedule, nest: Nest) -> Iterator[Register]:
    """Those of a nest's own arrays of which every turn makes a part, and all who read that do so in the same turn."""
    graph, kept = schedule.graph, set(schedule.kept)
    others = {s.register for s in set(_statements(schedule)).difference(nest.statements)}  # some are made twice
    for key, members in grouped(graph, nest, nest.statements, 0):
        if key is None or key[1] or key[0] not in nest.fusible or key[0] in nest.blocked:
            continue
        for s in members:
            if s.register not in others and _makes_a_part(graph, nest, s, key[0]):
                readers = _readers(graph, s.register, kept)
                if readers is not None and others.isdisjoint(readers) and _are_in_turn(members, readers, kept):
                    yield s.register


def _statements(schedule: Schedule) -> Iterator[Statement]:
    for stage in schedule.stages:
        if isinstance(stage, Nest):
            yield from stage.statements


def _makes_a_part(graph: Graph, nest: Nest, s: Statement, turns: Range) -> bool:
    if s.form is not Form.VALUE or s.register in graph.program.outputs or len(graph.shape(s.register)) < 2:
        return False
    in_turn = not is_in_place(nest, s) or begins_in_turn(graph, nest, s)
    return in_turn and s.loops[0].label == 0 and s.loops[0].range == turns


def _readers(graph: Graph, r: Register, kept: Collection[Register]) -> dict[Register, int] | None:
    """Who reads an array, and under which label its first axis; None if somebody reads other than in step.

    What is not kept may be computed again by any of its readers: then they read what it reads.
    """
    found: dict[Register, int] = {}
    work = [(r, 0)]
    while work:
        a, axis = work.pop()
        for u in graph.users.get(a, ()):
            labels = {_along(read, axis) for read in graph.reads(u) if read.register == a}
            label = labels.pop() if len(labels) == 1 else None
            if label is None or found.get(u, label) != label:
                return None
            if u not in found and u not in kept:
                if label >= len(graph.shape(u)):
                    return None  # it sums all turns at once
                work.append((u, label))
            found[u] = label
    return found


def _are_in_turn(members: Sequence[Statement], readers: Mapping[Register, int], kept: Collection[Register]) -> bool:
    """Whether those that are kept are made in this loop, each turn from its own part."""
    inside = {s.register: s for s in members}
    if not all(u in inside or u not in kept for u in readers):
        return False
    here = [(inside[u], label) for u, label in readers.items() if u in inside]
    return all(s.loops[0].label == label and s.loops[0].range not in s.displaced for s, label in here)


def _along(read: Read, axis: int) -> int | None:
    """The label of an axis, if all is read in step."""
    return None if ELSEWHERE in read.labels or read.labels[axis] < 0 else read.labels[axis]
