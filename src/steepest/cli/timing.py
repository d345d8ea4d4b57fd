"""How long a call takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

ROUNDS, SECONDS = 7, 0.02


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
    call()
    start = time.perf_counter()
    call()
    return max(1, int(SECONDS / max(time.perf_counter() - start, 1e-7)))
