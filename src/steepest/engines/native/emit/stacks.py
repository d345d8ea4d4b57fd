"""The matrices of stacks, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer


@contextmanager
def each_matrix(b: Builder, *stacks: Buffer) -> Iterator[tuple[str, ...]]:
    """Pointers to one matrix of each; an array of fewer axes is one for all, and so is a vector.

    Where the builder writes one part of the stack, the matrices of that part.
    """
    count = prod(stacks[0].shape[:-2])
    if count == 1:
        yield tuple(s.pointer for s in stacks)
        return
    start, stop = b.part or (0, count)
    with b.loop(start, stop) as k:
        yield tuple(b.address(s.pointer, b.whole("mul", k, prod(s.shape[-2:])), s.kind.value) for s in stacks)
