"""The proof that no critical point of a box was missed: all of it is covered by boxes about which something is proved.

Each box has no critical point, or lies where there is exactly one that is known, or is halved. What stays undecided at
the smallest size, or when the work allowed is done, is left over: then nothing is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .box import Box
from .enclosed import Enclosures, Piece
from .krawczyk import judge

BATCH = 2048  # boxes that are judged together
MOST_BOXES = 300_000
SMALLEST = 2.0**-24  # of the width: a box that is smooth is not halved any more
ROUGH_BITS = 14  # where f has kinks, jumps, branches or no value, so many halvings, shared by the ways along them
MOST_TRIES = 400  # small boxes about which a larger one is tried
RADII = 2.0 ** np.arange(-33, 0)  # of the width, of boxes about a point that is known
MUCH = 0.8  # a box that shrinks below this part of its width is judged again before it is halved


@dataclass(frozen=True)
class UniqueZero:
    """A box in which the gradient is proved to have exactly one zero, where the Hessian is regular."""

    low: np.ndarray
    high: np.ndarray
    tight_low: np.ndarray  # the zero itself lies between these
    tight_high: np.ndarray

    def holds(self, x: np.ndarray) -> bool:
        return bool(np.all((x >= self.low) & (x <= self.high)))


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


def unique_zero_about(enclosures: Enclosures, x: np.ndarray, box: Box) -> UniqueZero | None:
    """The largest box about `x`, of some that double in size, that is proved to hold exactly one zero."""
    radii = np.reshape(RADII, (-1, 1)) * box.width
    low, high = x - radii, x + radii
    for part in _by_piece(enclosures, low, high):
        if part.piece is None:
            continue
        verdict = judge(part.piece, part.low, part.high)
        proved = np.flatnonzero(verdict.one)
        if proved.size:
            least, most = proved[0], proved[-1]
            tight = _tightened(part.piece, verdict.low[least], verdict.high[least])
            return UniqueZero(part.low[most], part.high[most], *tight)
    return None


def _tightened(piece: Piece, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A box that holds a zero, narrowed to what rounding leaves."""
    while True:
        verdict = judge(piece, low[None], high[None])
        if verdict.none[0] or np.all(verdict.high[0] - verdict.low[0] >= MUCH * (high - low)):
            return low, high
        low, high = verdict.low[0], verdict.high[0]


def cover(
    enclosures: Enclosures, box: Box, zeros: list[UniqueZero], degenerate: list[tuple[np.ndarray, np.ndarray]],
    most_boxes: int = MOST_BOXES,
) -> Cover:  # fmt: skip
    """Go through the box; `degenerate` are the surroundings that are left out, as boxes."""
    result = Cover()
    waiting = [(box.low[None].copy(), box.high[None].copy())]
    while waiting:
        low, high = _next(waiting)
        if result.judged + len(low) > most_boxes:
            result.unfinished = len(low) + sum(len(part) for part, _ in waiting)
            break
        result.judged += len(low)
        low, high = _without(low, high, [(z.low, z.high) for z in (*zeros, *result.zeros)])
        count = len(low)
        low, high = _without(low, high, degenerate)
        result.near_degenerate += count - len(low)
        for part in _by_piece(enclosures, low, high):
            waiting += _judged(part, box, result)
    result.smooth_left = _undecided(enclosures, box, result)
    return result


def _undecided(enclosures: Enclosures, box: Box, result: Cover) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of the smallest boxes those about which no larger box is proved to have one zero.

    A box that was narrowed to a zero has it at its edge as often as not; a larger one has it inside.
    """
    left = []
    for k, (low, high) in enumerate(result.smooth_left):
        if any(np.all(low >= z.low) and np.all(high <= z.high) for z in result.zeros):
            continue
        zero = unique_zero_about(enclosures, low / 2 + high / 2, box) if k < MOST_TRIES else None
        if zero is not None and np.all(low >= zero.low) and np.all(high <= zero.high):
            result.zeros.append(zero)
        else:
            left.append((low, high))
    return left


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


@dataclass(frozen=True)
class _Part:
    """Boxes on which the function goes the way of one piece; None: of no piece, or of several."""

    piece: Piece | None
    low: np.ndarray
    high: np.ndarray


def _by_piece(enclosures: Enclosures, low: np.ndarray, high: np.ndarray) -> list[_Part]:
    parts, left = [], np.ones(len(low), dtype=bool)
    tried = 0
    while left.any() and tried < len(enclosures.pieces):
        piece = enclosures.pieces[tried]
        mine = np.flatnonzero(left)
        mine = mine[piece.holds(low[mine], high[mine])]
        parts.append(_Part(piece, low[mine], high[mine]))
        left[mine] = False
        tried += 1
        if tried == len(enclosures.pieces) and left.any():
            first = np.flatnonzero(left)[0]
            enclosures.extend(low[first] / 2 + high[first] / 2)
    parts.append(_Part(None, low[left], high[left]))
    return [p for p in parts if len(p.low)]


def _judged(part: _Part, box: Box, result: Cover) -> list[tuple[np.ndarray, np.ndarray]]:
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
        before = (high - low)[left]
        low, high, smooth = verdict.low[left], verdict.high[left], verdict.smooth[left]
        shrunk = np.any(high - low < MUCH * before, axis=1)
    small = np.max((high - low) / box.width, axis=1) <= np.where(smooth, SMALLEST, _smallest_rough(box.size))
    result.smooth_left += list(zip(low[small & smooth], high[small & smooth], strict=True))
    result.rough_left += list(zip(low[small & ~smooth], high[small & ~smooth], strict=True))
    again, halve = ~small & shrunk, ~small & ~shrunk
    return [(low[again], high[again]), *_halves(low[halve], high[halve], box)]


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
