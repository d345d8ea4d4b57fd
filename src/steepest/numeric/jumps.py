"""Jumps, found by halving an interval: a smooth change falls with the interval, a jump does not.

Of two halves the one is kept in which one value of φ rises more, or falls more, than its trend.
"""

from __future__ import annotations

import math

import numpy as np

from .line import Line
from .sampled import Values
from .spacings import ADJACENT, spacing

PART = 0.2  # of the scatter between points, that a jump must have
LEAST = 0.02  # of it, below which no halving brings a jump to light
POLE = 30.0  # no noise rises by so many times its scatter
HALVINGS, PART_LEFT = 4, 0.5  # a departure of which so much is left after so many halvings is a jump
MANY = 3.0  # jumps make noise, one does not
VISIBLE = 8.0  # roundings that a jump is larger than
MOST_HALVINGS = 20  # until a smooth third difference is lost in rounding
BLURRED = 256.0  # roundings, which is where that is
BESIDE = 8  # halvings before the last: where the slope beside a jump is seen well


def scatters_by_jumps(line: Line, step: float, samples: Values, size: float, entry: int) -> bool:
    """Whether one value of φ jumps by about its scatter between its samples, a step apart and around 0."""
    steps = np.diff(samples[:, entry])
    trend = float(np.median(steps)) / step
    for sign in (1.0, -1.0):
        low = (int(np.argmax(sign * steps)) - len(steps) // 2) * step
        departures, _ = _halve(line, low, low + step, trend, sign, entry, LEAST * size)
        # Beside a pole the values are far larger than all their scatter.
        if PART * size <= departures[-1] <= POLE * size and _lasts(departures):
            return True
    return False


def jumps_of_trend(line: Line, far: float, trend: float, parted: float, entry: int) -> float:
    """The size of the jumps between 0 and `far` that part the trend of one value of φ from its slope, 0 if none do."""
    for sign in (1.0, -1.0):
        departures, slope = _halve(line, 0.0, far, trend, sign, entry, -math.inf)
        size = departures[-1]
        visible = size > VISIBLE * line.precision * abs(float(line.base[entry]))
        many = min(abs(trend - slope), parted) * abs(far) >= MANY * size
        if visible and many and _lasts(departures):
            return size
    return 0.0


def step_between(line: Line, reach: float, entry: int) -> float:
    """The size of a step of one value of φ within `reach` on either side, 0 if halving shows it to be smooth.

    That half is kept whose third difference is the larger: a smooth one falls eightfold, that of a step does not.
    """
    low, quarter = -reach, reach / 2
    least = BLURRED * line.precision * abs(float(line.base[entry]))
    found: list[float] = []
    for _ in range(MOST_HALVINGS):
        v = [float(line(low + i * quarter)[entry]) for i in range(5)]
        thirds = [abs(v[i] - 3 * v[i + 1] + 3 * v[i + 2] - v[i + 3]) for i in (0, 1)]
        found.append(max(thirds))
        if not found[-1] > least:
            return 0.0
        if len(found) > HALVINGS and found[-1] >= PART_LEFT * found[-1 - HALVINGS]:
            return found[-1]
        low, quarter = low + (0 if thirds[0] >= thirds[1] else 2) * quarter, quarter / 2
    return 0.0


def _lasts(departures: list[float]) -> bool:
    """Whether the last halvings left the departure as it was."""
    return len(departures) > HALVINGS and departures[-1] >= PART_LEFT * departures[-1 - HALVINGS]


def _halve(
    line: Line, low: float, high: float, trend: float, sign: float, entry: int, least: float
) -> tuple[list[float], float]:
    """How far the kept half departs from the trend each time, up or down, and the slope beside the last.

    Ends where it departs by less than `least`; not at once, since several jumps may make up for one another.
    """
    end = spacing(line, ADJACENT)
    departures: list[float] = []
    slopes: list[float] = []
    sign *= math.copysign(1.0, high - low)
    with np.errstate(all="ignore"):
        while abs(high - low) > end and (len(departures) <= HALVINGS or departures[-1] >= least):
            middle, half = (low + high) / 2, (high - low) / 2
            rises = [float((line(b) - line(a))[entry]) for a, b in ((low, middle), (middle, high))]
            parts = [float(np.nan_to_num(sign * (rise - trend * half))) for rise in rises]
            kept = int(parts[1] > parts[0])
            slopes.append(rises[1 - kept] / half)
            departures.append(parts[kept])
            low, high = (middle, high) if kept else (low, middle)
    return departures, slopes[-min(BESIDE, len(slopes))]
