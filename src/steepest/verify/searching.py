"""What a function finds by halving an interval: as a staircase its derivative is one thing, as a solution another.

Each step is as wide as the tolerance of the search, and has the slope of the ends of the interval; the staircase as a
whole climbs as the solution does. Such a search shows by its decisions: those it took last turn at the least nudge,
those before at one some times as large, and so on. Decisions that merely lie side by side (a sorting, pieces of a line)
turn in proportion to the nudge, and rounding is a step that was asked for: neither is looked at twice. Nor is a search
what does not jump where its decisions turn: a map that folds the line again and again turns them in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steepest.errors import MismatchError, located

from .leaves import Arrays, Leaves, Values, flat, nudged, place, precision

Mask = NDArray[np.bool_]

APART = 4.0  # from one nudge to the next
LEVELS = 13  # down to 1.5e-8
SPAN = 3  # levels over which decisions turn in turn: 64 times
FEWEST = 6  # decisions that make a search
STEADY = 0.05  # the part by which the slope of the staircase may vary besides
ROUNDINGS = 32  # of the largest number on the way, less than which is no jump
UNKNOWN_STEPS = (4.0**-5, 4.0**-3)  # nudges where nothing is known of the steps


@dataclass(frozen=True)
class Decisions:
    """What a recorded computation decides by its values."""

    count: int
    turned: Callable[[Arrays], Mask]  # which of them are others at given values
    hidden: bool  # whether there are more where they cannot be seen, in loops, and no rounding that makes steps
    rounds: bool  # whether rounding is among what it does


def require_no_search(
    leaves: Leaves, decisions: Decisions, v: Arrays, pushed: Arrays, base: Arrays, settled: bool, where: str
) -> None:
    """The staircase that the function makes along v climbs as its steps do, or MismatchError.

    `settled` is whether small differences confirm the derivative `pushed`.
    """
    nudges = _nudges(leaves, decisions, v)
    if not nudges and decisions.hidden and not settled:
        nudges = UNKNOWN_STEPS
    given, rest = flat(pushed, base), flat(base, base)
    slopes: list[Values] = []
    rounding = np.zeros(rest.shape)
    precise = max(leaves.precision, precision(base))
    for t in nudges:
        if leaves.calls_left < 2:
            return
        ahead, behind = leaves.moved(v, t, base), leaves.moved(v, -t, base)
        with np.errstate(invalid="ignore"):
            slopes += [(ahead - rest) / t, (rest - behind) / t]
            rounding = np.maximum(rounding, 4 * precise * np.maximum(np.abs(ahead), np.abs(behind)) / t)
    if not slopes:
        return
    low, high = np.min(slopes, axis=0), np.max(slopes, axis=0)
    with np.errstate(invalid="ignore"):
        allowed = high - low + STEADY * np.maximum(np.abs(low), np.abs(high)) + rounding
        wrong = (given < low - allowed) | (given > high + allowed)
        largest = np.abs(rest) + np.abs(given) + np.maximum(np.abs(low), np.abs(high))
    if np.any(wrong) and not (settled and _is_continuous(leaves, decisions, v, base, ROUNDINGS * precise * largest)):
        i = int(np.argmax(wrong))
        at = place(i, base)
        raise MismatchError(
            located(
                f"the function{f' ({at})' if at else ''} goes in steps, as what a search with a tolerance finds: along "
                f"a random direction the derivative of a step is {given[i]:.6g}, but over nudges of a relative "
                f"{min(nudges):.2g} to {max(nudges):.2g} the function has the slope {(low[i] + high[i]) / 2:.6g}. "
                "If steps are meant, make them by np.round, np.floor or np.searchsorted.",
                where,
            )
        )


def _nudges(leaves: Leaves, decisions: Decisions, v: Arrays) -> tuple[float, ...]:
    """Two nudges that cross many steps of a search, if the decisions look like those of one."""
    if decisions.count < FEWEST:
        return ()
    levels = _levels(leaves)
    found: list[Mask] = []
    for t in levels:
        ahead, behind = (decisions.turned(nudged(leaves.values, v, side * t)) for side in (1, -1))
        found.append(ahead | behind)
        if not np.any(found[-1]):
            break
    # What a small nudge turns counts for larger ones, which may turn it back.
    turned = [int(np.count_nonzero(np.any(found[k:], axis=0))) for k in range(len(found))]
    windows = [k for k in range(len(turned) - SPAN) if _in_turn(turned[k : k + SPAN + 1])]
    if not windows:
        return ()
    widest = windows[-1]  # which crosses the least steps
    return levels[max(widest, 1)], levels[max(widest - 1, 0)]


def _levels(leaves: Leaves) -> list[float]:
    return [t for t in (APART**-k for k in range(1, LEVELS + 1)) if t > leaves.precision**0.5]


def _is_continuous(leaves: Leaves, decisions: Decisions, v: Arrays, base: Arrays, rounding: Values) -> bool:
    """Whether the function goes on without a jump where its decisions turn, near by first."""
    places = [
        (side * near, side * far) for side in (1, -1) for near, far in _places_of_turns(leaves, decisions, v, side)
    ]
    jumps = (leaves.moved(v, far, base) - leaves.moved(v, near, base) for near, far in places)
    return bool(places) and all(np.all(np.abs(jump) <= rounding) for jump in jumps)


def _places_of_turns(leaves: Leaves, decisions: Decisions, v: Arrays, side: int) -> list[tuple[float, float]]:
    """Two nudges next to each other between which a decision turns: of those that turn first, at some levels."""

    def turned(t: float) -> Mask:
        return decisions.turned(nudged(leaves.values, v, side * t))

    found: list[tuple[float, float]] = []
    near, before = 0.0, turned(0.0)
    for far in reversed(_levels(leaves)):
        now = turned(far)
        new = np.flatnonzero(now & ~before)
        if new.size and len(found) <= SPAN:
            found.append(_narrowed(near, far, _is_in(turned, int(new[0])), leaves.precision))
        near, before = far, now
    return found


def _is_in(turned: Callable[[float], Mask], k: int) -> Callable[[float], bool]:
    return lambda t: bool(turned(t)[k])


def _narrowed(near: float, far: float, is_turned: Callable[[float], bool], width: float) -> tuple[float, float]:
    while far - near > width:
        middle = (near + far) / 2
        near, far = (near, middle) if is_turned(middle) else (middle, far)
    return near, far


def _in_turn(turned: list[int]) -> bool:
    """Larger nudges turn some more, but far from as many more as they are larger."""
    largest, smallest = turned[0], turned[-1]
    return smallest > 0 and smallest + SPAN <= largest <= smallest * APART ** (SPAN / 2)
