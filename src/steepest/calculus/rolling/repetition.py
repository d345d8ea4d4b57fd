"""Where a long sequence of codes repeats itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

WINDOW = 6  # codes in a row that must come again for a period to be tried
TRIED = 12  # periods that are tried at one place
LONGEST = 20_000  # period


@dataclass(frozen=True)
class Repetition:
    """``codes[i] == codes[i + period]`` in a stretch of `count` periods."""

    start: int
    period: int
    count: int

    @property
    def stop(self) -> int:
        return self.start + self.period * self.count


def repetitions(codes: Sequence[int], least: int) -> Iterator[Repetition]:
    """Stretches of at least `least` periods, from left to right; at one place the shortest periods first.

    They may overlap: which of them are loops is for others to say.

    >>> [(r.start, r.period, r.count) for r in repetitions([9] + [1, 2, 3] * 5, least=4)]
    [(1, 3, 5)]
    """
    sequence = np.asarray(codes, dtype=np.int64)
    following = _next_alike(_windows(sequence))
    place, size = 0, len(sequence)
    while place < size - WINDOW:
        found = _at(sequence, following, place, least)
        yield from found
        place = max([place + 1, *(r.stop - r.period for r in found)])


def _at(sequence: np.ndarray, following: np.ndarray, place: int, least: int) -> list[Repetition]:
    found = []
    again = place
    for _ in range(TRIED):
        again = int(following[again])
        period = again - place
        if again < 0 or period > LONGEST or place + period * least > len(sequence):
            break
        if not np.array_equal(sequence[place:again], sequence[again : again + period]):
            continue
        differs = sequence[place:-period] != sequence[again:]
        alike = int(np.argmax(differs)) if differs.any() else len(differs)
        count = (alike + period) // period
        if count >= least:
            found.append(Repetition(place, period, count))
    return found


def _windows(sequence: np.ndarray) -> np.ndarray:
    """A number for the codes from each place on, `WINDOW` of them; equal numbers for equal codes."""
    if len(sequence) < WINDOW:
        return sequence[:0]
    views = np.lib.stride_tricks.sliding_window_view(sequence, WINDOW)
    return np.unique(views, axis=0, return_inverse=True)[1].ravel()


def _next_alike(numbers: np.ndarray) -> np.ndarray:
    """For each place the next one with the same number, or -1."""
    order = np.argsort(numbers, kind="stable")
    following = np.full(len(numbers), -1)
    same = numbers[order[1:]] == numbers[order[:-1]]
    following[order[:-1][same]] = order[1:][same]
    return following
