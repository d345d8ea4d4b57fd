"""Iterative refinement of a least-squares solution with residuals in extended precision.

The gradient ``DᵀW(y − Dβ) − λβ`` is computed with pairs of doubles, so it is right however small it has become; the
triangle of the QR factorisation turns it into a correction. Each step multiplies the error by about κ·2⁻⁵³, where
κ is the condition number of D, so that two or three reach the last digit (Å. Björck, Numerical Methods for Least
Squares Problems, 1996, sections 2.9 and 6.6).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .double_double import Pair, exact, minus, plus, times, total, two_product
from .rows import Block, Rows, pieces
from .triangle import Triangle

STEPS = 20
SLOW = 0.25  # a correction that is no shorter than this part of the last one is rounding
SMALL = 2.0**-50  # of the largest term: smaller ones are measured against this
PLAIN = 100.0  # times the residuals: terms up to that size leave their sum of squares 13 digits in doubles


@dataclass(frozen=True)
class Refined:
    """Coefficients (p, k) with the size of the error that is left in each, and the number of corrections."""

    x: Pair
    error: np.ndarray
    steps: int


def refined(rows: Rows, triangle: Triangle, start: np.ndarray) -> Refined:
    """`start`, (p, k), corrected until what is left is below `rows.enough`, or corrections stop shrinking.

    `error` is an estimate: the last correction times the factor by which they have shrunk.
    """
    x, last, norms = exact(start), np.inf, triangle.norms[:, None]
    error = np.abs(start)
    for k in range(STEPS):
        correction = triangle.solve(gradient(rows, x).high)
        size = float(np.max(np.abs(correction) * norms, initial=0.0))
        if not size < SLOW * last:
            return Refined(x, np.abs(correction), k)
        x = plus(x, exact(correction))
        terms = np.abs(x.high) * norms
        largest = float(np.max(terms, initial=0.0))
        # The first correction is as long as the error of the start; that the next gains half as many digits is safe.
        shrinking = size / last if np.isfinite(last) else np.sqrt(min(size / largest if largest else 1.0, 1.0))
        error, last = np.abs(correction) * shrinking, size
        if np.all(error * norms <= rows.enough * np.maximum(terms, SMALL * largest)):
            return Refined(x, error, k + 1)
    return Refined(x, error, STEPS)


def gradient(rows: Rows, x: Pair) -> Pair:
    """``DᵀW(y − Dβ) − penalty·β`` for β of shape (p, k)."""
    shrunk = times(exact(np.broadcast_to(rows.penalty[:, None], x.high.shape)), x)
    sums = Pair(-shrunk.high, -shrunk.low)
    for block in rows.blocks():
        for part in pieces(block.count, rows.width):
            sums = plus(sums, _gradient_of(block[part], x))
    return sums


def _gradient_of(block: Block, x: Pair) -> Pair:
    columns = [_column(block, residual) for residual in residuals(block, x)]
    return Pair(np.stack([c.high for c in columns], 1), np.stack([c.low for c in columns], 1))


def residuals(block: Block, x: Pair) -> list[Pair]:
    """``y − Dβ`` of each output, each (m,)."""
    found = []
    for k in range(x.high.shape[1]):
        # Transposed, the sum over columns is one over the first axis.
        fitted = total(_products(block.design.T, x[:, k, None]))
        found.append(minus(exact(block.y[:, k]), fitted))
    return found


def _column(block: Block, residual: Pair) -> Pair:
    weighed = residual if block.weight is None else times(exact(block.weight), residual)
    return total(_products(block.design, weighed[:, None]))


def _products(a: Pair, b: Pair) -> Pair:
    p = two_product(a.high, b.high)
    low = p.low + a.high * b.low
    return Pair(p.high, low + a.low * b.high if a.low.any() else low)


def sum_of_squares(rows: Rows, x: Pair) -> np.ndarray:
    """``Σ w (y − Dβ)²`` of each output, (k,). In doubles where that loses little, else in pairs."""
    sums, terms = np.zeros(x.high.shape[1]), np.zeros(x.high.shape[1])
    for block in rows.blocks():
        root = block.root()
        sums += np.sum((root * (block.y - block.design.high @ x.high)) ** 2, axis=0)
        terms += np.sum((root * (np.abs(block.design.high) @ np.abs(x.high))) ** 2, axis=0)
    if np.all(terms <= PLAIN**2 * sums):
        return sums
    sums[:] = 0.0
    for block in rows.blocks():
        for part in pieces(block.count, rows.width):
            root = block[part].root()[:, 0]
            for k, r in enumerate(residuals(block[part], x)):
                sums[k] += float(np.sum((root * r.high) ** 2))
    return sums
