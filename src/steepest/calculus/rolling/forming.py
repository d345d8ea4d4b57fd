"""One loop in the place of like steps: its body is one of them, its states what a step reads of those before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from steepest.calculus.loops.fission import close_loop_ahead
from steepest.expr.build import add, variable, zeros
from steepest.expr.node import Add, Constant, Direction, Einsum, Expr, Structured, Variable
from steepest.expr.traversal import toposort
from steepest.ops.checkpoints import automatic, results_in_pieces
from steepest.ops.closure import split_closure
from steepest.ops.complex_parts import cast
from steepest.ops.rearrange import sliced
from steepest.ops.substitution import substitute

from .likeness import differs
from .steps import Steps
from .varying import Row, Sequences, moving, total

STATE = -(2**43)  # the tag of symbols for states, until they are bound
OUTSIDE = -(2**49)  # and for what is read from before the steps
LARGEST = 2**24  # entries of fixed arrays that are put together
TEMPLATES = 4  # steps that may be tried as the body

Delayed = tuple[int, int]  # steps back, and the place in that step


@dataclass(frozen=True)
class Formed:
    """What is read of a loop. Items of a step are told by their place in it."""

    steps: Steps
    last: Mapping[int, Expr]  # the items of the last step
    stacks: Mapping[int, Expr]  # those of all steps

    def entry(self, step: int, place: int) -> Expr:
        """The item of one step."""
        if step == self.steps.count - 1 and place in self.last:
            return self.last[place]
        stack = self.stacks[place]
        return sliced(stack, [step, *map(range, stack.shape[1:])])


def form(steps: Steps, read: Collection[tuple[int, int]]) -> Formed | None:
    """The loop of these steps, of which the items in `read` (step, place) are read elsewhere; None if there is none."""
    middle = steps.count // 2
    tried = (_Forming(steps, k, read).formed() for k in range(middle, min(middle + TEMPLATES, steps.count)))
    return next((found for found in tried if found is not None), None)


class _Forming:
    """The loop with one of the steps as its body."""

    def __init__(self, steps: Steps, template: int, read: Collection[tuple[int, int]]):
        self.steps, self.template = steps, template
        last = steps.count - 1
        self.emitted = sorted({place for step, place in read if step != last})
        self.ends = sorted({place for step, place in read if step == last})
        self.places = sorted(steps.needed([*self.emitted, *self.ends], template))
        self.reads = {place: steps.read_by(place, template) for place in self.places}
        self.rows: dict[Expr, Row] = {}

    def formed(self) -> Formed | None:
        if not self._find_rows():
            return None
        sums = {p: terms for p in self.ends if (terms := self._summed(p)) is not None}
        states = self._states([p for p in self.places if p not in sums], [p for p in self.ends if p not in sums])
        if states is None:
            return None
        starts = dict(states.values())
        symbols = {self._before(back, place): v for (back, place), (v, _) in states.items()}
        steps = [self._item(p) if back == 1 else states[back - 1, p][0] for back, p in states]
        parts = list(dict.fromkeys(o for terms in sums.values() for e in terms for o in self._moving_operands(e)))
        wanted = [p for p in self.emitted if p not in sums]
        outside = self._outside()
        symbols |= {n: v for v, n in outside.items()}
        roots = substitute([*steps, *map(self._item, wanted), *parts], symbols)
        sequences = Sequences(self.steps.count)
        if any(e.dtype is None for e in roots) or not sequences.enter(roots, self.rows, list(starts)):
            return None
        roots = substitute(roots, sequences.symbols)
        roots, settled = split_closure(roots, [*starts, *sequences.operands])
        settled = dict(zip(settled, substitute(settled.values(), outside), strict=True))
        rows = dict(zip(sequences.operands, substitute(sequences.operands.values(), outside), strict=True))
        loop, stacks = close_loop_ahead(
            starts, roots[: len(steps)], rows, settled, self.steps.count, Direction.FORWARD, roots[len(steps) :]
        )
        results = results_in_pieces(loop, stacks, automatic(loop))
        stacked = results[len(steps) :]
        last = {p: e for (back, p), e in zip(states, results, strict=False) if back == 1}
        by_part = dict(zip(parts, stacked[len(wanted) :], strict=True))
        for p, terms in sums.items():
            found = [total(e, self.rows, by_part, self.steps.count) for e in terms]
            item = self._item(p)
            start = self.steps.before(0, 1, p)
            last[p] = cast(add(start, *(e for e in found if e is not None)), item.dtype)
        return Formed(self.steps, last, dict(zip(wanted, stacked, strict=False)))

    def _item(self, place: int) -> Expr:
        return self.steps.item(self.template, place)

    def _before(self, back: int, place: int) -> Expr:
        return self.steps.before(self.template, back, place)

    def _find_rows(self) -> bool:
        """For each number or rule of the template that differs between steps, what it is in each.

        False if one stands for two that differ elsewhere.
        """
        found: dict[Expr, Row] = {}
        for place in self.places:
            for row in zip(*(leaves[place] for leaves in self.steps.leaves), strict=True):
                if found.setdefault(row[self.template], row) != row:
                    return False
        self.rows = {leaf: row for leaf, row in found.items() if differs(row)}
        size = sum(prod(leaf.shape) for leaf in self.rows if isinstance(leaf, Constant))
        return size * self.steps.count <= LARGEST

    def _states(self, places: Sequence[int], ends: Sequence[int]) -> dict[Delayed, tuple[Variable, Expr]] | None:
        """The symbol of each state, and what it starts as; None if an item changes its kind on the way."""
        delays: dict[int, int] = dict.fromkeys(ends, 0)
        for place in places:
            for back, where in self.reads[place]:
                delays[where] = max(delays.get(where, 0), back)
        found: dict[Delayed, tuple[Variable, Expr]] = {}
        for where, delay in sorted(delays.items()):
            item = self._item(where)
            if delay == 0 and where in ends:  # read of the last step alone
                found[1, where] = self._symbol(item, len(found)), cast(zeros(item.shape), item.dtype)
            for back in range(1, delay + 1):
                start = self.steps.before(0, back, where)
                if (start.shape, start.dtype) != (item.shape, item.dtype):
                    return None
                found[back, where] = self._symbol(item, len(found)), start
        return found

    def _symbol(self, item: Expr, number: int) -> Variable:
        return variable(f"state{number}", item.shape, item.dtype, STATE)

    def _outside(self) -> dict[Variable, Expr]:
        """Symbols for what was there before the steps: a rule in it is the same in all, whatever it is in a step."""
        read = toposort([a for p in self.places for a in self._item(p).args], stop=self.steps.index)
        items = [n for n in read if n in self.steps.index and self.steps.where_near(n, self.template) is None]
        typed = [n for n in items if n.dtype is not None]
        return {variable(f"outside{k}", n.shape, n.dtype, OUTSIDE): n for k, n in enumerate(typed)}

    # --- sums -----------------------------------------------------------------------------------------

    def _summed(self, place: int) -> list[Expr] | None:
        """The terms of a sum over the steps that only the end of is read, and that fills places one after the other.

        ``y[t] = v`` written step by step is such a sum: as a state, all of `y` would be added to at every step.
        """
        item, before = self._item(place), self._before(1, place)
        if not isinstance(item, Add) or before not in item.args or place in self.emitted:
            return None
        others = [p for p in self.places if p != place]
        if any(where == place for p in others for _, where in self.reads[p]):
            return None
        terms = [e for e in item.args if e is not before]
        if any(self.steps.where_near(n, self.template) == (1, place) for n in toposort(terms, self.steps.index)):
            return None
        return terms if all(map(self._fills, terms)) else None

    def _fills(self, e: Expr) -> bool:
        if not isinstance(e, Einsum):
            return False
        rules = [a for a in e.args if isinstance(a, Structured) and a in self.rows]
        return bool(rules) and all(moving(self.rows[a]) is not None for a in rules)

    def _moving_operands(self, e: Expr) -> list[Expr]:
        """The operands of a term that are not the same in all steps, nor given by a rule."""
        fixed = (*self.rows, *(a for a in e.args if not self._is_of_a_step(a)))
        return [a for a in e.args if a not in fixed]

    def _is_of_a_step(self, a: Expr) -> bool:
        nodes = toposort([a], stop=self.steps.index)
        return any(n in self.rows or self.steps.where_near(n, self.template) is not None for n in nodes)
