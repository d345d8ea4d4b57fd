"""One window of steps: a table of differences at halved steps, and whether its two sides agree."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .extrapolation import Entry, Table
from .line import Line
from .sampled import Values
from .scheme import JUMP, Scheme

ROWS = 7  # steps in a window
LOW_ORDER = 2
FIRST_ROWS = 3  # after so many a window that does not settle is left
OUT_OF_REACH = 0.95  # of the natural length, that the first steps of a wide scheme stay within
ROUNDED = 8.0  # an error below so many times that of rounding is as good as it gets
RESOLVED = 0.01  # a relative error that no wave sampled too coarsely shows, nor noise
UNRESOLVED = 0.1  # a derivative with so large a relative error, that grows at smaller steps, is not known at all
SURE = 5.0  # a jump is believed if it is so many times its own error


@dataclass(frozen=True)
class Window:
    """What one window of steps says: the derivative, and whether its two sides differ, at most by how much."""

    entry: Entry
    kinked: NDArray[np.bool_]
    largest_jump: Values
    last: float = math.inf  # the least of its steps


def start(line: Line, scheme: Scheme) -> float:
    """The first step, with which the whole scheme stays within the natural length."""
    h = first_step(line.precision)
    while h * scheme.reach > OUT_OF_REACH:
        h /= 2
    return h


def first_step(precision: float) -> float:
    """About 0.237, no round number (a period might fit it), with few bits, so that x + h is exact or nearly so."""
    bits = int(-math.log2(precision)) // 3
    return math.ldexp(round(math.ldexp(0.2371, bits)), -bits)


def window(line: Line, scheme: Scheme, h: float) -> Window:
    """Extrapolate over one window of steps; leave it early where it settles or does not begin to."""
    table = Table(line, scheme)
    sides = Table(line, JUMP[scheme.order]) if scheme.is_two_sided and scheme.order in JUMP else None
    here = _judge(line, table, sides)
    is_low = scheme.order <= LOW_ORDER  # those of high orders settle late
    for k in range(ROWS):
        table.extend(h)
        if sides is not None:
            sides.extend(h)
        h /= 2
        here = _judge(line, table, sides)
        settled = rounded(here.entry)
        hopeless = (here.kinked | (table.best.error > UNRESOLVED * np.abs(here.entry.value)) & ~settled) & is_low
        if not table.finite or (k + 1 >= FIRST_ROWS and np.all(settled | hopeless)):
            break
    return replace(here, last=2 * h)


def _judge(line: Line, table: Table, sides: Table | None) -> Window:
    entry = table.best
    if sides is None:
        return Window(entry, np.zeros(entry.value.shape, bool), np.zeros(entry.value.shape))
    jump = sides.best
    matters = line.precision**0.25 * np.abs(entry.value)
    with np.errstate(invalid="ignore"):
        believed = (np.abs(jump.value) > SURE * jump.error) & (np.abs(jump.value) > matters)
        apart = np.abs(jump.value) + jump.error
        # What both sides do not agree on, a difference across them does not know, however well it settles.
        together = (apart <= ROUNDED * jump.rounding) | (apart <= RESOLVED * np.abs(entry.value)) | believed
        error = np.where(together, entry.error, np.maximum(entry.error, apart / 2))
        return Window(Entry(entry.value, error, entry.rounding, entry.step), believed, apart)


def rounded(entry: Entry) -> NDArray[np.bool_]:
    """Where rounding is to blame for the error."""
    rounded: NDArray[np.bool_] = np.isfinite(entry.error) & (entry.error <= ROUNDED * entry.rounding)
    return rounded
