"""A derivative by every way there is to it: the rules in forward and in reverse order, and numeric differences.

All must give the same, but for rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from steepest.errors import ArgumentError
from steepest.frontends.trees import flatten, unflatten
from steepest.verify.compare import compare_jacobian
from steepest.verify.report import CheckReport

from .transforms import grad, jacfwd, jacrev

Function = Callable[..., Any]
NUDGE = 2.0**10  # roundings
NUDGES = 4  # directions: in one of them an entry may stay as it is by chance
FEW = 4.0  # times that what is left of cancelling terms may differ
ROUNDING = 1e-9  # how far two exact ways may differ, relative to the largest entry, in double precision


def by_every_way(f: Function, args: Sequence[Any], positions: Sequence[int], order: int = 1) -> CheckReport:
    """The derivative by these arguments: forward, reverse and numeric compared."""
    if order == 2:
        values, _ = flatten(f(*args))
        f = (grad if len(values) == 1 and np.ndim(values[0]) == 0 else jacrev)(f, positions[0])
    reports = [_check_argument(f, args, k) for k in positions]
    return merged([r for group in reports for r in group])


def _check_argument(f: Function, args: Sequence[Any], k: int) -> list[CheckReport]:
    """All ways to the derivative by argument k, leaf by leaf."""
    leaves, tree = flatten(args[k])
    forward, _ = flatten(jacfwd(f, k)(*args))
    reverse, _ = flatten(jacrev(f, k)(*args))
    reports = []
    for j, leaf in enumerate(leaves):

        def along(x: Any, j: int = j) -> np.ndarray:
            changed = [*leaves[:j], x, *leaves[j + 1 :]]
            result = f(*args[:k], unflatten(tree, changed), *args[k + 1 :])
            return _joined(flatten(result)[0])

        x = np.asarray(leaf, dtype=_float_type(leaf))
        ours = [_rows(blocks[j :: len(leaves)], x.shape) for blocks in (forward, reverse)]
        report = compare_jacobian(along, x, ours[1], part=np.inf)
        report = replace(report, paths=("forward", "reverse", *report.paths[-1:]))
        report = _with_agreement(report, np.asarray(along(x)).dtype, *ours)

        def derived(mode: Callable[..., Any], v: Any, j: int = j) -> np.ndarray:
            changed = unflatten(tree, [*leaves[:j], v, *leaves[j + 1 :]])
            blocks, _ = flatten(mode(f, k)(*args[:k], changed, *args[k + 1 :]))
            return _rows(blocks[j :: len(leaves)], np.shape(v))

        reports.append(unless_rounding(report, [partial(derived, jacfwd), partial(derived, jacrev)], x))
    return reports


def unless_rounding(report: CheckReport, ways: Sequence[Callable[[Any], np.ndarray]], x: np.ndarray) -> CheckReport:
    """The report, but a gap no larger than a derivative moves by when x moves by some roundings is none.

    There its terms cancel, and what is left is rounding: the derivative of mean(softmax(x)), say. `ways` give it at x.
    """
    if report:
        return report
    rng, entry = np.random.default_rng(0), report.worst  # a large entry's rounding says nothing of a small one
    bound = FEW * max(_moved_by_rounding(ways, x, rng.choice([-1.0, 1.0], x.shape), entry) for _ in range(NUDGES))
    if not report.error <= bound:
        return report
    return replace(report, right=True, bound=bound, diagnosis="its terms cancel: what is left is rounding")


def _moved_by_rounding(
    ways: Sequence[Callable[[Any], np.ndarray]], x: np.ndarray, signs: np.ndarray, entry: tuple[int, ...] | None
) -> float:
    """How much some roundings of x change an entry of its derivative, or any.

    At x and on both sides, every two differ by that: a derivative that is wrong at x alone is the same on both sides.
    """
    points = [(x * (1 + nudge * np.finfo(x.dtype).eps * signs)).astype(x.dtype) for nudge in (0.0, NUDGE, -NUDGE)]
    values = [[way(point) for way in ways] for point in points]
    place = ... if entry is None else entry
    return min(
        max(float(np.max(np.abs(a - b)[place], initial=0.0)) for a, b in zip(one, other, strict=True))
        for one, other in combinations(values, 2)
    )


def _with_agreement(report: CheckReport, value: np.dtype, forward: np.ndarray, reverse: np.ndarray) -> CheckReport:
    """`value` is the type of the function's value, which may be coarser than that of its derivative."""
    gap = np.abs(forward - reverse)
    allowed = ROUNDING * np.max(np.abs(reverse), initial=0.0) * (1e6 if np.float32 in (reverse.dtype, value) else 1)
    if gap.size and np.max(gap) > allowed:
        worst = tuple(int(i) for i in np.unravel_index(int(np.argmax(gap)), gap.shape))
        return replace(
            report, right=False, error=float(np.max(gap)), bound=float(allowed), worst=worst,
            diagnosis="forward and reverse mode differ",
        )  # fmt: skip
    return report


def merged(reports: Sequence[CheckReport]) -> CheckReport:
    """One report for several: the first that is not right, or the one nearest to its bound."""
    if not reports:
        raise ArgumentError("there is nothing to check: no argument has a number in it")
    evaluations = sum(r.evaluations for r in reports)
    wrong = [r for r in reports if not r]
    chosen = wrong[0] if wrong else max(reports, key=lambda r: r.error / r.bound if r.bound else 0.0)
    return replace(chosen, evaluations=evaluations)


def _joined(leaves: Sequence[Any]) -> np.ndarray:
    arrays = [np.asarray(leaf) for leaf in leaves]
    return arrays[0] if len(arrays) == 1 else np.concatenate([a.ravel() for a in arrays])


def _rows(blocks: Sequence[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    arrays = [np.asarray(b) for b in blocks]
    return arrays[0] if len(arrays) == 1 else np.concatenate([a.reshape(-1, *shape) for a in arrays])


def _float_type(x: Any) -> np.dtype:
    dtype = np.asarray(x).dtype
    return dtype if dtype.kind in "fc" else np.dtype(np.float64)
