"""One step of a long loop, run with symbols in the place of what steps change; and the loop put in the place of all.

What a step changes are local variables, attributes and entries of containers that are reached from them, arrays that
are written to, and lists that grow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from steepest.expr.node import Expr, Variable
from steepest.expr.traversal import depends_on
from steepest.frontends.trees import flatten, unflatten
from steepest.ops.complex_parts import cast
from steepest.ops.substitution import substitute

from .extent import Extent
from .filled_things import FilledThings
from .holding import LOCALS, Changes, Held, Place
from .memories import NUMBERS, StepsDiffer, is_number, kind_of, numbers_of
from .moving_arrays import MovingArray
from .one_step import MANY, WORTH, Leaping, Loop, OneStep, settled_states
from .positions import Key, Position, position_of
from .python_numbers import is_pythons
from .recording import Guard, Recording
from .stepped_lists import LentList, SteppedList
from .symbols import Symbols
from .tracer import Tracer, as_expr


@dataclass
class Attempt:
    """A step that is run with symbols."""

    recording: Recording
    leaping: Leaping
    loop: Loop
    earlier: Held  # before the last step
    before: Held
    changes: Changes
    numbers: range
    least: int  # steps that are worth it
    states: list[Variable] = field(default_factory=list)
    leaves: list[Any] = field(default_factory=list)  # the numbers before the step
    state_of: dict[int, Variable] = field(default_factory=dict)  # by the identity of what stands for it

    def __post_init__(self) -> None:
        self.leaping.begin(self.loop)
        self.manner = self.leaping.manner(self.loop)
        self.symbols = Symbols(self.recording)
        self.looked_at = len(self.recording.guards), len(self.recording.domain)
        self.seen = self.looked_at  # the guards that were asked how many steps they hold in
        self.extent = Extent(self.numbers, self._in_sight)
        number = np.int64(self.numbers[0])
        self.number = self.symbols.new("step", number)
        self.index = Tracer(self.recording, self.number, number)
        known: dict[int, Tracer] = {}
        arrays = [self._moving(x) for x in self.changes.arrays]
        self.counters = {p: m for p in self.changes.places if (m := self._counts(p))}
        self.given = {
            p: self._counter(p, self.counters[p])
            if p in self.counters
            else self._with_symbols(self.before.things[p], known)
            for p in self.changes.places
        }
        kinds = ((SteppedList, self.changes.lists), (LentList, self.before.long_lists(MANY, self.changes)))
        lists = {
            id(x): kind(x, growth, self.recording, self.index, self.extent, self.symbols.within)
            for kind, found in kinds
            for x, growth in found
        }
        self.filled = FilledThings(arrays, lists)
        self.own = {id(stepped): stepped.original for stepped in lists.values()}
        self.replaced = {p: x for p, x in self.before.things.items() if id(x) in lists}
        self.as_given = {place: flatten(x) for place, x in self.given.items()}
        self.recording.unfinished.append(self.abandon)
        self.put_in_place(self.given | {p: lists[id(x)] for p, x in self.replaced.items()})

    def abandon(self) -> None:
        """Put back what was there before: it may be the user's own, and is looked at no more."""
        self.put_in_place({p: self.before.things[p] for p in {**self.given, **self.replaced}})

    def put_in_place(self, things: Mapping[Place, Any]) -> None:
        """Put these in their places; the local variables are for others to set."""
        self.variables = {str(p.key): x for p, x in things.items() if p.holder == LOCALS}
        for place, x in things.items():
            if place.holder != LOCALS:
                self.before.replace(place, x)

    # --- symbols ----------------------------------------------------------------------------------------

    def _with_symbols(self, x: Any, known: dict[int, Tracer]) -> Any:
        leaves, tree = flatten(x)
        return unflatten(tree, [self._state_for(leaf, known) if is_number(leaf) else leaf for leaf in leaves])

    def _state_for(self, leaf: Any, known: dict[int, Tracer]) -> Tracer:
        if id(leaf) in known:
            return known[id(leaf)]
        found = self.symbols.standing_for(leaf, f"state{len(self.states)}")
        v = self.symbols.made[-1]
        self._enter_state(v, leaf)
        self.state_of[id(found)] = v
        if not isinstance(leaf.held if isinstance(leaf, Tracer) else leaf, (np.generic, *NUMBERS)):
            # an array: what is written into one variable is in the other too
            known[id(leaf)] = found
        return found

    def _enter_state(self, v: Variable, leaf: Any) -> None:
        self.states.append(v)
        self.leaves.append(leaf)

    def _moving(self, x: Tracer) -> MovingArray:
        start = Tracer(x.recording, x.expr, x.value)
        start.of_python = x.of_python
        found = MovingArray(x, start, self.number, self.extent, self.symbols.within)
        found.begin(self.symbols.new(f"array{len(self.symbols.made)}", x.value))
        return found

    # --- whole numbers that move evenly ---------------------------------------------------------------------

    def _counts(self, place: Place) -> int:
        """By how much a whole number has moved in the last step, as it may in all that follow; 0 if it is none."""
        x, y = self.earlier.things.get(place), self.before.things[place]
        if not (type(x) is type(y) is int and self.manner.counts):
            return 0
        return 0 if (y - x) % self.extent.step else y - x

    def _counter(self, place: Place, move: int) -> Tracer:
        times = move // self.extent.step
        found: Tracer = (self.index if times == 1 else self.index * times) + (
            self.before.things[place] - times * self.extent.start
        )
        found.of_python = True
        return found

    def _require_to_count(self, place: Place, x: Any) -> None:
        found = position_of(as_expr(x), self.number, self.extent) if is_number(x) and not kind_of(x)[0] else None
        move = self.counters[place]
        if found is None or found != Position(self.before.things[place] + move, move):
            self.leaping.learn(self.loop, replace(self.manner, counts=False))
            raise StepsDiffer("a step moves a number by another amount than the one before")

    def _in_sight(self, numbers: range) -> int:
        """How many steps there may be by what the step has looked at so far that goes by its number alone."""
        kept = self.recording.guards, self.recording.domain
        new = [g for found, first in zip(kept, self.seen, strict=True) for g in list(found.values())[first:]]  # type: ignore[attr-defined]
        self.seen = len(kept[0]), len(kept[1])
        with_symbols = depends_on([g.expr for g in new], [v for v in self.symbols.made if v is not self.number])
        by_number = depends_on([g.expr for g in new], [self.number])
        guards = [g for g in new if g.expr in by_number and g.expr not in with_symbols]
        if not guards:
            return len(numbers)
        step = OneStep((), (), (), (), {}, (), self.number, numbers, guards, self.loop)
        count = self.leaping.reach(step)
        if count < min(WORTH, len(self.numbers)) and self.manner.period == 1:
            found = self.leaping.period(step)
            if found is not None:
                self.leaping.learn(self.loop, replace(self.manner, period=found))
                raise StepsDiffer("steps of a loop take branches in turns")
        if count < min(self.least, len(self.numbers)):
            raise StepsDiffer("steps of a loop take different branches")
        return count

    # --- the end of the step ----------------------------------------------------------------------------

    def ended(self, now: Held) -> dict[str, Any]:
        """The local variables after all steps, given those after the one that was run; raises `StepsDiffer`."""
        self._require_same_things(now)
        after = self._after(now)
        emitted = [
            cast(as_expr(x), kind_of(x)[1]) for _, _, cell in self.filled.written() for x in numbers_of(cell.after)
        ]
        len(self.extent)  # before the guards are taken out of the recording
        guards = self._guards()
        step = self._step(after, emitted, guards)
        count = self.leaping.reach(step)
        if count < min(self.least, len(self.numbers)):
            raise StepsDiffer("steps of a loop take different branches")
        if count < len(step.numbers):
            self.extent.shorten(count)
            step = self._step(after, emitted, guards)
        self.symbols.forget()
        for array in self.filled.arrays:
            array.end()
        states, stacks = self.leaping.after(self.recording, step)
        results = dict(zip(self.states, states, strict=False))
        settled = settled_states(step)
        self.recording.unfinished.remove(self.abandon)
        self._put_back()
        self.filled.put(stacks, step.emitted, {*settled, step.index})
        for array in self.filled.arrays:
            if array.memory is None:
                array.array.become(results[array.known[0]])
        return self._restored(now, self._ends(settled, results))

    def _put_back(self) -> None:
        """The entries of lists that others stood for: nothing is written to these lists before."""
        for place, x in self.replaced.items():
            if place.holder in self.filled.lists:
                self.before.replace(place, x)

    def _step(self, after: Mapping[Variable, Expr], emitted: Sequence[Expr], guards: Sequence[Guard]) -> OneStep:
        needed = self.filled.needed([*after.values(), *emitted, *(g.expr for g in guards)], self.symbols.like)
        after = {**after, **{v: following for v, (_, following) in needed.states.items()}}
        states = [*self.states, *needed.states]
        leaves = [*self.leaves, *(start for start, _ in needed.states.values())]
        exprs = substitute([*after.values(), *emitted, *(g.expr for g in guards)], needed.settled)
        following = dict(zip(after, exprs, strict=False))
        looked_at = exprs[len(after) + len(emitted) :]
        return OneStep(
            states, [following[v] for v in states], [as_expr(x) for x in leaves],
            [x.value if isinstance(x, Tracer) else x for x in leaves], needed.sequences,
            exprs[len(after) : len(after) + len(emitted)], self.number, self.extent.numbers,
            [Guard(e, g.seen, g.where) for e, g in zip(looked_at, guards, strict=True)], self.loop,
        )  # fmt: skip

    def _ends(self, settled: set[Variable], results: Mapping[Variable, Tracer]) -> dict[Variable, Any]:
        for result, leaf in zip(results.values(), self.leaves, strict=True):
            result.of_python = is_pythons(leaf)
        return {  # what Python computed with numbers of its own is such a number
            v: type(x)(results[v].value) if v in settled and type(x) in NUMBERS else results[v]
            for v, x in zip(self.states, self.leaves, strict=True)
        }

    def _restored(self, now: Held, ends: Mapping[Variable, Any]) -> dict[str, Any]:
        found: dict[Place, Any] = {p: self.own[id(x)] for p, x in now.things.items() if id(x) in self.own}
        for place, given in self.given.items():
            leaves, tree = flatten(given)
            found[place] = unflatten(
                tree, [ends[self.state_of[id(x)]] if id(x) in self.state_of else x for x in leaves]
            )
            if now.things[place] is self.index:
                found[place] = self.extent.last
        for place, move in self.counters.items():
            found[place] = self.before.things[place] + move * len(self.extent)
        for place, (stepped, (p,)) in self._entries_in_variables(now).items():
            found[place] = stepped.original[p.at(len(self.extent) - 1)]
        self.put_in_place(found)
        return self.variables

    def _require_same_things(self, now: Held) -> None:
        self.filled.require_finished(self.before, now, self._entries_in_variables(now))
        changed = Changes.between(self.before, now)
        expected = {*self.given, *(p for p, x in now.things.items() if id(x) in self.own)}
        if changed is None or changed.lists or set(changed.places) - expected:
            raise StepsDiffer("a step of a loop changes other variables than the one before")
        arrays = {id(a.array) for a in self.filled.arrays}
        if any(id(x) not in arrays for x in changed.arrays):
            raise StepsDiffer("a step of a loop changes another array than the one before")

    def _entries_in_variables(self, now: Held) -> dict[Place, tuple[SteppedList, Key]]:
        """Variables that hold what the step put into a list, and did not write into what the step before put there."""
        given = ((p, x) for p, x in now.things.items() if p in self.given)
        return {p: entry for p, entry in self.filled.entries_in(given).items() if self._is_as_given(p)}

    def _is_as_given(self, place: Place) -> bool:
        (old, old_tree), (new, new_tree) = self.as_given[place], flatten(self.given[place])
        return bool(old_tree == new_tree) and all(x is y for x, y in zip(old, new, strict=True))

    def _after(self, now: Held) -> dict[Variable, Expr]:
        """What each state is after the step."""
        after: dict[Variable, Expr] = {}
        for place, given in self.given.items():
            if place in self.counters:
                self._require_to_count(place, now.things[place])
                continue
            (old, old_tree), (new, new_tree) = flatten(given), flatten(now.things[place])
            if old_tree != new_tree:
                raise StepsDiffer("a step of a loop changes the structure of a variable")
            for x, y in zip(old, new, strict=True):
                v = self.state_of.get(id(x))
                if v is None:
                    if y is not x:
                        raise StepsDiffer("a step of a loop changes what is no number")
                    continue
                if not is_number(y) or kind_of(y) != (v.shape, v.dtype):
                    raise StepsDiffer("a step of a loop changes the kind of a variable")
                expr = as_expr(y)
                if after.setdefault(v, expr) is not expr:
                    raise StepsDiffer("two variables are one array in one step, and two in the next")
        for array in self.filled.arrays:
            if array.memory is None:
                self._enter_state(array.known[0], array.start)
                after[array.known[0]] = array.array.expr
            elif array.array.expr is not array.known[-1]:
                raise StepsDiffer("a step writes to one place of an array and to many")
        return after

    def _guards(self) -> list[Guard]:
        """What the step looked at that depends on the symbols; it is looked at no more as that of one step."""
        found = []
        for kept, first in zip((self.recording.guards, self.recording.domain), self.looked_at, strict=True):
            new = list(kept.items())[first:]  # type: ignore[attr-defined]
            moving = depends_on([g.expr for _, g in new], self.symbols.made)
            for key, g in new:
                if g.expr in moving:
                    found.append(g)
                    del kept[key]  # type: ignore[attr-defined]
        return found
