"""The gradient and Hessian of a field over boxes: interval enclosures of the exact expressions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from steepest.analysis.intervals.enclosure import Enclosure
from steepest.analysis.intervals.evaluation import Boxed
from steepest.analysis.intervals.numbers import vector_entries, written_out
from steepest.calculus.reverse import gradients
from steepest.errors import FormulaError
from steepest.expr.build import variable
from steepest.expr.node import Expr, Variable
from steepest.frontends.tracing.capture import Capture
from steepest.frontends.tracing.recording import Guard
from steepest.rewrite.simplify import simplify
from steepest.rewrite.stable.form import stable

from .field import ScalarField

MOST_VARIABLES = 6
MOST_PIECES = 16


def _stacked(parts: Sequence[Enclosure], shape: tuple[int, ...]) -> Enclosure:
    def put(arrays: list[np.ndarray]) -> np.ndarray:
        return np.stack(arrays, axis=-1).reshape(-1, *shape)

    return Enclosure(put([p.low for p in parts]), put([p.high for p in parts]), put([p.sure for p in parts]))


class Piece:
    """What the function computes on one way through its branches, over boxes."""

    def __init__(self, field: ScalarField, capture: Capture, variables: list[Variable]):
        """Raises FormulaError for what cannot be enclosed, with the reason."""
        numbers = [variable(f"x{k}") for k in range(field.size)]
        entries = field.entries(variables, vector_entries(numbers))
        looked_at = [g.expr for g in (*capture.guards, *capture.domain)]
        value, *guarded = written_out([capture.outputs[0], *looked_at], entries)
        (y,) = simplify([value.item()])
        first = simplify(gradients(stable([y])[0], numbers))
        rows, columns = np.triu_indices(len(numbers))
        by_row = [gradients(g, numbers) for g in stable(first)]
        second = simplify([by_row[i][j] for i, j in zip(rows, columns, strict=True)])
        self.size = len(numbers)
        self._place = np.zeros((self.size, self.size), dtype=int)
        self._place[rows, columns] = self._place[columns, rows] = np.arange(len(rows))
        self._first, self._second = Boxed([y, *first], numbers), Boxed(second, numbers)
        branches = len(capture.guards)
        self._guards = _Guards(capture.guards, guarded[:branches], numbers)
        self._errors = _Guards(capture.domain, guarded[branches:], numbers)

    def holds(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """For each box whether the function surely goes this way everywhere in it."""
        return self._guards.hold(low, high)

    def gradient(self, low: np.ndarray, high: np.ndarray) -> Enclosure:
        """low, high: ``(N, n)``; the result ``(N, n)``. Where the function has no value it has no gradient."""
        value, *parts = self._first(low, high)
        found, nowhere = _stacked(parts, (self.size,)), np.isnan(value.low)[:, None]
        return Enclosure(
            np.where(nowhere, np.nan, found.low), np.where(nowhere, np.nan, found.high),
            found.sure & (value.sure & self._errors.hold(low, high))[:, None],
        )  # fmt: skip

    def hessian(self, low: np.ndarray, high: np.ndarray) -> Enclosure:
        """low, high: ``(N, n)``; the result ``(N, n, n)``."""
        parts = self._second(low, high)
        return _stacked([parts[k] for k in self._place.ravel()], (self.size, self.size))


@dataclass
class _Guards:
    guards: Sequence[Guard]
    entries: Sequence[np.ndarray]
    numbers: Sequence[Variable]

    def __post_init__(self) -> None:
        exprs: list[Expr] = [e for found in self.entries for e in found.ravel()]
        self._seen = [x for g in self.guards for x in np.ravel(g.seen)]
        self._boxed = Boxed(exprs, self.numbers) if exprs else None

    def hold(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        result = np.ones(len(low), dtype=bool)
        if self._boxed is not None:
            for found, seen in zip(self._boxed(low, high), self._seen, strict=True):
                result &= (found.low == seen) & (found.high == seen)
        return result


class Enclosures:
    """The pieces of a field that have been met; more are made where a box lies in none."""

    def __init__(self, field: ScalarField, at: Sequence[np.ndarray]):
        """`at` are points of which one must have a gradient. Raises FormulaError where no box can be enclosed."""
        if field.size > MOST_VARIABLES:
            raise FormulaError(f"boxes of {field.size} variables are too many to go through: {MOST_VARIABLES} at most")
        self.field = field
        self.pieces: list[Piece] = []
        self._captures: list[Capture] = []
        if not any(self.extend(x) for x in at):
            raise FormulaError("it is recorded anew at every call, so nothing is known of it between points")

    def extend(self, x: np.ndarray) -> bool:
        """Make the piece of this point; False if it is known, or there is none, or there are too many."""
        if len(self.pieces) >= MOST_PIECES or not np.isfinite(self.field.gradient(x)).all():
            return False
        found = self.field.captured(x)
        if found is None or any(found[0] is c for c in self._captures):
            return False
        self._captures.append(found[0])
        self.pieces.append(Piece(self.field, *found))
        return True


@dataclass(frozen=True)
class Part:
    """Boxes on which the function goes the way of one piece; None: of no piece, or of several."""

    piece: Piece | None
    low: np.ndarray
    high: np.ndarray
    places: np.ndarray  # of these boxes among those asked for


def by_piece(enclosures: Enclosures, low: np.ndarray, high: np.ndarray) -> list[Part]:
    """The boxes sorted by the pieces they lie in; new pieces are made where a box lies in none."""
    parts, left = [], np.ones(len(low), dtype=bool)
    tried = 0
    while left.any() and tried < len(enclosures.pieces):
        piece = enclosures.pieces[tried]
        mine = np.flatnonzero(left)
        mine = mine[piece.holds(low[mine], high[mine])]
        parts.append(Part(piece, low[mine], high[mine], mine))
        left[mine] = False
        tried += 1
        if tried == len(enclosures.pieces) and left.any():
            first = np.flatnonzero(left)[0]
            enclosures.extend(low[first] / 2 + high[first] / 2)
    parts.append(Part(None, low[left], high[left], np.flatnonzero(left)))
    return [p for p in parts if len(p.low)]
