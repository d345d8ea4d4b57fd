"""The steps: extrapolation over one window of steps after another, until the derivative settles.

The first window starts at about a quarter of the natural length of the line. A function that is not resolved there
(an oscillation, a pole, a kink, the edge of the domain nearby) is tried with far smaller steps; one whose change
drowns in rounding, with far larger ones. No step is absolute, so a change of units changes nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .extrapolation import Entry, Table, select, unknown
from .line import Line
from .noise import WIDER, grainy, measure
from .sampled import Values
from .scheme import JUMP, Scheme

ROWS = 7  # steps in a window
LOW_ORDER = 2
FIRST_ROWS = 3  # after so many a window that does not settle is left
WINDOWS_DOWN = 7
LARGER = 4.0  # steps beyond the natural length grow so much at a time
LARGER_WINDOWS = 6
OUT_OF_REACH = 0.95  # of the natural length, that the first steps of a wide scheme stay within
NEAR, FARTHEST = 12.0, 48.0  # as powers of two, from the first step to larger ones
ORDINARY = 1024.0  # numbers up to this size are tried for the inputs of a function that shows no change at tiny ones
LEAST = 0.25  # of a rounding, that the noise of values in full precision has
POOR = 1e-9  # a relative error beyond which noise is looked for
FLAT = 0.4  # a change below this power of the precision, beside the value, is hidden by rounding
NEXT_WINDOW = 2.0**-9
SMALLEST = 2.0**-60
OUTSIDE = 2.0**-6  # from a step that leaves the domain to the next
ROUNDED = 8.0  # an error below so many times that of rounding is as good as it gets
RESOLVED = 0.01  # a relative error that no wave sampled too coarsely shows, nor noise
COARSE = 300.0  # an error so many times that of rounding is of another kind
NOISE = 1000.0  # and so is noise
UNRESOLVED = 0.1  # a derivative with so large a relative error, that grows at smaller steps, is not known at all
CLEARED = 0.2  # a jump was a feature nearby if smaller steps leave at most so much of it
SURE = 5.0  # a jump is believed if it is so many times its own error


@dataclass(frozen=True)
class Limit:
    """The derivative along a line, entry by entry of φ, with the jump between its sides where there is one."""

    value: Values
    error: Values
    kinked: NDArray[np.bool_]
    noisy: NDArray[np.bool_]
    rounded: NDArray[np.bool_]  # nothing but rounding is to blame for the error


@dataclass(frozen=True)
class Window:
    """What one window of steps says: the derivative, and whether its two sides differ, at most by how much."""

    entry: Entry
    kinked: NDArray[np.bool_]
    largest_jump: Values


def settle(line: Line, scheme: Scheme) -> Limit:
    """The n-th derivative of φ at 0, from the window of steps where it is known best."""
    if line.noise_is_given:
        return _settle(line, scheme)
    first = _window(line, scheme, start(line, scheme))
    on_grid = np.any(grainy(line))
    if on_grid or not np.all(_rounded(first.entry)):
        measure(line)
    if on_grid and np.any(line.noise < LEAST * line.precision * np.abs(line.base)):
        measure(line, WIDER)  # not even their rounding shows: they are on a grid
    before = line.noise
    limit = _settle(line, scheme)
    with np.errstate(invalid="ignore"):
        poor = (limit.error > POOR * np.abs(limit.value)) & np.any(line.samples != line.base, axis=0)
    if np.any(poor):
        measure(line, WIDER)
        if np.any(line.noise > before):
            return _settle(line, scheme)
    return limit


def settles_at_once(line: Line, scheme: Scheme) -> NDArray[np.bool_]:
    """Where the first window of steps tells the derivative to the last digits."""
    window = _window(line, scheme, start(line, scheme))
    entry = window.entry
    with np.errstate(invalid="ignore"):
        well: NDArray[np.bool_] = entry.error <= POOR * np.abs(entry.value)
    return _rounded(entry) & well & ~window.kinked & ~grainy(line)


def _settle(line: Line, scheme: Scheme) -> Limit:
    best = kink = unknown(line)
    seen_jump = np.zeros(best.value.shape)
    diverges = np.zeros(best.value.shape, bool)
    confirmed = np.zeros(best.value.shape, bool)
    h = start(line, scheme)
    windows = 0
    while windows < WINDOWS_DOWN and h > SMALLEST:
        window = _window(line, scheme, h)
        entry = window.entry
        windows += bool(np.any(np.isfinite(entry.value)))
        with np.errstate(invalid="ignore"):
            resolved = entry.error <= RESOLVED * np.abs(entry.value)
            elsewhere = resolved & (np.abs(entry.value - kink.value) > entry.error + kink.error)
            cleared = (window.largest_jump < CLEARED * seen_jump) | elsewhere
            kinked = window.kinked | (seen_jump > 0) & ~cleared
            smooth = Entry(entry.value, np.where(kinked, np.inf, entry.error), entry.rounding)
            sided = Entry(entry.value, entry.error + window.largest_jump / 2, entry.rounding)
            contradicts = np.abs(smooth.value - best.value) > best.error + smooth.error
            closer = smooth.error < best.error
            falls = closer & (np.abs(smooth.value) < np.abs(best.value))  # as no noise and no unseen wave does
            diverges |= contradicts & ~resolved & (np.abs(smooth.value) > np.abs(best.value))
            # At x = 0 the natural length is a guess, and even a twice-seen 0 may hide a slope at smaller steps.
            confirmed = ~contradicts & _rounded(best) & _rounded(smooth) & (line.shift > 0)
        kink = select(window.kinked & (sided.error < kink.error), sided, kink)
        seen_jump = np.where(window.kinked, np.maximum(seen_jump, window.largest_jump), seen_jump)
        best = select(np.where(contradicts, resolved & ~kinked | falls, closer), smooth, best)
        known = _rounded(best) | (best.error <= UNRESOLVED * np.abs(best.value))
        final = known & (_rounding_at(line, scheme, h * NEXT_WINDOW, best) >= best.error)
        if np.all((_accurate(line, best) | final | confirmed) & _fits_locally(line, scheme, best)):
            break
        h *= NEXT_WINDOW if np.any(np.isfinite(entry.value)) else OUTSIDE
    best = _with_larger_steps(line, scheme, best)
    with np.errstate(invalid="ignore"):
        unresolved = (best.error > UNRESOLVED * np.abs(best.value)) & ~_rounded(best)
    # The expansion in powers of the step may not hold there: the differences may go to 0 slowly, or nowhere.
    error = np.where(unresolved, np.where(diverges, np.inf, 3 * best.error), best.error)
    best = Entry(best.value, error, best.rounding)
    kinked = np.isnan(best.value) & np.isfinite(kink.error)
    best = select(kinked, kink, best)
    noisy = ~kinked & ~np.isnan(best.value) & _unsettled(line, scheme, best)
    return Limit(best.value, best.error, kinked, noisy, _rounded(best))


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


def _window(line: Line, scheme: Scheme, h: float) -> Window:
    """Extrapolate over one window of steps; leave it early where it settles or does not begin to."""
    table = Table(line, scheme)
    sides = Table(line, JUMP[scheme.order]) if scheme.is_two_sided and scheme.order in JUMP else None
    window = _judge(line, table, sides)
    is_low = scheme.order <= LOW_ORDER  # those of high orders settle late
    for k in range(ROWS):
        table.extend(h)
        if sides is not None:
            sides.extend(h)
        h /= 2
        window = _judge(line, table, sides)
        settled = _rounded(window.entry)
        hopeless = (window.kinked | (table.best.error > UNRESOLVED * np.abs(window.entry.value)) & ~settled) & is_low
        if not table.finite or (k + 1 >= FIRST_ROWS and np.all(settled | hopeless)):
            break
    return window


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
        return Window(Entry(entry.value, error, entry.rounding), believed, apart)


def _accurate(line: Line, entry: Entry) -> NDArray[np.bool_]:
    accurate: NDArray[np.bool_] = entry.error <= line.precision**0.75 * np.abs(entry.value)
    return accurate


def _rounded(entry: Entry) -> NDArray[np.bool_]:
    """Where rounding is to blame for the error."""
    rounded: NDArray[np.bool_] = np.isfinite(entry.error) & (entry.error <= ROUNDED * entry.rounding)
    return rounded


def _fits_locally(line: Line, scheme: Scheme, best: Entry) -> NDArray[np.bool_]:
    """Where a first derivative agrees with the slope over the least distance, if that was looked at: no wave hides."""
    if line.slope is None or line.slope_error is None or scheme.order != 1:
        return np.ones(best.value.shape, bool)
    with np.errstate(invalid="ignore"):
        fits: NDArray[np.bool_] = ~(np.abs(best.value - line.slope) > line.slope_error + best.error)
        return fits


def _rounding_at(line: Line, scheme: Scheme, h: float, best: Entry) -> Values:
    """What rounding alone would leave at a smaller step, where φ is about φ(0)."""
    size = np.abs(line.base)
    if scheme.order == 1:
        size = size + line.shift * np.abs(best.value)
    with np.errstate(over="ignore"):
        rounding: Values = (line.precision * size + line.noise) / h**scheme.order
        return rounding


def _with_larger_steps(line: Line, scheme: Scheme, best: Entry) -> Entry:
    """`best`, with steps beyond the natural length for what rounding hides: an entry that hardly changes."""
    h = start(line, scheme)
    with np.errstate(invalid="ignore"):
        changes = np.max(np.abs(_samples(line, h) - line.base), axis=0)
        flat = (changes <= line.precision**FLAT * np.abs(line.base)) | (scheme.order > LOW_ORDER)
        # A bounded wave in noise would seem the flatter, the larger the step.
        hidden = flat & ~line.is_noisy & (best.error > line.precision**FLAT * np.abs(best.value)) & _rounded(best)
    if not np.any(hidden):
        return best
    before, h = h, _far_enough(line, h, hidden)
    for _ in range(LARGER_WINDOWS):
        h *= LARGER
        if not math.isfinite(h * scheme.reach):
            break
        window = _window(line, scheme, h)
        entry = window.entry
        with np.errstate(invalid="ignore"):
            agrees = np.abs(entry.value - best.value) <= best.error + entry.error
            # What rounding hides comes out no faster than the step grows: else the function has ended there.
            least = best.error * min(before / h, 1.0) ** scheme.order / SURE
            known = _rounded(entry) | (entry.error <= UNRESOLVED * np.abs(entry.value))
        better = hidden & agrees & known & ~window.kinked & (entry.error < best.error) & (entry.error >= least)
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
        change = np.abs(_samples(line, h) - line.base)[:, hidden]
        visible = ~(change <= line.precision**FLAT * np.abs(line.base[hidden]))
    return bool(np.any(visible))


def _samples(line: Line, h: float) -> Values:
    return np.array([line(h), line(-h)])


def _unsettled(line: Line, scheme: Scheme, best: Entry) -> NDArray[np.bool_]:
    """Where φ is noisy far beyond rounding, or the error large beside the derivative, the slope and all rounding."""
    h = start(line, scheme)
    with np.errstate(invalid="ignore", over="ignore"):
        slope = np.nan_to_num(np.max(np.abs(_samples(line, h) - line.base), axis=0) / h**scheme.order, posinf=0.0)
        allowed = line.precision**0.3 * np.maximum(np.abs(best.value), slope)
        local = np.abs(best.value) if scheme.order == 1 else 0.0
        usual = line.precision * (np.abs(line.base) + line.shift * local)
        noisy = line.is_noisy & (line.noise > NOISE * usual)
        coarse = noisy | (best.error > COARSE * best.rounding)
        unsettled: NDArray[np.bool_] = (best.error > allowed) & coarse | noisy
        return unsettled
