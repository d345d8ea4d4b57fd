"""One step of a long loop, run with symbols in the place of what steps change; and the loop put in the place of all.

What a step changes are local variables, attributes and entries of containers that are reached from them, arrays that
are written to, and lists that grow.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, Protocol

import numpy as np

from steepest.expr.build import variable
from steepest.expr.node import Expr, Variable
from steepest.expr.traversal import contains_variable, depends_on, toposort
from steepest.frontends.trees import flatten, unflatten
from steepest.ops.complex_parts import cast
from steepest.ops.substitution import substitute

from .holding import LOCALS, Changes, Held, Place
from .memories import NUMBERS, Cell, Needed, StepsDiffer, is_number, kind_of, numbers_of
from .moving_arrays import MovingArray
from .positions import Key
from .python_numbers import is_pythons
from .recording import Guard, Recording
from .stepped_lists import LentList, SteppedList
from .tracer import Tracer, as_expr

LONG = 64  # steps, from which on it is tried
SYMBOL = -(2**47)  # the tag of symbols, less the number of the leap


Loop = tuple[CodeType, int]  # a ``for`` statement: the code it is in, and where there


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

    def after(self, recording: Recording, step: OneStep) -> tuple[Sequence[Tracer], Sequence[Tracer]]:
        """The state after all steps, and the stacks of what is emitted; raises `StepsDiffer`."""
        ...


@dataclass
class Attempt:
    """A step that is run with symbols."""

    recording: Recording
    leaping: Leaping
    loop: Loop
    before: Held
    changes: Changes
    numbers: range
    states: list[Variable] = field(default_factory=list)
    leaves: list[Any] = field(default_factory=list)  # the numbers before the step
    state_of: dict[int, Variable] = field(default_factory=dict)  # by the identity of what stands for it

    def __post_init__(self) -> None:
        self.leaping.begin(self.loop)
        self.tag = SYMBOL - next(_attempts)
        self.made: list[Variable] = []
        self.looked_at = len(self.recording.guards), len(self.recording.domain)
        number = np.int64(self.numbers[0])
        self.number = self._symbol("step", number)
        self.index = Tracer(self.recording, self.number, number)
        known: dict[int, Tracer] = {}
        self.arrays = [self._moving(x) for x in self.changes.arrays]
        self.given = {place: self._with_symbols(self.before.things[place], known) for place in self.changes.places}
        self.lists = {
            id(x): kind(x, growth, self.recording, self.index, self.numbers, self._symbols_of)
            for kind, found in (
                (SteppedList, self.changes.lists),
                (LentList, self.before.long_lists(LONG, self.changes)),
            )
            for x, growth in found
        }
        self.own = {id(stepped): stepped.original for stepped in self.lists.values()}
        self.replaced = {p: x for p, x in self.before.things.items() if id(x) in self.lists}
        self.as_given = {place: flatten(x) for place, x in self.given.items()}
        self.recording.unfinished.append(self.abandon)
        self.put_in_place(self.given | {p: self.lists[id(x)] for p, x in self.replaced.items()})

    def abandon(self) -> None:
        """Put back what was there before: it may be the user's own, and is looked at no more."""
        self.put_in_place({p: self.before.things[p] for p in {**self.given, **self.replaced}})

    def put_in_place(self, things: Mapping[Place, Any]) -> None:
        """Put these in their places; the local variables are for others to set."""
        self.variables = {str(p.key): x for p, x in things.items() if p.holder == LOCALS}
        for place, x in things.items():
            if place.holder != LOCALS:
                self.before.writes[place](x)

    # --- symbols ----------------------------------------------------------------------------------------

    def _with_symbols(self, x: Any, known: dict[int, Tracer]) -> Any:
        leaves, tree = flatten(x)
        return unflatten(tree, [self._state_for(leaf, known) if is_number(leaf) else leaf for leaf in leaves])

    def _state_for(self, leaf: Any, known: dict[int, Tracer]) -> Tracer:
        if id(leaf) in known:
            return known[id(leaf)]
        found = self._standing_for(leaf, f"state{len(self.states)}")
        v = self.made[-1]
        self._enter_state(v, leaf)
        self.state_of[id(found)] = v
        if isinstance(leaf, (Tracer, np.ndarray)):  # what is written into one variable is in the other too
            known[id(leaf)] = found
        return found

    def _enter_state(self, v: Variable, leaf: Any) -> None:
        self.states.append(v)
        self.leaves.append(leaf)

    def _standing_for(self, leaf: Any, name: str) -> Tracer:
        value = leaf.value if isinstance(leaf, Tracer) else leaf
        found = Tracer(self.recording, self._symbol(name, value), np.asarray(value)[()])
        found.of_python = is_pythons(leaf)
        return found

    def _symbol(self, name: str, value: Any) -> Variable:
        example = np.asarray(value)
        v = variable(name, example.shape, example.dtype, self.tag)
        self.recording.inputs[v] = example[()]
        self.made.append(v)
        return v

    def _symbol_like(self, v: Variable) -> Variable:
        return self._symbol(f"back{len(self.made)}", np.zeros(v.shape, v.dtype))

    def _symbols_of(self, content: Any) -> tuple[Any, list[Variable]]:
        """What is at a place of an array or list, with symbols in it; and these."""
        leaves, tree = flatten(content)
        found = [self._standing_for(x, f"cell{len(self.made)}") if is_number(x) else x for x in leaves]
        return unflatten(tree, found), [x.expr for x in found if isinstance(x, Tracer) and x.expr in self.made]

    def _moving(self, x: Tracer) -> MovingArray:
        start = Tracer(x.recording, x.expr, x.value)
        start.of_python = x.of_python
        found = MovingArray(x, start, self.number, self.numbers, self._symbols_of)
        found.begin(self._symbol(f"array{len(self.made)}", x.value))
        return found

    # --- the end of the step ----------------------------------------------------------------------------

    def ended(self, now: Held) -> dict[str, Any]:
        """The local variables after all steps, given those after the one that was run; raises `StepsDiffer`."""
        self._require_same_things(now)
        after = self._after(now)
        emitted = [cast(as_expr(x), kind_of(x)[1]) for _, _, cell in self._written() for x in numbers_of(cell.after)]
        guards = self._guards()
        needed = self._needed([*after.values(), *emitted, *(g.expr for g in guards)])
        for v, (start, following) in needed.states.items():
            self._enter_state(v, start)
            after[v] = following
        for v in self.made:
            self.recording.inputs.pop(v, None)
        for array in self.arrays:
            array.end()
        step = self._step(after, emitted, guards, needed)
        states, stacks = self.leaping.after(self.recording, step)
        results = dict(zip(self.states, states, strict=True))
        settled = _settled(step)
        self.recording.unfinished.remove(self.abandon)
        self._put_back()
        self._put(stacks, step, settled)
        for array in self.arrays:
            if array.memory is None:
                array.array.become(results[array.known[0]])
        return self._restored(now, self._ends(settled, results))

    def _things(self) -> list[MovingArray | SteppedList]:
        return [*self.arrays, *self.lists.values()]

    def _written(self) -> Iterator[tuple[MovingArray | SteppedList, Key, Cell]]:
        """What the step wrote, and where."""
        for x in self._things():
            if x.memory is not None:
                yield from ((x, key, cell) for key, cell in x.memory.written.items())

    def _needed(self, roots: Sequence[Expr]) -> Needed:
        """What else the loop needs for what is read of arrays and lists."""
        used = {n for n in toposort(roots) if isinstance(n, Variable)}
        found = Needed()
        for x in self._things():
            if x.memory is not None:
                if isinstance(x, MovingArray) and not used.isdisjoint(x.known):
                    raise StepsDiffer("a step reads all of an array that it fills")
                needed = x.memory.needs(
                    used, lambda v: self._symbol(f"back{len(self.made)}", np.zeros(v.shape, v.dtype))
                )
                found.states |= needed.states
                found.sequences |= needed.sequences
                found.settled |= needed.settled
        return found

    def _put_back(self) -> None:
        """The entries of lists that others stood for: nothing is written to these lists before."""
        for place, x in self.replaced.items():
            if place.holder in self.lists:
                self.before.writes[place](x)

    def _put(self, stacks: Sequence[Tracer], step: OneStep, settled: set[Variable]) -> None:
        """What all steps wrote, in its places."""
        known = {*settled, step.index}
        left = iter(zip(stacks, step.emitted, strict=True))
        for x, key, cell in self._written():
            rows: list[Any] = []
            for leaf in numbers_of(cell.after):
                stack, e = next(left)
                is_plain = is_pythons(leaf) and all(n in known for n in toposort([e]) if isinstance(n, Variable))
                rows.append(stack.value.tolist() if is_plain and isinstance(x, SteppedList) else stack)
            x.put(key, cell, rows)

    def _step(
        self, after: Mapping[Variable, Expr], emitted: Sequence[Expr], guards: Sequence[Guard], needed: Needed
    ) -> OneStep:
        exprs = substitute([*after.values(), *emitted, *(g.expr for g in guards)], needed.settled)
        following = dict(zip(after, exprs, strict=False))
        looked_at = exprs[len(after) + len(emitted) :]
        return OneStep(
            self.states, [following[v] for v in self.states], [as_expr(x) for x in self.leaves],
            [x.value if isinstance(x, Tracer) else x for x in self.leaves], needed.sequences,
            exprs[len(after) : len(after) + len(emitted)], self.number, self.numbers,
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
                found[place] = self.numbers[-1]
        for place, (stepped, (p,)) in self._entries_in_variables(now).items():
            found[place] = stepped.original[p.at(len(self.numbers) - 1)]
        self.put_in_place(found)
        return self.variables

    def _require_same_things(self, now: Held) -> None:
        arrays = {id(a.array) for a in self.arrays}
        for stepped in self.lists.values():
            stepped.require_finished(arrays)
        self._require_things_of_their_own(now)
        changed = Changes.between(self.before, now)
        expected = {*self.given, *(p for p, x in now.things.items() if id(x) in self.own)}
        if changed is None or changed.lists or set(changed.places) - expected:
            raise StepsDiffer("a step of a loop changes other variables than the one before")
        if any(id(x) not in arrays for x in changed.arrays):
            raise StepsDiffer("a step of a loop changes another array than the one before")

    def _require_things_of_their_own(self, now: Held) -> None:
        """A list gets another container in each step, which nothing else holds; what is no container, the same."""
        named = self._entries_in_variables(now)
        variables = {str(p.key): x for p, x in now.things.items() if p.holder == LOCALS and p not in named}
        known, taken = ({id(x) for x in held.alive} for held in (self.before, Held.of(variables)))
        for stepped in self.lists.values():
            for x in stepped.things_put_in():
                is_container = not flatten(x)[1].is_leaf()
                if is_container == (id(x) in known) or (is_container and id(x) in taken):
                    raise StepsDiffer("a step puts into a list what something else holds too")
                if is_container:
                    taken.add(id(x))

    def _entries_in_variables(self, now: Held) -> dict[Place, tuple[SteppedList, Key]]:
        """Variables that hold what the step put into a list, and did not write into what the step before put there."""
        entries = {
            id(cell.after): (x, key)
            for x, key, cell in self._written()
            if isinstance(x, SteppedList) and not flatten(cell.after)[1].is_leaf()
        }
        found = {p: entries[id(x)] for p, x in now.things.items() if p in self.given and id(x) in entries}
        return {p: entry for p, entry in found.items() if p.holder == LOCALS and self._is_as_given(p)}

    def _is_as_given(self, place: Place) -> bool:
        (old, old_tree), (new, new_tree) = self.as_given[place], flatten(self.given[place])
        return bool(old_tree == new_tree) and all(x is y for x, y in zip(old, new, strict=True))

    def _after(self, now: Held) -> dict[Variable, Expr]:
        """What each state is after the step."""
        after: dict[Variable, Expr] = {}
        for place, given in self.given.items():
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
        for array in self.arrays:
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
            moving = depends_on([g.expr for _, g in new], self.made)
            for key, g in new:
                if g.expr in moving:
                    found.append(g)
                    del kept[key]  # type: ignore[attr-defined]
        return found


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


_attempts = itertools.count(1)
