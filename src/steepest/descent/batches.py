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
PATIENCE = 5.0  # epochs without gain, before the step is halved for the first time
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
            yield len(rows), self.objective.on(self._taken(rows))

    def _taken(self, rows: np.ndarray) -> Any:
        leaves, spec = flatten(self.objective.args)
        count = self.rows
        return unflatten(
            spec, [v[rows] if isinstance(v, np.ndarray) and v.ndim and len(v) == count else v for v in leaves]
        )

    def warm(self, x: Floats) -> None:
        """Call what is compiled on pieces of each length."""
        for piece in dict(self.pieces(0)).values():
            piece.warm(x)

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
    return Batches(objective.on(unflatten(spec, arrays)), int(size), seed)


def _shortened(now: Stance, value: float) -> Stance:
    """With the step for the next epoch; `trial` is the epochs without gain, how many are waited for, the best value."""
    waited, patience, best = now.trial if now.trial.size else (0.0, PATIENCE, np.inf)
    if value < best:
        return replace(now, trial=np.array([0.0, patience, value]))
    if waited + 1 < patience:
        return replace(now, trial=np.array([waited + 1, patience, best]))
    return replace(now, length=now.length / 2, trial=np.array([0.0, 2 * patience, best]))


def descend_in_batches(
    batches: Batches, run: Run, rule: Rule, stance: Stance, shorten: bool, keep: Keep
) -> Reason:  # fmt: skip
    """An epoch at a time, with the value and gradient on all rows after each.

    With a constant step the points end in a cloud around the minimum whose size goes with the step. Where `shorten`,
    the step is halved when the value has not come below its best for so many epochs, and that number doubled (Bottou,
    Curtis and Nocedal, "Optimization methods for large-scale machine learning", 2018, theorem 4.6 and after it).
    """
    smallest = stance.length * SMALLEST
    try:
        while stance.length > smallest:
            for _, piece in batches.pieces(run.visits):
                stance = step(piece, run.bounds, rule, Fixed(), stance)
            value, gradient = batches.objective.both(stance.x)
            if value == np.inf:
                return Reason.DIVERGED
            if shorten:
                stance = _shortened(stance, value)
            try:
                run.visit(stance.x, value, gradient)
            finally:
                keep(stance)
    except Stopped as stop:
        return stop.reason
    return Reason.STALLED
