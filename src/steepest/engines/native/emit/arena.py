"""Where temporaries lie in the workspace: two that are never alive together may share their bytes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np

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
    order = sorted(needs, key=lambda n: -needs[n].size)
    first, last = (np.array([getattr(needs[n], which) for n in order], np.int64) for which in ("first", "last"))
    begin, end = np.zeros((2, len(order)), np.int64)
    for k, name in enumerate(order):
        size = _rounded(needs[name].size)
        beside = (first[:k] <= last[k]) & (last[:k] >= first[k])
        taken = np.argsort(begin[:k][beside], kind="stable")
        starts, ends = begin[:k][beside][taken], end[:k][beside][taken]
        reached = np.maximum.accumulate(np.concatenate([[0], ends]))  # free from here on, before the next one starts
        gaps = np.flatnonzero(starts - reached[:-1] >= size)
        begin[k] = reached[gaps[0] if gaps.size else -1]
        end[k] = begin[k] + size
    offsets = dict(zip(order, begin.tolist(), strict=True))
    return {n: offsets[n] for n in needs}, int(np.max(end, initial=0))


def _rounded(size: int) -> int:
    return -(-size // ALIGNED) * ALIGNED
