"""How long a mistake is looked for: what is not found by then is not named."""

from __future__ import annotations

from time import thread_time

SECONDS = 2.0  # of this thread's own time, so that a busy machine names what a quiet one does


class Effort:
    """A budget of time, shared by all that looks for one mistake."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._end = thread_time() + seconds
        self.stopped = False  # whether something was not looked at

    @property
    def is_spent(self) -> bool:
        self.stopped = self.stopped or thread_time() > self._end
        return self.stopped
