"""Where temporaries lie in the workspace: two that are never alive together may share their bytes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

ALIGNED = 64


@dataclass(frozen=True, slots=True)
class Need:
    """So many bytes, from one stage to another, both included."""

    size: int
    first: int
    last: int


def placed(needs: Mapping[Hashable, Need]) -> tuple[dict[Hashable, int], int]:
    """The offset of each, and how many bytes there are in all. Large ones choose first, each the lowest free place.

    >>> placed({"a": Need(64, 0, 1), "b": Need(64, 2, 3), "c": Need(64, 1, 2)})
    ({'a': 0, 'b': 0, 'c': 64}, 128)
    """
    offsets: dict[Hashable, int] = {}
    for name in sorted(needs, key=lambda n: -needs[n].size):
        own = needs[name]
        size = _rounded(own.size)
        taken = sorted(
            (offsets[n], offsets[n] + _rounded(q.size))
            for n, q in needs.items()
            if n in offsets and q.first <= own.last and own.first <= q.last
        )
        at = 0
        for start, end in taken:
            if at + size <= start:
                break
            at = max(at, end)
        offsets[name] = at
    total = max((offsets[n] + _rounded(q.size) for n, q in needs.items()), default=0)
    return {n: offsets[n] for n in needs}, total


def _rounded(size: int) -> int:
    return -(-size // ALIGNED) * ALIGNED
