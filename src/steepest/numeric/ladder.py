"""The steps: extrapolation over one window of steps after another, until the derivative settles.

The first window starts at about a quarter of the natural length of the line. A function that is not resolved there
(an oscillation, a pole, a kink, the edge of the domain nearby) is tried with far smaller steps; one whose change
drowns in rounding, with far larger ones. No step is absolute, so a change of units changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .control import gap, holds
from .extrapolation import Entry, select, unknown
from .larger import around, with_larger_steps
from .line import Line
from .sampled import Values
from .scheme import Scheme
from .spacings import WIDE, spacing
from .window import RESOLVED, UNRESOLVED, rounded, start, window

WINDOWS_DOWN = 7
NEXT_WINDOW = 2.0**-9
SMALLEST = 2.0**-60
OUTSIDE = 2.0**-6  # from a step that leaves the domain to the next
BLURRED = 0.5  # one that still says whether values nearby agree
COARSE = 300.0  # an error so many times that of rounding is of another kind
NOISE = 1000.0  # and so is noise
CLEARED = 0.2  # a jump was a feature nearby if smaller steps leave at most so much of it
FALLING = 4  # windows in a row
STEADY = 0.1  # how far the ratios of a fall may differ
BROKEN = 1.5  # times what is left of it
STEEPER = 1.5  # stairs may be than over the distance looked at


@dataclass(frozen=True)
class Limit:
    """The derivative along a line, entry by entry of φ, with the jump between its sides where there is one."""

    value: Values
    error: Values
    kinked: NDArray[np.bool_]
    noisy: NDArray[np.bool_]
    rounded: NDArray[np.bool_]  # nothing but rounding is to blame for the error
    held: NDArray[np.bool_]  # values at tiny distances agree
    bias: Values | float = 0.0  # the part of the error by steps of φ that are no noise nearby


def descend(line: Line, scheme: Scheme) -> Limit:
    best = kink = unknown(line)
    seen_jump = np.zeros(best.value.shape)
    diverges = np.zeros(best.value.shape, bool)
    confirmed = np.zeros(best.value.shape, bool)
    slow = np.zeros(best.value.shape)
    seen: list[Values] = []
    h = start(line, scheme)
    windows = 0
    while windows < WINDOWS_DOWN and h > SMALLEST:
        here = window(line, scheme, h)
        entry = here.entry
        windows += bool(np.any(np.isfinite(entry.value)))
        with np.errstate(invalid="ignore"):
            resolved = entry.error <= RESOLVED * np.abs(entry.value)
            found = resolved | line.is_fast & (entry.error <= BLURRED * np.abs(entry.value))
            elsewhere = found & (np.abs(entry.value - kink.value) > entry.error + kink.error)
            cleared = (here.largest_jump < CLEARED * seen_jump) | elsewhere
            kinked = here.kinked | (seen_jump > 0) & ~cleared
            smooth = Entry(entry.value, np.where(kinked, np.inf, entry.error), entry.rounding, entry.step)
            sided = Entry(entry.value, entry.error + here.largest_jump / 2, entry.rounding, entry.step)
            contradicts = np.abs(smooth.value - best.value) > best.error + smooth.error
            closer = smooth.error < best.error
            falls = closer & (np.abs(smooth.value) < np.abs(best.value))  # as no noise and no unseen wave does
            diverges |= contradicts & ~resolved & (np.abs(smooth.value) > np.abs(best.value))
            # At x = 0 the natural length is a guess, and even a twice-seen 0 may hide a slope at smaller steps.
            confirmed = ~contradicts & rounded(best) & rounded(smooth) & (line.shift > 0)
        kink = select(here.kinked & (sided.error < kink.error), sided, kink)
        seen_jump = np.where(here.kinked, np.maximum(seen_jump, here.largest_jump), seen_jump)
        if np.any(contradicts):  # one that the values beside 0 confirm is believed rather than one that they do not
            known = smooth.error <= BLURRED * np.abs(smooth.value)
            resolved |= known & holds(line, scheme, smooth) & ~holds(line, scheme, best)
        better = np.where(contradicts, resolved & ~kinked | falls, closer)
        best = select(better, smooth, best)
        seen.append(entry.value)
        slow = np.where(better, _still_to_go(seen), slow)
        known = rounded(best) | (best.error <= UNRESOLVED * np.abs(best.value))
        final = known & (_rounding_at(line, scheme, h * NEXT_WINDOW, best) >= best.error)
        if np.all((_accurate(line, best) | final | confirmed) & holds(line, scheme, best)):
            break
        h *= NEXT_WINDOW if np.any(np.isfinite(entry.value)) else OUTSIDE
    best = with_larger_steps(line, scheme, best)
    with np.errstate(invalid="ignore"):
        unresolved = (best.error > UNRESOLVED * np.abs(best.value)) & ~rounded(best)
    # The expansion in powers of the step may not hold there: the differences may go to 0 slowly, or nowhere.
    error = np.where(unresolved, np.where(diverges, np.inf, 3 * best.error), best.error)
    apart = gap(line, scheme, best)
    error = np.max([error, apart, slow, _stairs(line, scheme, best)], axis=0)
    best = Entry(best.value, error, best.rounding, best.step)
    kinked = np.isnan(best.value) & np.isfinite(kink.error)
    best = select(kinked, kink, best)
    noisy = ~kinked & ~np.isnan(best.value) & _unsettled(line, scheme, best)
    return Limit(best.value, best.error, kinked, noisy, rounded(best), apart == 0)


def _still_to_go(seen: list[Values]) -> Values:
    """How far the derivative is from where a slow fall of the last windows leads: as the step to a broken power."""
    if len(seen) < FALLING:
        return np.zeros(seen[0].shape)
    with np.errstate(all="ignore"):
        moves = np.diff(np.array(seen[-FALLING:]), axis=0)
        ratios = moves[1:] / moves[:-1]
        ratio = ratios[-1]
        steady = (np.ptp(ratios, axis=0) <= STEADY * ratio) & (ratio > 0) & (ratio < 1)
        left: Values = np.where(steady, BROKEN * np.abs(moves[-1]) * ratio / (1 - ratio), 0.0)
    return left


def _stairs(line: Line, scheme: Scheme, best: Entry) -> Values:
    """The slope of stairs on a step of which φ is flat, if there are steps nearby: 0 may not be meant."""
    h = start(line, scheme) / 2
    with np.errstate(all="ignore"):
        flat = (best.value == 0) & np.all([line(o * spacing(line, WIDE)) == line.base for o in scheme.offsets], axis=0)
        changes = np.max([np.abs(line(o * h) - line.base) for o in scheme.offsets], axis=0) / h**scheme.order
        slope: Values = np.where(flat & np.isfinite(changes), STEEPER * changes, 0.0)
    return slope


def _accurate(line: Line, entry: Entry) -> NDArray[np.bool_]:
    accurate: NDArray[np.bool_] = entry.error <= line.precision**0.75 * np.abs(entry.value)
    return accurate


def _rounding_at(line: Line, scheme: Scheme, h: float, best: Entry) -> Values:
    """What rounding alone would leave at a smaller step, where φ is about φ(0)."""
    size = np.abs(line.base)
    if scheme.order == 1:
        size = size + line.shift * np.abs(best.value)
    with np.errstate(over="ignore"):
        rounding: Values = (line.precision * size + line.noise) / h**scheme.order
        return rounding


def _unsettled(line: Line, scheme: Scheme, best: Entry) -> NDArray[np.bool_]:
    """Where φ is noisy far beyond rounding, or the error large beside the derivative, the slope and all rounding."""
    h = start(line, scheme)
    with np.errstate(invalid="ignore", over="ignore"):
        changes = np.abs(around(line, h) - line.base)
        slope = np.nan_to_num(np.max(changes, axis=0) / h**scheme.order, posinf=0.0)
        allowed = line.precision**0.3 * np.maximum(np.abs(best.value), slope)
        local = np.abs(best.value) if scheme.order == 1 else 0.0
        change = np.nan_to_num(np.fmin(*changes), posinf=0.0)  # φ itself and its slope may be 0
        usual = line.usual_rounding(np.fmax(line.shift * local, change))
        noisy = line.is_noisy & (line.noise > NOISE * usual)
        coarse = noisy | (best.error > COARSE * best.rounding)
        unsettled: NDArray[np.bool_] = (best.error > allowed) & coarse | noisy
        return unsettled
