"""Many independent derivatives: one after the other or shared among workers, with progress told."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, TypeVar

Workers = int | Executor | Callable[..., Iterable[Any]] | None
Progress = bool | Callable[[int, int], None] | None
Item = TypeVar("Item")
Answer = TypeVar("Answer")

PATIENCE = 2.0  # seconds after which a long job in a terminal says how far it is


def each(task: Callable[[Item], Answer], items: Sequence[Item], workers: Workers, progress: Progress) -> list[Answer]:
    """`task` of every item, in their order.

    `workers` is a number of threads (-1 for one a processor), an executor of concurrent.futures, or a function like
    `map`. `progress` is called with what is done and what there is; True writes it on standard error, None does so only
    in a terminal and after two seconds, False never.

    Raises ValueError or TypeError for workers or progress of another kind.
    """
    tell = _teller(progress)
    answers: list[Answer] = []
    for answer in _mapped(task, items, workers):
        answers.append(answer)
        tell(len(answers), len(items))
    return answers


def is_shared(workers: Workers) -> bool:
    """Whether anybody else is to do the work. Raises as `each`."""
    if workers is None or workers == 1:
        return False
    if isinstance(workers, bool) or not (isinstance(workers, (int, Executor)) or callable(workers)):
        raise TypeError(f"workers are a number, an executor or a function like map, got {workers!r}")
    if isinstance(workers, int) and workers < 1 and workers != -1:
        raise ValueError(f"workers are 1 or more, or -1 for one a processor, got {workers}")
    return True


def _mapped(task: Callable[[Item], Answer], items: Sequence[Item], workers: Workers) -> Iterator[Answer]:
    if not is_shared(workers):
        yield from map(task, items)
    elif isinstance(workers, int):
        with ThreadPoolExecutor(os.cpu_count() if workers == -1 else workers) as pool:
            yield from pool.map(task, items)
    elif isinstance(workers, Executor):
        yield from workers.map(task, items)
    elif workers is not None:
        yield from workers(task, items)


def _teller(progress: Progress) -> Callable[[int, int], None]:
    if progress is False:
        return _silent
    if progress is None:
        return _on_stderr(PATIENCE) if sys.stderr is not None and sys.stderr.isatty() else _silent
    if progress is True:
        return _on_stderr(0.0)
    if not callable(progress):
        raise TypeError(f"progress is True, False, None or a function of (done, total), got {progress!r}")
    return progress


def _silent(done: int, total: int) -> None:
    """Say nothing."""


def _on_stderr(patience: float) -> Callable[[int, int], None]:
    began = time.monotonic()

    def tell(done: int, total: int) -> None:
        if time.monotonic() - began >= patience:
            end = "\n" if done == total else ""
            sys.stderr.write(f"\r{done} of {total} derivatives{end}")
            sys.stderr.flush()

    return tell
