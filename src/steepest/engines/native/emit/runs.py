"""Runs of additions: after which turns of which loop long sums go to their second level.

Of the loops that a sum is folded over, that is the innermost which alone, or with those inside, has more turns than a
run. What is left after its last run goes there too, if there are folded loops around.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

from steepest.engines.native.ir.builder import Builder
from steepest.lower.program import Register
from steepest.schedule.loops import registers_of_a_vector
from steepest.schedule.stage import Loop, Nest, Statement

from .accumulators import Accumulator, InPlace, Partials
from .compensation import RUN
from .elsewhere import Places
from .entries import Entries
from .folding import sums
from .regions import Bound, are_few

Sums = InPlace | Partials | dict[Places, Accumulator]


@dataclass(frozen=True, slots=True)
class Run:
    """So many turns of a loop, after which some sums go to their second level; where those stand."""

    turns: int
    ending: Sequence[tuple[Sums, Bound]]

    def end(self, b: Builder) -> None:
        for sums_, bound in self.ending:
            if isinstance(sums_, dict):
                for register in sums_.values():
                    register.flush(b)
            else:
                sums_.flush(b, bound)


@dataclass
class Runs:
    """The sums of a nest that are under way."""

    b: Builder
    entries: Entries
    nest: Nest
    turns_of_rows: int = 0  # of the loop over blocks of rows
    running: dict[Register, Sums] = field(default_factory=dict)

    def of(self, members: Sequence[Statement], depth: int, registers: int, bound: dict[Statement, Bound]) -> Run | None:
        """For the loop that these statements have at this depth, if runs end in it."""
        ending = [s for s in members if self._ends(s, depth, registers)]
        if not ending:
            return None
        turns = min(max(1, RUN // self.turns(s, depth + 1)) for s in ending)
        return Run(turns, [(self.running[s.register], bound[s]) for s in ending])

    def _ends(self, s: Statement, depth: int, registers: int) -> bool:
        """Whether runs of a statement that is summed end in this loop.

        Statements beside it may leave it fewer registers, so that a loop has more turns than seen from around it.
        """
        loop, sums_ = s.loops[depth], self.running.get(s.register)
        if not loop.folded or sums_ is None or not _has_second_level(sums_):
            return False
        return self.depth(s) == depth or (loop.vector and self._turns(loop, registers) > RUN)

    def depth(self, s: Statement) -> int | None:
        """Of the loop in which runs of a statement end, if one has that many turns.

        Sums in memory are visited where those under way lie in few regions.
        """
        long = [k for k, loop in enumerate(s.loops) if loop.folded and self.turns(s, k) > RUN]
        if not isinstance(self.running.get(s.register), dict):
            shape = self.entries.graph.shape(s.register)
            long = [k for k in long if are_few(shape, {q.label for q in s.loops[:k]})]
        return max(long, default=None)

    def turns(self, s: Statement, depth: int) -> int:
        """Additions to one register of running sums in the folded loops from this depth on."""
        graph = self.entries.graph
        registers = registers_of_a_vector(graph, (s,), self.nest.blocked, self.entries.buffers)
        turns = prod(self._turns(loop, registers) for loop in s.loops[depth:] if loop.folded)
        looped = {loop.label for loop in s.loops}
        written = prod(graph.size[q] for label, q in graph.folded(s.register).items() if label not in looped)
        on_its_own = written > RUN or self.nest.rows in graph.folded(s.register).values()
        return turns if on_its_own else turns * written  # what is written out may be folded before it is added

    def _turns(self, loop: Loop, registers: int) -> int:
        size = self.entries.graph.size[loop.range]
        if loop.range == self.nest.rows:
            return self.turns_of_rows
        if not loop.vector:
            return size
        lanes = registers * self.b.width
        rest = size % lanes  # goes to the first register
        return size // lanes + (rest + self.b.width - 1) // self.b.width

    def is_long(self, s: Statement, depth: int, few: int) -> bool:
        """Whether more than a few additions follow one another, so that there is a second level."""
        made = self.entries.graph.made[s.register]
        together = any(loop.vector and loop.folded for loop in s.loops[depth:])
        long = self.turns(s, depth) > (RUN if together else few)
        return long and sums(made) and self.entries.kind(s.register).floating


def _has_second_level(sums_: Sums) -> bool:
    if isinstance(sums_, dict):
        return any(register.levels for register in sums_.values())
    return sums_.high is not None
