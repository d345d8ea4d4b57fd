"""Steps beyond the natural length, for what rounding hides: a value of φ that hardly changes nearby."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .extrapolation import Entry, select
from .line import Line
from .sampled import Values
from .scheme import Scheme
from .window import LOW_ORDER, SURE, UNRESOLVED, rounded, start, window

LARGER = 4.0  # steps beyond the natural length grow so much at a time
LARGER_WINDOWS = 6
NEAR, FARTHEST = 12.0, 48.0  # as powers of two, from the first step to larger ones
ORDINARY = 1024.0  # numbers up to this size are tried for the inputs of a function that shows no change at tiny ones
FLAT = 0.4  # a change below this power of the precision, beside the value, is hidden by rounding
VISIBLE = 64.0  # roundings that a change over a larger step must have, to say more than a smaller one


def with_larger_steps(line: Line, scheme: Scheme, best: Entry) -> Entry:
    """`best`, with steps beyond the natural length for what rounding hides: an entry that hardly changes."""
    h = start(line, scheme)
    with np.errstate(invalid="ignore"):
        changes = np.max(np.abs(around(line, h) - line.base), axis=0)
        flat = (changes <= line.precision**FLAT * np.abs(line.base)) | (scheme.order > LOW_ORDER)
        # A bounded wave in noise would seem the flatter, the larger the step.
        hidden = flat & ~line.is_noisy & (best.error > line.precision**FLAT * np.abs(best.value)) & rounded(best)
    if not np.any(hidden):
        return best
    before, h = h, _far_enough(line, h, hidden)
    for _ in range(LARGER_WINDOWS):
        h *= LARGER
        if not math.isfinite(h * scheme.reach):
            break
        here = window(line, scheme, h)
        entry = here.entry
        with np.errstate(invalid="ignore"):
            agrees = np.abs(entry.value - best.value) <= best.error + entry.error
            # What rounding hides comes out no faster than the step grows: else the function has ended there.
            least = best.error * min(before / h, 1.0) ** scheme.order / SURE
            known = rounded(entry) | (entry.error <= UNRESOLVED * np.abs(entry.value))
        change = np.max([np.abs(line(o * h) - line.base) for o in scheme.offsets], axis=0)
        shows = change > VISIBLE * line.precision * np.abs(line.base)
        better = hidden & agrees & known & ~here.kinked & (entry.error < best.error) & (entry.error >= least) & shows
        if not np.any(better):
            break
        before = h
        best = select(better, entry, best)
        with np.errstate(invalid="ignore"):
            hidden = better & (best.error > line.precision**FLAT * np.abs(best.value))
        if not np.any(hidden):
            break
    return best


def _far_enough(line: Line, h: float, hidden: NDArray[np.bool_]) -> float:
    """A step at which φ changes at all, if there is one: by leaps, then by halving in the exponent."""
    if _changes(line, h, hidden):
        return h
    lowest = math.log2(h)
    leaps = sorted({lowest + NEAR, lowest + FARTHEST, math.log2(ORDINARY / line.longest)})
    for highest in leaps:
        if highest > lowest and _changes(line, 2.0**highest, hidden):
            break
        lowest = max(lowest, highest)
    else:
        return h
    while highest - lowest > 4:
        middle = math.floor((lowest + highest) / 2)
        if _changes(line, 2.0**middle, hidden):
            highest = middle
        else:
            lowest = middle
    return 2.0**lowest


def _changes(line: Line, h: float, hidden: NDArray[np.bool_]) -> bool:
    """Whether φ, or whether it is finite, changes visibly over a step."""
    with np.errstate(invalid="ignore"):
        change = np.abs(around(line, h) - line.base)[:, hidden]
        visible = ~(change <= line.precision**FLAT * np.abs(line.base[hidden]))
    return bool(np.any(visible))


def around(line: Line, h: float) -> Values:
    return np.array([line(h), line(-h)])
