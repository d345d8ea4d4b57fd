"""Row values that wait for a later pass in the memory of a result: the result is made of them, entry by entry."""

from __future__ import annotations

from collections.abc import Collection

from steepest.lower.program import Register

from .deposits import Collect, Deposit
from .graph import Graph
from .rows import Passes


def home(graph: Graph, passes: Passes, r: Register, taken: Collection[Register]) -> Register | None:
    """The result in whose memory `r` may be kept, if there is one: none else reads `r` once that is being written."""
    declared = graph.program.registers
    return next(
        (
            o
            for o in graph.program.outputs
            if o not in taken
            and o in graph.made
            and r not in graph.program.outputs
            and declared[o].dtype == declared[r].dtype
            and passes.has_rows(o)
            and graph.ranges(o) == graph.ranges(r)
            and passes.made_in[o] > passes.ready[r]
            and not isinstance(graph.made[o], (Deposit, Collect))
            and _is_only_reader(graph, passes, o, r)
        ),
        None,
    )


def _is_only_reader(graph: Graph, passes: Passes, o: Register, r: Register) -> bool:
    """Whether from the pass of the result on, `r` is read for the result alone.

    A pass computes again what earlier ones have not stored. So `r` is read for everything that is made of it, unless a
    sum over the rows is between them.
    """
    if o in graph.users:
        return False
    late = passes.made_in[o]
    work, seen = [r], {r, o}
    while work:
        for u in graph.users.get(work.pop(), ()):
            finished = u in graph.program.outputs or not passes.has_rows(u)
            if u not in seen and (passes.made_in[u] > late or (passes.made_in[u] == late and finished)):
                return False
            if u not in seen and passes.has_rows(u):
                work.append(u)
            seen.add(u)
    return True
