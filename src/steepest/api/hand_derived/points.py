"""Points beside the given one, at which a mistake must show in the same way, and points of simple numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .subject import Subject

SPREAD = 0.3
FEWEST, NUMBERS, MOST = 4, 30, 12
SHORT = (2, 3)  # lengths of axes in an example
LONG = 12  # the longest axis of a problem that a mistake is looked for in
ENOUGH = 200_000  # entries of an argument that is looked at as it is


def beside(subject: Subject) -> list[tuple[Any, ...]]:
    """The given arguments and more: what varies is moved by up to 3 parts in 10, and so are all single numbers.

    Data stay as they are: what a gradient may rely on (a label is 0 or 1, a matrix is symmetric) holds in them.
    """
    rng = np.random.default_rng(0)
    count = min(MOST, max(FEWEST, -(-NUMBERS // max(subject.x.size, 1))))
    found = [subject.args]
    for _ in range(count - 1):
        args = [_moved(a, rng) if isinstance(a, (float, np.floating)) else a for a in subject.args]
        args[subject.by] = _moved(subject.x, rng)
        found.append(tuple(args))
    return found


def _moved(x: Any, rng: np.random.Generator) -> Any:
    """Each entry moved by a part of itself, a zero by a part of the others; what is symmetric stays so."""
    x = np.asarray(x)
    size = np.abs(x)
    usual = float(np.median(size[size > 0])) if np.any(size > 0) else 1.0
    step = SPREAD * rng.uniform(-1, 1, x.shape)
    moved = x + np.where(size > 0, x, usual) * (_symmetric(step) if is_symmetric(x) else step)
    return moved.astype(x.dtype)[()]


def is_symmetric(x: np.ndarray) -> bool:
    return x.ndim == 2 and x.shape[0] == x.shape[1] and x.size > 1 and np.array_equal(x, x.T)


def _symmetric(x: np.ndarray) -> np.ndarray:
    return np.asarray((x + x.T) / 2)


# --- smaller and simpler ------------------------------------------------------------------------------


def shrunk(subject: Subject, longest: Sequence[int] | int) -> Subject:
    """The same with the first entries of long axes alone, which may not be what the function is for.

    `longest` is one length, or one for each named length in turn, so that they stay apart.
    """
    lengths = sorted(n for n in subject.lengths if n > 1)
    limits = [longest] * len(lengths) if isinstance(longest, int) else list(longest)
    limits += [limits[-1] + k for k in range(1, len(lengths) - len(limits) + 1)]
    short = {n: min(n, limit) for n, limit in zip(lengths, limits, strict=False)}
    args = [
        a[tuple(slice(short.get(n, n)) for n in a.shape)].copy() if isinstance(a, np.ndarray) else a
        for a in subject.args
    ]
    return subject.with_args(args)


def workable(subject: Subject) -> Iterator[Subject]:
    """The problem itself if it is small; else a smaller one, whose lengths are as different, and then itself."""
    if max((np.size(a) for a in subject.arrays.values()), default=0) > ENOUGH:
        yield shrunk(subject, [LONG - 5, LONG - 2, LONG + 1])
    yield subject


def simple(subject: Subject) -> Iterator[Subject]:
    """The same at small sizes and at small whole numbers, the simplest first."""
    for lengths in ([1, 2], [2, 3], [2, 2]):
        small = shrunk(subject, lengths)
        for seed in range(3):
            changed = [
                _simple(a, like, k, seed) for k, (a, like) in enumerate(zip(small.args, subject.args, strict=True))
            ]
            yield small.with_args(changed)


def simple_here(subject: Subject) -> Iterator[Subject]:
    """What varies at small whole numbers, and all else as it is."""
    for seed in range(3):
        x = _simple(subject.x, subject.x, subject.by, seed)
        yield subject.with_args(subject.at(x))


def _simple(a: Any, like: Any, position: int, seed: int) -> Any:
    """Whole numbers like those of an argument: of their signs, symmetric if it is; few different values stay."""
    if isinstance(a, (bool, int, str)) or not isinstance(a, (float, np.floating, np.ndarray)):
        return a
    like, shape = np.asarray(like), np.shape(a)
    if like.dtype.kind != "f" or (like.size > 3 and len(np.unique(like)) <= 3):
        return a
    rng = np.random.default_rng(10 * seed + position)
    values = 1.0 + (np.arange(np.prod(shape, dtype=int)).reshape(shape) + position) % 2
    if seed:
        values = rng.integers(2 - seed, 2 + seed, shape).astype(np.float64)
    if np.any(like < 0) and seed:
        values = values * rng.choice([-1.0, 1.0], shape)
    elif np.all(like > 0):
        values = np.maximum(values, 1)
        if like.ndim and np.all(like < 1):  # shares, probabilities
            values = values / 4
    if is_symmetric(like):
        values = np.triu(values) + np.triu(values, 1).T + 2 * len(values) * np.eye(len(values))
    return values[()]
