"""The loop of all first-order methods: a rule says where to, a search how far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .bounds import Bounds
from .objective import Objective
from .path import Floats
from .reasons import Reason, Stopped
from .rules.rule import Memory, Rule
from .run import Run
from .searches.search import Proposal, Search


@dataclass(eq=False)
class Stance:
    """Where a first-order method stands between two steps: all it needs to go on."""

    x: Floats
    length: float
    memory: Memory = field(default_factory=dict)
    trial: Floats = field(default_factory=lambda: np.zeros(0))  # what is counted while a length is tried


Keep = Callable[[Stance], None]


def descend(objective: Objective, run: Run, rule: Rule, search: Search, stance: Stance, keep: Keep) -> Reason:
    """Step until the run stops it, or no step is found. `keep` is given each stance, for who wants to go on from it."""
    try:
        while True:
            stance = step(objective, run.bounds, rule, search, stance)
            value, gradient = objective.both(stance.x)
            if value == np.inf:
                return Reason.DIVERGED
            try:
                run.visit(stance.x, value, gradient)
            finally:  # what stops the run is not to leave a record without its point
                keep(stance)
    except Stopped as stop:
        return stop.reason


def step(objective: Objective, bounds: Bounds, rule: Rule, search: Search, now: Stance) -> Stance:
    """One step. Raises Stopped where none is found, or the function has no slope."""
    point = bounds.project(rule.point(now.x, now.memory))
    value, gradient = objective.both(point)
    memory = now.memory
    if not np.isfinite(gradient).all() and not np.array_equal(point, now.x):
        memory = rule.start(now.x)  # it looked too far ahead
        point = now.x
        value, gradient = objective.both(point)
    if not np.isfinite(gradient).all():
        raise Stopped(Reason.UNBOUNDED if value == -np.inf else Reason.NOT_FINITE)
    memory = rule.observe(point, gradient, memory)

    def displacement(length: float) -> Floats:
        return bounds.project(point + rule.displacement(gradient, length, memory)) - point

    length = search.find(Proposal(objective, point, value, gradient, displacement), now.length)
    if length == 0:
        raise Stopped(Reason.STALLED)
    moved = displacement(length)
    x, after = rule.move(now.x, point, moved, gradient, memory)
    x = bounds.project(x)
    if not np.array_equal(x, point + moved) and objective.value(x) == np.inf:  # momentum carried it out of the domain
        x = point + moved
        after = rule.start(x)
    return Stance(x, length, after, now.trial)
