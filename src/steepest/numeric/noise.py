"""How noisy a function is: its scatter over a few points so near that anything smooth is a polynomial there.

The k-th differences of independent errors of size σ have the mean square ``σ² (2k)! / (k!)²``, while those of a smooth
function vanish with the step (Hamming's difference table; Moré and Wild, SIAM Journal on Scientific Computing
33 (2011), 1292–1314). Two spacings are tried and the calmer one believed: the wider may see a fast wave as noise.
"""

from __future__ import annotations

import math

import numpy as np

from .line import Line, Values

SPACINGS = (0.5, 0.75)  # as powers of the precision
REACH = 3  # points on each side
ORDERS = (3, 4, 5)
SPREAD = 4.0  # what counts as the size of errors of standard deviation 1


def noise(line: Line) -> Values:
    """A bound on the errors of φ that are not smooth, for each value of φ; 0 where it cannot be told."""
    found = [_scatter(line, line.sampled.precision**power) for power in SPACINGS]
    bound: Values = np.nan_to_num(SPREAD * np.min(found, axis=0), nan=0.0, posinf=0.0)
    return bound


def _scatter(line: Line, spacing: float) -> Values:
    step = 2.0 ** round(math.log2(spacing))
    samples = np.array([line(i * step) for i in range(-REACH, REACH + 1)])
    with np.errstate(all="ignore"):
        largest: Values = np.max([_deviation(samples, k) for k in ORDERS], axis=0)
    return largest


def _deviation(samples: Values, k: int) -> Values:
    mean_square = np.mean(np.diff(samples, k, axis=0) ** 2, axis=0)
    deviation: Values = np.sqrt(mean_square / math.comb(2 * k, k))
    return deviation
