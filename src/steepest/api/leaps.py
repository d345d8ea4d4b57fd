"""Loops made of one step of a long ``for`` statement (`steepest.frontends.tracing.leaping`)."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from steepest.calculus.loops.fission import close_loop_ahead
from steepest.errors import user_line
from steepest.expr.build import array, variable
from steepest.expr.dtype import FLOAT64, INT
from steepest.expr.node import Add, Apply, Direction, Einsum, Expr, Variable
from steepest.expr.traversal import depends_on, toposort
from steepest.frontends.tracing.memories import StepsDiffer
from steepest.frontends.tracing.one_step import LONGEST, Loop, Manner, OneStep
from steepest.frontends.tracing.positions import position_of
from steepest.frontends.tracing.recording import Guard, Recording
from steepest.frontends.tracing.tracer import Tracer
from steepest.ops.checkpoints import automatic, results_in_pieces
from steepest.ops.closure import split_closure
from steepest.ops.complex_parts import cast
from steepest.ops.operation import rebuilt
from steepest.ops.power import power_op
from steepest.ops.substitution import substitute

from .evaluation import evaluate_here, with_settled_places

PERIOD = 16  # steps after which branches may come again
START = -(2**48)  # the tag of symbols for the state before the loop, until that is put in
FIRST = 128  # steps that are looked at before more are
PATIENCE = 2**18  # steps that are gone through in search of the end of a loop
LARGEST = 2.0**63
SURE = 2.0**40  # integers up to that in one step of a loop around this one are not looked at in the others


class Leaps:
    """The leaps of one trace; loops that are `refused` are recorded step by step."""

    def __init__(self, refused: Container[Loop], manners: dict[Loop, Manner]) -> None:
        self.refused, self.manners = refused, manners
        self.learnt: set[Loop] = set()  # loops of which another manner was found
        self.begun: list[Loop] = []
        self.said: list[str] = []
        self.open: list[Loop] = []  # of which a step is being run

    @property
    def are_done(self) -> bool:
        """Whether no step was left half done: by a ``break``, or by an error that the function swallowed."""
        return not self.open

    def may_begin(self, loop: Loop) -> bool:
        return loop not in self.refused

    def begin(self, loop: Loop) -> None:
        self.begun.append(loop)
        self.open.append(loop)

    def manner(self, loop: Loop) -> Manner:
        return self.manners.get(loop, Manner())

    def learn(self, loop: Loop, manner: Manner) -> None:
        self.manners[loop] = manner
        self.learnt.add(loop)

    def period(self, step: OneStep) -> int | None:
        count = 3 * PERIOD  # few, for there may be an end beyond
        if len(step.numbers) < count:
            return None
        seen = _Steps(step, count, [g.expr for g in step.guards]).values()
        alike = (p for p in range(2, PERIOD + 1) if all(np.array_equal(x[p:], x[:-p]) for x in map(np.asarray, seen)))
        return next(alike, None)

    def reach(self, step: OneStep) -> int:
        """How many steps, from the first on, take the branches that it took; raises `StepsDiffer` if there is no end.

        More are looked at in each turn, so that a loop that is left early is not gone through.
        """
        looked_at = [g.expr for g in step.guards]
        beside = _without_idle_states(step, looked_at)
        most = min(len(step.numbers), PATIENCE if beside.states else LONGEST)
        done, count, values = 0, FIRST, list(beside.values)
        while looked_at and done < most:
            count = min(count, most - done)
            found = _Steps(beside, count, looked_at, done, values).values()
            values, seen = found[: len(values)], found[len(values) :]
            alike = min(_alike(g, x) for g, x in zip(step.guards, seen, strict=True))
            done += alike
            if alike < count:
                return done
            count *= 2
        if len(step.numbers) > LONGEST:
            raise StepsDiffer("nobody sees the end of a loop")
        return len(step.numbers)

    def after(self, recording: Recording, step: OneStep) -> tuple[Sequence[Tracer], Sequence[Tracer]]:
        """The state after all steps and the stacks, as a loop; raises `StepsDiffer` if they take different branches."""
        if self.open[-1] != step.loop:
            raise StepsDiffer("a step leaves a loop inside of it early")
        size, looked_at = len(step.states), [g.expr for g in step.guards]
        split = size + len(step.emitted)
        _require_room_for_integers(step)
        steps = _Steps(step, len(step.numbers), [*step.emitted, *looked_at])
        values = steps.values()
        _require_one_path(step, values[split:])
        exprs = with_settled_places(substitute(steps.results, steps.outside))
        for g, e, seen in zip(step.guards, exprs[split:], values[split:], strict=True):
            recording.guards[e, seen.tobytes()] = replace(g, expr=e, seen=seen)
            recording.order.setdefault(e)
        self.open.pop()
        period = self.manner(step.loop).period
        kind = f"a loop, {period} at a time" if period > 1 else "a loop"
        self.said.append(f"{len(step.numbers) * period} steps are {kind} ({user_line() or 'unknown line'})")
        found = [Tracer(recording, e, v) for e, v in zip(exprs[:split], values[:split], strict=True)]
        for e in exprs[:split]:
            recording.made(e)
        return found[:size], found[size:]


class _Steps:
    """Some of the steps as a loop: the results are the states after it, and what is `emitted` by each.

    The first of them has `done` others before it, which leave the states with these `values`.
    """

    def __init__(
        self, step: OneStep, count: int, emitted: Sequence[Expr], done: int = 0, values: Sequence[Any] | None = None
    ):
        exprs, free = split_closure([*step.next, *emitted], [*step.states, *step.sequences, step.index])
        rows = {v: variable(f"row{k}", (count, *v.shape), v.dtype, START) for k, v in enumerate(step.sequences)}
        starts = {v: variable(f"start{k}", v.shape, v.dtype, START) for k, v in enumerate(step.states)}
        loop, stacks = close_loop_ahead(
            dict(zip(step.states, starts.values(), strict=True)),
            exprs[: len(starts)],
            {step.index: array(np.asarray(step.numbers[done : done + count], np.int64)), **rows},
            {v: v for v in free},
            count,
            Direction.FORWARD,
            exprs[len(starts) :],
        )
        self.results = results_in_pieces(loop, stacks, automatic(loop))
        self.free = free
        self.known: dict[Expr, Any] = dict(zip(starts.values(), step.values if values is None else values, strict=True))
        self.known |= {rows[v]: x.value[done : done + count] for v, x in step.sequences.items()}
        self.outside: dict[Variable, Expr] = dict(zip(starts.values(), step.starts, strict=True)) | dict(free)
        self.outside |= {rows[v]: x.expr for v, x in step.sequences.items()}

    def values(self) -> list[Any]:
        """Those of the results here."""
        free = dict(zip(self.free, evaluate_here(list(self.free.values())), strict=True))
        return evaluate_here(self.results, self.known | free)


def _without_idle_states(step: OneStep, exprs: Sequence[Expr]) -> OneStep:
    """The step, of which only these matter: often they are of its number alone, and need no loop."""
    read = {
        v: {n for n in toposort([e]) if isinstance(n, Variable)} for v, e in zip(step.states, step.next, strict=True)
    }
    needed, ahead = set[Variable](), {n for n in toposort(exprs) if isinstance(n, Variable)}
    while ahead:
        needed |= ahead
        ahead = set().union(*(read[v] for v in ahead if v in read)) - needed
    kept = [k for k, v in enumerate(step.states) if v in needed]

    def chosen(items: Sequence[Any]) -> list[Any]:
        return [items[k] for k in kept]

    return replace(
        step, states=chosen(step.states), next=chosen(step.next), starts=chosen(step.starts),
        values=chosen(step.values), sequences={v: x for v, x in step.sequences.items() if v in needed},
        emitted=(), guards=(),
    )  # fmt: skip


def _alike(g: Guard, seen: Sequence[Any]) -> int:
    """In how many steps, from the first on, a guard holds."""
    return next((k for k, value in enumerate(seen) if not g.holds(value)), len(seen))


def _require_one_path(step: OneStep, looked_at: Sequence[Any]) -> None:
    for g, seen in zip(step.guards, looked_at, strict=True):
        if not all(g.holds(value) for value in seen):
            raise StepsDiffer("steps of a loop take different branches")


def _require_room_for_integers(step: OneStep) -> None:
    """Python's integers grow without end, those of a loop have 64 bits: in floating-point numbers they must fit."""
    exprs = [*step.next, *step.emitted, *(g.expr for g in step.guards)]
    moving = depends_on(exprs, [*step.states, *step.sequences, step.index])
    growing = [n for n in toposort(exprs) if n in moving and n.dtype == INT and _grows(n)]
    grown = [_in_floats(n) for n in growing if not _stays_small(n, step)]
    if not grown:
        return
    beside = _without_idle_states(step, grown)
    values = _Steps(beside, len(step.numbers), grown).values()[len(beside.states) :]
    if any(not np.all(np.abs(x) < LARGEST) for x in values):
        raise StepsDiffer("an integer in a loop has more than 64 bits")


def _stays_small(n: Expr, step: OneStep) -> bool:
    """Whether `n` is seen to fit without a run of the loop: a position, which moves evenly."""
    found = position_of(n, step.index, step.numbers) if not n.ndim else None
    if found is None or any(isinstance(v, Variable) and v in (*step.states, *step.sequences) for v in toposort([n])):
        return False
    terms = list(found.rest)
    rest = sum(abs(k * int(v)) for (_, k), v in zip(terms, evaluate_here([e for e, _ in terms]), strict=True))
    return max(abs(found.at(0)), abs(found.at(len(step.numbers)))) + rest < SURE


def _grows(n: Expr) -> bool:
    return isinstance(n, (Add, Einsum)) or (isinstance(n, Apply) and n.op is power_op)


def _in_floats(n: Expr) -> Expr:
    return rebuilt(n, tuple(cast(a, FLOAT64) if a.dtype == INT else a for a in n.args))
