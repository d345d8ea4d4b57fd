"""What a peer hands to the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


class CannotDo(Exception):
    """This peer cannot do this row; the words say why."""


def refusing(why: str) -> Callable[..., Any]:
    """A transform that a library does not have."""

    def transform(*_: Any) -> Any:
        raise CannotDo(why)

    return transform


@dataclass(frozen=True)
class Spent:
    """Seconds, by the clock on the wall and of processors."""

    wall: float = 0.0
    processor: float = 0.0


@dataclass(frozen=True)
class Prepared:
    """One call of it, as its user writes it, and what comes out."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    finished: Callable[[Any], Any] | None = None  # waits for results that are still being computed
    keep: Any = None  # what must live as long
    checking: Callable[[], Spent] | None = None  # what the library has spent so far on checking its own results
    kept: Callable[[], int] | None = None  # bytes of memory that the library keeps from call to call

    def once(self) -> Any:
        result = self.function(*self.arguments)
        return result if self.finished is None else self.finished(result)


def leaves(result: Any) -> Iterator[np.ndarray]:
    """The arrays of nested tuples and lists, in order."""
    if hasattr(result, "dense"):  # a derivative that keeps its structure
        yield from leaves(result.dense())
    elif isinstance(result, Sequence):
        for part in result:
            yield from leaves(part)
    elif hasattr(result, "detach"):
        yield result.detach().numpy()
    else:
        yield np.asarray(result)
