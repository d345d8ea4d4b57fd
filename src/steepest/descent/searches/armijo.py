"""Backtracking until the value falls enough, by Armijo's rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .search import Proposal

MOST_TRIALS = 100


@dataclass(frozen=True)
class Armijo:
    """The longest of t, t/2, t/4 … with f(x + p(t)) ≤ f(x) + c ∇f·p(t), where t is `growth` times the last length.

    Armijo (1966); Nocedal and Wright, Numerical Optimization, algorithm 3.1. On a curve p(t) as on a line.
    """

    decrease: float = 1e-4  # c
    growth: float = 2.0
    shrink: float = 0.5

    def find(self, proposal: Proposal, before: float) -> float:
        length = before * self.growth
        for _ in range(MOST_TRIALS):
            p = proposal.displacement(length)
            slope = float(proposal.gradient @ p)
            new = proposal.point + p
            if slope >= 0 or np.array_equal(new, proposal.point):
                return 0.0
            reached = proposal.objective.value(new)
            if reached < proposal.value and reached <= proposal.value + self.decrease * slope:
                return length
            length *= self.shrink
        return 0.0
