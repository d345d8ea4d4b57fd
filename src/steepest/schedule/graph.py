"""A program as a graph for scheduling: who reads what, and the index ranges.

A range is a set of axes that run in step: equal length, equal place. Axes are joined by the labels of the
instructions; what is read elsewhere (shifted, picked) does not join.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cached_property

from steepest.errors import ShapeError
from steepest.lower.program import Instruction, Program, Rearrange, Register, Scatter, operands
from steepest.lower.triangles import Triangles

from .classes import Classes
from .deposits import Collect, Deposit, Step, with_deposits
from .factors import ROUTINES
from .named import Extent, Names
from .quotients import Quotients, with_reciprocals
from .reading import ELSEWHERE, FIRST, Read, Reading, reading
from .reciprocal import Reciprocal
from .routines import with_routines

Range = int

OWN = (Deposit, Collect, Reciprocal)  # steps that are no instructions of a program


class Graph:
    """The instructions of a program with their readings, readers and ranges.

    Array operations are called for those whose first results are `apart`.
    """

    def __init__(
        self, program: Program, quotients: Quotients = Quotients.EXACT, apart: Collection[Register] = ()
    ) -> None:
        self.names: Names | None = None
        self._named: Range | None = None
        self.program, steps = with_routines(*with_deposits(program), apart)
        if quotients is Quotients.SHARED:
            self.program, steps = with_reciprocals(self.program, steps)
        program = self.program
        self.made: dict[Register, Step] = {i.target: i for i in steps}
        self.order: list[Register] = list(self.made)
        self.readings: dict[Register, Reading | None] = {}
        for r, i in self.made.items():
            self.readings[r] = self._through(reading(i, program))
        self.users: dict[Register, list[Register]] = {}
        for r in self._reaching():
            for a in self.operands(r):
                self.users.setdefault(a, []).append(r)
        self.order = [r for r in self.order if r in self.users or r in program.outputs]
        self._ranges()

    def name(self, q: Range, names: Names) -> None:
        """From now on, the length of a range is a number with a name."""
        self.names, self._named = names, q
        self.size[q] = Extent(self.size[q], "n", names)

    def shape(self, r: Register) -> tuple[int, ...]:
        shape = tuple(map(int, self.program.registers[r].shape))
        if self._named is None:
            return shape
        return tuple(self.size[q] if q == self._named else n for q, n in zip(self.ranges(r), shape, strict=True))

    @cached_property
    def given(self) -> set[Register]:
        """Inputs and constant arrays."""
        arrays = {r for r in self.program.constants if self.shape(r)}
        return set(self.program.inputs) | arrays

    @cached_property
    def triangles(self) -> Triangles:
        """Which matrices are triangular."""
        return Triangles(self.program)

    @cached_property
    def instructions(self) -> dict[Register, Instruction]:
        """What makes each register, steps of a schedule's own left out."""
        return {r: made for r, made in self.made.items() if not isinstance(made, (*OWN, *ROUTINES))}

    def reading(self, r: Register) -> Reading:
        """How an instruction reads that does not work on whole arrays only."""
        how = self.readings[r]
        assert how is not None
        return how

    def operands(self, r: Register) -> tuple[Register, ...]:
        """What an instruction reads, each once."""
        how = self.readings.get(r)
        if how is not None:
            return tuple(dict.fromkeys(read.register for read in how.all))
        made = self.made.get(r)
        if made is None or isinstance(made, OWN):
            return ()
        reads = made.reads if isinstance(made, ROUTINES) else operands(made)
        return tuple(dict.fromkeys(reads))

    def _through(self, how: Reading | None) -> Reading | None:
        """A reading of what rearranged arrays come from. Labels of new axes vanish with them: they count one entry."""
        if how is None:
            return None
        reads, pieces = (tuple(map(self._seen_through, found)) for found in (how.reads, how.pieces))
        found = {i for read in (*reads, *pieces) for i in read.labels}
        return replace(how, reads=reads, pieces=pieces, folded=tuple(i for i in how.folded if i in found))

    def _seen_through(self, read: Read) -> Read:
        """Rearranged axes are read where they come from."""
        made = self.made.get(read.register)
        while isinstance(made, Rearrange) and ELSEWHERE not in read.labels:
            rank = len(self.shape(made.source))
            labels = tuple(read.labels[made.axes.index(k)] if k in made.axes else FIRST for k in range(rank))
            read = Read(made.source, labels)
            made = self.made.get(made.source)
        return read

    def _reaching(self) -> list[Register]:
        """The instructions that an output needs, in order."""
        needed = set(self.program.outputs)
        for r in reversed(self.order):
            if r in needed:
                needed.update(self.operands(r))
        return [r for r in self.order if r in needed]

    # --- ranges --------------------------------------------------------------------------------------

    def _ranges(self) -> None:
        in_step = Classes[tuple[Register, int]]()  # axes of registers, and labels of instructions
        for r in self.order:
            how = self.readings[r]
            for read in how.all if how is not None else ():
                for axis, label in enumerate(read.labels):
                    if label >= 0:
                        in_step.join((read.register, axis), (r, label))
        numbers: dict[tuple[Register, int], Range] = {}
        self.size: dict[Range, int] = {}
        self._of: dict[tuple[Register, int], Range] = {}
        for r in range(len(self.program.registers)):
            for axis, n in enumerate(self.shape(r)):
                self._of[r, axis] = number = numbers.setdefault(in_step.of((r, axis)), len(numbers))
                if self.size.setdefault(number, n) != n:
                    raise ShapeError(f"axes in step have the lengths {self.size[number]} and {n}")
        self._folded = {
            (r, label): numbers[in_step.of((r, label))]
            for r in self.order
            if (how := self.readings[r]) is not None
            for label in how.folded
            if in_step.of((r, label)) in numbers
        }

    def ranges(self, r: Register) -> list[Range]:
        """The ranges of the axes of a register."""
        return [self._of[r, k] for k in range(len(self.program.registers[r].shape))]

    def labels(self, r: Register) -> dict[int, Range]:
        """The labels of an instruction with their ranges, folded ones included."""
        found = dict(enumerate(self.ranges(r)))
        how = self.readings.get(r)
        if how is not None:
            found |= {label: self._folded[r, label] for label in how.folded}
        return found

    def folded(self, r: Register) -> dict[int, Range]:
        how = self.readings.get(r)
        return {label: self._folded[r, label] for label in how.folded} if how is not None else {}

    def touched(self, r: Register) -> set[Range]:
        """Ranges of which an instruction reads or writes other places than those in step."""
        how = self.readings.get(r)
        if how is None:
            arrays = (r, *self.operands(r)) if r in self.made else ()
            return {q for a in arrays for q in self.ranges(a)}
        found: set[Range] = set()
        if isinstance(made := self.made[r], Scatter):
            found.add(self._of[r, len(made.shared)])
        for read in how.all:
            elsewhere = [k for k, label in enumerate(read.labels) if label == ELSEWHERE]
            found.update(self._of[read.register, k] for k in elsewhere)
        joined = {label for read in how.all for label in read.labels}
        if any(ELSEWHERE in read.labels for read in how.all) or how.pieces:
            found.update(q for k, q in enumerate(self.ranges(r)) if k not in joined)
        return found | self.in_pieces(r)

    def in_pieces(self, r: Register) -> set[Range]:
        """Ranges of an array put together of pieces along which a piece does not reach, or stands at one place."""
        how = self.readings.get(r)
        if how is None:
            return set()
        return {q for piece in how.pieces for k, q in enumerate(self.ranges(r)) if k not in piece.labels}

    def repeated(self, r: Register) -> set[Range]:
        """Ranges that occur twice in an instruction, as those of a square matrix with equal axes may."""
        counts = Counter(self.labels(r).values())
        return {q for q, n in counts.items() if n > 1}

    def reads(self, r: Register) -> Iterator[Read]:
        how = self.readings.get(r)
        if how is not None:
            yield from how.all
