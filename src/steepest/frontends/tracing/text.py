"""Text made of a traced value: free to look at, but a function may go by it, and then the value is guarded."""

from __future__ import annotations

from typing import Any

from steepest.expr.node import Expr

from .recording import Recording
from .shown import is_only_shown


def text_of(recording: Recording, expr: Expr, value: Any, shown: str) -> str:
    """`shown`; the trace holds for this value, unless the text is only printed. A run on values goes its own way."""
    if recording.noting is None and not recording.finished and not is_only_shown():
        recording.guard(expr, value)
    return shown
