"""How far to go: a search chooses the length of a step that a rule proposes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from steepest.descent.objective import Objective
from steepest.descent.path import Floats


@dataclass(frozen=True, eq=False)
class Proposal:
    """A point with its value and gradient, and the points that a rule leads to from there, by length."""

    objective: Objective
    point: Floats
    value: float
    gradient: Floats
    displacement: Callable[[float], Floats]  # inside the bounds, where there are some


class Search(Protocol):
    """Chooses a length, by the length of the step before; 0 where none is good."""

    def find(self, proposal: Proposal, before: float) -> float:
        """The length of this step."""
