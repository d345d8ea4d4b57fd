"""A step of a loop as a function, and what makes a loop of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any, Protocol

from steepest.expr.node import Expr, Variable
from steepest.expr.traversal import contains_variable, toposort

from .recording import Guard, Recording
from .tracer import Tracer

LONGEST = 2**24  # loop: beyond that, numbers for all steps take too much memory
WORTH = 16  # steps that one is to stand for, if not for all of a long loop
MANY = 64  # steps, or entries of a list, from which on it is tried

Loop = tuple[CodeType, int]  # a ``for`` statement: the code it is in, and where there


@dataclass(frozen=True)
class Manner:
    """How the steps of a loop are taken to be."""

    counts: bool = True  # whole numbers grow by as much in each as in the last one
    period: int = 1  # so many in a row are one


@dataclass(frozen=True)
class OneStep:
    """A step as a function of the state, of entries of sequences, and of the number it is given."""

    states: Sequence[Variable]
    next: Sequence[Expr]
    starts: Sequence[Expr]
    values: Sequence[Any]  # of the starts
    sequences: Mapping[Variable, Tracer]
    emitted: Sequence[Expr]
    index: Variable
    numbers: range  # what the index is in the steps
    guards: Sequence[Guard]
    loop: Loop


class Leaping(Protocol):
    """What makes a loop of a step."""

    def may_begin(self, loop: Loop) -> bool:
        """Whether a step may be run with symbols: not if that has failed before."""
        ...

    def begin(self, loop: Loop) -> None:
        """A step is about to be run with symbols."""

    def manner(self, loop: Loop) -> Manner:
        """What is known of its steps."""
        ...

    def learn(self, loop: Loop, manner: Manner) -> None:
        """Its steps are others than they were taken for; it may be tried again."""

    def period(self, step: OneStep) -> int | None:
        """After how many steps the branches come again; None if nobody knows. The step has no state."""
        ...

    def reach(self, step: OneStep) -> int:
        """How many steps, from the first on, take the branches that it took; raises `StepsDiffer` without end."""
        ...

    def after(self, recording: Recording, step: OneStep) -> tuple[Sequence[Tracer], Sequence[Tracer]]:
        """The state after all steps, and the stacks of what is emitted; raises `StepsDiffer`."""
        ...


def settled_states(step: OneStep) -> set[Variable]:
    """The states that nothing which varies goes into."""
    read = {
        v: {n for n in toposort([e]) if isinstance(n, Variable)} for v, e in zip(step.states, step.next, strict=True)
    }
    varying = {v for v, e in zip(step.states, step.starts, strict=True) if contains_variable(e)}
    while True:
        known = {step.index, *step.states} - varying
        more = {v for v, found in read.items() if not found <= known} - varying
        if not more:
            return set(step.states) - varying
        varying |= more
