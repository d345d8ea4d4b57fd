"""Control: whether a derivative holds between the steps that it was taken from.

All steps of a table are powers of two times one length, and a period may fit them all, as rounded values may agree by
chance. So values are asked at tiny distances that are in step with nothing: there φ must be what its derivative says,
to rounding and measured noise. The widest distance shows slopes best, the narrowest the fastest waves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .extrapolation import Entry
from .line import Line
from .sampled import Values
from .scheme import Scheme
from .spacings import ADJACENT, BETWEEN, NARROW, WIDE, spacing

LOW_ORDER = 2  # beyond, a change over tiny distances is lost in rounding
APART = 1.3125  # times the middle distance: what is in step with one of them must not be so with another
WITHIN = 0.25  # of the least step: farther out there are the steps of the table
ROUNDINGS = 32.0  # of the values, that inner terms larger than the value may leave
SPREAD = 2.0  # times the measured noise, since two values have it
BENDS = 8.0  # times the second derivative by the least steps: it may be larger nearby
FAITHFUL = 0.01  # part of a second difference that higher terms may change
MARGIN = 1.1


@dataclass(frozen=True)
class Seen:
    """What values over one distance say of a derivative, for each value of φ."""

    off: Values  # what parts them, 0 where they agree
    hidden: Values  # how large a part they could not have shown


def gap(line: Line, scheme: Scheme, entry: Entry) -> Values:
    """How far the derivative may be from what the control says, 0 where they agree or nothing is known."""
    off = np.zeros(entry.value.shape)
    if scheme.order > LOW_ORDER:
        return off
    ask = _first if scheme.order == 1 else _second
    with np.errstate(all="ignore"):
        for power in (WIDE, BETWEEN, NARROW, ADJACENT) if np.any(line.is_fast) else (WIDE, BETWEEN, NARROW):
            t = spacing(line, power) * (APART if power == BETWEEN else 1.0)
            within = t <= WITHIN * entry.step
            if np.any(within):
                seen = ask(line, scheme, entry, t)
                # What is seen over a wider distance may be far larger over one in which it does not show.
                here = np.where(off > 0, np.fmax(off, seen.off + seen.hidden), seen.off)
                off = np.where(within & np.isfinite(here), here, off)
    return MARGIN * off


def holds(line: Line, scheme: Scheme, entry: Entry) -> NDArray[np.bool_]:
    """Where the control agrees with the derivative."""
    agrees: NDArray[np.bool_] = gap(line, scheme, entry) == 0
    return agrees


def _first(line: Line, scheme: Scheme, entry: Entry, t: float) -> Seen:
    """A first derivative beside the slope over t."""
    near = _towards(scheme) * t
    rise = line(near) - line.base
    allowed = _allowed(line, entry, t, rise, 1) + BENDS * _bend(line, scheme, entry) * t**2
    off = np.abs(rise - entry.value * near)
    return Seen(np.where(off > allowed, off, 0.0) / t, allowed / t)


def _second(line: Line, scheme: Scheme, entry: Entry, t: float) -> Seen:
    """A second derivative beside the second difference over t."""
    told = entry.value * t**2
    rise = (line(t) - line(-t)) / 2 if scheme.is_two_sided else second_difference(line, scheme, t)
    allowed = 4 * _allowed(line, entry, t, rise, 2) + FAITHFUL * np.abs(told)
    off = np.abs(second_difference(line, scheme, t) - told)
    return Seen(np.where(off > allowed, off, 0.0) / t**2, allowed / t**2)


def _bend(line: Line, scheme: Scheme, entry: Entry) -> Values:
    """How φ bends, by the least steps that the derivative was taken from: an odd one has no second difference."""
    bend = np.zeros(entry.value.shape)
    for h in np.unique(entry.step[np.isfinite(entry.step)]):
        near = float(_towards(scheme) * h)
        beside = np.abs(line(near) - line.base - entry.value * near)
        here = np.fmax(np.abs(second_difference(line, scheme, float(h))), beside) / h**2
        bend = np.where(entry.step == h, here, bend)
    return bend


def second_difference(line: Line, scheme: Scheme, t: float) -> Values:
    """The second difference of φ at 0 over t, to one side where the scheme is one-sided."""
    if scheme.is_two_sided:
        return line(t) + line(-t) - 2 * line.base
    towards = _towards(scheme)
    return line(2 * towards * t) - 2 * line(towards * t) + line.base


def _towards(scheme: Scheme) -> float:
    return -1.0 if max(scheme.offsets) <= 0 else 1.0


def _allowed(line: Line, entry: Entry, t: float, rise: Values, order: int) -> Values:
    """By rounding of values and points, by noise, and by the error of the derivative."""
    size = np.abs(line.base) + np.abs(rise)
    rounding = line.precision * (ROUNDINGS * size + line.shift * np.abs(rise) / t)
    error = np.where(np.isfinite(entry.error), entry.error, 0.0)
    allowed: Values = rounding + SPREAD * line.noise + error * t**order
    return allowed
