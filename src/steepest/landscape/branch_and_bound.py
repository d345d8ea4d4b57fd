"""The proof that no critical point of a box was missed: all of it is covered by boxes about which something is proved.

Each box has no critical point, or lies where there is exactly one that is known, or is halved. What stays undecided at
the smallest size, or when the work allowed is done, is left over: then nothing is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .box import Box
from .enclosed import Enclosures, Part, by_piece
from .krawczyk import judge
from .unique_zero import MUCH, UniqueZero, unique_zeros

BATCH = 2048  # boxes that are judged together
MOST_BOXES = 300_000
SMALLEST = 2.0**-24  # of the width: a box that is smooth is not halved any more
ROUGH_BITS = 14  # where f has kinks, jumps, branches or no value, so many halvings, shared by the ways along them
MOST_ZEROS = 300  # new ones, after which it is given up
MOST_TRIES = 400  # small boxes about which a larger one is tried


@dataclass
class Cover:
    """What was proved of a box: how many parts were judged, and which are left undecided."""

    judged: int = 0
    zeros: list[UniqueZero] = field(default_factory=list)  # new ones
    smooth_left: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    rough_left: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    near_degenerate: int = 0  # parts close to degenerate points, which are not looked into
    unfinished: int = 0  # parts that were not judged for lack of work

    @property
    def is_whole(self) -> bool:
        return not (self.smooth_left or self.rough_left or self.near_degenerate or self.unfinished)


def cover(
    enclosures: Enclosures, box: Box, zeros: list[UniqueZero], degenerate: list[tuple[np.ndarray, np.ndarray]],
    most_boxes: int = MOST_BOXES,
) -> Cover:  # fmt: skip
    """Go through the box; `degenerate` are the surroundings that are left out, as boxes."""
    result = Cover()
    waiting = [(box.low[None].copy(), box.high[None].copy())]
    while waiting:
        low, high = _next(waiting)
        if result.judged + len(low) > most_boxes or len(result.zeros) > MOST_ZEROS:
            result.unfinished = len(low) + sum(len(part) for part, _ in waiting)
            break
        result.judged += len(low)
        low, high = _without(low, high, [(z.low, z.high) for z in (*zeros, *result.zeros)])
        count = len(low)
        low, high = _without(low, high, degenerate)
        result.near_degenerate += count - len(low)
        for part in by_piece(enclosures, low, high):
            waiting += _judged(part, box, result)
    result.smooth_left = _undecided(enclosures, box, result)
    return result


def _undecided(enclosures: Enclosures, box: Box, result: Cover) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of the smallest boxes those about which no larger box is proved to have one zero.

    A box that was narrowed to a zero has it at its edge as often as not; a larger one has it inside.
    """
    tried = result.smooth_left[:MOST_TRIES]
    if tried:
        result.zeros += filter(None, unique_zeros(enclosures, np.array([(a + b) / 2 for a, b in tried]), box))
    return [
        (a, b)
        for a, b in result.smooth_left
        if not any(np.all(a >= z.low) and np.all(b <= z.high) for z in result.zeros)
    ]


def _next(waiting: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """The boxes that came last, so that few wait."""
    lows, highs, count = [], [], 0
    while waiting and count < BATCH:
        low, high = waiting.pop()
        room = BATCH - count
        if len(low) > room:
            waiting.append((low[room:], high[room:]))
            low, high = low[:room], high[:room]
        lows.append(low)
        highs.append(high)
        count += len(low)
    return np.concatenate(lows), np.concatenate(highs)


def _without(
    low: np.ndarray, high: np.ndarray, known: list[tuple[np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """The boxes that lie inside of none of the known ones."""
    inside = np.zeros(len(low), dtype=bool)
    for a, b in known:
        inside |= np.all((low >= a) & (high <= b), axis=1)
    return low[~inside], high[~inside]


def _judged(part: Part, box: Box, result: Cover) -> list[tuple[np.ndarray, np.ndarray]]:
    """The boxes that are to be looked at again."""
    low, high = part.low, part.high
    if part.piece is None:
        smooth = np.zeros(len(low), dtype=bool)
        shrunk = smooth
    else:
        verdict = judge(part.piece, low, high)
        for k in np.flatnonzero(verdict.one):
            tight = verdict.low[k], verdict.high[k]
            result.zeros.append(UniqueZero(low[k], high[k], *tight))
        left = ~(verdict.none | verdict.one)
        before = _longest(low[left], high[left], box)
        low, high, smooth = verdict.low[left], verdict.high[left], verdict.smooth[left]
        shrunk = _longest(low, high, box) < MUCH * before
    small = _longest(low, high, box) <= np.where(smooth, SMALLEST, _smallest_rough(box.size))
    result.smooth_left += list(zip(low[small & smooth], high[small & smooth], strict=True))
    result.rough_left += list(zip(low[small & ~smooth], high[small & ~smooth], strict=True))
    again, halve = ~small & shrunk, ~small & ~shrunk
    return [(low[again], high[again]), *_halves(low[halve], high[halve], box)]


def _longest(low: np.ndarray, high: np.ndarray, box: Box) -> np.ndarray:
    """The longest side of each box, as part of the width of the whole."""
    return np.asarray(np.max((high - low) / box.width, axis=1))


def _smallest_rough(size: int) -> float:
    """The part of the width at which boxes along a kink are left: few enough for the surface that it is."""
    return SMALLEST if size == 1 else float(2.0 ** -(ROUGH_BITS // (size - 1)))


def _halves(low: np.ndarray, high: np.ndarray, box: Box) -> list[tuple[np.ndarray, np.ndarray]]:
    """Each box cut across its longest side, measured by the whole box."""
    if not len(low):
        return []
    rows, axis = np.arange(len(low)), np.argmax((high - low) / box.width, axis=1)
    cut = low[rows, axis] / 2 + high[rows, axis] / 2
    lower_high, upper_low = high.copy(), low.copy()
    lower_high[rows, axis] = upper_low[rows, axis] = cut
    return [(low, lower_high), (upper_low, high)]
