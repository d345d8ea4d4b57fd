"""A least-squares problem solved by a named method, measured against the best solution, and told if it falls short."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from steepest.errors import DataError

from .coordinates import Coordinates
from .direct import Candidate, Solver, reference, shortest
from .estimator import FitWarning
from .precision import digits
from .rows import Rows
from .statistics import Statistics, statistics
from .triangle import Triangle, triangle_of

FEW = 4.0  # digits: with fewer, a fit says so


@dataclass(frozen=True)
class Fit:
    """Coefficients (p, k) as told, and what is known of them."""

    x: np.ndarray
    solved: np.ndarray  # (p, k): those of the columns that were solved for
    method: str
    steps: int
    rank: int
    condition: float
    digits: float  # of the worst coefficient, to be trusted
    reached: float  # … by the solver, taking the data as exact
    allowed: float  # … by the data, every entry of which was rounded to a double; NaN where unknown
    statistics: Statistics


def fitted(rows: Rows, told: Coordinates, solve: Solver, title: str) -> Fit:
    """The fit by `solve`. `title` is what warnings call it."""
    triangle = triangle_of(rows)
    if not triangle.count:
        raise DataError("all weights are zero: at least one row needs a weight above 0")
    if not triangle.full:
        found = shortest(rows, triangle)
        _warn_of_many_solutions(title, rows, triangle)
        return _fit(rows, triangle, told, found, (0.0, 0.0))
    best = reference(rows, triangle)
    found = solve(rows, triangle, best)
    values, right = told.values(found.x), told.values(best.x)
    lengths = told.lengths(triangle)
    error = np.abs(values - right) + np.abs(told.matrix) @ best.error * rows.y_scale
    reached, allowed = digits(error, right, lengths), np.nan
    if rows.repeatable:
        allowed = digits(told.spread(triangle, best), right, lengths, max(rows.units))
    if min(reached, allowed) < FEW:
        _warn_of_lost_digits(title, found.method, triangle.condition, reached, allowed)
    return _fit(rows, triangle, told, found, (reached, allowed))


def _fit(
    rows: Rows, triangle: Triangle, told: Coordinates, found: Candidate, known: tuple[float, float]
) -> Fit:  # fmt: skip
    return Fit(
        told.values(found.x), rows.as_given(found.x.high), found.method, found.steps,
        triangle.rank, triangle.condition, float(np.nanmin(known)), *known,
        statistics(rows, triangle, found.x, told.matrix),
    )  # fmt: skip


def _warn_of_many_solutions(title: str, rows: Rows, triangle: Triangle) -> None:
    few = f"{triangle.count} {'row' if triangle.count == 1 else 'rows'} for {rows.width} coefficients"
    why = few if triangle.count < rows.width else f"{triangle.rank} of {rows.width} columns are independent"
    warnings.warn(
        f"{title}: the data do not determine the coefficients: {why} (condition number {triangle.condition:.1e})"
        "\n    Of all solutions with the least squares this is the one with the shortest coefficients. Its predictions"
        "\n    are as good as any; no digit of a coefficient alone is to be trusted. Leave out columns that follow from"
        "\n    others, or give alpha > 0.",
        FitWarning, stacklevel=4,
    )  # fmt: skip


def _warn_of_lost_digits(title: str, method: str, condition: float, reached: float, allowed: float) -> None:
    head = f"{title}: about {max(min(reached, allowed), 0):.0f} digits of the worst coefficient are right"
    if not allowed < FEW and method.startswith("QR"):
        way = f"corrections from residuals do not settle: {reached:.1f} digits reached\n    Scale or drop columns."
    elif not allowed < FEW:
        way = f"{method} has reached {reached:.1f} digits\n    solver='qr' gives {allowed:.0f}."
    elif not reached < FEW:
        way = (
            f"the rounding of the data alone, when they were written as they are, leaves {allowed:.1f}"
            "\n    Shift and scale the columns before they are rounded, or fit a polynomial by its degree."
        )
    else:
        way = f"{method} has reached {reached:.1f} digits, and the rounding of the data leaves {allowed:.1f}"
    warnings.warn(f"{head} (condition number {condition:.1e}): {way}", FitWarning, stacklevel=4)
