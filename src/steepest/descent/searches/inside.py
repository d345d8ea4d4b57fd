"""A fixed length, made shorter where it leads out of the domain of the function."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .search import Proposal

MOST_TRIALS = 100


@dataclass(frozen=True)
class Inside:
    """The length of the step before, halved until the function and its slope are finite at its end."""

    def find(self, proposal: Proposal, before: float) -> float:
        length = before
        for _ in range(MOST_TRIALS):
            value, _ = proposal.objective.both(proposal.point + proposal.displacement(length))
            if value < np.inf:
                return length
            length /= 2
        return 0.0
