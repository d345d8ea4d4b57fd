"""Values that are read in the turn of the loops that makes them, and nowhere else: they need not lie in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from steepest.lower.program import Register

from .graph import Graph, Range
from .stage import Form, Statement


def passing(
    graph: Graph,
    statements: Sequence[Statement],
    inside: Collection[Register],
    fusible: frozenset[Range],
    arrays: Collection[Register],
) -> Iterator[Register]:
    """Those among the statements of a nest, except `arrays`. Where this is wrong, entries are computed again.

    `inside` is all that is computed for the statements.
    """
    made = {s.register: s for s in statements}
    place = {s.register: k for k, s in enumerate(statements)}
    for s in statements:
        own = s.form is Form.VALUE and s.register not in graph.program.outputs and s.register not in arrays
        if not own or not _is_whole(graph, s, fusible):
            continue
        readers = _readers(graph, s.register, made, set(inside))
        if readers is not None and all(_follows(graph, s, reader, made, place) for reader in readers):
            yield s.register


def _is_whole(graph: Graph, s: Statement, fusible: frozenset[Range]) -> bool:
    """Whether each turn makes one entry, in loops that others may share."""
    axes = set(range(len(graph.shape(s.register))))
    return bool(axes) and {loop.label for loop in s.loops} == axes and fusible.issuperset(graph.ranges(s.register))


def _readers(
    graph: Graph, r: Register, made: Mapping[Register, Statement], inside: set[Register]
) -> list[Statement] | None:
    """The statements that read an array, if all do so in step, through whatever they compute of it."""
    found: dict[Register, Statement] = {}
    work, seen = [r], {r}
    while work:
        a = work.pop()
        for u in graph.users.get(a, ()):
            reads = [read.labels for read in graph.reads(u) if read.register == a]
            if u not in inside or not reads or any(len(set(ls)) < len(ls) or min(ls) < 0 for ls in reads):
                return None
            if u in made:
                found[u] = made[u]
            elif u not in seen:
                seen.add(u)
                work.append(u)
    return list(found.values())


def _follows(
    graph: Graph, s: Statement, reader: Statement, made: Mapping[Register, Statement], place: Mapping[Register, int]
) -> bool:
    """Whether a reader is in the same loops, and what else it needs of these is made in them too."""
    if _ranges(reader) != _ranges(s) or not reader.displaced.isdisjoint(graph.ranges(s.register)):
        return False
    needed: dict[Register, Statement] = {}
    work = list(reader.needs)
    while work:
        r = work.pop()
        if r not in needed and place[r] > place[s.register]:
            needed[r] = made[r]
            work.extend(made[r].needs)
    return all(_ranges(t) == _ranges(s) and not any(loop.folded for loop in t.loops) for t in needed.values())


def _ranges(s: Statement) -> list[tuple[Range, bool]]:
    return [(loop.range, loop.vector) for loop in s.loops]
