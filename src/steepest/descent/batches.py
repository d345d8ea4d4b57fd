"""Mini-batches: the rows of the data shuffled and cut, a step for each piece; an iteration is once through the data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from steepest.errors import ArgumentError
from steepest.frontends.trees import flatten, unflatten

from .first_order import Keep, Stance, step
from .objective import Objective
from .path import Floats
from .reasons import Reason, Stopped
from .rules.rule import Rule
from .run import Run
from .searches.fixed import Fixed

MEAN = 1e-6  # how well the mean over batches must be the value on all rows
SMALLEST = 1e-12  # part of the first step, below which shorter ones are not tried


@dataclass(frozen=True, eq=False)
class Batches:
    """An objective on pieces of the rows of its data."""

    objective: Objective
    size: int
    seed: int

    @property
    def rows(self) -> int:
        """How many there are: the length of the first array in args."""
        return next(len(leaf) for leaf in flatten(self.objective.args)[0] if np.ndim(leaf))

    def pieces(self, epoch: int) -> Iterator[tuple[int, Objective]]:
        """In an order drawn anew for each epoch; how many rows, and the objective on them."""
        order = np.random.default_rng([self.seed, epoch]).permutation(self.rows)
        for start in range(0, self.rows, self.size):
            rows = order[start : start + self.size]
            yield len(rows), replace(self.objective, args=self._taken(rows))

    def _taken(self, rows: np.ndarray) -> Any:
        leaves, spec = flatten(self.objective.args)
        count = self.rows
        return unflatten(
            spec, [v[rows] if isinstance(v, np.ndarray) and v.ndim and len(v) == count else v for v in leaves]
        )

    def require_mean(self, x: Floats) -> None:
        """ArgumentError unless the function is the mean of its values on batches, as the steps suppose."""
        whole = self.objective.value(x)
        parts = [(count, piece.value(x)) for count, piece in self.pieces(0)]
        mean = sum(count * value for count, value in parts) / self.rows
        if not abs(mean - whole) <= MEAN * max(abs(whole), *(abs(value) for _, value in parts)):
            raise ArgumentError(
                f"mini-batches need a mean over the rows of the data: f is {whole:.6g} on all {self.rows} rows, "
                f"the mean over batches is {mean:.6g}\n    Divide a sum by the number of rows (np.mean for np.sum); "
                "data go into args, arrays with one row for each observation."
            )


def batches_of(objective: Objective, size: Any, seed: int) -> Batches:
    """Raises ArgumentError for a size that is none, and where args hold no data."""
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
        raise ArgumentError(f"batch_size is a whole number from 1 on, got {size!r}")
    leaves, spec = flatten(objective.args)
    arrays = [np.asarray(v) if isinstance(v, (list, tuple)) else v for v in leaves]
    if not any(isinstance(v, np.ndarray) and v.ndim for v in arrays):
        raise ArgumentError("mini-batches are cut from the arrays in args, and there are none: minimize(f, x0, (X, y))")
    return Batches(replace(objective, args=unflatten(spec, arrays)), int(size), seed)


def descend_in_batches(
    batches: Batches, run: Run, rule: Rule, stance: Stance, shorten: bool, keep: Keep
) -> Reason:  # fmt: skip
    """An epoch at a time, with the value and gradient on all rows after each.

    Where `shorten`, the step is halved after an epoch that did not lower the value: with a constant step the steps end
    in a cloud around the minimum, whose size goes with the step (Bottou, Curtis and Nocedal, "Optimization methods for
    large-scale machine learning", 2018, theorem 4.6).
    """
    smallest = stance.length * SMALLEST
    try:
        while stance.length > smallest:
            assert run.last is not None
            before = run.last.value
            for _, piece in batches.pieces(run.visits):
                stance = step(piece, run.bounds, rule, Fixed(), stance)
            value, gradient = batches.objective.both(stance.x)
            if value == np.inf:
                return Reason.DIVERGED
            if shorten and not value < before:
                stance = replace(stance, length=stance.length / 2)
            keep(stance)
            run.visit(stance.x, value, gradient)
    except Stopped as stop:
        return stop.reason
    return Reason.STALLED
