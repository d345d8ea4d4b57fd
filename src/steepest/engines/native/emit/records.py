"""Stacks side by side: what a step of a loop gives for other loops lies in one record, of whole lines of the cache.

A step then writes, and one of another loop reads, in one place instead of many: fewer addresses, no line that two steps
share, and one stream for the processor to fetch ahead.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from dataclasses import replace
from math import prod

from steepest.engines.native.ir.memory import Buffer, room_of
from steepest.lower.program import Register
from steepest.schedule.graph import Graph
from steepest.schedule.repeating import Repeated

MOST = 2048  # bytes of an entry: a longer one is a stream of its own
FULL = 0.75  # of the lines that an entry takes, so much must be its own


def in_records(graph: Graph, buffers: Mapping[Register, Buffer], own: Collection[Register]) -> dict[Register, Buffer]:
    """Where those of the `own` arrays lie that are such stacks, several of one loop."""
    found: dict[Register, Buffer] = {}
    for made in graph.made.values():
        if isinstance(made, Repeated):
            stacks = [r for r in made.targets[len(made.starts) :] if r in own and _is_between_loops(graph, r)]
            members = {r: buffers[r] for r in stacks if _fills_lines(buffers[r])}
            if len(members) > 1:
                found |= _beside_each_other(members)
    return found


def _beside_each_other(stacks: dict[Register, Buffer]) -> dict[Register, Buffer]:
    pointer = next(iter(stacks.values())).pointer
    sizes = [_lines_of(s) for s in stacks.values()]
    leads = itertools.accumulate(sizes, initial=0)
    return {
        r: replace(s, pointer=pointer, padded=True, lead=lead, pitch=sum(sizes))
        for (r, s), lead in zip(stacks.items(), leads, strict=False)
    }


def _is_between_loops(graph: Graph, r: Register) -> bool:
    """Whether nothing but the steps of loops reads the entries of a stack."""
    loops = [graph.made[u] for u in graph.users.get(r, ())]
    return bool(loops) and all(
        isinstance(made, Repeated) and r in made.sequences and r not in (*made.starts, *made.fixed) for made in loops
    )


def _fills_lines(stack: Buffer) -> bool:
    entry = stack.shape[1:]
    if any(type(n) is not int for n in entry):
        return False
    size = prod(entry) * stack.bytes
    return size <= MOST and size >= FULL * room_of(size) and stack.kind.floating


def _lines_of(stack: Buffer) -> int:
    """The bytes of an entry, in whole lines."""
    return room_of(prod(stack.shape[1:]) * stack.bytes)
