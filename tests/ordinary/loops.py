"""Loops and iterators."""

from __future__ import annotations

import collections
import heapq
from collections.abc import Iterator
from typing import Any

import numpy as np

from .suite import Family

FAMILY = Family("Loops and iterators")


@FAMILY
def over_indices(x: Any) -> Any:
    """Over places: for k in range(len(x))"""
    total = 0.0
    for k in range(len(x)):
        total += x[k] ** 2 * k
    return total


@FAMILY
def over_entries(x: Any) -> Any:
    """Over entries: for v in x"""
    total, product = 0, 1
    for v in x:
        total += v
        product *= v
    return total**2 + product


@FAMILY
def enumerated(x: Any) -> Any:
    """Numbered and side by side: enumerate(zip(x, x[::-1], strict=True))"""
    return sum(i * v * w for i, (v, w) in enumerate(zip(x, x[::-1], strict=True)))


@FAMILY
def over_rows(x: Any) -> Any:
    """Over rows: for row in x.reshape(2, 2)"""
    total = 0.0
    for row in x.reshape(2, 2):
        total = total + row.prod() * row[0]
    return total


@FAMILY
def ndindex(x: Any) -> Any:
    """Over all places: for i, j in np.ndindex(2, 2)"""
    a, total = x.reshape(2, 2), 0.0
    for i, j in np.ndindex(2, 2):
        total += a[i, j] ** 2 * (i + 2 * j)
    return total


@FAMILY
def ndenumerate(x: Any) -> Any:
    """Over places and entries: for (i, j), v in np.ndenumerate(a)"""
    a, total = x.reshape(2, 2), 0.0
    for (i, j), v in np.ndenumerate(a):
        total += v**2 * (i - 2 * j + 1)
    return total


@FAMILY
def nditer(x: Any) -> Any:
    """Over entries by nditer: for v in np.nditer(x)"""
    total = 0.0
    for v in np.nditer(x):
        total = total + v**2
    for v, w in np.nditer([x, x[::-1]]):
        total = total + v * w
    return total


@FAMILY
def nditer_writing(x: Any) -> Any:
    """Entries written through nditer: with np.nditer(y, op_flags=["readwrite"]) as entries"""
    y = x.copy()
    with np.nditer(y, op_flags=["readwrite"]) as entries:
        for v in entries:
            v[...] = v * v + 1
    return y.prod()


@FAMILY
def nditer_with_places(x: Any) -> Any:
    """Places by nditer: it = np.nditer(x, flags=["multi_index"])"""
    total = 0.0
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        total = total + x[it.multi_index] ** 2 * (it.multi_index[0] + 1)
        it.iternext()
    return total


@FAMILY
def flat(x: Any) -> Any:
    """Over entries in rows: for v in a.flat"""
    a = x.reshape(2, 2)
    total = 1.0
    for v in a.flat:
        total = total * (v + 2)
    return total + a.flat[2] ** 2


@FAMILY
def while_counting(x: Any) -> Any:
    """A while loop that counts: while k < 5"""
    y, k = x[0], 0
    while k < 5:
        y = np.sin(y) + x[1]
        k += 1
    return y


@FAMILY
def while_converging(x: Any) -> Any:
    """A while loop until nothing changes: while abs(guess * guess - a) > 1e-13"""
    a = guess = x[2]
    while abs(guess * guess - a) > 1e-13:
        guess = (guess + a / guess) / 2
    return guess


@FAMILY
def break_and_continue(x: Any) -> Any:
    """Leaving early: if v > 2: break"""
    total = 0.0
    for v in x:
        if v < 0:
            continue
        if v > 2:
            break
        total += v**2
    else:
        total = 0.0
    return total * x[2]


@FAMILY
def nested(x: Any) -> Any:
    """Loops in loops: for j in range(i)"""
    total = 0.0
    for i in range(4):
        for j in range(i):
            total += (x[i] - x[j]) ** 2 / (1 + i + j)
    return total


def squares(x: Any) -> Iterator[Any]:
    for v in x:
        yield v**2


def inner_and_outer(x: Any) -> Iterator[Any]:
    yield x[0]
    sent = yield from squares(x[1:])
    yield x.sum() if sent is None else sent


@FAMILY
def generators(x: Any) -> Any:
    """Generators: yield from squares(x[1:])"""
    first, *rest = inner_and_outer(x)
    return first * sum(rest) + sum(v for v in squares(x) if v > 0.3)


inner_and_outer.__doc__ = None


@FAMILY
def coroutine(x: Any) -> Any:
    """Values sent to a generator: mean.send(v)"""

    def running() -> Iterator[Any]:
        total, n = 0.0, 0
        value = None
        while True:
            v = yield value  # type: ignore[misc]
            total, n = total + v, n + 1
            value = total / n

    mean = running()
    next(mean)
    return sum(mean.send(v) * v for v in x)  # type: ignore[attr-defined]


@FAMILY
def queues(x: Any) -> Any:
    """Queues and counters: collections.deque(x, maxlen=3)"""
    window = collections.deque(x, maxlen=3)
    window.appendleft(x[0] ** 2)
    sums: dict[bool, Any] = collections.defaultdict(float)
    for v in x:
        sums[bool(v > 0)] += v
    return window[0] * window[-1] + sums[True] * sums[False]


@FAMILY
def heaps(x: Any) -> Any:
    """Heaps: heapq.heappop(heap)"""
    heap = list(x)
    heapq.heapify(heap)
    return heapq.heappop(heap) ** 2 * heapq.nlargest(2, x)[1]


@FAMILY
def iterator_objects(x: Any) -> Any:
    """Iterators by hand: next(entries)"""
    entries = iter(x)
    first = next(entries)
    return first * next(entries) + sum(entries) ** 2 + next(entries, x[0])


class Countdown:
    def __init__(self, x: Any) -> None:
        self.x = x

    def __iter__(self) -> Countdown:
        self.k = len(self.x)
        return self

    def __next__(self) -> Any:
        if self.k == 0:
            raise StopIteration
        self.k -= 1
        return self.x[self.k]


@FAMILY
def iterator_classes(x: Any) -> Any:
    """Objects that are iterated over: for v in Countdown(x)"""
    total = 1.0
    for v in Countdown(x):
        total = total * 0.5 + v**2
    return total + sum(1.0 / (1 + v**2) for v in Countdown(x))


@FAMILY
def set_and_dict_comprehensions(x: Any) -> Any:
    """Comprehensions of all kinds: {k: v**2 for k, v in enumerate(x)}"""
    by_place = {k: v**2 for k, v in enumerate(x)}
    return by_place[0] * by_place[3] + sum({1, 2}) * x[1] + sum([y := x[0], y**2])
