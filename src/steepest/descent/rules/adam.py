"""Adam: each parameter goes by its own mean gradient, over the root of its mean square."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steepest.descent.path import Floats

from .rule import Memory


@dataclass(frozen=True)
class Adam:
    """Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1."""

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def start(self, x: Floats) -> Memory:
        return {"mean": np.zeros_like(x), "square": np.zeros_like(x), "count": np.zeros(1)}

    def point(self, x: Floats, memory: Memory) -> Floats:
        return x

    def observe(self, point: Floats, gradient: Floats, memory: Memory) -> Memory:
        return {
            "mean": self.beta1 * memory["mean"] + (1 - self.beta1) * gradient,
            "square": self.beta2 * memory["square"] + (1 - self.beta2) * gradient**2,
            "count": memory["count"] + 1,
        }

    def displacement(self, gradient: Floats, length: float, memory: Memory) -> Floats:
        count = float(memory["count"][0])
        mean, square = memory["mean"] / (1 - self.beta1**count), memory["square"] / (1 - self.beta2**count)
        return -length * mean / (np.sqrt(square) + self.epsilon)

    def move(
        self, x: Floats, point: Floats, displacement: Floats, gradient: Floats, memory: Memory
    ) -> tuple[Floats, Memory]:
        return point + displacement, memory
