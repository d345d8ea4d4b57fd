"""Ctrl-C, heard at once and obeyed at the next point, where the record of the run is whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interruption:
    """Whether Ctrl-C was pressed."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, number: int, frame: FrameType | None) -> None:
        """The handler. Pressed a second time, Ctrl-C stops on the spot."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def heard() -> Iterator[Interruption]:
    """Hold Ctrl-C back, where it is this thread's and nobody else has a handler for it."""
    found = Interruption()
    is_ours = threading.current_thread() is threading.main_thread()
    if not is_ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield found
        return
    signal.signal(signal.SIGINT, found.ask)
    try:
        yield found
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
