"""The left and the right derivative where the two-sided one does not settle: kinks, jumps, edges, vertical slopes.

How φ(h) - φ(0) falls with h tells what a side is: as h at a derivative, as h^a with a < 1 at a vertical slope, and not
at all at a jump.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .line import Line
from .sampled import Values
from .scheme import Scheme
from .settle import settle

DECADES = np.exp2(-6.0 * np.arange(2, 9))  # steps at which the fall is measured
LAST = 4  # of its exponents must agree
STEADY = 0.05  # how far they may differ
JUMPS = 0.02  # an exponent at most so large is that of a jump
VERTICAL = 0.95  # one at most so large that of a vertical slope
VISIBLE = 64.0  # a change must be so many times its rounding


@dataclass(frozen=True)
class Side:
    """What φ does on one side, for each of its values: NaN for no derivative, infinite where it is vertical."""

    value: Values
    error: Values
    noisy: NDArray[np.bool_]
    jumps: NDArray[np.bool_]
    ends: NDArray[np.bool_]  # there is no finite value on this side


def examine(line: Line, scheme: Scheme) -> Side:
    """One side of φ, by a one-sided scheme."""
    towards = 1.0 if max(scheme.offsets) > 0 else -1.0
    limit = settle(line, scheme)
    exponent, sign = _fall(line, towards)
    value, error = np.array(limit.value), np.array(limit.error)
    ends = np.isnan(value)
    jumps = np.zeros(value.shape, bool)
    if scheme.order == 1:
        jumps = exponent <= JUMPS
        vertical = ~jumps & (exponent <= VERTICAL)
        endless = np.where(towards * sign < 0, -np.inf, np.inf)
        value = np.where(jumps, np.nan, np.where(vertical, endless, value))
        error = np.where(jumps | vertical, np.inf, error)
    return Side(value, np.where(np.isnan(value), np.inf, error), limit.noisy, jumps, ends)


def _fall(line: Line, towards: float) -> tuple[Values, Values]:
    """The exponent a in |φ(h) - φ(0)| ~ h^a, 1 where it is not clear, and the sign of the change."""
    steps = DECADES if np.all(line.shift > 0) else DECADES**2
    with np.errstate(all="ignore"):
        change = np.array([line(towards * h) for h in steps]) - line.base
        size = np.abs(change)
        visible = size > VISIBLE * line.precision * np.abs(line.base)  # noise would be unsteady
        exponents = np.diff(np.log2(size), axis=0) / np.diff(np.log2(steps))[:, None]
        clear = np.cumprod(visible, axis=0)[1:] > 0  # up to the first that is not
        last = clear & (np.cumsum(clear[::-1], axis=0)[::-1] <= LAST)
        count = np.sum(last, axis=0)
        mean = np.sum(np.where(last, exponents, 0.0), axis=0) / count
        spread = np.max(np.where(last, np.abs(exponents - mean), 0.0), axis=0)
        exponent: Values = np.where((count == LAST) & (2 * spread <= STEADY), mean, 1.0)
    return exponent, np.sign(change[-1])
