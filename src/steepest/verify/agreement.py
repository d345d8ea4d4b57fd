"""Whether two ways to compute the same expressions give the same, up to rounding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

PART = 0.65  # of the largest entry, as a power of the precision: 7e-11 in double, 3e-5 in single precision
NUDGE = 2.0**8  # roundings that inputs are moved by, to see how much rounding does to a result
NUDGES = 6  # different ones
FEW = 4.0  # times that movement

Run = Callable[[Sequence[Any], int], Sequence[Any]]


def disagreement(run: Run, inputs: Sequence[Any], expected: Sequence[Any], given: Sequence[Any]) -> str | None:
    """How `given` differs from `expected`, the outputs for these inputs; None if by rounding alone.

    Where terms cancel, what is left is rounding, and as large as what a nudge of the inputs makes of it. `run` computes
    the outputs for other inputs, and moves results on the way, as its last argument draws: 1 − t² of a saturated
    hyperbolic tangent t is rounding, though no input moves t.
    """
    if len(expected) != len(given):
        return f"there are {len(given)} outputs, not {len(expected)}"
    for k, (a, b) in enumerate(zip(map(np.asarray, expected), map(np.asarray, given), strict=True)):
        if a.shape != b.shape or a.dtype != b.dtype:
            return f"output {k} is {b.dtype} of shape {b.shape}, not {a.dtype} of shape {a.shape}"
    gaps = [_gap(a, b) for a, b in zip(expected, given, strict=True)]
    allowed = [_allowed(a) for a in expected]
    if all(map(_within, gaps, allowed)):
        return None
    moved = [run(_nudged(inputs, seed), seed) for seed in range(NUDGES)]
    for k, (gap, bound) in enumerate(zip(gaps, allowed, strict=True)):
        movement = np.maximum.reduce([_gap(expected[k], m[k]) for m in moved])
        jumps = np.isinf(movement)  # a branch, a tie: rounding decides
        bound = max(bound, FEW * float(np.max(movement[~jumps], initial=0.0)))
        if not _within(gap[~jumps], bound):
            return f"output {k} differs by {np.max(gap[~jumps]):.3g}, and rounding explains {bound:.3g}"
    return None


def _within(gap: Any, bound: float) -> bool:
    return bool(np.all(gap <= bound))


def _gap(a: Any, b: Any) -> Any:
    """Entry by entry; infinite where only one is a number, or the infinities have other signs."""
    a, b = np.asarray(a), np.asarray(b)
    with np.errstate(all="ignore"):
        if a.dtype.kind not in "fc":
            return np.where(a == b, 0.0, np.inf)
        alike = (a == b) | (np.isnan(a) & np.isnan(b))
        gap = np.where(alike, 0.0, np.abs(a.astype(b.dtype) - b))
        return np.where(np.isfinite(gap), gap, np.inf)


def _allowed(a: Any) -> float:
    a = np.asarray(a)
    if a.dtype.kind not in "fc":
        return 0.0
    finite = np.abs(a[np.isfinite(a)])
    return float(np.finfo(a.dtype).eps ** PART * np.max(finite, initial=0.0))


def _nudged(inputs: Sequence[Any], seed: int) -> list[Any]:
    """Every floating-point entry moved by some roundings, up or down at random.

    Two numbers that are both moved up or both down may cancel as before: of several seeds some part them.
    """
    rng = np.random.default_rng(seed)
    moved = []
    for x in inputs:
        if np.asarray(x).dtype.kind in "fc":
            step = NUDGE * np.finfo(x.dtype).eps * rng.choice([-1.0, 1.0], np.shape(x))
            x = (x * (1 + step)).astype(x.dtype)[()]
        moved.append(x)
    return moved
