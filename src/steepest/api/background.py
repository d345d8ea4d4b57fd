"""Work that nobody waits for, one piece at a time, in a thread that lives as long as there is some.

A fork waits for the end of the piece under way; the child drops what is left, and says so to whose it was. At the end
of the interpreter the piece under way is finished, and no other begun.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    """`do` must not raise. `dropped` is called if it will not be done."""

    do: Callable[[], None]
    dropped: Callable[[], None]


class Background:
    def __init__(self) -> None:
        self._waiting: deque[Work] = deque()
        self._under_way = threading.Lock()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=self._before_fork, after_in_parent=self._after_fork, after_in_child=self._after_fork_in_child
            )

    def submit(self, work: Work) -> None:
        """Have it done some time; it is dropped if no thread can be started."""
        self._waiting.append(work)
        with self._starting:
            if self._thread is not None and self._thread.is_alive():
                return
            # No daemon: the interpreter waits for it at its end, and is not torn down under a compiler at work.
            self._thread = threading.Thread(target=self._work, name="steepest compiler", daemon=False)
            try:
                self._thread.start()
            except RuntimeError:  # too many threads, or the interpreter is at its end
                self._thread = None
                self._drop()

    def take_back(self, work: Work) -> bool:
        """Whether it had not been begun: then it will not be. Otherwise it is done when this returns."""
        try:
            self._waiting.remove(work)
            return True
        except ValueError:
            with self._under_way:  # as it is for as long as a piece is
                return False

    def wait(self) -> None:
        """Until everything submitted before has been done."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while True:
            with self._starting:
                if not self._waiting or not threading.main_thread().is_alive():
                    self._thread = None
                    return
            with self._under_way:
                if self._waiting:
                    self._waiting.popleft().do()

    def _drop(self) -> None:
        while self._waiting:
            self._waiting.popleft().dropped()

    def _before_fork(self) -> None:
        self._under_way.acquire()
        self._starting.acquire()

    def _after_fork(self) -> None:
        self._starting.release()
        self._under_way.release()

    def _after_fork_in_child(self) -> None:
        self._after_fork()
        self._thread = None
        self._drop()
