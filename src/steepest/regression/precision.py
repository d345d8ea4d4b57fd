"""How many digits of a coefficient are to be trusted: what the solver has reached, and what the data allow.

A number such as 88.2 is not a double; it was rounded when it was read. What these roundings do to the coefficients is
propagated to first order, each as an independent error (G. W. Stewart, "Stochastic perturbation theory", SIAM Review
32 (1990), 579-610). Whole numbers are exact.
"""

from __future__ import annotations

import numpy as np

from .double_double import Pair
from .rows import DOUBLE, Rows, rounding
from .triangle import Triangle

MOST = -np.log10(2.0**-53)  # 15.95 digits: what a double holds
SMALL = 1e-10  # of the largest term of the model: smaller ones are measured against this
OF_UNIT = 1e5
SAMPLE = 1 << 15  # rows from which the sums are estimated, where there are more
SPREADS = 2.0  # of a rounding error that are allowed for


def digits(error: np.ndarray, x: np.ndarray, weights: np.ndarray, unit: float = DOUBLE) -> float:
    """Right digits of the worst coefficient, between 0 and `MOST`, from the size of the error in each, (p, k).

    `weights` (p,) turn coefficients into the size of their terms. A coefficient that is next to nothing beside the
    others is measured against `SMALL` of the largest: of a zero no digit could be right. Beside errors of a larger
    `unit` of rounding, against `OF_UNIT` times that unit.
    """
    if not x.size:
        return MOST
    if not (np.isfinite(error).all() and np.isfinite(x).all()):
        return 0.0
    terms = np.abs(x) * weights[:, None]
    yardstick = np.maximum(terms, max(SMALL, OF_UNIT * unit) * np.max(terms, axis=0))
    wrong = np.abs(error) * weights[:, None]
    relative = np.divide(wrong, yardstick, out=np.zeros_like(wrong), where=wrong > 0)
    return float(np.clip(-np.log10(max(float(np.max(relative)), 2.0**-53)), 0.0, MOST))


def spread_by_rounding(rows: Rows, triangle: Triangle, x: Pair) -> np.ndarray:
    """The spread (p, k) of the coefficients when every entry of the data has the error of its own rounding.

    With ``G = (DᵀWD + λ)⁻¹``, r the residuals and δ the errors, ``δβ = G δDᵀ W r + G DᵀW (δy − δD β)``.
    """
    inverse = triangle.inverse()
    G = inverse @ inverse.T
    p, k = x.high.shape
    variance = np.zeros((p, k))
    stride = -(-triangle.count // SAMPLE)
    for block in (b[::stride] for b in rows.blocks()):
        D = block.design.high
        S = (rounding(D * rows.scale, rows.units[0]) / rows.scale) ** 2
        w = np.ones(len(D)) if block.weight is None else block.weight
        P = (w[:, None] * D) @ G
        t = (rounding(block.y * rows.y_scale, rows.units[1]) / rows.y_scale) ** 2
        for j in range(k):
            beta = x.high[:, j]
            wr = w * (block.y[:, j] - D @ beta)
            variance[:, j] += (P**2).T @ (t[:, j] + S @ beta**2)
            variance[:, j] -= 2 * np.sum(G * beta * (P.T @ (wr[:, None] * S)), axis=1)
            variance[:, j] += G**2 @ (S.T @ wr**2)
    return SPREADS * np.sqrt(stride * np.maximum(variance, 0.0))
