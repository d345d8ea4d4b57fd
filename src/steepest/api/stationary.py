"""`Formula.stationary`: the equation of the points where the gradient vanishes, its solution, and its values."""

from __future__ import annotations

