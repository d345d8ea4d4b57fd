"""``for i in range(n)`` in a traced function: after two steps one is recorded for all that are left.

The steps of a long loop mostly do the same. So the third is run with symbols in the place of what the second changed,
and of `i`; what comes out is the step as a function of them. If it has the same shapes and types, and takes the same
branches in all steps, the loop is one node, everything gets the value it has after it, and the Python loop ends.
Otherwise all is traced again with each step as it is.

What can be seen of a loop here are the local variables and what is reached from them. Whatever else a step may do
leaves a symbol where none may be, which `capture` finds, or a value that differs, which the net finds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .attempts import Attempt
from .frames import OfFrame, begins_loop
from .holding import Changes, Held, Unseen
from .memories import StepsDiffer
from .one_step import MANY, Leaping, Loop
from .recording import Recording
from .stand_ins import MakingType

LONGEST = 2**24  # beyond that, numbers for all steps take too much memory
BEFORE = 2  # steps that are run as they are


def long_ranges(recording: Recording, leaping: Leaping) -> type:
    """What stands for `range`: long ones watch the loops over them."""

    def make(*args: Any) -> Any:
        numbers = range(*args)
        return Steps(numbers, recording, leaping) if MANY <= len(numbers[: LONGEST + 1]) <= LONGEST else numbers

    return MakingType("range", (), {"original": range, "of_tracer": staticmethod(make)})


class Steps(Sequence[int]):
    """A long range."""

    def __init__(self, numbers: range, recording: Recording, leaping: Leaping):
        self.numbers, self.recording, self.leaping = numbers, recording, leaping

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """It passes for a range."""
        return range

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, k: Any) -> Any:
        return self.numbers[k]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.numbers, name)

    def __eq__(self, other: object) -> bool:
        return self.numbers == (other.numbers if type(other) is Steps else other)

    def __hash__(self) -> int:
        return hash(self.numbers)

    def __contains__(self, item: object) -> bool:
        return item in self.numbers

    def __repr__(self) -> str:
        return repr(self.numbers)

    def __iter__(self) -> Iterator[int]:
        frame = sys._getframe(1)
        return Walk(self.numbers, self.recording, self.leaping, OfFrame(frame) if begins_loop(frame) else None)


class Scope(Protocol):
    """What can be seen of a loop: the variables that its steps read and change."""

    @property
    def loop(self) -> Loop: ...

    def is_at_its_head(self) -> bool:
        """Whether the next step is asked for by the loop itself."""
        ...

    def variables(self) -> Mapping[str, Any]: ...

    def set_variables(self, values: Mapping[str, Any]) -> None: ...


@dataclass
class Walk(Iterator[Any]):
    """One loop over a long range."""

    numbers: range
    recording: Recording
    leaping: Leaping
    scope: Scope | None  # None if something else than a loop asks for the numbers
    source: Any = None  # what a step gets in place of its number: see sequences.py
    taken: int = 0  # steps
    seen: Held | None = None  # before the last step
    attempt: Attempt | None = None

    def __next__(self) -> Any:
        k = self.taken
        if k == len(self.numbers):
            raise StopIteration
        if k <= BEFORE + 1 and self.scope is not None and not self.recording.finished:
            found = self._watched(k, self.scope)
            if found is not None:
                self.taken += 1
                return found
        self.taken += 1
        return self.numbers[k] if self.source is None else self.source.item(k)

    def _watched(self, k: int, scope: Scope) -> Any:
        """What the step is given in place of its number, or None; ends the loop when it has been understood."""
        if self.attempt is not None:
            now = held(scope)
            if now is None:
                raise StepsDiffer("a step of a loop makes what cannot be compared")
            scope.set_variables(self.attempt.ended(now))
            self.taken = len(self.numbers)
            raise StopIteration
        if k == BEFORE - 1 and scope.is_at_its_head() and self.leaping.may_begin(scope.loop):
            self.seen = held(scope)
        elif k == BEFORE and self.seen is not None:
            now = held(scope)
            changes = None if now is None else Changes.between(self.seen, now)
            if now is not None and changes is not None:
                self.attempt = Attempt(self.recording, self.leaping, scope.loop, now, changes, self.numbers[k:])
                scope.set_variables(self.attempt.variables)
                return self.attempt.index if self.source is None else self.source.at(self.attempt.index)
        return None


def held(scope: Scope) -> Held | None:
    """What the variables hold; None if a change in it could not be seen."""
    try:
        return Held.of(scope.variables())
    except Unseen:
        return None
