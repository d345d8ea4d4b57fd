"""The derivative along a line, with whatever noise, jumps and small steps the values show taken into account."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .control import gap, holds, second_difference
from .extrapolation import Entry
from .jumps import jumps_of_trend, step_between
from .ladder import Limit, descend
from .line import Line
from .noise import grainy, measure
from .sampled import Values
from .scheme import Scheme
from .spacings import WIDE, WIDER, spacing
from .window import RESOLVED, UNRESOLVED, Window, rounded, start, window

LEAST = 0.25  # of a rounding, that the noise of values in full precision has
POOR = 1e-9  # a relative error beyond which noise is looked for
FAR_ENOUGH = 2.0**-4  # of the first step: there are jumps within, if the slope over larger steps is made of them
NEAR_TREND = 0.4  # of what is to be explained, over the distance looked at
STRAIGHT = 0.25  # of what is to be explained, that the slope may change by
SAWTOOTH = 1.2  # of the height of its jumps, that the noise is of values that are rounded
MOST_LOOKED_AT = 4  # values of φ in which jumps are looked for
SMALL_STEP = 1e-2  # of the change over the first step, up to which a step in φ is none that is meant
BIASED = 4.0  # times the slope of such a step over the first, which the slope beside it may be off by
APART = 3.0  # errors that part a slope nearby from the trend of steps
BLURRED = 0.5  # a relative error that still says as much
PART, MARGIN = 0.05, 1.1  # of what parts them: that one step makes at least, and that the error is
GROWS = 4.0  # times the least step, that the best difference was taken from
VISIBLE = 64.0  # roundings, up to which noise is what rounding leaves


def settle(line: Line, scheme: Scheme) -> Limit:
    """The n-th derivative of φ at 0, from the window of steps where it is known best."""
    if line.noise_is_given:
        return descend(line, scheme)
    first = window(line, scheme, start(line, scheme))
    limit = _with_noise(line, scheme, first)
    bias = _bias(line, scheme, first, limit)
    return replace(limit, error=np.maximum(limit.error, bias), bias=bias)


def _bias(line: Line, scheme: Scheme, first: Window, limit: Limit) -> Values:
    """How far a derivative over short distances may be from what is meant: by values that break off when good enough.

    Those of iterations and adaptive rules are smooth but for small steps. Over larger distances these part the
    derivatives the more, the smaller the step gets, as no smooth function does.
    """
    entry = first.entry
    with np.errstate(invalid="ignore"):
        rough = ~rounded(entry) & ~first.kinked & ~limit.kinked & limit.rounded
        rough &= line.noise <= VISIBLE * line.precision * np.abs(line.base)
        rough &= entry.error <= UNRESOLVED * np.abs(entry.value)
        grows = rough & (entry.step >= GROWS * first.last) & (entry.error <= RESOLVED * np.abs(entry.value))
        bias: Values = np.where(grows, np.fmax(entry.error, np.abs(limit.value - entry.value)), 0.0)
        apart = np.abs(limit.value - entry.value)
        coarse = (apart > APART * entry.error + limit.error) & limit.rounded & ~limit.kinked & ~line.is_fast
        coarse &= entry.error <= BLURRED * np.fmin(np.abs(limit.value), np.abs(line.base))
    if scheme.order == 1 and scheme.is_two_sided:
        rough &= entry.error > POOR * np.abs(entry.value)
        h = start(line, scheme)
        for i in map(int, np.flatnonzero(rough)[:MOST_LOOKED_AT]):
            step = step_between(line, h, i)
            if step <= SMALL_STEP * abs(entry.value[i]) * h:  # larger ones are not by chance
                bias[i] = max(bias[i], BIASED * step / h)
        for i in map(int, np.flatnonzero(coarse)[:MOST_LOOKED_AT]):
            if step_between(line, h, i) >= PART * apart[i] * h:  # a few steps make the trend
                bias[i] = max(bias[i], MARGIN * apart[i])
    return bias


def _with_noise(line: Line, scheme: Scheme, first: Window) -> Limit:
    """The derivative, with noise and jumps looked for where the first window says anything but that it is smooth."""
    settled = np.all(rounded(first.entry) & ~first.kinked)
    held = not settled or bool(np.all(holds(line, scheme, first.entry)))
    on_grid = np.any(grainy(line))
    if on_grid or not held or not settled:
        measure(line)
    if on_grid and np.any(line.noise < LEAST * line.precision * np.abs(line.base)):
        measure(line, WIDER)  # not even their rounding shows: they are on a grid
    if not held:
        apart = gap(line, scheme, first.entry)
        _add_jumps(
            line, scheme, first.entry, np.where(first.entry.error <= RESOLVED * np.abs(first.entry.value), apart, 0.0)
        )
    before = line.noise
    limit = descend(line, scheme)
    with np.errstate(invalid="ignore"):
        poor = (limit.error > POOR * np.abs(limit.value)) & np.any(line.samples != line.base, axis=0)
    if np.any(poor):
        measure(line, WIDER)
        if np.any(line.noise > before):
            return descend(line, scheme)
    with np.errstate(invalid="ignore"):
        size = np.fmax(np.abs(first.entry.value), np.fmin(np.abs(limit.value), np.abs(line.base)))
        parted = np.abs(limit.value - first.entry.value)
        doubted = (parted > first.entry.error + limit.error) & (first.entry.error <= UNRESOLVED * size)
    if _add_jumps(line, scheme, first.entry, np.where((doubted | ~limit.held) & ~limit.kinked, parted, 0.0)):
        return descend(line, scheme)
    return limit


def _add_jumps(line: Line, scheme: Scheme, trend: Entry, parted: Values) -> bool:
    """Whether jumps explain by how much the slope at 0 is not that over larger steps; they are the noise of φ then."""
    if scheme.order != 1 or line.saw_no_jumps:
        return False
    before, h = line.noise, start(line, scheme)
    sides = (1, -1) if scheme.is_two_sided else (-1,) if max(scheme.offsets) <= 0 else (1,)
    with np.errstate(all="ignore"):
        bend = np.abs(second_difference(line, scheme, h)) / h**2
        # No farther than the slope stays what it is, beside what is to be explained.
        far = np.fmin(h * FAR_ENOUGH, STRAIGHT * parted / bend)
        far = np.where((parted > 0) & (far > spacing(line, WIDE)) & ~line.is_fast, far, 0.0)
    for entry in map(int, np.flatnonzero(far)[:MOST_LOOKED_AT]):
        ends = [side * float(far[entry]) for side in sides]
        off = max(abs(float(line(t)[entry] - line.base[entry] - trend.value[entry] * t)) for t in ends)
        # Beside a pole, a kink or one jump φ is not near its trend.
        if off <= NEAR_TREND * parted[entry] * far[entry]:
            jumps = jumps_of_trend(line, ends[0], float(trend.value[entry]), float(parted[entry]), entry)
            line.add_noise(entry, SAWTOOTH * jumps)
    line.saw_no_jumps = not np.any(line.noise > before)
    return not line.saw_no_jumps


def at_once(line: Line, scheme: Scheme) -> tuple[Entry, NDArray[np.bool_]]:
    """The derivative by the first window of steps alone, and where that tells it to the last digits."""
    here = window(line, scheme, start(line, scheme))
    entry = here.entry
    with np.errstate(invalid="ignore"):
        well: NDArray[np.bool_] = entry.error <= POOR * np.abs(entry.value)
    return entry, rounded(entry) & well & ~here.kinked & holds(line, scheme, entry) & ~grainy(line)
