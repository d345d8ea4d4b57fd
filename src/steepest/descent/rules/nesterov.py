"""Nesterov's accelerated gradient: y = x + β (x − x₋), x ← y − t ∇f(y)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steepest.descent.path import Floats

from .rule import Memory


@dataclass(frozen=True)
class Nesterov:
    """With β = (θ₋ − 1)/θ, θ = (1 + √(1 + 4θ₋²))/2 (Nesterov, 1983), or a constant β where `momentum` is given.

    Where the last step went up, ∇f(y)·(x − x₋) > 0, the momentum starts anew (O'Donoghue and Candès, "Adaptive restart
    for accelerated gradient schemes", 2015, equation 13).
    """

    momentum: float | None = None

    def start(self, x: Floats) -> Memory:
        return {"before": x.copy(), "theta": np.ones(1)}

    def point(self, x: Floats, memory: Memory) -> Floats:
        return x + self._weight(memory) * (x - memory["before"])

    def _weight(self, memory: Memory) -> float:
        theta = float(memory["theta"][0])
        return (theta - 1) / _next(theta) if self.momentum is None else self.momentum

    def observe(self, point: Floats, gradient: Floats, memory: Memory) -> Memory:
        return memory

    def displacement(self, gradient: Floats, length: float, memory: Memory) -> Floats:
        return -length * gradient

    def move(
        self, x: Floats, point: Floats, displacement: Floats, gradient: Floats, memory: Memory
    ) -> tuple[Floats, Memory]:
        new = point + displacement
        if gradient @ (new - x) > 0:
            return new, self.start(new)
        return new, {"before": x, "theta": np.array([_next(float(memory["theta"][0]))])}


def _next(theta: float) -> float:
    return (1 + float(np.sqrt(1 + 4 * theta**2))) / 2
