"""Why a descent stopped, in words."""

from __future__ import annotations

import enum


class Reason(enum.StrEnum):
    """Why a descent stopped; its text is the words."""

    CONVERGED = "the slope is as small as was asked"
    ROUNDING = "the slope is as small as rounding allows"
    STALLED = "no step along the directions of this method lowers the value"
    ITERATIONS = "as many iterations as allowed are done"
    CALLBACK = "the callback asked to stop"
    INTERRUPTED = "it was interrupted from the keyboard"
    UNBOUNDED = "the function falls without end"
    ENDLESS = "the function falls on and on, ever more slowly: its slope vanishes at no point"
    DIVERGED = "the values grow instead of falling"
    NOT_FINITE = "the function is not finite where the steps lead"

    @property
    def is_success(self) -> bool:
        """Whether the point is stationary as far as can be told."""
        return self in (Reason.CONVERGED, Reason.ROUNDING)

    @property
    def status(self) -> int:
        """As SciPy has it: 0 for success, another number for each reason else."""
        return 0 if self.is_success else list(Reason).index(self)


class Stopped(Exception):
    """Raised through a method, ours or SciPy's, to end it; caught where the method was started."""

    def __init__(self, reason: Reason):
        super().__init__(reason)
        self.reason = reason
