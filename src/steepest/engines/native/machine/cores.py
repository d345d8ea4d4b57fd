"""How many threads may run at once: what was asked for, or the cores this process may use."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

ASKED = "STEEPEST_NUM_THREADS"
MOST = 512


def thread_limit() -> int:
    """``STEEPEST_NUM_THREADS`` if that is set, else the number of usable cores; 512 at most.

    Warns where it is set to something else than a positive whole number: then it is as if it were not.
    """
    asked = os.environ.get(ASKED, "").strip()
    if asked.isdecimal() and int(asked) > 0:
        return min(MOST, int(asked))
    cores = min(MOST, usable_cores())
    if asked:
        said = f"{ASKED}={asked!r} is no positive whole number: threads are used as if it were not set, {cores} at most"
        warnings.warn(said, RuntimeWarning, stacklevel=2)
    return cores


def usable_cores() -> int:
    """The cores this process may run on, or its share of their time in cores, rounded up, if that is less."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([cores, *(math.ceil(share) for share in cpu_shares())]))


def cpu_shares(root: Path = Path("/")) -> Iterator[float]:
    """How many cores' time each control group of this process may take (Linux, cgroups 1 and 2; containers)."""
    control = root / "sys/fs/cgroup"
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        below = Path(path.lstrip("/"))
        if controllers == "":
            for group in (below, *below.parents):
                limit = _numbers(control / group / "cpu.max")  # "max 100000" where there is none
                if len(limit) == 2:
                    yield limit[0] / limit[1]
        elif "cpu" in controllers.split(","):
            for group in (below, *below.parents):
                quota = _numbers(control / controllers / group / "cpu.cfs_quota_us")
                period = _numbers(control / controllers / group / "cpu.cfs_period_us")
                if quota and period and quota[0] > 0:
                    yield quota[0] / period[0]


def _numbers(path: Path) -> list[int]:
    return [int(word) for line in _lines(path) for word in line.split() if word.lstrip("-").isdecimal()]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return []
