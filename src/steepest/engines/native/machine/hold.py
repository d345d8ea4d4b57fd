"""Memory that Python knows nothing of, given back when what stands for it is really gone.

A finaliser of its owner would be too early: in a garbage collection all finalisers run before anything is taken apart,
and one that comes later may still call the code that an earlier one has freed.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from typing import Any

Release = Callable[[], None]

_numbers = itertools.count()
_releases: dict[int, Release] = {}


class Hold(int):
    """Calls `release` when it goes; what that needs is kept alive until then.

    A number without attributes takes no part in garbage collections, so its own finaliser runs when nothing refers to
    it any more, not before. At the end of the interpreter nothing is released: the process gives everything back.
    """

    __slots__ = ()

    def __new__(cls, release: Release) -> Hold:
        number = next(_numbers)
        _releases[number] = release
        return super().__new__(cls, number)

    def __del__(self, releases: Any = _releases, at_the_end: Any = sys.is_finalizing) -> None:
        release = releases.pop(int(self), None)
        if release is not None and not at_the_end():
            release()
