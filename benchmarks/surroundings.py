"""What a measured process finds: how many threads, on which processors, and how malloc keeps memory."""

from __future__ import annotations

import os
from dataclasses import dataclass

_EVERY_LIBRARY = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "STEEPEST_NUM_THREADS")
DEFAULT_MALLOC: dict[str, str] = {}
# Freed memory is kept, and large arrays come from it, so that no call pays for fresh pages.
TUNED_MALLOC = {
    "MALLOC_TOP_PAD_": str(512 << 20),
    "MALLOC_MMAP_THRESHOLD_": str(4 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(8 << 30),
}


@dataclass(frozen=True)
class Surroundings:
    threads: int
    tuned: bool

    def environment(self) -> dict[str, str]:
        threads = dict.fromkeys(_EVERY_LIBRARY, str(self.threads))
        flags = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"} if self.threads == 1 else {}
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu", "PYTHONHASHSEED": "0"}
        cold = {"STEEPEST_CACHE": "off"}
        malloc = TUNED_MALLOC if self.tuned else DEFAULT_MALLOC
        return {**os.environ, **threads, **flags, **quiet, **cold, **malloc}

    def pin(self) -> None:
        """Keep the calling process on as many processors as it has threads, the last ones, where that can be said."""
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, processors()[-self.threads :])


def processors() -> list[int]:
    """Those that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))
