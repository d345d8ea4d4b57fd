"""How long a call takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

ROUNDS, SECONDS, WARM = 7, 0.02, 5


def microseconds(*calls: Callable[[], Any]) -> list[float]:
    """The median time of each call, measured in turns so that all see the same machine."""
    loops = [_loops(call) for call in calls]
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(ROUNDS):
        for call, count, found in zip(calls, loops, times, strict=True):
            start = time.perf_counter()
            for _ in range(count):
                call()
            found.append((time.perf_counter() - start) / count * 1e6)
    return [median(found) for found in times]


def _loops(call: Callable[[], Any]) -> int:
    """How many calls take a while; the first ones, which compile, do not count."""
    took = []
    for _ in range(WARM):
        start = time.perf_counter()
        call()
        took.append(time.perf_counter() - start)
    return max(1, int(SECONDS / max(min(took), 1e-7)))
