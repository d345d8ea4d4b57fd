"""A nest cut into stages: outermost loops that threads share, and what lies between them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from steepest.lower.program import Register
from steepest.schedule.cost import MOST_REGISTERS, UNCUT, Parts
from steepest.schedule.deposits import Deposit
from steepest.schedule.graph import Graph
from steepest.schedule.loops import computed_for
from steepest.schedule.stage import Form, Nest, Statement

from .grouping import begins_in_turn, grouped, is_in_place

PartsOf = Callable[[Graph, Collection[int], Collection[int], Collection[int], int], Parts]  # as `cost` has them


@dataclass(frozen=True)
class Group:
    """Statements in one outermost loop, or several one after the other; how many parts, of how many turns."""

    nest: Nest
    parts: Parts = UNCUT
    turns: int = 0
    length: int = 0
    summing: tuple[Register, ...] = ()  # those that are summed over the outermost loop


def cut(graph: Graph, nest: Nest, width: int, known: Collection[Register], parts_of: PartsOf) -> Iterator[Group]:
    """The nest cut before and after each outermost loop worth sharing; `known` arrays are in memory before it."""
    waiting: list[Statement] = []
    for key, members in grouped(graph, nest, nest.statements, 0):
        group = _shared(graph, nest, width, members, known, parts_of) if key is not None else None
        if group is None or _are_depositing(graph, waiting):
            waiting += members
            continue
        if waiting:
            yield Group(replace(nest, statements=tuple(waiting)))
            waiting = []
        yield group
    if waiting:
        yield Group(replace(nest, statements=tuple(waiting)))


def _are_depositing(graph: Graph, statements: Sequence[Statement]) -> bool:
    """Whether more is put into an array that is no result: it is cleared where a group begins, so one does all."""
    into = {made.into for s in statements if isinstance(made := graph.made[s.register], Deposit)}
    return not into.issubset({*graph.program.outputs, *(s.register for s in statements)})


def _shared(
    graph: Graph, nest: Nest, width: int, members: list[Statement], known: Collection[Register], parts_of: PartsOf
) -> Group | None:
    """The group of the members of an outermost loop, if it is worth sharing."""
    if not all(_is_parted(graph, nest, s, members) for s in members):
        return None
    own = {s.register for s in members}
    summing = tuple(s.register for s in members if s.loops[0].folded)
    computed = computed_for(graph, own, set(known) - own)
    parts = parts_of(graph, computed, own, summing, width)
    by_vectors = members[0].loops[0].vector
    step = MOST_REGISTERS * width if by_vectors else max(nest.blocked.values(), default=1)
    length = max(graph.size[s.loops[0].range] for s in members)
    turns = -(-length // (parts.count * step)) * step
    if parts.count == 1 or turns >= length:
        return None
    return Group(replace(nest, statements=tuple(members)), parts.of(length, turns), turns, length, summing)


def _is_parted(graph: Graph, nest: Nest, s: Statement, members: Sequence[Statement]) -> bool:
    """Whether a part writes its own entries, or sums that are put together; others write all over their arrays."""
    if s.form is Form.DEPOSIT:
        return _has_places_of_its_own(graph, s.register, members)
    in_place = s.form is Form.VALUE and is_in_place(nest, s) and not begins_in_turn(graph, nest, s)
    all_over = s.form is Form.SCATTER or in_place
    return s.loops[0].folded if all_over else s.form is Form.VALUE


def _has_places_of_its_own(graph: Graph, r: Register, members: Sequence[Statement]) -> bool:
    """Whether no two turns put anything into one place; and that is in a result, which arrives cleared.

    Entries of one piece never meet: each of its labels moves them along an axis.
    """
    made = graph.made[r]
    assert isinstance(made, Deposit)
    others = (o for s in members if s.register != r and isinstance(o := graph.made[s.register], Deposit))
    is_alone = not made.adds or all(o.into != made.into for o in others)
    return is_alone and made.into in graph.program.outputs
