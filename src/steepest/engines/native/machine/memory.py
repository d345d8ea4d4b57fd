"""How much memory this process may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

UNKNOWN = 2**30  # bytes: where the system does not say


def memory_limit() -> int:
    """Bytes: the machine's memory, or what the process's control groups let it have if that is less."""
    return min([_machine(), *group_limits()])


def group_limits(root: Path = Path("/")) -> Iterator[int]:
    """What each control group of this process may use (Linux, cgroups 1 and 2; containers)."""
    control = root / "sys/fs/cgroup"
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        below = Path(path.lstrip("/"))
        for group in (below, *below.parents):
            if controllers == "":
                yield from _number(control / group / "memory.max")  # "max" where there is none
            elif "memory" in controllers.split(","):
                yield from _number(control / controllers / group / "memory.limit_in_bytes")


def _machine() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return UNKNOWN


def _number(path: Path) -> Iterator[int]:
    text = _read(path).strip()
    if text.isdecimal():
        yield int(text)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""
