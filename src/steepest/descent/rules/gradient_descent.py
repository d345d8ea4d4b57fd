"""Gradient descent: x ← x − t ∇f(x)."""

from __future__ import annotations

from dataclasses import dataclass

from steepest.descent.path import Floats

from .rule import Memory


@dataclass(frozen=True)
class GradientDescent:
    """Down the gradient (Cauchy, 1847)."""

    def start(self, x: Floats) -> Memory:
        return {}

    def point(self, x: Floats, memory: Memory) -> Floats:
        return x

    def observe(self, point: Floats, gradient: Floats, memory: Memory) -> Memory:
        return memory

    def displacement(self, gradient: Floats, length: float, memory: Memory) -> Floats:
        return -length * gradient

    def move(
        self, x: Floats, point: Floats, displacement: Floats, gradient: Floats, memory: Memory
    ) -> tuple[Floats, Memory]:
        return point + displacement, memory
