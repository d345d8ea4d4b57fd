"""What a least-squares fit says of itself: sums of squares, R², and the standard errors of its coefficients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .double_double import Pair
from .refinement import sum_of_squares
from .rows import Rows
from .triangle import Triangle


@dataclass(frozen=True)
class Statistics:
    """Of each of k outputs; NaN where nothing is left to estimate from."""

    r_squared: np.ndarray  # (k,)
    degrees_of_freedom: float  # rows less coefficients; with a penalty, less the trace of the hat matrix
    spread: np.ndarray  # (k,), standard deviation of the residuals
    standard_errors: np.ndarray  # (p, k), of the coefficients as given


def statistics(rows: Rows, triangle: Triangle, x: Pair, matrix: np.ndarray) -> Statistics:
    """Statistics of the coefficients `x`, (p, k), of the scaled columns; `matrix` turns them into those told.

    R² compares with the mean, without an intercept with 0, as NIST's certified values do. The standard errors are
    those of ``H⁻¹ DᵀW y`` with ``H = DᵀWD + λ`` at the estimated spread of the residuals.
    """
    squares = sum_of_squares(rows, x) if rows.repeatable else triangle.squares(x.high)
    with np.errstate(invalid="ignore", divide="ignore"):
        r_squared = np.where(triangle.total > 0, 1 - squares / triangle.total, np.nan)
    nothing = np.full(x.high.shape, np.nan)
    if not triangle.full:
        free = float(triangle.count - triangle.rank)
        return Statistics(r_squared, free, _spread(rows, squares, free), nothing)
    inverse = triangle.inverse()
    size = np.max(np.abs(matrix), axis=1)[:, None]  # taken out, so that no square overflows
    matrix = matrix / size
    free, factor = float(triangle.count - rows.width), matrix @ inverse
    if rows.penalty.any():
        shrunk = np.eye(rows.width) - inverse @ inverse.T * rows.penalty  # H⁻¹ DᵀWD
        free = float(triangle.count - np.trace(shrunk))
        variance = np.maximum(np.sum((matrix @ shrunk @ inverse) * factor, axis=1), 0.0)
    else:
        variance = np.sum(factor**2, axis=1)
    spread = _spread(rows, squares, free)
    return Statistics(r_squared, free, spread, size * (np.sqrt(variance)[:, None] * spread))


def _spread(rows: Rows, squares: np.ndarray, free: float) -> np.ndarray:
    return np.sqrt(squares / free) * rows.y_scale if free > 0.5 else np.full(len(squares), np.nan)
