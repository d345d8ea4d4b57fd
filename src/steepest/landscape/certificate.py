"""What was proved of the critical points in a box, and what was not, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .box import Box
from .branch_and_bound import MOST_ZEROS, Cover
from .manifold import CriticalManifold

NOTHING = 1e-9  # of the width: a number that small is shown as 0
PLACES = 3  # of those left over that are shown
Parts = Sequence[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Certificate:
    """`complete`: whether it is proved that no critical point is missing. `reasons` say what stands against it.

    `boxes` counts the parts of the box that were judged; `left` are those left undecided, as (low, high).
    """

    complete: bool
    boxes: int
    statement: str
    reasons: tuple[str, ...] = ()
    left: tuple[tuple[np.ndarray, np.ndarray], ...] = ()

    def __str__(self) -> str:
        return "\n".join([self.statement, *(f"  {r}" for r in self.reasons)])

    def __bool__(self) -> bool:
        return self.complete


def not_tried(reason: str, count: int) -> Certificate:
    """Where nothing is proved."""
    return Certificate(False, 0, f"not proved complete: found from {count} starts", (f"no interval proof: {reason}",))


def certified(
    covered: Cover, box: Box, degenerate: Sequence[np.ndarray], manifolds: Sequence[CriticalManifold]
) -> Certificate:
    """What a walk through the box proves."""
    if covered.is_whole:
        said = (
            f"complete: interval arithmetic over {covered.judged} boxes proves that {box} holds no other critical point"
        )
        return Certificate(True, covered.judged, said)
    left = (*covered.smooth_left, *covered.rough_left)
    reasons = tuple(_reasons(covered, box, degenerate, manifolds))
    said = f"not proved complete ({covered.judged} boxes judged by interval arithmetic)"
    if not left and not covered.unfinished:
        said = (
            f"complete but for the surroundings of what is degenerate ({covered.judged} boxes judged by interval"
            " arithmetic)"
        )
    return Certificate(False, covered.judged, said, reasons, left)


def _reasons(
    covered: Cover, box: Box, degenerate: Sequence[np.ndarray], manifolds: Sequence[CriticalManifold]
) -> Iterator[str]:
    if covered.near_degenerate:
        for x in degenerate:
            yield f"near {_shown(x, box)} the Hessian is singular: how many critical points there are cannot be proved"
        for m in manifolds:
            yield f"next to {m}, near {_shown(m.points[0], box)}, nothing can be proved"
    if covered.rough_left:
        yield (
            f"f has a kink, a jump, a branch or the end of its domain {_places(covered.rough_left, box)}; there a"
            " minimum need not have a gradient of 0, and is not listed"
        )
    if covered.smooth_left:
        yield f"undecided: {_places(covered.smooth_left, box)}, where the Hessian is singular or nearly so"
    if covered.unfinished:
        if len(covered.zeros) > MOST_ZEROS:
            yield f"more than {MOST_ZEROS} critical points were met that Newton's method had missed: narrow the bounds"
        else:
            yield f"{covered.unfinished} boxes were left when the work was done: raise most_boxes, or narrow the bounds"


def _places(parts: Parts, box: Box) -> str:
    shown = [_shown((low + high) / 2, box) for low, high in _spread(parts)]
    more = "" if len(parts) <= PLACES else f" and at {len(parts) - PLACES} more small boxes"
    return f"near {', '.join(shown)}{more}"


def _spread(parts: Parts) -> Parts:
    """Some of the parts, from all over."""
    places = np.unique(np.linspace(0, len(parts) - 1, PLACES).astype(int))
    return [parts[k] for k in places]


def _shown(x: np.ndarray, box: Box) -> str:
    """A point, without what is nothing beside the width of the box."""
    return "(" + ", ".join(f"{v:.4g}" for v in np.where(np.abs(x) < NOTHING * box.width, 0.0, x)) + ")"
