"""Loops made of one step of a long ``for`` statement (`steepest.frontends.numpy.leaping`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from steepest.calculus.loops.fission import close_loop_ahead
from steepest.errors import user_line
from steepest.expr.build import array, variable
from steepest.expr.node import Direction, Expr, Variable
from steepest.frontends.numpy.leaping import OneStep, StepsDiffer
from steepest.frontends.numpy.recording import Recording
from steepest.frontends.numpy.tracer import Tracer
from steepest.ops.checkpoints import automatic, results_in_pieces
from steepest.ops.closure import split_closure
from steepest.ops.substitution import substitute

from .evaluation import evaluate_here

START = -(2**48)  # the tag of symbols for the state before the loop, until that is put in


class Leaps:
    """The leaps of one trace."""

    def __init__(self) -> None:
        self.begun = False
        self.said: list[str] = []

    def begin(self) -> None:
        self.begun = True

    def after(self, recording: Recording, step: OneStep) -> Sequence[Tracer]:
        """The state after all steps, as a loop; raises `StepsDiffer` if they take different branches."""
        count = len(step.numbers)
        exprs, free = split_closure([*step.next, *(g.expr for g in step.guards)], [*step.states, step.index])
        size = len(step.states)
        starts = {v: variable(f"start{k}", v.shape, v.dtype, START) for k, v in enumerate(step.states)}
        loop, stacks = close_loop_ahead(
            dict(zip(step.states, starts.values(), strict=True)),
            exprs[:size],
            {step.index: array(np.asarray(step.numbers, np.int64))},
            {v: v for v in free},
            count,
            Direction.FORWARD,
            exprs[size:],
        )
        results = results_in_pieces(loop, stacks, automatic(loop))
        outside: dict[Variable, Expr] = dict(zip(starts.values(), step.starts, strict=True)) | dict(free)
        known: dict[Expr, Any] = dict(zip(outside, evaluate_here(list(outside.values())), strict=True))
        values = evaluate_here(results, known)
        for g, seen in zip(step.guards, values[size:], strict=True):
            if not all(g.holds(value) for value in seen):
                raise StepsDiffer("steps of a loop take different branches")
        exprs = substitute(results, outside)
        for g, e, seen in zip(step.guards, exprs[size:], values[size:], strict=True):
            recording.guards[e, seen.tobytes()] = replace(g, expr=e, seen=seen)
            recording.order.setdefault(e)
        self.said.append(f"{count} steps are a loop ({user_line() or 'unknown line'})")
        found = [Tracer(recording, e, v) for e, v in zip(exprs[:size], values[:size], strict=True)]
        for e in exprs[:size]:
            recording.made(e)
        return found
