"""A length with the strong Wolfe conditions: the value falls enough, and the slope has become flat enough."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from scipy.optimize import line_search

from .armijo import Armijo
from .search import Proposal


@dataclass(frozen=True)
class Wolfe:
    """Nocedal and Wright, Numerical Optimization, algorithm 3.5, as SciPy has it; by Armijo's rule where it fails."""

    decrease: float = 1e-4
    flatness: float = 0.1

    def find(self, proposal: Proposal, before: float) -> float:
        both, unit = proposal.objective.both, proposal.displacement(before)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The line search algorithm")
            found, *_ = line_search(
                lambda x: both(x)[0], lambda x: both(x)[1], proposal.point, unit, proposal.gradient, proposal.value,
                c1=self.decrease, c2=self.flatness,
            )  # fmt: skip
        return before * float(found) if found else Armijo().find(proposal, before)
