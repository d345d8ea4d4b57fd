"""What a first-order method does with a gradient. How far it goes is a search's matter: a method is rule × search."""

from __future__ import annotations

from typing import Protocol

from steepest.descent.path import Floats

Memory = dict[str, Floats]  # what a rule knows from before: arrays only, so that it can be saved as it is


class Rule(Protocol):
    """One update rule. All vectors have shape (n,); `length` is the positive number a search chooses."""

    def start(self, x: Floats) -> Memory:
        """What the rule knows before its first step from x."""

    def point(self, x: Floats, memory: Memory) -> Floats:
        """Where the gradient is to be taken."""

    def observe(self, point: Floats, gradient: Floats, memory: Memory) -> Memory:
        """What is known once the gradient is."""

    def displacement(self, gradient: Floats, length: float, memory: Memory) -> Floats:
        """Where the gradient leads from `point`, with this length."""

    def move(self, x: Floats, point: Floats, displacement: Floats, gradient: Floats, memory: Memory
             ) -> tuple[Floats, Memory]:  # fmt: skip
        """The next x, and what is then known."""
