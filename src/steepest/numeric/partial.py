"""Derivatives along every axis, and along every pair of axes: in a batch, one by one, or shared among workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from .along import Answer
from .jobs import Progress, Workers, each, is_shared
from .line import Bundle, Line
from .options import Options
from .result import Status
from .sampled import Sampled, Values
from .scheme import central
from .settle import at_once

Axes = tuple[int, ...]  # coordinates that move together, each by its own natural step

BATCHED = 6  # lines from which on it pays to find out whether f takes batches
LARGEST_BATCH = 2**20  # numbers in the points of one
TRIED = (0.11, -0.07, 0.05, 0.03, -0.02, 0.013)  # natural steps at which a batch is compared with single calls
FEWEST_TRIED = 3
BATCH_METHODS = ("auto", "richardson")


def axis_answers(sampled: Sampled, how: Options, workers: Workers, progress: Progress) -> list[Answer]:
    """The first derivative along each axis, by its natural step."""
    return _answers(sampled, [(i,) for i in range(sampled.x.size)], 1, how, workers, progress)


def along_pairs(
    sampled: Sampled, how: Options, workers: Workers, progress: Progress
) -> tuple[list[tuple[int, int]], list[Answer]]:
    """The second derivative along each axis (i, i) and along each sum of two (i, j)."""
    pairs = [(i, j) for i in range(sampled.x.size) for j in range(i + 1)]
    return pairs, _answers(sampled, pairs, 2, how, workers, progress)


def _answers(
    sampled: Sampled, axes: Sequence[Axes], n: int, how: Options, workers: Workers, progress: Progress
) -> list[Answer]:
    if is_shared(workers):
        task = partial(_elsewhere, sampled.f, sampled.x, how, n)
        found = each(task, axes, workers, progress)
        sampled.evaluations += sum(count for _, count in found)
        return [answer for answer, _ in found]
    if how.method in BATCH_METHODS and how.noise is None and len(axes) >= BATCHED and _takes_batches(sampled, how):
        size = max(LARGEST_BATCH // sampled.x.size, BATCHED)
        parts = [axes[i : i + size] for i in range(0, len(axes), size)]
        batches = each(partial(_batched, sampled, how, n), parts, None, progress)
        return [answer for batch in batches for answer in batch]
    return each(partial(_one, sampled, how, n), axes, None, progress)


def _one(sampled: Sampled, how: Options, n: int, axes: Axes) -> Answer:
    return how.along(Line(sampled, _direction(sampled, how, axes)), n)


def _elsewhere(f: Callable[[Any], Any], x: Any, how: Options, n: int, axes: Axes) -> tuple[Answer, int]:
    """As `_one`, with all that it needs, and with the count of evaluations."""
    sampled = Sampled(f, x, how.bounds)
    answer = _one(sampled, how, n, axes)
    return answer, sampled.evaluations


def _batched(sampled: Sampled, how: Options, n: int, lines: Sequence[Axes]) -> list[Answer]:
    """Together as far as they settle at once; the others one by one, since each needs steps of its own."""
    bundle = Bundle(sampled, [_direction(sampled, how, axes) for axes in lines])
    size = sampled.base.size
    entry, settled = at_once(bundle, central(n))
    easy = np.all(settled.reshape(-1, size), axis=1)
    value, error = entry.value.reshape(-1, size), entry.error.reshape(-1, size)
    return [
        Answer(value[i], error[i], Status.OK) if easy[i] else how.along(bundle.alone(i), n) for i in range(len(lines))
    ]


def _takes_batches(sampled: Sampled, how: Options) -> bool:
    """Found out at a few points, of another number than any axis is long, lest the wrong axis fit by chance."""
    lengths = {*sampled.x.shape, *sampled.shape}
    count = next((k for k in range(FEWEST_TRIED, len(TRIED)) if k not in lengths), len(TRIED))
    everywhere = how.steps(sampled.x).reshape(sampled.x.shape)
    return sampled.takes_batches([sampled.moved(everywhere, t) for t in TRIED[:count]])


def _direction(sampled: Sampled, how: Options, axes: Axes) -> Values:
    steps = how.steps(sampled.x)
    v = np.zeros(sampled.x.size)
    for i in axes:
        v[i] = steps[i]
    return v.reshape(sampled.x.shape)
