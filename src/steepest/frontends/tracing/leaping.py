"""``for i in range(n)`` in a traced function: after two steps one is recorded for all that are left.

The steps of a long loop mostly do the same. So the third is run with symbols in the place of the local variables that
the second changed, and of `i`; what comes out is the step as a function of them. If it has the same shapes and types,
and takes the same branches in all steps, the loop is one node, the variables get the values they have after it, and
the Python loop ends. Otherwise all is traced again with each step as it is.

What can be seen of a loop here are the local variables. Whatever else a step may do, such as writing to an object,
leaves a symbol where none may be, which `capture` finds, or a value that differs, which the net finds.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Protocol

import numpy as np

from steepest.errors import CaptureError
from steepest.expr.build import variable
from steepest.expr.node import Expr, Variable
from steepest.expr.traversal import contains_variable, depends_on, toposort
from steepest.frontends.trees import flatten, unflatten

from .frames import begins_loop, is_at_for_loop, local_variables, set_local_variables
from .holding import Contents, Unseen
from .python_numbers import is_pythons
from .recording import Guard, Recording
from .stand_ins import MakingType
from .tracer import Tracer, as_expr

LONG = 64  # steps, from which on it is tried
LONGEST = 2**24  # beyond that, numbers for all steps take too much memory
BEFORE = 2  # steps that are run as they are
SYMBOL = -(2**47)  # the tag of symbols, less the number of the leap
NUMBERS = (bool, int, float, complex)


class StepsDiffer(CaptureError):
    """The steps of a loop do not do the same: they are recorded one by one."""


@dataclass(frozen=True)
class OneStep:
    """A step as a function of the state and of the number it is given."""

    states: Sequence[Variable]
    next: Sequence[Expr]
    starts: Sequence[Expr]
    values: Sequence[Any]  # of the starts
    index: Variable
    numbers: range  # what the index is in the steps
    guards: Sequence[Guard]


class Leaping(Protocol):
    """What makes a loop of a step."""

    def begin(self) -> None:
        """A step is about to be run with symbols."""

    def after(self, recording: Recording, step: OneStep) -> Sequence[Tracer]:
        """The state after all steps; raises `StepsDiffer`."""
        ...


def long_ranges(recording: Recording, leaping: Leaping) -> type:
    """What stands for `range`: long ones watch the loops over them."""

    def make(*args: Any) -> Any:
        numbers = range(*args)
        return Steps(numbers, recording, leaping) if LONG <= len(numbers[: LONGEST + 1]) <= LONGEST else numbers

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
        return Walk(self.numbers, self.recording, self.leaping, frame if begins_loop(frame) else None)


@dataclass
class Walk(Iterator[Any]):
    """One loop over a long range."""

    numbers: range
    recording: Recording
    leaping: Leaping
    frame: FrameType | None  # that of the ``for`` statement; None if something else asks for the numbers
    taken: int = 0  # steps
    seen: Locals | None = None  # before the last step
    attempt: Attempt | None = None

    def __next__(self) -> Any:
        k = self.taken
        if k == len(self.numbers):
            raise StopIteration
        if k <= BEFORE + 1 and self.frame is not None and not self.recording.finished:
            found = self._watched(k, self.frame)
            if found is not None:
                self.taken += 1
                return found
        self.taken += 1
        return self.numbers[k]

    def _watched(self, k: int, frame: FrameType) -> Any:
        """What the step is given in place of its number, or None; ends the loop when it has been understood."""
        if self.attempt is not None:
            now = Locals.of(frame)
            if now is None:
                raise StepsDiffer("a step of a loop makes what cannot be compared")
            set_local_variables(frame, self.attempt.ended(now))
            self.taken = len(self.numbers)
            raise StopIteration
        if k == BEFORE - 1 and is_at_for_loop(frame):
            self.seen = Locals.of(frame)
        elif k == BEFORE and self.seen is not None:
            now = Locals.of(frame)
            if now is not None and not now.changed_inside(self.seen):
                self.attempt = Attempt(self.recording, self.leaping, now, now.changed(self.seen), self.numbers[k:])
                set_local_variables(frame, self.attempt.variables)
                return self.attempt.index
        return None


@dataclass(frozen=True)
class Locals:
    """The local variables at the start of a step, with what is in those that can be written into."""

    values: dict[str, Any]
    inside: dict[str, Contents]

    @classmethod
    def of(cls, frame: FrameType) -> Locals | None:
        """None if there is something in them of which nobody can say whether it has changed."""
        values = local_variables(frame)
        try:
            return cls(values, _insides(values))
        except Unseen:
            return None

    def changed(self, earlier: Locals) -> list[str]:
        """The names that stand for something else than before."""
        return [name for name, x in self.values.items() if x is not earlier.values.get(name, self)]

    def changed_inside(self, earlier: Locals) -> bool:
        """Whether something was written into what a variable stands for."""
        return any(
            not self.inside[name].is_same(earlier.inside[name])
            for name, x in self.values.items()
            if x is earlier.values.get(name, self)
        )


@dataclass
class Attempt:
    """A step that is run with symbols in the place of what steps change."""

    recording: Recording
    leaping: Leaping
    before: Locals
    names: list[str]
    numbers: range
    states: list[Variable] = field(default_factory=list)
    leaves: list[Any] = field(default_factory=list)  # the numbers before the step

    def __post_init__(self) -> None:
        self.leaping.begin()
        self.tag = SYMBOL - next(_attempts)
        self.looked_at = len(self.recording.guards), len(self.recording.domain)
        made: dict[int, Tracer] = {}
        self.variables = {name: self._with_symbols(self.before.values[name], made) for name in self.names}
        number = np.int64(self.numbers[0])
        self.number = self._symbol("step", number)
        self.index = Tracer(self.recording, self.number, number)

    def _with_symbols(self, x: Any, made: dict[int, Tracer]) -> Any:
        leaves, tree = flatten(x)
        return unflatten(tree, [self._symbol_for(leaf, made) if is_number(leaf) else leaf for leaf in leaves])

    def _symbol_for(self, leaf: Any, made: dict[int, Tracer]) -> Tracer:
        if id(leaf) in made:
            return made[id(leaf)]
        value = leaf.value if isinstance(leaf, Tracer) else leaf
        v = self._symbol(f"state{len(self.states)}", value)
        self.states.append(v)
        self.leaves.append(leaf)
        found = Tracer(self.recording, v, np.asarray(value)[()])
        found.of_python = is_pythons(leaf)
        if isinstance(leaf, (Tracer, np.ndarray)):  # what is written into one variable is in the other too
            made[id(leaf)] = found
        return found

    def _symbol(self, name: str, value: Any) -> Variable:
        example = np.asarray(value)
        v = variable(name, example.shape, example.dtype, self.tag)
        self.recording.inputs[v] = example[()]
        return v

    def ended(self, now: Locals) -> dict[str, Any]:
        """The local variables after all steps, given those after the one that was run; raises `StepsDiffer`."""
        self._require_same_things(now)
        before, after = self._pairs(now)
        guards = self._guards()
        for v in (*self.states, self.number):
            del self.recording.inputs[v]
        step = OneStep(
            self.states, [after[v] for v in self.states], [as_expr(x) for x in self.leaves],
            [x.value if isinstance(x, Tracer) else x for x in self.leaves], self.number, self.numbers, guards,
        )  # fmt: skip
        results = dict(zip(self.states, self.leaping.after(self.recording, step), strict=True))
        for result, leaf in zip(results.values(), self.leaves, strict=True):
            result.of_python = is_pythons(leaf)
        settled = _settled(step)
        ends: dict[Variable, Any] = {  # what Python computed with numbers of its own is such a number
            v: type(x)(results[v].value) if v in settled and type(x) in NUMBERS else results[v]
            for v, x in zip(self.states, self.leaves, strict=True)
        }
        found = {}
        for name in self.names:
            leaves, tree = flatten(self.variables[name])
            last = [ends[before[id(x)]] if id(x) in before else x for x in leaves]
            found[name] = unflatten(tree, last)
        for name in self.names:
            if now.values[name] is self.index:
                found[name] = self.numbers[-1]
        return found

    def _require_same_things(self, now: Locals) -> None:
        started = Locals(self.before.values | self.variables, self.before.inside | _insides(self.variables))
        others = [n for n in now.values if n not in self.names and now.values[n] is not self.before.values.get(n, self)]
        if others or set(now.values) != set(self.before.values) or now.changed_inside(started):
            raise StepsDiffer("a step of a loop changes other variables than the one before")

    def _pairs(self, now: Locals) -> tuple[dict[int, Variable], dict[Variable, Expr]]:
        """The symbol of each traced number before the step, by its identity; and what it is after the step."""
        before: dict[int, Variable] = {}
        after: dict[Variable, Expr] = {}
        for name in self.names:
            (old, old_tree), (new, new_tree) = flatten(self.variables[name]), flatten(now.values[name])
            if old_tree != new_tree:
                raise StepsDiffer("a step of a loop changes the structure of a variable")
            for x, y in zip(old, new, strict=True):
                if not (isinstance(x, Tracer) and x.expr in self.recording.inputs and x.expr in self.states):
                    if y is not x:
                        raise StepsDiffer("a step of a loop changes what is no number")
                    continue
                example = np.asarray(y.value if isinstance(y, Tracer) else y)
                if not is_number(y) or (example.shape, example.dtype) != (x.expr.shape, x.expr.dtype):
                    raise StepsDiffer("a step of a loop changes the kind of a variable")
                expr = as_expr(y)
                v = before.setdefault(id(x), x.expr)
                if after.setdefault(v, expr) is not expr:
                    raise StepsDiffer("two variables are one array in one step, and two in the next")
        return before, after

    def _guards(self) -> list[Guard]:
        """What the step looked at that depends on the symbols; it is looked at no more as that of one step."""
        found = []
        for kept, first in zip((self.recording.guards, self.recording.domain), self.looked_at, strict=True):
            new = list(kept.items())[first:]  # type: ignore[attr-defined]
            moving = depends_on([g.expr for _, g in new], [*self.states, self.number])
            for key, g in new:
                if g.expr in moving:
                    found.append(g)
                    del kept[key]  # type: ignore[attr-defined]
        return found


def _insides(values: dict[str, Any]) -> dict[str, Contents]:
    return {name: Contents.of(x, values) for name, x in values.items()}


def _settled(step: OneStep) -> set[Variable]:
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


def is_number(x: Any) -> bool:
    """Whether a leaf is a number or an array of numbers, traced or not."""
    if not isinstance(x, (Tracer, np.ndarray, np.generic, *NUMBERS)):
        return False
    return np.asarray(x.value if isinstance(x, Tracer) else x).dtype.kind in "biufc"


_attempts = itertools.count(1)
