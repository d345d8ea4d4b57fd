"""Loops take in what is computed entry by entry of their steps around them, so that it does not go through memory.

What a loop reads that is cheap to compute of arrays that lie in memory anyway is computed in its steps. The sums over
all steps of what it stacks become states of it. Of small steps only: their sums stay in the nearest cache.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import prod

from steepest.expr.dimension import Shape
from steepest.expr.dtype import DType
from steepest.lower.program import (
    Arithmetic,
    Call,
    Contraction,
    Convert,
    Instruction,
    Loop,
    Negative,
    Program,
    Register,
    Select,
    Sum,
    operands,
    targets,
)

from .cost import DEAR, cost
from .widening import Total, widened

FEWEST_STEPS = 16
FEWEST, MOST = 8, 256  # entries of what a step gives: registers full enough, and little code
MOST_SUMS = 2048  # entries in all
COPIES = 2  # of one step, which may become different code
ENTRYWISE = (Arithmetic, Negative, Select, Convert, Call)


def with_absorbing_loops(program: Program) -> Program:
    """The same program, whose loops have taken in what they can, but for those that share their code with many."""
    loops = [i for i in program.instructions if isinstance(i, Loop)]
    steps = Counter(_text(i) for i in loops)
    for first in [i.target for i in loops if steps[_text(i)] <= COPIES]:
        program = _Around(program, first).absorbed()
    return program


def _text(loop: Loop) -> str:
    """What the steps of a loop compute; the same for layers of a network."""
    body = loop.body
    return repr((body.inputs, body.outputs, body.instructions, body.registers))


class _Around:
    """A loop, named by the first of its targets, and what is around it."""

    def __init__(self, program: Program, first: Register) -> None:
        self.program = program
        self.loop = loop = next(i for i in program.instructions if isinstance(i, Loop) and i.target == first)
        entries = {r for r in self._rows() if FEWEST <= self._size(r) <= MOST}
        shapes = {program.registers[r].shape[1:] for r in entries}
        self.entries = {r for r in entries if program.registers[r].shape not in shapes}  # none that may be an entry
        self.late = self._depending(loop.targets)
        self.stacks = set(loop.targets[len(loop.starts) :])
        self.there = {*program.inputs, *program.outputs}
        for i in program.instructions:
            if isinstance(i, Loop):
                self.there |= {*i.targets, *(() if i is loop else i.sequences)}
        self.made: dict[Register, Instruction] = {}  # what the steps can compute, early of what is there
        for i in program.instructions:
            if self._can_be_inside(i):
                self.made[i.target] = i

    def _rows(self) -> Iterator[Register]:
        """What has an entry for each step."""
        for r, t in enumerate(self.program.registers):
            if t.shape and t.shape[0] == self.loop.length:
                yield r

    def _size(self, r: Register) -> int:
        return prod(map(int, self.program.registers[r].shape[1:]))

    def _dtype(self, r: Register) -> DType:
        return self.program.registers[r].dtype

    def _depending(self, sources: Iterable[Register]) -> set[Register]:
        found = set(sources)
        for i in self.program.instructions:
            if not found.isdisjoint(operands(i)):
                found.update(targets(i))
        return found

    def _can_be_inside(self, i: Instruction) -> bool:
        """Whether the steps can compute an entry, cheaply. Early ones are made of nothing that has to be stored."""
        if not isinstance(i, ENTRYWISE) or (isinstance(i, Call) and not i.op.elementwise):
            return False
        if i.target not in self.entries or cost(i) >= DEAR:
            return False
        known = self._available if i.target in self.late else self._at_hand
        shape = self.program.registers[i.target].shape
        return all(
            self._is_steady(r, shape[1:]) or (self.program.registers[r].shape == shape and (r in self.made or known(r)))
            for r in operands(i)
        )

    def _available(self, r: Register) -> bool:
        return r in self.stacks or (r in self.entries and r not in self.late)

    def _at_hand(self, r: Register) -> bool:
        return r in self.entries and r in self.there

    def _is_steady(self, r: Register, entry: Shape) -> bool:
        """Whether an operand is the same in all steps."""
        return r not in self.late and r not in self.entries and self.program.registers[r].shape in ((), entry)

    # --- what is taken in ------------------------------------------------------------------------------

    def absorbed(self) -> Program:
        read = (*self.loop.sequences, *self.loop.fixed)
        if self.loop.length < FEWEST_STEPS or len(set(read)) < len(read):
            return self.program
        sunk = [r for r in self.loop.sequences if r in self.made and r not in self.there]
        totals = list(self._totals())
        if not sunk and not totals:
            return self.program
        return widened(self.program, self.loop, self.entries, self._computed(sunk, totals), totals)

    def _computed(self, sunk: Sequence[Register], totals: Sequence[Total]) -> list[Instruction]:
        """What the steps have to compute for that, in order."""
        found: set[Register] = set()
        waiting = [*sunk, *(r for total in totals for r in total.factors)]
        while waiting:
            r = waiting.pop()
            if r in self.made and r not in found:
                found.add(r)
                waiting.extend(operands(self.made[r]))
        return [i for r, i in self.made.items() if r in found]

    def _totals(self) -> Iterator[Total]:
        room = MOST_SUMS
        for i in self.program.instructions:
            total = self._total(i)
            if total is not None and self._size(total.factors[0]) <= room:
                room -= self._size(total.factors[0])
                yield total

    def _total(self, i: Instruction) -> Total | None:
        """What an instruction sums over the steps, if they can give it and no other way is shorter."""
        match i:
            case Sum(source=source, axes=(0,)):
                factors: tuple[Register, ...] = (source,)
            case Contraction(operands=factors, labels=(a, b), out=out):
                if a != b or out != a[1:] or len(set(a)) < len(a):
                    return None
            case _:
                return None
        inside = all(r in self.made or self._available(r) for r in factors)
        alike = all(r in self.entries and self._dtype(r) == self._dtype(i.target) for r in factors)
        dtype = self._dtype(i.target)
        floating = dtype is not None and dtype.kind == "f"
        fits = inside and alike and floating and not self.late.isdisjoint(factors)
        return Total(i.target, factors) if fits else None
