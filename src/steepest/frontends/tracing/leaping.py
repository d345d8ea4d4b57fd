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
from itertools import islice
from typing import Any, Protocol

from steepest.expr.traversal import contains_variable

from .attempts import Attempt
from .frames import OfFrame, begins_loop
from .holding import Changes, Held, Unseen
from .memories import StepsDiffer
from .one_step import LONGEST, MANY, WORTH, Leaping, Loop
from .recording import Recording
from .stand_ins import MakingType
from .tracer import Tracer

BEFORE = 2  # steps that are run as they are
MOST = 8  # leaps in one loop


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


class Source(Protocol):
    """A sequence of which the steps of a loop get an entry each."""

    @property
    def numbers(self) -> range:
        """What the number of a step is."""
        ...

    def has(self, k: int) -> bool:
        """Whether there is an entry for one step more, after k of them."""
        ...

    def item(self, k: int) -> Any:
        """What one step gets."""
        ...

    def at(self, index: Tracer) -> Any:
        """What a step gets as a function of its number; raises `StepsDiffer` if there is no such function."""
        ...


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
    """One loop over a long sequence."""

    numbers: range
    recording: Recording
    leaping: Leaping
    scope: Scope | None  # None if something else than a loop asks for the numbers
    source: Source | None = None  # what a step gets in place of its number
    before: int = BEFORE  # steps that are run as they are, from `begun` on
    least: int = WORTH  # steps that one is to stand for
    taken: int = 0  # steps
    begun: int = 0
    leaps: int = 0
    period: int = 1  # steps that are taken for one
    symbolic: int = 0  # of these, that have been run with symbols
    seen: Held | None = None  # before the last step
    made: int = 0  # by calls until then
    attempt: Attempt | None = None

    def __next__(self) -> Any:
        if self.attempt is not None and self.scope is not None and self.symbolic == self.period:
            self._leap(self.attempt, self.scope)
        k = self.taken
        if not (k < len(self.numbers) if self.source is None else self.source.has(k)):
            raise StopIteration
        self.taken += 1
        found = None
        if 1 <= k - self.begun < self.before + self.period and self.scope is not None and not self.recording.finished:
            found = self._watched(k, self.scope)
        if found is not None:
            return found
        return self.numbers[k] if self.source is None else self.source.item(k)

    def _leap(self, attempt: Attempt, scope: Scope) -> None:
        """The step that was run with symbols is over: it stands for those that go the same way."""
        now = held(scope)
        if now is None:
            raise StepsDiffer("a step of a loop makes what cannot be compared")
        scope.set_variables(attempt.ended(now))
        self.taken += (len(attempt.extent) - 1) * self.period
        self.begun, self.before, self.symbolic = self.taken, BEFORE, 0
        self.seen = self.attempt = None
        self.leaps += 1 if len(attempt.extent) >= WORTH else MOST

    def _watched(self, k: int, scope: Scope) -> Any:
        """What the step is given in place of its number, or None."""
        step = k - self.begun
        if step == 1 and scope.is_at_its_head():
            self.period = self.leaping.manner(scope.loop).period
            self.before = max(self.before, self.period + 1)
        if step == self.before - self.period:
            is_long = len(self.numbers) - self.begun >= MANY and self.leaps < MOST
            if is_long and scope.is_at_its_head() and self.leaping.may_begin(scope.loop):
                self.seen, self.made = held(scope), len(self.recording.order)
        elif step == self.before and self.seen is not None:
            now = held(scope)
            changes = None if now is None else Changes.between(self.seen, now)
            if now is not None and changes is not None and (changes.are_traced(now) or self._is_recorded()):
                left = self.numbers[k :: self.period][: (len(self.numbers) - k) // self.period]
                attempt = Attempt(self.recording, self.leaping, scope.loop, self.seen, now, changes, left, self.least)
                self.attempt = attempt
                scope.set_variables(attempt.variables)
        return None if self.attempt is None else self._with_symbol(self.attempt)

    def _is_recorded(self) -> bool:
        """Whether the last step looked at a traced number, or computed with one: plain ones are Python's."""
        order = self.recording.order
        return any(contains_variable(e) for e in islice(reversed(order), len(order) - self.made))

    def _with_symbol(self, attempt: Attempt) -> Any:
        number = attempt.index + self.symbolic * self.numbers.step if self.symbolic else attempt.index
        self.symbolic += 1
        return number if self.source is None else self.source.at(number)


def held(scope: Scope) -> Held | None:
    """What the variables hold; None if a change in it could not be seen."""
    try:
        return Held.of(scope.variables())
    except Unseen:
        return None
