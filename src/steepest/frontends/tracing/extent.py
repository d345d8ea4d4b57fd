"""How many steps of a loop one step stands for: known before, or found while it is run and after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Extent:
    """The numbers of the steps. Whoever asks how many there are has them counted as far as can be seen by then."""

    numbers: range
    in_sight: Callable[[range], int]

    @property
    def start(self) -> int:
        return self.numbers.start

    @property
    def step(self) -> int:
        return self.numbers.step

    @property
    def last(self) -> int:
        """The number of the last step."""
        return self.numbers[len(self) - 1]

    def __len__(self) -> int:
        self.shorten(self.in_sight(self.numbers))
        return len(self.numbers)

    def shorten(self, count: int) -> None:
        """No more steps than these: the others are run by themselves."""
        self.numbers = self.numbers[:count]
