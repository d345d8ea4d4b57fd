"""Keys that mean a place which moves with a loop, while one of its steps is run with symbols."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.expr.node import Expr
from steepest.frontends.tracing.moving_arrays import MovingArray
from steepest.frontends.tracing.tracer import Tracer

from .subscripts import Positions, Subscript, parse


@dataclass(frozen=True)
class PlaceInLoop:
    """A row of an array, or an entry, and the rest of a key, which says what of it is meant."""

    moving: MovingArray
    subscript: Subscript
    at: tuple[Any, ...]
    row: Tracer
    rest: tuple[Any, ...]

    def with_row(self, row: Tracer) -> Expr:
        """The array with another row there."""
        return self.moving.write(self.moving.known[-1], self.subscript.parts, self.at, row)


def place_in_loop(array: Tracer, key: Any, subscript: Subscript) -> PlaceInLoop | None:
    """The place that a key means; None if it does not move with a loop."""
    moving = array.recording.moving.get(array.expr)
    if moving is None:
        return None
    at = parse(key, subscript.shape, _here).parts
    found = moving.row(array.expr, subscript.parts, at)
    return None if found is None else PlaceInLoop(moving, subscript, at, *found)


def _here(index: Tracer) -> Positions:
    return np.asarray(index.value)
