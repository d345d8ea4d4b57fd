"""Loops as steps: a body that is a program of its own, run so many times. Data only."""

from __future__ import annotations

from dataclasses import dataclass

from steepest.expr.node import Direction
from steepest.lower.program import Program, Register


@dataclass(frozen=True, slots=True)
class Repeated:
    """All results of a loop, made together; as `steepest.lower.program.Loop`, but that the body has no fixed arrays."""

    target: Register  # the first of the targets
    targets: tuple[Register, ...]
    body: Program
    starts: tuple[Register, ...]
    sequences: tuple[Register, ...]
    fixed: tuple[Register, ...]
    length: int
    direction: Direction
    sums: int

    @property
    def reads(self) -> tuple[Register, ...]:
        return (*self.starts, *self.sequences, *self.fixed)


@dataclass(frozen=True, slots=True)
class ResultOf:
    """Another result of a loop."""

    target: Register
    loop: Register

    @property
    def reads(self) -> tuple[Register, ...]:
        return (self.loop,)
