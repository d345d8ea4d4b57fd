"""How long our library checks its own work: captures against the plain function, code against array operations."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable
from typing import Any

import steepest.api.transformed as transformed
from steepest.api.compilation import Tiers

from .prepared import Spent


class Clock:
    """Runs while one of the functions it watches does; one that another calls is part of that one."""

    def __init__(self) -> None:
        self.spent = Spent()
        self._depth = 0

    def watched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            wall, processor = time.perf_counter(), time.process_time()
            self._depth += 1
            try:
                return function(*args, **kwargs)
            finally:
                self._depth -= 1
                if not self._depth:
                    self.spent = Spent(
                        self.spent.wall + time.perf_counter() - wall,
                        self.spent.processor + time.process_time() - processor,
                    )

        return timed


def watch(clock: Clock) -> Clock:
    """Have a clock run during the checks of this process, from now on.

    To be told apart, checks and compiling do not overlap from then on.
    """
    vars(transformed)["LARGE"] = sys.maxsize
    vars(transformed)["check_first_call"] = clock.watched(transformed.check_first_call)
    setattr(Tiers, "_compare", clock.watched(Tiers._compare))  # noqa: B010
    return clock
