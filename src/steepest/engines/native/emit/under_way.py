"""A kernel under construction: its stages, and what the kernels of one module have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterator
from dataclasses import dataclass, field

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.memory import Buffer
from steepest.lower.program import Program, Register
from steepest.schedule.cost import Parts
from steepest.schedule.named import Names
from steepest.schedule.stage import Schedule

from .arena import Need
from .numbers import NUMBERS, loads
from .sharing import Sharing, in_lines
from .status import STATUS

Plans = Callable[[Program], Iterator[Schedule]]  # the schedules to try, the best first


@dataclass(frozen=True)
class Written:
    """The functions of a kernel, itself the last."""

    name: str
    schedule: Schedule
    functions: tuple[str, ...]
    constants: tuple[Register, ...]
    workspace: int


@dataclass
class Stage:
    """The function of one stage; `text` lacks its head."""

    text: str
    arrays: tuple[str, ...]  # arrays that it reads or writes, as LLVM has them
    scratch: dict[str, int]  # its own temporaries, in bytes
    bounds: str  # of the rows, as arguments
    sharing: Sharing | None = None  # of the rows among threads

    @property
    def status(self) -> tuple[str, ...]:
        """The kernel's status, if the stage has a say in it."""
        return (STATUS,) if STATUS in self.text else ()


@dataclass
class Shared:
    """What the kernels of one module have in common."""

    plans: Plans
    declared: set[str] = field(default_factory=set)
    math: set[tuple[str, str, int]] = field(default_factory=set)
    externals: list[str] = field(default_factory=list)
    called_back: list[Program] = field(default_factory=list)  # array operations
    bodies: dict[Hashable, Written] = field(default_factory=dict)  # of loops, by what they compute
    count: int = 0  # of kernels
    parts: list[Parts] = field(default_factory=list)  # of the stages that threads share

    @property
    def account(self) -> tuple[str, ...]:
        """A line on threads, if they share anything."""
        parts = ", ".join(str(int(p.count)) for p in self.parts)
        stages = f"{len(self.parts)} stages, in" if len(self.parts) > 1 else "a stage, in"
        short = [p.is_short for p in self.parts]
        awake = "" if not any(short) else f", {'' if all(short) else 'the short ones '}if they are awake"
        return (f"threads share the loops of {stages} {parts} parts{awake}",) if parts else ()


@dataclass
class Module:
    """A kernel under construction. That of a body has a number, which its names have in them."""

    schedule: Schedule
    buffers: dict[Register, Buffer]
    shared: Shared
    number: int
    stages: list[Stage] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)  # functions of the bodies in it
    watched: set[Register] = field(default_factory=set)  # results whose entries are looked at as they are stored

    @property
    def results(self) -> tuple[Register, ...]:
        """What must be finite in the end; what a step of a loop makes is not looked at."""
        return () if self.is_body else tuple(self.schedule.graph.program.outputs)

    @property
    def names(self) -> Names | None:
        """Of the numbers that are read from a table."""
        return self.schedule.graph.names

    @property
    def is_body(self) -> bool:
        return self.number > 0

    def is_in_record(self, r: Register) -> bool:
        return r in self.buffers and self.buffers[r].pitch > 0

    def builder(self) -> Builder:
        b = Builder(self.schedule.width)
        b.externals = self.shared.externals
        return b

    def add(self, b: Builder, scratch: dict[str, int], bounds: str = "", sharing: Sharing | None = None) -> None:
        """What a builder has written, as the next stage."""
        text = "\n".join([*b.entry, *b.lines])
        numbers = loads(text, self.names)
        text = "\n".join([*numbers, text])
        used = tuple(sorted(set(re.findall(r"%b\d+\b", text))))
        cut = "" if sharing is None else f"{sharing.parts} {sharing.rows} {sharing.length}"
        used += (NUMBERS,) if numbers or loads(cut, self.names) else ()
        self.stages.append(Stage(text, used, scratch, bounds, sharing))
        self.shared.parts += [] if sharing is None else [Parts(sharing.parts, sharing.is_short)]
        self.shared.declared |= b.intrinsics
        self.shared.math |= b.math

    def needs(self, temporaries: Collection[Register]) -> dict[Hashable, Need]:
        """What the workspace holds, and from which stage to which."""
        found: dict[Hashable, Need] = {}
        for r in temporaries:
            buffer = self.buffers[r]
            alive = [k for k, stage in enumerate(self.stages) if buffer.pointer in stage.arrays]
            if alive:
                found[buffer.pointer] = Need(buffer.size, alive[0], alive[-1])
        for k, stage in enumerate(self.stages):
            parts, totals = (stage.sharing.parts, stage.sharing.totals) if stage.sharing is not None else (1, ())
            found |= {(k, name): Need(parts * in_lines(size), k, k) for name, size in stage.scratch.items()}
            found |= {(k, total.parts): Need(parts * total.stride, k, k) for total in totals}
        return found
