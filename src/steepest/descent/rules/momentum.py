"""Momentum, the heavy ball: v ← β v − t ∇f(x), x ← x + v."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steepest.descent.path import Floats

from .rule import Memory


@dataclass(frozen=True)
class Momentum:
    """Polyak, "Some methods of speeding up the convergence of iteration methods" (1964), equation 9."""

    momentum: float = 0.9

    def start(self, x: Floats) -> Memory:
        return {"velocity": np.zeros_like(x)}

    def point(self, x: Floats, memory: Memory) -> Floats:
        return x

    def observe(self, point: Floats, gradient: Floats, memory: Memory) -> Memory:
        return memory

    def displacement(self, gradient: Floats, length: float, memory: Memory) -> Floats:
        return -length * gradient

    def move(
        self, x: Floats, point: Floats, displacement: Floats, gradient: Floats, memory: Memory
    ) -> tuple[Floats, Memory]:
        velocity = self.momentum * memory["velocity"] + displacement
        return x + velocity, {"velocity": velocity}
