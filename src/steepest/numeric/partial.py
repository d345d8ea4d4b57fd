"""Derivatives along every axis, and along every pair of axes: in a batch, one by one, or shared among workers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .along import Answer
from .jobs import Progress, Workers, each, is_shared
from .line import Bundle, Line
from .options import Options
from .sampled import Sampled, Values

BATCHED = 6  # lines from which on it pays to find out whether f takes batches
LARGEST_BATCH = 256  # lines
TRIED = (0.11, -0.07, 0.05)  # natural steps at which a batch is compared with single calls
BATCH_METHODS = ("auto", "richardson")


def axis_answers(sampled: Sampled, how: Options, workers: Workers, progress: Progress) -> list[Answer]:
    """The first derivative along each axis, by its natural step."""
    steps = how.steps(sampled.x)
    axes = [_direction(sampled, steps, (i,)) for i in range(sampled.x.size)]
    return _answers(sampled, axes, 1, how, workers, progress)


def along_pairs(
    sampled: Sampled, how: Options, workers: Workers, progress: Progress
) -> tuple[list[tuple[int, int]], list[Answer]]:
    """The second derivative along each axis (i, i) and along each sum of two (i, j)."""
    steps = how.steps(sampled.x)
    pairs = [(i, j) for i in range(sampled.x.size) for j in range(i + 1)]
    return pairs, _answers(sampled, [_direction(sampled, steps, p) for p in pairs], 2, how, workers, progress)


def _answers(
    sampled: Sampled, directions: list[Values], n: int, how: Options, workers: Workers, progress: Progress
) -> list[Answer]:
    if is_shared(workers):
        task = partial(_elsewhere, sampled.f, sampled.x, how, n)
        found = each(task, directions, workers, progress)
        sampled.evaluations += sum(count for _, count in found)
        return [answer for answer, _ in found]
    if how.method in BATCH_METHODS and len(directions) >= BATCHED and _takes_batches(sampled, directions):
        parts = [directions[i : i + LARGEST_BATCH] for i in range(0, len(directions), LARGEST_BATCH)]
        batches = each(partial(_batched, sampled, how, n), parts, None, progress)
        return [answer for batch in batches for answer in batch]
    return each(partial(_one, sampled, how, n), directions, None, progress)


def _one(sampled: Sampled, how: Options, n: int, v: Values) -> Answer:
    return how.along(Line(sampled, v), n)


def _elsewhere(f: Callable[[Any], Any], x: Any, how: Options, n: int, v: Values) -> tuple[Answer, int]:
    """As `_one`, with all that it needs, and with the count of evaluations."""
    sampled = Sampled(f, x, how.bounds)
    answer = how.along(Line(sampled, v), n)
    return answer, sampled.evaluations


def _batched(sampled: Sampled, how: Options, n: int, directions: list[Values]) -> list[Answer]:
    answer = how.along(Bundle(sampled, directions), n)
    size = sampled.base.size

    def part(values: Values | None, i: int) -> Any:
        return None if values is None else values[i * size : (i + 1) * size]

    return [
        Answer(
            part(answer.value, i), part(answer.error, i), answer.status, part(answer.left, i), part(answer.right, i),
            answer.method,
        )
        for i in range(len(directions))
    ]  # fmt: skip


def _takes_batches(sampled: Sampled, directions: list[Values]) -> bool:
    """Found out at a few points, as many as no axis of x is long, lest the wrong axis fit by chance."""
    steps = [*TRIED, *(t / 2 for t in TRIED)]
    count = next(k for k in range(3, 7) if k not in (*sampled.x.shape, *sampled.shape) or k == 6)
    points = [sampled.moved(sum_of(directions), t) for t in steps[:count]]
    return sampled.takes_batches(points)


def sum_of(directions: list[Values]) -> Values:
    """A direction along which all coordinates change."""
    total: Values = np.sum(directions, axis=0)
    return total


def _direction(sampled: Sampled, steps: Values, axes: tuple[int, ...]) -> Values:
    """The direction that moves some coordinates, each by its own natural step."""
    v = np.zeros(sampled.x.size)
    for i in axes:
        v[i] = steps[i]
    return v.reshape(sampled.x.shape)
