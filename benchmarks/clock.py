"""The time of one call, and the memory it takes."""

from __future__ import annotations

import ctypes
import gc
import time
import timeit
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .peers.prepared import Prepared


@dataclass(frozen=True)
class Sample:
    """Seconds of one call: by the clock on the wall, and on all processors together."""

    wall: float
    processor: float


class Stopwatch:
    """Times calls written out as a user writes them: ``f(a, b)``, no unpacking."""

    def __init__(self, prepared: Prepared):
        names = [f"x{k}" for k in range(len(prepared.arguments))]
        call = f"f({', '.join(names)})"
        scope: dict[str, Any] = dict(zip(names, prepared.arguments, strict=True))
        scope |= {"f": prepared.function, "finished": prepared.finished}
        self._timer = timeit.Timer(call if prepared.finished is None else f"finished({call})", globals=scope)
        self._calls = 1

    def calibrate(self, seconds: float) -> None:
        """Choose how many calls make a sample of at least that length, after a first warm-up."""
        self._timer.timeit(1)
        while (taken := self._timer.timeit(self._calls)) < seconds:
            growth = min(10.0, 1.1 * seconds / max(taken, 1e-9))
            self._calls = max(self._calls + 1, int(self._calls * growth))

    def sample(self) -> Sample:
        start = time.process_time()
        wall = self._timer.timeit(self._calls)
        return Sample(wall / self._calls, (time.process_time() - start) / self._calls)


def peak_extra_memory(prepared: Prepared) -> int | None:
    """Bytes that one call takes at most, results and what is kept for it included; None where Linux does not tell."""
    try:
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
        before = _status("VmRSS")
        result = prepared.once()
        extra = _status("VmHWM") - before
    except (OSError, AttributeError):
        return None
    del result
    return max(extra, 0) + (prepared.kept() if prepared.kept else 0)


def _status(key: str) -> int:
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith(key))
    return int(line.split()[1]) * 1024
