"""What sizes must be at least, for the places that a program names with numbers to exist: ``x[2]`` is for n ≥ 3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from steepest.errors import FormulaError
from steepest.expr.dimension import Dim
from steepest.expr.pattern import Affine, dense
from steepest.lower.program import (
    Call,
    Convert,
    Embed,
    Gather,
    Loop,
    Place,
    Program,
    Rearrange,
    Register,
    Scatter,
    Slice,
    Window,
)
from steepest.ops.selection import argmax, argmin, one_hot_op

Known: TypeAlias = Mapping[Register, np.ndarray]  # registers that hold fixed numbers


@dataclass(frozen=True)
class Requirement:
    """``size ≥ least``; one of them has a name."""

    size: int
    least: int

    @property
    def key(self) -> tuple[str, str]:
        """What it says, in names."""
        return _name(self.size), _name(self.least)


@dataclass(frozen=True)
class Placed:
    """A place, or a window, on an axis of some size."""

    place: Place
    size: int

    @property
    def key(self) -> tuple[str, ...]:
        """The same at all sizes if the text that is written for it is."""
        if not isinstance(self.place, Window):
            return str(int(self.place)), _name(self.size)
        start = "end" if self.is_from_the_end else _name(self.place.start)
        return start, str(self.place.step), _name(self.place.count), _name(self.size)

    @property
    def is_from_the_end(self) -> bool:
        """Whether this runs back from the last entry, wherever that is."""
        return isinstance(self.place, Window) and self.place.step < 0 and self.place.start == self.size - 1

    @property
    def is_open(self) -> bool:
        """Whether this is a slice that NumPy writes without an end."""
        if not isinstance(self.place, Window):
            return False
        stop = self.place.start + self.place.step * self.place.count
        return stop >= self.size if self.place.step > 0 else self.is_from_the_end

    def least(self) -> int:
        """The smallest size of the axis that has these places.

        Raises:
            FormulaError: if that depends on a size in a way that has no name.
        """
        if not isinstance(self.place, Window):
            return self.place + 1
        w, first = self.place, 0 if self.is_from_the_end else self.place.start
        if isinstance(w.count, Dim) and abs(w.step) == 1 and first == 0:
            return w.count
        if isinstance(w.count, Dim) or isinstance(w.start, Dim):
            raise FormulaError(f"a part of {_name(w.count)} entries is not written out: give the sizes as numbers")
        if not w.count:
            return 0
        return first + 1 if w.step < 0 and not self.is_from_the_end else first + abs(w.step) * (w.count - 1) + 1


def placed(program: Program) -> Iterator[Placed]:
    """All that is read and written at places named with numbers, in loops too."""
    shapes = [kind.shape for kind in program.registers]
    for i in program.instructions:
        if isinstance(i, Slice):
            yield from map(Placed, i.places, shapes[i.source])
        elif isinstance(i, Embed):
            for piece in i.pieces:
                yield from map(Placed, piece.places, shapes[i.target])
        elif isinstance(i, Loop):
            yield from placed(i.body)


def in_numpy(program: Program) -> list[Requirement]:
    """What NumPy code relies on; a slice without an end is as long as there are entries."""
    return _distinct([*(r for p in placed(program) if not p.is_open for r in _of(p)), *_picked(program, {})])


def in_memory(program: Program) -> list[Requirement]:
    """What code relies on that asks nobody when it reads and writes; the largest of no numbers is none."""
    return _distinct([*(r for p in placed(program) for r in _of(p)), *_picked(program, {}), *_nonempty(program)])


def _name(n: int) -> str:
    return n.name if isinstance(n, Dim) else str(int(n))


def _of(p: Placed) -> Iterator[Requirement]:
    yield Requirement(p.size, p.least())


def _distinct(found: list[Requirement]) -> list[Requirement]:
    """Those that say something, the strongest of each size."""
    strongest: dict[tuple[str, str], Requirement] = {}
    for r in found:
        size, least = r.key
        numbered = not isinstance(r.least, Dim)
        if size == least or not (isinstance(r.size, Dim) or isinstance(r.least, Dim)) or (numbered and r.least <= 0):
            continue
        key = (size, "" if numbered else least)
        if key not in strongest or strongest[key].least < r.least:
            strongest[key] = r
    return list(strongest.values())


def _nonempty(program: Program) -> Iterator[Requirement]:
    """Rows of which the place of the largest or smallest entry is asked for."""
    for i in program.instructions:
        if isinstance(i, Call) and i.op in (argmax, argmin):
            yield Requirement(program.registers[i.operands[0]].shape[-1], 1)
        elif isinstance(i, Loop):
            yield from _nonempty(i.body)


# --- places in fixed arrays ---------------------------------------------------------------------------------


def _picked(program: Program, given: Known) -> Iterator[Requirement]:
    """What is picked by fixed numbers; those that were outside when this was written mean something else."""
    known = dict(given) | {r: v for r, v in program.constants.items() if isinstance(v, np.ndarray)}
    shapes = [kind.shape for kind in program.registers]
    for r, fixed in program.constants.items():
        if isinstance(fixed, Affine):
            yield from _ruled(fixed, shapes[r])
    for i in program.instructions:
        match i:
            case Convert(target, source) | Rearrange(target, source) if source in known:
                known[target] = known[source]
            case Gather(_, source, index, shared) if index in known:
                yield from _inside(known[index], shapes[source][len(shared)])
            case Scatter(target, _, index, shared) if index in known:
                yield from _inside(known[index], shapes[target][len(shared)])
            case Call(target, op, (index,)) if op is one_hot_op and index in known:
                yield from _inside(known[index], shapes[target][-1])
            case Loop(_, body, starts, sequences, fixed_ones):
                inner = zip(body.inputs[len(starts) :], (*sequences, *fixed_ones), strict=True)
                yield from _picked(body, {r: known[outer] for r, outer in inner if outer in known})


def _inside(index: np.ndarray, size: int) -> Iterator[Requirement]:
    inside = index[(index >= 0) & (index < size)]
    if isinstance(size, Dim) and inside.size:
        yield Requirement(size, int(inside.max()) + 1)


def _ruled(pattern: Affine, shape: tuple[int, ...]) -> Iterator[Requirement]:
    """Ones along a single axis with a name: each stands somewhere."""
    named = [k for k, n in enumerate(shape) if isinstance(n, Dim)]
    if len(named) == 1 and pattern.relation == "==":
        (axis,) = named
        yield from _inside(np.nonzero(dense(pattern, shape))[axis], shape[axis])
